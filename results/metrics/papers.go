package metrics

import (
	"fmt"

	"assay/internal/multilabel"
)

// PaperScores evaluates the predictions of n papers one by one, in their order,
// with Report's conventions.
type PaperScores struct {
	F1        []float64 // of each paper, in [0, 1]; its mean is Report.SampleF1
	Precision []float64 // its mean is Report.SamplePrecision
	Recall    []float64 // its mean is Report.SampleRecall
	Exact     []float64 // 1 where a paper's labels are all right, else 0; its mean is Report.SubsetAccuracy
	// Both is twice the number of labels that a paper carries and that are predicted,
	// Either that of those it carries and of those predicted: their sums make
	// Report.MicroF1.
	Both, Either []float64
}

// ByPaper evaluates predicted (n, C) against truth (n, C), paper by paper. Other shapes
// and no paper are errors.
func ByPaper(predicted, truth *multilabel.Matrix) (PaperScores, error) {
	if err := checkPair(predicted, truth); err != nil {
		return PaperScores{}, err
	}
	n := truth.Rows()
	var out PaperScores
	for _, of := range []*[]float64{&out.F1, &out.Precision, &out.Recall, &out.Exact, &out.Both, &out.Either} {
		*of = make([]float64, n)
	}
	for i := range n {
		p, t := predicted.Row(i), truth.Row(i)
		row := tally{predicted: len(p), carried: len(t), both: shared(p, t)}
		out.F1[i], out.Precision[i], out.Recall[i] = row.f1(), row.precision(), row.recall()
		out.Both[i], out.Either[i] = float64(2*row.both), float64(row.predicted+row.carried)
		if row.both == len(p) && row.both == len(t) {
			out.Exact[i] = 1
		}
	}
	return out, nil
}

// PrecisionByPaper returns the share of true labels (n, C) among each paper's k best
// by scores (n, C): their means are Report.PrecisionAt. There is none where k is more
// than C; errors are those of Evaluate.
func PrecisionByPaper(scores *multilabel.Scores, truth *multilabel.Matrix) (map[int][]float64, error) {
	if err := checkScores("evaluate", scores); err != nil {
		return nil, err
	}
	if err := checkTruth("evaluate", scores, truth); err != nil {
		return nil, err
	}
	if truth.Rows() == 0 {
		return nil, fmt.Errorf("metrics: evaluate: nothing to judge: 0 papers, %d labels", truth.Cols)
	}
	out := map[int][]float64{}
	for _, k := range precisionKs {
		if k <= truth.Cols {
			out[k] = make([]float64, truth.Rows())
		}
	}
	hitsAt(scores, truth, func(paper, k, hits int) { out[k][paper] = ratio(hits, k) })
	return out, nil
}
