package metrics

import "assay/internal/multilabel"

// PaperScores judges the predictions of n papers one by one, in their order,
// with Report's conventions.
type PaperScores struct {
	F1    []float64 // of each paper, in [0, 1]; its mean is Report.SampleF1
	Exact []float64 // 1 where a paper's labels are all right, else 0; its mean is Report.SubsetAccuracy
}

// ByPaper judges predicted (n, C) by truth (n, C), paper by paper. Other shapes
// and no paper are errors.
func ByPaper(predicted, truth *multilabel.Matrix) (PaperScores, error) {
	if err := checkPair(predicted, truth); err != nil {
		return PaperScores{}, err
	}
	n := truth.Rows()
	out := PaperScores{F1: make([]float64, n), Exact: make([]float64, n)}
	for i := range n {
		p, t := predicted.Row(i), truth.Row(i)
		row := tally{predicted: len(p), carried: len(t), both: shared(p, t)}
		out.F1[i] = row.f1()
		if row.both == len(p) && row.both == len(t) {
			out.Exact[i] = 1
		}
	}
	return out, nil
}
