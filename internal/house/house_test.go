package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "assay"
	root   = "../.."
)

// inside says whether everything may import the package.
func inside(pkg string) bool { return strings.HasPrefix(pkg, "internal/") }

// imported is what a package imports of this module, internal/… aside, with the
// file that does.
type imported struct{ code, tests map[string]string }

// read returns the packages below the root and what they import.
func read(t *testing.T) map[string]imported {
	t.Helper()
	found := map[string]imported{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "shims" || name == "bench") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if _, known := found[pkg]; !known {
			found[pkg] = imported{map[string]string{}, map[string]string{}}
		}
		into := found[pkg].code
		if strings.HasSuffix(name, "_test.go") {
			into = found[pkg].tests
		}
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if target, ours := strings.CutPrefix(target, module+"/"); ours && !inside(target) && target != pkg {
				into[target] = name
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range found {
		maps.DeleteFunc(i.tests, func(target, _ string) bool { return i.code[target] != "" })
	}
	return found
}

// The table says what is imported: no more and no less.
func TestImportsAreThoseOfTheTable(t *testing.T) {
	found := read(t)
	if len(found) < 10 {
		t.Fatalf("only %d packages found: is the test in the right folder?", len(found))
	}
	seen := map[string]bool{}
	for _, r := range Rooms {
		seen[r.Package] = true
		got, exists := found[r.Package]
		if !exists {
			t.Errorf("the table has package %s, which does not exist", r.Package)
			continue
		}
		compare(t, r.Package, "", strings.Fields(r.Code), got.code)
		compare(t, r.Package, "tests of ", strings.Fields(r.Tests), got.tests)
	}
	for _, pkg := range slices.Sorted(maps.Keys(found)) {
		switch {
		case inside(pkg):
			compare(t, pkg, "", nil, found[pkg].code)
		case !seen[pkg]:
			t.Errorf("package %s is not in the table: {%q, %q, %q}", pkg, pkg, words(found[pkg].code), words(found[pkg].tests))
		}
	}
}

func compare(t *testing.T, pkg, what string, want []string, got map[string]string) {
	t.Helper()
	for target, file := range got {
		if !slices.Contains(want, target) {
			t.Errorf("%s%s/%s import %s, which the table does not allow", what, pkg, file, target)
		}
	}
	for _, target := range want {
		if got[target] == "" {
			t.Errorf("the table allows %s%s to import %s, but nothing does; its imports are %q", what, pkg, target, words(got))
		}
	}
}

func words(set map[string]string) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), " ")
}

// Imports go one way: a package's code sees only what stands before it, its tests
// only what its own code could see without a circle.
func TestTableHasNoCircle(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rooms {
		for _, target := range strings.Fields(r.Code) {
			if !seen[target] {
				t.Errorf("%s may import %s, which does not stand before it", r.Package, target)
			}
		}
		if seen[r.Package] {
			t.Errorf("%s stands twice", r.Package)
		}
		seen[r.Package] = true
	}
}

// The rooms of docs/ARCHITECTURE.md are the packages of the table, in its order.
func TestArchitectureNamesTheRooms(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rooms, found := strings.Cut(string(text), "\n| package | what lives there |\n|---|---|\n")
	rooms, _, _ = strings.Cut(rooms, "\n\n")
	if !found {
		t.Fatal("docs/ARCHITECTURE.md has no table of packages")
	}
	var documented, wanted, below []string
	name := regexp.MustCompile("`([a-z0-9/]+)`")
	for line := range strings.Lines(rooms) {
		cells := strings.Split(line, "|")
		for _, n := range name.FindAllStringSubmatch(cells[1], -1) {
			if inside(n[1]) {
				below = append(below, n[1])
			} else {
				documented = append(documented, n[1])
			}
		}
	}
	for _, r := range Rooms {
		wanted = append(wanted, r.Package)
	}
	if !slices.Equal(documented, wanted) {
		t.Errorf("docs/ARCHITECTURE.md names the packages\n%q, the table is of\n%q", documented, wanted)
	}
	wanted = nil
	for pkg := range read(t) {
		if inside(pkg) && !strings.Contains(pkg, "/gen") {
			wanted = append(wanted, pkg)
		}
	}
	slices.Sort(wanted)
	slices.Sort(below)
	if !slices.Equal(below, wanted) {
		t.Errorf("docs/ARCHITECTURE.md names of internal\n%q, there are\n%q", below, wanted)
	}
}

// The paths that docs/ARCHITECTURE.md sends its readers to exist.
func TestArchitectureNamesPathsThatExist(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	paths := regexp.MustCompile("`([a-z]+/[a-z0-9_/]+(?:\\.go)?)`").FindAllStringSubmatch(string(text), -1)
	if len(paths) < 40 {
		t.Fatalf("only %d paths found", len(paths))
	}
	for _, p := range paths {
		if strings.HasPrefix(p[1], "results/cache") { // of a run store
			continue
		}
		if _, err := os.Stat(root + "/" + p[1]); err != nil {
			t.Errorf("docs/ARCHITECTURE.md names %s: %v", p[1], err)
		}
	}
}
