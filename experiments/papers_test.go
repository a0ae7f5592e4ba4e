package experiments

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/results"
	"assay/results/metrics"
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
			all, err := metrics.ByPaper(p.Predicted, p.Truth)
			if err != nil {
				t.Fatal(err)
			}
			master, err := metrics.ByPaper(p.MasterPredicted, p.MasterTruth)
			if err != nil {
				t.Fatal(err)
			}
			at1, _ := res.All.At(1)
			for what, pair := range map[string][2]float64{
				"F1": {average(all.F1), res.All.SampleF1}, "master F1": {average(master.F1), res.Master.SampleF1},
				"exact": {average(all.Exact), res.All.SubsetAccuracy}, "master exact": {average(master.Exact), res.Master.SubsetAccuracy},
				"P@1": {average(p.PrecisionAt[1]), at1},
			} {
				if math.Abs(pair[0]-pair[1]) > 1e-12 {
					t.Errorf("%s of trial %s by papers %v, by the run %v", what, r.Trial, pair[0], pair[1])
				}
			}
			columns = append(columns, all.F1, master.F1)
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
		tab, err := Compare(t.Context(), s.Config, s.Store(), s.Trials(), table.Columns())
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(tab.Notes, "\n"); !strings.Contains(notes, wantNote) {
			t.Errorf("notes lack %q:\n%s", wantNote, notes)
		}
		return tab
	}
	// Every score of test papers is tested over them, and no other column at all.
	tab := one("paired bootstrap over papers")
	for i, column := range tab.Columns {
		tests, intervals, marks := 0, 0, 0
		for _, row := range tab.Rows {
			c := row.Cells[i]
			if c.Best || c.Close {
				marks++
			}
			if c.Number == nil {
				continue
			}
			if c.Number.Papers != nil {
				intervals++
			}
			for _, test := range c.Number.Tests {
				if test.Decides && !strings.Contains(test.Name, "seeds") {
					tests++
				}
			}
		}
		ofPapers := (column.Unit == "fraction" || column.Unit == "nats") && !strings.HasPrefix(column.Key, "validation")
		if ofPapers != (marks > 0) || ofPapers != (tests > 0) || ofPapers != (intervals == len(tab.Rows)) {
			t.Errorf("%s: %d tests over papers, %d intervals, %d marks in %d rows", column.Key, tests, intervals, marks, len(tab.Rows))
		}
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
