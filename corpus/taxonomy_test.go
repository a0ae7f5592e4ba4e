package corpus

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/internal/testenv"
)

func mustTaxonomy(t testing.TB, name string) *Taxonomy {
	t.Helper()
	tax, err := LookupTaxonomy(name)
	if err != nil {
		t.Fatal(err)
	}
	return tax
}

func TestTaxonomySizes(t *testing.T) {
	for _, c := range []struct {
		name               string
		categories, groups int
	}{{"arxiv", 155, 8}, {"arxiv-2019", 148, 6}} {
		tax := mustTaxonomy(t, c.name)
		if len(tax.Categories) != c.categories || len(tax.Groups) != c.groups {
			t.Errorf("%s: %d categories in %d groups, want %d in %d", c.name,
				len(tax.Categories), len(tax.Groups), c.categories, c.groups)
		}
		if !slices.IsSortedFunc(tax.Categories, func(a, b Category) int { return strings.Compare(a.ID, b.ID) }) {
			t.Errorf("%s: categories are not ascending", c.name)
		}
		groupOf, seen := tax.GroupOf(), make([]int, len(tax.Groups))
		for i, cat := range tax.Categories {
			if j, ok := tax.Index(cat.ID); !ok || j != i {
				t.Errorf("%s: Index(%s) = %d, %v, want %d", c.name, cat.ID, j, ok, i)
			}
			seen[groupOf[i]]++
		}
		if slices.Contains(seen, 0) {
			t.Errorf("%s: categories a group %v, want none empty", c.name, seen)
		}
	}
}

func TestLookupTaxonomyUnknown(t *testing.T) {
	_, err := LookupTaxonomy("arxiv2019")
	want := `corpus: unknown taxonomy "arxiv2019"; did you mean "arxiv-2019"? (known: arxiv, arxiv-2019, topics:cs.LG,cs.CV)`
	if err == nil || err.Error() != want || !fault.IsUsage(err) {
		t.Errorf("got %v, want usage error %s", err, want)
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		id                       string
		old, today               string // the category's id, or ""
		oldOutcome, todayOutcome Outcome
	}{
		{"cs.LG", "cs.LG", "cs.LG", ListedID, ListedID},
		{"math-ph", "math-ph", "math-ph", ListedID, ListedID},
		{"math.MP", "math.MP", "math.MP", ListedID, ListedID},
		{"cs.NA", "cs.NA", "cs.NA", ListedID, ListedID},
		{"math.NA", "math.NA", "math.NA", ListedID, ListedID},
		{"eess.SP", "", "eess.SP", OutsideID, ListedID},
		{"eess.SY", "cs.SY", "eess.SY", RenamedID, ListedID},
		{"econ.GN", "q-fin.EC", "econ.GN", RenamedID, ListedID},
		{"cmp-lg", "cs.CL", "cs.CL", RenamedID, RenamedID},
		{"mtrl-th", "cond-mat.mtrl-sci", "cond-mat.mtrl-sci", RenamedID, RenamedID},
		{"bayes-an", "physics.data-an", "physics.data-an", RenamedID, RenamedID},
		{"astro-ph", "", "", SplitID, SplitID},
		{"cond-mat", "", "", SplitID, SplitID},
		{"q-bio", "", "", SplitID, SplitID},
		{"test.soft", "", "", UnknownID, UnknownID},
		{"physics", "", "", UnknownID, UnknownID},
		{"cs.lg", "", "", UnknownID, UnknownID},
		{"", "", "", UnknownID, UnknownID},
	} {
		for _, want := range []struct {
			tax, id string
			out     Outcome
		}{{"arxiv-2019", c.old, c.oldOutcome}, {"arxiv", c.today, c.todayOutcome}} {
			tax := mustTaxonomy(t, want.tax)
			label, out := tax.Resolve(c.id)
			got := ""
			if label >= 0 {
				got = tax.Categories[label].ID
			}
			if got != want.id || out != want.out {
				t.Errorf("%s: Resolve(%q) = %q, %v, want %q, %v", want.tax, c.id, got, out, want.id, want.out)
			}
		}
	}
}

func TestLabels(t *testing.T) {
	tax := mustTaxonomy(t, "arxiv-2019")
	p := &Paper{Categories: []string{"cs.CL", "cmp-lg", "eess.SP", "cs.NA", "math.NA", "astro-ph", "eess.SP", "nowhere"}}
	labels, unknown := tax.Labels(p)
	var ids []string
	for _, l := range labels {
		ids = append(ids, tax.Categories[l].ID)
	}
	if want := []string{"cs.CL", "cs.NA", "math.NA"}; !slices.Equal(ids, want) {
		t.Errorf("labels %v, want %v", ids, want)
	}
	if want := []string{"eess.SP", "astro-ph", "nowhere"}; !slices.Equal(unknown, want) {
		t.Errorf("unknown %v, want %v", unknown, want)
	}
}

// TestTaxonomyAgainstDefinitions compares the tables with arXiv's definitions.
func TestTaxonomyAgainstDefinitions(t *testing.T) {
	data, err := os.ReadFile(testenv.SharedData(t, "taxonomy/arxiv_taxonomy.json"))
	if err != nil {
		t.Fatal(err)
	}
	var def struct {
		Archives   map[string]struct{ In_group string }
		Categories map[string]struct {
			Full_name, In_archive string
			Is_active             bool
		}
		Aliases           map[string]string
		Archives_subsumed map[string]string
	}
	if err := json.Unmarshal(data, &def); err != nil {
		t.Fatal(err)
	}
	tax := mustTaxonomy(t, "arxiv")
	active := 0
	for id, c := range def.Categories {
		i, ok := tax.Index(id)
		if ok != c.Is_active {
			t.Errorf("%s: listed %v, active %v", id, ok, c.Is_active)
		}
		if !c.Is_active || !ok {
			continue
		}
		active++
		got := tax.Categories[i]
		if group := "grp_" + tax.Groups[got.Group].ID; got.Name != c.Full_name || group != def.Archives[c.In_archive].In_group {
			t.Errorf("%s: %+v in %s, want %+v", id, got, group, c)
		}
	}
	if active != len(tax.Categories) {
		t.Errorf("%d active categories, taxonomy has %d", active, len(tax.Categories))
	}
	if len(def.Archives_subsumed) != len(archaicTable) || len(def.Aliases) != len(aliasTable) {
		t.Errorf("%d subsumed and %d aliases, want %d and %d",
			len(archaicTable), len(aliasTable), len(def.Archives_subsumed), len(def.Aliases))
	}
	for _, a := range archaicTable {
		if def.Archives_subsumed[a.id] != a.successor {
			t.Errorf("%s → %s, want %s", a.id, a.successor, def.Archives_subsumed[a.id])
		}
	}
	for _, a := range aliasTable {
		if def.Aliases[a.alias] != a.canonical {
			t.Errorf("%s → %s, want %s", a.alias, a.canonical, def.Aliases[a.alias])
		}
	}
}
