package metrics

import (
	"testing"

	"assay/internal/multilabel"
	"assay/internal/rng"
)

// The means over papers are what Evaluate reports.
func TestByPaperAveragesToTheReport(t *testing.T) {
	r := rng.New(1, "by paper")
	for _, n := range []int{1, 7, 500} {
		predicted, truth := multilabel.New(9), multilabel.New(9)
		for range n {
			for _, m := range []*multilabel.Matrix{predicted, truth} {
				var row []int32
				for c := range int32(9) {
					if r.Float64() < 0.15 {
						row = append(row, c)
					}
				}
				m.Append(row)
			}
		}
		scores := multilabel.NewScores(n, 9)
		for i := range scores.Data {
			scores.Data[i] = float64(r.IntN(20)) // some are equal
		}
		report, err := Evaluate(predicted, truth, scores)
		if err != nil {
			t.Fatal(err)
		}
		papers, err := ByPaper(predicted, truth)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			papers []float64
			want   float64
		}{
			"F1": {papers.F1, report.SampleF1}, "exact": {papers.Exact, report.SubsetAccuracy},
			"precision": {papers.Precision, report.SamplePrecision}, "recall": {papers.Recall, report.SampleRecall},
		} {
			near(t, name, total(c.papers)/float64(n), c.want)
		}
		near(t, "micro F1", total(papers.Both)/max(1, total(papers.Either)), report.MicroF1)
		at, err := PrecisionByPaper(scores, truth)
		if err != nil || len(at) != 3 || len(report.PrecisionAt) != 3 {
			t.Fatalf("precision at %v, %v", at, err)
		}
		for _, p := range report.PrecisionAt {
			near(t, "precision", total(at[p.K])/float64(n), p.Value)
		}
	}
	if _, err := PrecisionByPaper(multilabel.NewScores(2, 9), multilabel.New(9)); err == nil {
		t.Error("other shapes were accepted")
	}
	if _, err := PrecisionByPaper(multilabel.NewScores(0, 9), multilabel.New(9)); err == nil {
		t.Error("no paper was accepted")
	}
}

func total(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}

func TestByPaper(t *testing.T) {
	truth := multilabel.FromRows(4, [][]int32{{0, 1}, {2}, {}, {3}, {}})
	predicted := multilabel.FromRows(4, [][]int32{{0, 1}, {1, 2}, {}, {0}, {1}})
	got, err := ByPaper(predicted, truth)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][2]float64{{1, 1}, {2. / 3, 0}, {0, 1}, {0, 0}, {0, 0}} {
		near(t, "F1", got.F1[i], want[0])
		near(t, "exact", got.Exact[i], want[1])
	}
	if _, err := ByPaper(predicted, multilabel.New(4)); err == nil {
		t.Error("other shapes were accepted")
	}
}
