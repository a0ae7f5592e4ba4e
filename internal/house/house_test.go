package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "assay"

// find returns the rule of a package.
func find(pkg string) (Rule, bool) {
	for _, r := range Allowed {
		if r.Package == pkg || strings.HasSuffix(r.Package, "/…") && strings.HasPrefix(pkg, strings.TrimSuffix(r.Package, "…")) {
			return r, true
		}
	}
	return Rule{}, false
}

// imports returns, for each package below root, the packages of this module
// that its files import, tests included.
func imports(t *testing.T, root string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
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
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			target, ours := strings.CutPrefix(target, module+"/")
			// The suite of classifiers is a helper of external tests.
			helper := strings.HasSuffix(file.Name.Name, "_test") && target == "baselines/conformance"
			if ours && !helper {
				if found[pkg] == nil {
					found[pkg] = map[string]string{}
				}
				found[pkg][target] = name
			}
		}
		if found[pkg] == nil {
			found[pkg] = map[string]string{}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestImportsFlowOneWay(t *testing.T) {
	found := imports(t, filepath.Join("..", ".."))
	if len(found) < 10 {
		t.Fatalf("only %d packages found: is the test in the right folder?", len(found))
	}
	for pkg, targets := range found {
		rule, known := find(pkg)
		if !known {
			t.Errorf("package %s has no rule: add it to the table", pkg)
			continue
		}
		for target, file := range targets {
			if !strings.HasPrefix(target, "internal/") && target != pkg && !slices.Contains(rule.Imports, target) {
				t.Errorf("%s/%s imports %s, which does not stand to its left", pkg, file, target)
			}
		}
	}
}

// The table itself must be a one-way street, or the test above proves nothing.
func TestRulesHaveNoCycle(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Allowed {
		for _, target := range r.Imports {
			if !seen[target] {
				t.Errorf("%s may import %s, which does not stand before it", r.Package, target)
			}
		}
		seen[r.Package] = true
	}
}
