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
		report, err := Evaluate(predicted, truth, nil)
		if err != nil {
			t.Fatal(err)
		}
		papers, err := ByPaper(predicted, truth)
		if err != nil {
			t.Fatal(err)
		}
		var f1, exact float64
		for i := range papers.F1 {
			f1 += papers.F1[i] / float64(n)
			exact += papers.Exact[i] / float64(n)
		}
		near(t, "mean F1", f1, report.SampleF1)
		near(t, "share of exact papers", exact, report.SubsetAccuracy)
	}
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
