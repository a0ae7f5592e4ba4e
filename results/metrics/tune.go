package metrics

import (
	"math"
	"slices"

	"assay/internal/fault"
	"assay/internal/multilabel"
)

// candidate is one label of one row that a low enough threshold would predict.
type candidate struct {
	score float64
	row   int32
	hit   bool // the row truly carries the label
}

// minGain is how much, in rows, a lower threshold must add to the sum of the
// rows' F1 to be preferred: less is the rounding of the sum.
const minGain = 1e-9

// tune finds the threshold of the rule tuned. It lowers the threshold past
// every distinct score, once, updating the F1 of the one row that gains a
// label, so the work is one sort of n·C scores and n·C constant steps. Of
// thresholds with equal F1 the highest wins, which predicts least; the one
// returned lies midway between the last score let in and the next one below,
// so that papers not seen yet fall to the nearer side.
func tune(scores *multilabel.Scores, truth *multilabel.Matrix) (Decision, error) {
	if truth != nil && truth.Rows() == 0 {
		return Decision{}, fault.Usagef(`metrics: tune threshold: there is no validation paper: raise split.validation or drop the rule "tuned"`)
	}
	if err := checkScores("tune threshold", scores); err != nil {
		return Decision{}, err
	}
	if err := checkTruth("tune threshold", scores, truth); err != nil {
		return Decision{}, err
	}
	rows := make([]tally, truth.Rows())
	candidates := gather(scores, truth, rows)
	slices.SortFunc(candidates, byScore)

	var sum compensated
	for _, r := range rows {
		sum.add(r.f1())
	}
	best, taken := sum.value(), 0
	for i, c := range candidates {
		before := rows[c.row].f1()
		rows[c.row].add(c.hit)
		sum.add(rows[c.row].f1() - before)
		lastOfScore := i+1 == len(candidates) || candidates[i+1].score != c.score
		if lastOfScore && sum.value() > best+minGain {
			best, taken = sum.value(), i+1
		}
	}
	return Decision{
		Rule:         Rule{kind: tuned},
		Threshold:    between(candidates, taken),
		ValidationF1: best / float64(len(rows)),
	}, nil
}

// byScore orders by descending score, none of which is NaN.
func byScore(a, b candidate) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return 0
}

// gather fills rows with the tallies of the best-scoring label alone and
// returns every other label as a candidate.
func gather(scores *multilabel.Scores, truth *multilabel.Matrix, rows []tally) []candidate {
	candidates := make([]candidate, 0, len(rows)*(scores.Cols-1))
	best := make([]int32, 0, 1)
	for i := range rows {
		s, carried := scores.Row(i), truth.Row(i)
		best = bestLabels(best, s, 1)
		rows[i].carried = len(carried)
		for c, v := range s {
			hit := len(carried) > 0 && carried[0] == int32(c)
			if hit {
				carried = carried[1:]
			}
			if int32(c) == best[0] {
				rows[i].add(hit)
			} else {
				candidates = append(candidates, candidate{score: v, row: int32(i), hit: hit})
			}
		}
	}
	return candidates
}

// between returns a threshold that lets in the first n candidates, which are
// sorted by descending score, and no other.
func between(sorted []candidate, n int) float64 {
	switch {
	case len(sorted) == 0:
		return 0
	case n == 0:
		if up := math.Nextafter(sorted[0].score, math.Inf(1)); !math.IsInf(up, 1) {
			return up
		}
		return math.MaxFloat64
	case n == len(sorted):
		return sorted[n-1].score
	}
	high, low := sorted[n-1].score, sorted[n].score
	if mid := low/2 + high/2; mid > low && mid <= high {
		return mid
	}
	return high
}

// compensated is a running sum whose rounding error stays that of one addition
// (A. Neumaier, ZAMM 54, 1974).
type compensated struct{ sum, lost float64 }

func (c *compensated) add(x float64) {
	t := c.sum + x
	if math.Abs(c.sum) >= math.Abs(x) {
		c.lost += (c.sum - t) + x
	} else {
		c.lost += (x - t) + c.sum
	}
	c.sum = t
}

func (c *compensated) value() float64 { return c.sum + c.lost }
