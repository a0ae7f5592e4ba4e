package metrics

import (
	"fmt"
	"math"

	"assay/internal/multilabel"
)

// leastProbability is what probabilities are cut to, and one less it from above, as
// Keras does: a model that is sure and wrong has a finite loss.
const leastProbability = 1e-7

// MostLoss is the loss where every probability is 0 for a label that a paper
// carries and 1 for one that it does not: −ln 1e-7, 16.1 nats.
const MostLoss = 7 * math.Ln10

// Loss returns the mean binary cross entropy, in nats, over papers and labels, of
// probabilities (n, C) and the truth (n, C): −ln p where a paper carries the label
// and −ln(1−p) where it does not, with p cut to [1e-7, 1−1e-7]. Of two labels that
// exclude each other and whose probabilities add up to 1 it is what is usually
// called binary cross entropy. Other shapes, no paper, and scores outside [0, 1]
// are errors.
func Loss(probabilities *multilabel.Scores, truth *multilabel.Matrix) (float64, error) {
	papers, err := LossByPaper(probabilities, truth)
	if err != nil {
		return 0, err
	}
	var sum compensated
	for _, v := range papers {
		sum.add(v)
	}
	return sum.value() / float64(len(papers)), nil
}

// LossByPaper returns the mean over labels of each paper's loss: their mean is
// Loss.
func LossByPaper(probabilities *multilabel.Scores, truth *multilabel.Matrix) ([]float64, error) {
	if err := checkScores("loss", probabilities); err != nil {
		return nil, err
	}
	if err := checkTruth("loss", probabilities, truth); err != nil {
		return nil, err
	}
	if truth.Rows() == 0 {
		return nil, fmt.Errorf("metrics: loss: nothing to judge: 0 papers, %d labels", truth.Cols)
	}
	out := make([]float64, truth.Rows())
	for i := range out {
		var sum compensated
		carried := truth.Row(i)
		for c, p := range probabilities.Row(i) {
			if p < 0 || p > 1 {
				return nil, fmt.Errorf("metrics: loss: the score of row %d, label %d is %v: want probabilities", i, c, p)
			}
			p = min(max(p, leastProbability), 1-leastProbability)
			if contains(carried, int32(c)) {
				sum.add(-math.Log(p))
			} else {
				sum.add(-math.Log1p(-p))
			}
		}
		out[i] = sum.value() / float64(truth.Cols)
	}
	return out, nil
}
