package experiments

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
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

	one := func() *compare.Comparison {
		t.Helper()
		return compared(t, s, s.Trials(), compare.Keys())
	}
	// Every score of test papers is tested over them, and no other metric at all.
	c := one()
	for j, m := range c.Metrics {
		tests, intervals, marks, rows := 0, 0, 0, 0
		for _, g := range c.Groups {
			for _, row := range g.Rows {
				rows++
				if row.Best[j] || row.Close[j] {
					marks++
				}
				if row.Values[j] == nil {
					continue
				}
				if row.Values[j].Papers != nil {
					intervals++
				}
				for _, test := range row.Values[j].Tests {
					if test.Decides && test.Name == compare.OverPapers {
						tests++
					}
				}
			}
		}
		ofPapers := m.Score && !strings.HasPrefix(m.Key, "validation")
		if ofPapers != (marks > 0) || ofPapers != (tests > 0) || ofPapers != (intervals == rows) {
			t.Errorf("%s: %d tests over papers, %d intervals, %d marks in %d rows", m.Key, tests, intervals, marks, rows)
		}
	}
	path := filepath.Join(s.Store().Path(runs[0].Experiment, runs[0].Trial), "predictions.parquet")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(one().Notes, "\n"); !strings.Contains(notes, "No intervals or tests over papers for") {
		t.Errorf("notes:\n%s", notes)
	}
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
