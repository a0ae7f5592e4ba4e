package metrics

import (
	"fmt"
	"slices"

	"assay/internal/multilabel"
)

// Report evaluates the predictions of n papers over C labels. All but the counts
// and the loss are in [0, 1]. A quotient without denominator is 0, as scikit-learn's
// zero_division=0: a paper with neither predicted nor true labels has
// precision, recall and F1 of 0 but counts as an exact match; a label that is
// neither predicted nor carried has an F1 of 0 and takes part in the macro
// average.
type Report struct {
	Papers int `json:"papers"`
	Labels int `json:"labels"`

	// Averages over papers. SampleF1 is the mean of each paper's own F1.
	SampleF1        float64 `json:"sample_f1"`
	SamplePrecision float64 `json:"sample_precision"`
	SampleRecall    float64 `json:"sample_recall"`
	// Over all pairs of paper and label together.
	MicroF1        float64 `json:"micro_f1"`
	MicroPrecision float64 `json:"micro_precision"`
	MicroRecall    float64 `json:"micro_recall"`
	// Averages over labels.
	MacroF1        float64 `json:"macro_f1"`
	MacroPrecision float64 `json:"macro_precision"`
	MacroRecall    float64 `json:"macro_recall"`
	// SubsetAccuracy is the share of papers whose labels are all right.
	SubsetAccuracy float64 `json:"subset_accuracy"`
	// Loss is what [Loss] returns, in nats; nil where the scores are no
	// probabilities, or were not asked for it. Evaluate leaves it nil.
	Loss *float64 `json:"loss,omitempty"`
	// PrecisionAt is empty where no scores were given.
	PrecisionAt []PrecisionAt `json:"precision_at,omitempty"`
}

// PrecisionAt is the mean over papers of the share of true labels among the K
// best-scoring ones, of which equal scores count by ascending label. A paper
// with fewer than K true labels cannot reach 1.
type PrecisionAt struct {
	K     int     `json:"k"`
	Value float64 `json:"value"`
}

// At returns the precision at k; false where it was not measured.
func (r Report) At(k int) (float64, bool) {
	for _, p := range r.PrecisionAt {
		if p.K == k {
			return p.Value, true
		}
	}
	return 0, false
}

// Evaluate compares predicted (n, C) with truth (n, C). scores (n, C) may be nil,
// as for master categories, which have none of their own; with it Report holds
// the precision at 1, 3 and 5, as far as there are so many labels. Other
// shapes, no paper, or a score that is NaN or infinite are errors.
//
// For master categories, map both sides first: predicted.Map(groupOf, groups).
func Evaluate(predicted, truth *multilabel.Matrix, scores *multilabel.Scores) (Report, error) {
	if err := checkPair(predicted, truth); err != nil {
		return Report{}, err
	}
	n := truth.Rows()
	r := Report{Papers: n, Labels: truth.Cols}
	var f1, precision, recall compensated
	var all tally
	exact := 0
	for i := range n {
		p, t := predicted.Row(i), truth.Row(i)
		row := tally{predicted: len(p), carried: len(t), both: shared(p, t)}
		f1.add(row.f1())
		precision.add(row.precision())
		recall.add(row.recall())
		all.plus(row)
		if row.both == len(p) && row.both == len(t) {
			exact++
		}
	}
	r.SampleF1, r.SamplePrecision, r.SampleRecall = f1.value()/float64(n), precision.value()/float64(n), recall.value()/float64(n)
	r.MicroF1, r.MicroPrecision, r.MicroRecall = all.f1(), all.precision(), all.recall()
	r.SubsetAccuracy = ratio(exact, n)

	var macroF1, macroPrecision, macroRecall compensated
	for _, l := range tallyLabels(predicted, truth) {
		macroF1.add(l.f1())
		macroPrecision.add(l.precision())
		macroRecall.add(l.recall())
	}
	c := float64(truth.Cols)
	r.MacroF1, r.MacroPrecision, r.MacroRecall = macroF1.value()/c, macroPrecision.value()/c, macroRecall.value()/c
	if scores == nil {
		return r, nil
	}
	if err := checkScores("evaluate", scores); err != nil {
		return Report{}, err
	}
	if err := checkTruth("evaluate", scores, truth); err != nil {
		return Report{}, err
	}
	r.PrecisionAt = precisionAt(scores, truth)
	return r, nil
}

// precisionKs are the k of Report.PrecisionAt.
var precisionKs = [...]int{1, 3, 5}

func precisionAt(scores *multilabel.Scores, truth *multilabel.Matrix) []PrecisionAt {
	total := map[int]int{}
	hitsAt(scores, truth, func(_, k, hits int) { total[k] += hits })
	var out []PrecisionAt
	for _, k := range precisionKs {
		if k <= truth.Cols {
			out = append(out, PrecisionAt{K: k, Value: ratio(total[k], k*truth.Rows())})
		}
	}
	return out
}

// hitsAt tells of each paper, and of each k up to the number of labels, how many of
// the k best-scoring labels it carries.
func hitsAt(scores *multilabel.Scores, truth *multilabel.Matrix, tell func(paper, k, hits int)) {
	var best []int32
	for i := range truth.Rows() {
		best = bestLabels(best, scores.Row(i), precisionKs[len(precisionKs)-1])
		carried := truth.Row(i)
		hits := 0
		for rank, c := range best {
			if contains(carried, c) {
				hits++
			}
			if slices.Contains(precisionKs[:], rank+1) {
				tell(i, rank+1, hits)
			}
		}
	}
}

// LabelReport evaluates the predictions of one label.
type LabelReport struct {
	Label         int     `json:"label"`          // its index
	Support       int     `json:"support"`        // papers that carry it
	Predicted     int     `json:"predicted"`      // papers it was predicted for
	TruePositives int     `json:"true_positives"` // papers with both
	Precision     float64 `json:"precision"`
	Recall        float64 `json:"recall"`
	F1            float64 `json:"f1"`
}

// ByLabel evaluates each label by itself, in their order, with Report's
// conventions.
func ByLabel(predicted, truth *multilabel.Matrix) ([]LabelReport, error) {
	if err := checkPair(predicted, truth); err != nil {
		return nil, err
	}
	out := make([]LabelReport, truth.Cols)
	for c, l := range tallyLabels(predicted, truth) {
		out[c] = LabelReport{
			Label: c, Support: l.carried, Predicted: l.predicted, TruePositives: l.both,
			Precision: l.precision(), Recall: l.recall(), F1: l.f1(),
		}
	}
	return out, nil
}

func tallyLabels(predicted, truth *multilabel.Matrix) []tally {
	labels := make([]tally, truth.Cols)
	for _, c := range predicted.Indices {
		labels[c].predicted++
	}
	for _, c := range truth.Indices {
		labels[c].carried++
	}
	for i := range truth.Rows() {
		carried := truth.Row(i)
		for _, c := range predicted.Row(i) {
			if contains(carried, c) {
				labels[c].both++
			}
		}
	}
	return labels
}

func checkPair(predicted, truth *multilabel.Matrix) error {
	switch {
	case predicted == nil || truth == nil:
		return fmt.Errorf("metrics: evaluate: predictions or truth are missing")
	case predicted.Rows() != truth.Rows() || predicted.Cols != truth.Cols:
		return fmt.Errorf("metrics: evaluate: predictions are (%d, %d) but the truth is (%d, %d)",
			predicted.Rows(), predicted.Cols, truth.Rows(), truth.Cols)
	case truth.Rows() == 0 || truth.Cols == 0:
		return fmt.Errorf("metrics: evaluate: nothing to judge: %d papers, %d labels", truth.Rows(), truth.Cols)
	}
	return nil
}

// tally counts pairs of paper and label: predicted, carried, and both.
type tally struct{ predicted, carried, both int }

func (t *tally) plus(o tally) {
	t.predicted += o.predicted
	t.carried += o.carried
	t.both += o.both
}

// add counts one more predicted label, which is a hit where it is carried.
func (t *tally) add(hit bool) {
	t.predicted++
	if hit {
		t.both++
	}
}

func (t tally) precision() float64 { return ratio(t.both, t.predicted) }
func (t tally) recall() float64    { return ratio(t.both, t.carried) }
func (t tally) f1() float64        { return ratio(2*t.both, t.predicted+t.carried) }

// ratio is a/b, and 0 where b is 0.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// contains reports whether a row's few ascending labels hold c.
func contains(row []int32, c int32) bool {
	for _, l := range row {
		if l >= c {
			return l == c
		}
	}
	return false
}

// shared counts the labels in both of two ascending rows.
func shared(a, b []int32) int {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			n, i, j = n+1, i+1, j+1
		}
	}
	return n
}
