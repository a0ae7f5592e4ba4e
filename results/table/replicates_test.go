package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
)

// replicated gives models runs of 400 papers: draws says which training a model's
// seed gives, so that equal numbers are equal runs.
func replicated(t *testing.T, right map[string]float64, draws map[string][]int) ([]results.Run, outcomes) {
	t.Helper()
	f := outcomes{}
	var runs []results.Run
	for _, name := range []string{"a", "b", "c"} {
		for i, draw := range draws[name] {
			r := run(t, name, "native", uint64(i+1), 0.5, nil)
			r.Results = r.Results[:1]
			r.Data.Test = 400
			own := rng.New(uint64(draw), "training", name)
			f.set(&r, 0, constant(400, func(k int) bool {
				return rng.New(uint64(k), "paper").Float64() < right[name]+0.03*own.NormFloat64()
			}))
			runs = append(runs, r)
		}
	}
	return runs, f
}

// n deterministic runs are one: no interval over seeds, no test over seeds, and a
// note that says what to do. The papers decide alone.
func TestEqualReplicatesAreOneRun(t *testing.T) {
	for _, c := range []struct {
		name  string
		draws map[string][]int
		n     string // of a and b
		seeds int    // of the test over seeds; 0: there is none
		notes []string
	}{
		{"both equal", map[string][]int{"a": {1, 1, 1}, "b": {1, 1, 1}}, "1 1", 0, []string{"a (seeds 1, 2, 3), b (seeds 1, 2, 3). With split.per_seed"}},
		{"one equal, one noisy", map[string][]int{"a": {1, 1, 1}, "b": {1, 2, 3}}, "1 3", 3, []string{": a (seeds 1, 2, 3). With"}},
		{"two of three equal", map[string][]int{"a": {1, 2, 2}, "b": {1, 2, 3}}, "2 3", 3, []string{": a (seeds 2, 3)."}},
		{"the same two in both", map[string][]int{"a": {1, 2, 2}, "b": {1, 2, 2}}, "2 2", 2, []string{"a (seeds 2, 3), b (seeds 2, 3)", "With 2 seeds the test over papers decides alone"}},
		{"none equal", map[string][]int{"a": {1, 2, 3}, "b": {1, 2, 3}}, "3 3", 3, nil},
	} {
		runs, f := replicated(t, map[string]float64{"a": 0.7, "b": 0.5}, c.draws)
		table := laid(t, runs, compare.Options{Metrics: []string{"f1", "precision_at_1", "micro_f1", "loss"}, Papers: f.of})
		notes := strings.Join(table.Notes, "\n")
		for _, want := range c.notes {
			if !strings.Contains(notes, want) {
				t.Errorf("%s: notes lack %q:\n%s", c.name, want, notes)
			}
		}
		if strings.Contains(notes, "Equal replicates") != (c.notes != nil) {
			t.Errorf("%s: notes\n%s", c.name, notes)
		}
		var n []string
		for i := range table.Columns[2:6] {
			b := table.Rows[1].Cells[i+2]
			over := slices.IndexFunc(b.Number.Tests, func(t compare.Test) bool { return t.Name == compare.OverSeeds })
			switch {
			case (over >= 0) != (c.seeds > 0):
				t.Errorf("%s, %s: %+v", c.name, table.Columns[i+2].Key, b.Number.Tests)
			case over >= 0 && (b.Number.Tests[over].N != c.seeds || b.Number.Tests[over].P == 0):
				t.Errorf("%s, %s: %+v, want n = %d", c.name, table.Columns[i+2].Key, b.Number.Tests[over], c.seeds)
			}
			testOf(t, b, compare.OverPapers)
		}
		for _, row := range table.Rows {
			last := row.Cells[len(row.Cells)-1].Text
			n = append(n, last)
			for _, cell := range row.Cells[2:6] {
				if (cell.Number.HalfWidth == nil) != (last == "1") || (cell.Interval == "") != (last == "1") || (cell.Range == "") == (last == "1") {
					t.Errorf("%s: n = %s, cell %+v", c.name, last, cell)
				}
			}
		}
		if got := strings.Join(n, " "); got != c.n {
			t.Errorf("%s: n is %q, want %q", c.name, got, c.n)
		}
	}
}

// A difference that is the same with every seed has no spread to be tested by, and
// a score that is the same in different runs no interval over them.
func TestNothingVaries(t *testing.T) {
	runs, f := models(t, 3, "a", "b"), outcomes{}
	for i := range runs {
		seed := int(runs[i].Seed)
		f.set(&runs[i], 0, constant(400, func(k int) bool {
			return (k+seed)%2 == 0 || k >= 380 && runs[i].Model.Name == "a"
		}))
	}
	table := laid(t, runs, compare.Options{Metrics: []string{"f1"}, Papers: f.of})
	b := column(table, "f1")["b fixed:0.5"]
	if len(b.Number.Tests) != 2 || b.Number.Tests[0].Name != compare.OverPapers || b.Number.Tests[0].P == 0 {
		t.Errorf("tests %+v", b.Number.Tests)
	}
	if n := table.Rows[1].Cells[3].Text; n != "3" || b.Interval != "" || b.Range == "" || b.Number.HalfWidth != nil {
		t.Errorf("n = %s, cell %+v", n, b)
	}
	if notes := strings.Join(table.Notes, " "); strings.Contains(notes, "paired t") || strings.Contains(notes, "Equal replicates") {
		t.Errorf("notes %s", notes)
	}
}

// Many settings with equal replicates are counted, not listed.
func TestManyEqualReplicatesAreCounted(t *testing.T) {
	var runs []results.Run
	for i := range 9 {
		for seed := uint64(1); seed <= 2; seed++ {
			r := run(t, "M", "native", 1, 0.5, map[string]any{"alpha": float64(i)})
			r.Seed, r.Trial = seed, fmt.Sprint(i, seed)
			runs = append(runs, r)
		}
	}
	notes := strings.Join(laid(t, runs, compare.Options{}).Notes, "\n")
	if !strings.Contains(notes, "M (alpha=3) (seeds 1, 2), 5 more. With") {
		t.Errorf("notes %s", notes)
	}
}
