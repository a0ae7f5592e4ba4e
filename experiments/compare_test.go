package experiments

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"assay/corpus/synthetic"
	"assay/experiments/config"
	"assay/results"
	"assay/results/table"
)

// shown returns the F1 cells of an experiment's table and its notes.
func shown(t *testing.T, s *Session, current []Trial) (f1 []float64, notes string) {
	t.Helper()
	tab, err := Compare(context.Background(), s.Config, s.Store(), current, []string{"f1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range tab.Rows {
		if row.Status != table.Measured {
			continue
		}
		for _, c := range row.Cells {
			if c.Number != nil && c.Number.Value < 1 {
				f1 = append(f1, c.Number.Value)
			}
		}
	}
	return f1, strings.Join(tab.Notes, "\n")
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
			f1, notes := shown(t, s, current)
			if len(f1) != 4 || f1[0]-mean > 1e-12 || mean-f1[0] > 1e-12 || strings.Contains(notes, "NOT COMPARABLE") {
				t.Errorf("%s, corpus at hand %t: F1 %v, want the first to be %v; notes:\n%s", path, current != nil, f1, mean, notes)
			}
		}
	}
}
