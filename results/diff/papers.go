package diff

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/multilabel"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
	"assay/results/stats"
)

// predicted is a run with its predictions of the common papers, in A's order.
type predicted struct {
	run results.Run
	results.Predictions
}

// comparePredictions fills in all that stands on the papers.
func (r *Report) comparePredictions(store *results.Store, a, b results.Run, opt Options) error {
	pa, err := store.Predictions(a)
	if err != nil {
		return err
	}
	pb, err := store.Predictions(b)
	if err != nil {
		return err
	}
	if a.Data.Taxonomy != b.Data.Taxonomy || !slices.Equal(pa.Labels, pb.Labels) {
		r.NoScores = fmt.Sprintf("they predict different categories: %d of %s against %d of %s", len(pa.Labels), a.Data.Taxonomy, len(pb.Labels), b.Data.Taxonomy)
		return nil
	}
	r.SamePredictions = same(pa, pb)
	rowsA, rowsB, common, err := match(pa, pb)
	if err != nil {
		return err
	}
	if r.Papers = &common; common.Both == 0 {
		r.NoScores = fmt.Sprintf("they have no test paper in common that has the same categories: A has %s, B has %s", format.Thousands(len(pa.IDs)), format.Thousands(len(pb.IDs)))
		return nil
	}
	return r.compareRules(predicted{a, pick(pa, rowsA)}, predicted{b, pick(pb, rowsB)}, opt)
}

// compareRules compares the runs under each rule that opt wants.
func (r *Report) compareRules(x, y predicted, opt Options) error {
	a, b := x.run, y.run
	var known []string
	wanted := func(res results.RuleResult) bool {
		rule := res.Decision.Rule.String()
		known = append(known, rule)
		return opt.Rule == "" || opt.Rule == rule
	}
	for _, res := range a.Results {
		other, both := b.Result(res.Decision.Rule)
		switch {
		case !wanted(res):
		case both:
			d, err := compareRule(x, y, res, other, r.Papers.Whole(), opt)
			if err != nil {
				return err
			}
			r.Rules = append(r.Rules, d)
		default:
			r.Rules = append(r.Rules, RuleDiff{Rule: res.Decision.Rule.String(), OnlyIn: "a"})
		}
	}
	for _, res := range b.Results {
		if _, both := a.Result(res.Decision.Rule); !both && wanted(res) {
			r.Rules = append(r.Rules, RuleDiff{Rule: res.Decision.Rule.String(), OnlyIn: "b"})
		}
	}
	if len(r.Rules) == 0 && opt.Rule != "" {
		return fault.Usagef("neither run has the rule %s%s; they have %s", opt.Rule, suggest.Hint(opt.Rule, known), strings.Join(known, ", "))
	}
	return nil
}

// same reports whether two predictions are equal to the bit.
func same(a, b results.Predictions) bool {
	return slices.Equal(a.IDs, b.IDs) && slices.Equal(a.Labels, b.Labels) &&
		slices.Equal(a.Truth.Indptr, b.Truth.Indptr) && slices.Equal(a.Truth.Indices, b.Truth.Indices) &&
		slices.EqualFunc(a.Scores.Data, b.Scores.Data, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// match finds the rows of the papers that both have with the same truth.
func match(a, b results.Predictions) (rowsA, rowsB []int, common Common, err error) {
	at := make(map[string]int, len(b.IDs))
	for i, id := range b.IDs {
		if _, twice := at[id]; twice {
			return nil, nil, common, fmt.Errorf("paper %s stands twice in the predictions of B", id)
		}
		at[id] = i
	}
	seen := make(map[string]bool, len(a.IDs))
	for i, id := range a.IDs {
		if seen[id] {
			return nil, nil, common, fmt.Errorf("paper %s stands twice in the predictions of A", id)
		}
		seen[id] = true
		j, ok := at[id]
		switch {
		case !ok:
			common.OnlyA++
		case !slices.Equal(a.Truth.Row(i), b.Truth.Row(j)):
			common.OtherTruth++
		default:
			rowsA, rowsB = append(rowsA, i), append(rowsB, j)
		}
	}
	common.Both = len(rowsA)
	common.OnlyB = len(b.IDs) - common.Both - common.OtherTruth
	return rowsA, rowsB, common, nil
}

// pick returns the given rows of the predictions.
func pick(p results.Predictions, rows []int) results.Predictions {
	out := results.Predictions{Labels: p.Labels, Truth: multilabel.New(len(p.Labels)), Scores: &multilabel.Scores{Cols: p.Scores.Cols}}
	out.Scores.Data = make([]float64, 0, len(rows)*p.Scores.Cols)
	for _, i := range rows {
		out.IDs = append(out.IDs, p.IDs[i])
		out.Truth.Append(p.Truth.Row(i))
		out.Scores.Data = append(out.Scores.Data, p.Scores.Row(i)...)
	}
	return out
}

// compareRule compares both runs on the common papers; whole says that these are
// all, so that the scores over master categories, which the runs keep, hold.
func compareRule(a, b predicted, resA, resB results.RuleResult, whole bool, opt Options) (RuleDiff, error) {
	predictedA, err := resA.Decision.Apply(a.Scores)
	if err != nil {
		return RuleDiff{}, err
	}
	predictedB, err := resB.Decision.Apply(b.Scores)
	if err != nil {
		return RuleDiff{}, err
	}
	out := RuleDiff{Rule: resA.Decision.Rule.String()}
	if resA.Decision.Rule.NeedsValidation() {
		out.Scores = append(out.Scores, Score{Metric: "threshold", A: resA.Decision.Threshold, B: resB.Decision.Threshold})
	}
	if resA.All, err = metrics.Evaluate(predictedA, a.Truth, a.Scores); err != nil {
		return RuleDiff{}, err
	}
	if resB.All, err = metrics.Evaluate(predictedB, b.Truth, b.Scores); err != nil {
		return RuleDiff{}, err
	}
	out.Scores = append(out.Scores, scores(resA, resB, whole)...)
	papersA, err := metrics.ByPaper(predictedA, a.Truth)
	if err != nil {
		return RuleDiff{}, err
	}
	papersB, err := metrics.ByPaper(predictedB, b.Truth)
	if err != nil {
		return RuleDiff{}, err
	}
	if out.F1, err = compareF1(papersA.F1, papersB.F1); err != nil {
		return RuleDiff{}, err
	}
	out.Exact = compareExact(papersA.Exact, papersB.Exact)
	for _, i := range largest(papersA.F1, papersB.F1, a.IDs, opt.Papers) {
		out.Papers = append(out.Papers, Paper{
			ID: a.IDs[i], F1A: papersA.F1[i], F1B: papersB.F1[i],
			Truth: names(a.Truth.Row(i), a.Labels), A: names(predictedA.Row(i), a.Labels), B: names(predictedB.Row(i), a.Labels),
		})
	}
	return out, nil
}

// scores are the metrics of the common papers, side by side; over master categories
// they hold for all papers of the runs alone.
func scores(a, b results.RuleResult, whole bool) []Score {
	var out []Score
	for _, key := range []string{
		"f1", "master_f1", "micro_f1", "macro_f1", "precision", "recall", compare.SubsetAccuracy,
		"precision_at_1", "precision_at_3", "precision_at_5",
	} {
		m, _ := compare.Lookup(key)
		x, inA := m.Value(results.Run{}, a, nil)
		y, inB := m.Value(results.Run{}, b, nil)
		if inA && inB && (whole || key != "master_f1") {
			out = append(out, Score{Metric: key, A: x, B: y, Points: 100 * (y - x)})
		}
	}
	return out
}

func compareF1(a, b []float64) (*F1, error) {
	d, err := stats.PairedBootstrap(b, a, stats.Level, stats.Resamples, stats.Seed())
	if err != nil {
		return nil, err
	}
	out := &F1{Difference: d.Difference, Interval: results.Interval(d.Interval), P: d.P}
	for i := range a {
		switch {
		case a[i] > b[i]:
			out.ABetter++
		case a[i] < b[i]:
			out.BBetter++
		default:
			out.Equal++
		}
	}
	return out, nil
}

func compareExact(a, b []float64) *Exact {
	var out Exact
	for i := range a {
		switch {
		case a[i] == 1 && b[i] == 1:
			out.Both++
		case a[i] == 1:
			out.OnlyA++
		case b[i] == 1:
			out.OnlyB++
		default:
			out.Neither++
		}
	}
	out.McNemar, _ = stats.McNemar(out.OnlyA, out.OnlyB)
	return &out
}

// largest returns up to n papers that differ, those of the largest difference
// first and of equal ones by ascending id.
func largest(a, b []float64, ids []string, n int) []int {
	var order []int
	for i := range a {
		if a[i] != b[i] {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(-cmp.Compare(math.Abs(a[i]-b[i]), math.Abs(a[j]-b[j])), cmp.Compare(ids[i], ids[j]))
	})
	return order[:min(n, len(order))]
}

func names(row []int32, labels []string) []string {
	out := []string{}
	for _, c := range row {
		out = append(out, labels[c])
	}
	return out
}
