package experiments

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/results"
	"assay/results/table"
)

// A run's own intervals are those of its stored predictions, and their means its
// scores; a table tests its rows over these papers, and says where it cannot.
func TestPapersOfStoredRuns(t *testing.T) {
	s := session(t, t.TempDir(), "seeds=[1,2]")
	var runs []results.Run
	for i := range s.Trials() {
		runs = append(runs, mustRun(t, s, i))
	}
	reader := newPaperReader(t.Context(), s.Store())
	var columns [][]float64
	for _, r := range runs {
		columns = nil
		again := make([]results.RuleResult, len(r.Results))
		for _, res := range r.Results {
			p, err := reader.scores(r, res.Decision.Rule)
			if err != nil {
				t.Fatal(err)
			}
			for what, pair := range map[string][2]float64{
				"F1": {average(p.F1), res.All.SampleF1}, "master F1": {average(p.MasterF1), res.Master.SampleF1},
				"exact": {average(p.Exact), res.All.SubsetAccuracy}, "master exact": {average(p.MasterExact), res.Master.SubsetAccuracy},
			} {
				if math.Abs(pair[0]-pair[1]) > 1e-12 {
					t.Errorf("%s of trial %s by papers %v, by the run %v", what, r.Trial, pair[0], pair[1])
				}
			}
			columns = append(columns, p.F1, p.MasterF1)
		}
		if err := addIntervals(again, columns); err != nil {
			t.Fatal(err)
		}
		for i, res := range r.Results {
			if res.Intervals == nil || *res.Intervals != *again[i].Intervals || res.Intervals.F1.Low > res.All.SampleF1 || res.Intervals.F1.High < res.All.SampleF1 {
				t.Errorf("trial %s keeps the intervals %+v, its predictions give %+v", r.Trial, res.Intervals, again[i].Intervals)
			}
		}
	}

	one := func(wantNote string) table.Table {
		t.Helper()
		tab, err := Compare(t.Context(), s.Config, s.Store(), s.Trials(), []string{"f1"})
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(tab.Notes, "\n"); !strings.Contains(notes, wantNote) {
			t.Errorf("notes lack %q:\n%s", wantNote, notes)
		}
		return tab
	}
	tests := 0
	for _, row := range one("paired bootstrap over papers").Rows {
		for _, c := range row.Cells {
			if c.Number != nil {
				tests += len(c.Number.Tests)
			}
		}
	}
	if tests == 0 {
		t.Error("no test in the table")
	}
	path := filepath.Join(s.Store().Path(runs[0].Experiment, runs[0].Trial), "predictions.parquet")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	one("No intervals or tests over papers for")
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
