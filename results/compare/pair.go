package compare

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
	"assay/results/metrics"
	"assay/results/stats"
)

// Pair is how the predictions of two runs, A and B, differ.
type Pair struct {
	// NoScores says why there is nothing to compare below; empty where there is.
	NoScores string        `json:"no_scores,omitempty"`
	Papers   *CommonPapers `json:"papers,omitempty"`
	// SamePredictions: papers, labels and scores are equal to the bit.
	SamePredictions bool       `json:"same_predictions"`
	Rules           []RulePair `json:"rules"` // in A's order, then those of B alone
}

// Predicted is a finished run with its predictions.
type Predicted struct {
	Run results.Run
	results.Predictions
}

// CommonPapers says on which test papers the runs are compared.
type CommonPapers struct {
	Both  int `json:"both"`   // compared
	OnlyA int `json:"only_a"` // tested by A alone, left out
	OnlyB int `json:"only_b"`
	// OtherTruth are papers of both whose true categories differ; left out.
	OtherTruth int `json:"other_truth"`
}

// Whole reports whether both runs are compared on all their papers.
func (c *CommonPapers) Whole() bool { return c.OnlyA+c.OnlyB+c.OtherTruth == 0 }

// RulePair compares the runs under one decision rule.
type RulePair struct {
	Rule string `json:"rule"`
	// OnlyIn is "a" or "b" where the other run has no such rule; then all below is
	// empty.
	OnlyIn string      `json:"only_in,omitempty"`
	Scores []ScorePair `json:"scores,omitempty"`
	F1     *F1Pair     `json:"f1,omitempty"`
	Exact  *ExactPair  `json:"exact,omitempty"`
	// Papers are those with the largest differences of F1, largest first.
	Papers []PaperPair `json:"papers,omitempty"`
}

// ScorePair is a metric of both runs, as fractions of 1 but for threshold.
type ScorePair struct {
	Metric string  `json:"metric"`
	A      float64 `json:"a"`
	B      float64 `json:"b"`
	Points float64 `json:"points"` // 100·(B − A); 0 for threshold
}

// F1Pair compares the F1 of each paper.
type F1Pair struct {
	ABetter int `json:"a_better"` // papers
	BBetter int `json:"b_better"`
	Equal   int `json:"equal"`
	// Difference of the means, B − A, with its 95 % interval and two-sided p by
	// the paired bootstrap over papers.
	Difference float64          `json:"difference"`
	Interval   results.Interval `json:"interval"`
	P          float64          `json:"p"`
}

// ExactPair counts the papers all of whose categories are right.
type ExactPair struct {
	Both    int     `json:"both"`
	OnlyA   int     `json:"only_a"`
	OnlyB   int     `json:"only_b"`
	Neither int     `json:"neither"`
	McNemar float64 `json:"mcnemar_p"`
}

// PaperPair is a paper with the categories it has and those that each run predicts.
type PaperPair struct {
	ID    string   `json:"id"`
	F1A   float64  `json:"f1_a"`
	F1B   float64  `json:"f1_b"`
	Truth []string `json:"truth"`
	A     []string `json:"a"`
	B     []string `json:"b"`
}

// TwoRuns compares two finished runs on the papers that both have: under the rule, "" for
// all, with so many of the papers that differ most. Runs that cannot be compared are no
// error; a rule that neither has is a usage error.
func TwoRuns(a, b Predicted, rule string, papers int) (Pair, error) {
	r := Pair{Rules: []RulePair{}}
	ta, tb := a.Run.Data.Taxonomy, b.Run.Data.Taxonomy
	if ta != tb || !slices.Equal(a.Labels, b.Labels) {
		r.NoScores = fmt.Sprintf("they predict different categories: %d of %s against %d of %s", len(a.Labels), ta, len(b.Labels), tb)
		return r, nil
	}
	r.SamePredictions = same(a.Predictions, b.Predictions)
	rowsA, rowsB, common, err := match(a.Predictions, b.Predictions)
	if err != nil {
		return r, err
	}
	if r.Papers = &common; common.Both == 0 {
		r.NoScores = fmt.Sprintf("they have no test paper in common that has the same categories: A has %s, B has %s", format.Thousands(len(a.IDs)), format.Thousands(len(b.IDs)))
		return r, nil
	}
	a.Predictions, b.Predictions = pick(a.Predictions, rowsA), pick(b.Predictions, rowsB)
	return r, r.compareRules(a, b, rule, papers)
}

// compareRules compares the runs, whose predictions are of the same papers in one order,
// under the rule or, where that is "", under each.
func (r *Pair) compareRules(x, y Predicted, rule string, papers int) error {
	a, b := x.Run, y.Run
	var known []string
	wanted := func(res results.RuleResult) bool {
		known = append(known, res.Decision.Rule.String())
		return rule == "" || res.Decision.Rule.String() == rule
	}
	for _, res := range a.Results {
		other, both := b.Result(res.Decision.Rule)
		switch {
		case !wanted(res):
		case both:
			d, err := compareRule(x, y, res, other, r.Papers.Whole(), papers)
			if err != nil {
				return err
			}
			r.Rules = append(r.Rules, d)
		default:
			r.Rules = append(r.Rules, RulePair{Rule: res.Decision.Rule.String(), OnlyIn: "a"})
		}
	}
	for _, res := range b.Results {
		if _, both := a.Result(res.Decision.Rule); !both && wanted(res) {
			r.Rules = append(r.Rules, RulePair{Rule: res.Decision.Rule.String(), OnlyIn: "b"})
		}
	}
	if len(r.Rules) == 0 && rule != "" {
		return fault.Usagef("neither run has the rule %s%s; they have %s", rule, suggest.Hint(rule, known), strings.Join(known, ", "))
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
func match(a, b results.Predictions) (rowsA, rowsB []int, common CommonPapers, err error) {
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
func compareRule(a, b Predicted, resA, resB results.RuleResult, whole bool, papers int) (RulePair, error) {
	predictedA, err := resA.Decision.Apply(a.Scores)
	if err != nil {
		return RulePair{}, err
	}
	predictedB, err := resB.Decision.Apply(b.Scores)
	if err != nil {
		return RulePair{}, err
	}
	out := RulePair{Rule: resA.Decision.Rule.String()}
	if resA.Decision.Rule.NeedsValidation() {
		out.Scores = append(out.Scores, ScorePair{Metric: "threshold", A: resA.Decision.Threshold, B: resB.Decision.Threshold})
	}
	if resA.All, err = metrics.Evaluate(predictedA, a.Truth, a.Scores); err != nil {
		return RulePair{}, err
	}
	if resB.All, err = metrics.Evaluate(predictedB, b.Truth, b.Scores); err != nil {
		return RulePair{}, err
	}
	out.Scores = append(out.Scores, scorePairs(resA, resB, whole)...)
	papersA, err := metrics.ByPaper(predictedA, a.Truth)
	if err != nil {
		return RulePair{}, err
	}
	papersB, err := metrics.ByPaper(predictedB, b.Truth)
	if err != nil {
		return RulePair{}, err
	}
	if out.F1, err = compareF1(papersA.F1, papersB.F1); err != nil {
		return RulePair{}, err
	}
	out.Exact = compareExact(papersA.Exact, papersB.Exact)
	for _, i := range largest(papersA.F1, papersB.F1, a.IDs, papers) {
		out.Papers = append(out.Papers, PaperPair{
			ID: a.IDs[i], F1A: papersA.F1[i], F1B: papersB.F1[i],
			Truth: names(a.Truth.Row(i), a.Labels), A: names(predictedA.Row(i), a.Labels), B: names(predictedB.Row(i), a.Labels),
		})
	}
	return out, nil
}

// scorePairs are the metrics of the common papers, side by side; over master categories
// they hold for all papers of the runs alone.
func scorePairs(a, b results.RuleResult, whole bool) []ScorePair {
	var out []ScorePair
	for _, m := range registry() {
		if m.Unit != Fraction || m.Secondary || m.Key == "master_f1" && !whole {
			continue
		}
		x, inA := m.Value(results.Run{}, a, nil)
		y, inB := m.Value(results.Run{}, b, nil)
		if inA && inB {
			out = append(out, ScorePair{Metric: m.Key, A: x, B: y, Points: 100 * (y - x)})
		}
	}
	return out
}

func compareF1(a, b []float64) (*F1Pair, error) {
	d, err := stats.PairedBootstrap(b, a, stats.Level, stats.Resamples, stats.Seed())
	if err != nil {
		return nil, err
	}
	out := &F1Pair{Difference: d.Difference, Interval: results.Interval(d.Interval), P: d.P}
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

func compareExact(a, b []float64) *ExactPair {
	var out ExactPair
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
