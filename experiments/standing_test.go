package experiments

import (
	"math"
	"path/filepath"
	"testing"

	"assay/corpus/synthetic"
	"assay/experiments/config"
	"assay/results"
	"assay/results/compare"
)

// compared compares the runs that stand for an experiment's trials.
func compared(t *testing.T, s *Session, current []Trial, keys []string) *compare.Comparison {
	t.Helper()
	standing, err := Stand(t.Context(), s.Config, s.Store(), current)
	if err != nil {
		t.Fatal(err)
	}
	standing.Options.Metrics = keys
	c, err := compare.Runs(standing.Runs, standing.Options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Runs of one configuration on two corpora never stand in one table, whichever
// of them hashes first.
func TestTableKeepsCorporaApart(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	if err := WriteSynthetic(t.Context(), other, synthetic.Options{Papers: 900, Seed: 5}, false); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, path := range []string{other, config.SyntheticPath} {
		s := session(t, dir, "corpus.path="+path, "seeds=[1,2,3]")
		var want []results.Run
		for i := range s.Trials() {
			want = append(want, mustRun(t, s, i))
		}
		mean := 0.0
		for _, r := range want[:3] { // the seeds of the first model
			mean += r.Results[0].All.SampleF1 / 3
		}
		for _, current := range [][]Trial{s.Trials(), nil} { // nil: the data of the last run
			c := compared(t, s, current, []string{"f1"})
			var f1 []float64
			for _, g := range c.Groups {
				for _, row := range g.Rows {
					f1 = append(f1, row.Values[0].Value)
				}
			}
			if len(f1) != 4 || math.Abs(f1[0]-mean) > 1e-12 || c.Incomparable != "" {
				t.Errorf("%s, corpus at hand %t: F1 %v, want the first to be %v; %s; notes %q", path, current != nil, f1, mean, c.Incomparable, c.Notes)
			}
		}
	}
}
