package compare

import (
	"math"
	"slices"

	"assay/results"
	"assay/results/stats"
)

// The names of tests.
const (
	OverSeeds  = "paired t over seeds"
	OverPapers = "paired bootstrap over papers"
	OnExact    = "McNemar on exactly right papers"
)

// Test compares a row with the best of its column, on the same seeds and papers.
//
// A row is Close to the best unless every test that decides rejects at 0.05. Those
// are the paired bootstrap over papers, for the two accuracies McNemar's test, too, and
// from three seeds on the paired t-test over seeds: the first asks whether other papers
// would change the order, the second whether other trainings would. Where the seeds
// share their papers, the bootstrap's p includes the variance over seeds; its interval
// is of the trained models as they are. With one or two seeds the papers decide alone:
// two leave one degree of freedom, with which almost nothing is significant. Seeds
// never decide alone: a difference that every seed shows may come from the test papers
// that they share. For F1 and Master F1 McNemar's test is shown but decides nothing,
// since it tests something else: how often all of a paper's categories, or master
// categories, are right.
//
// A model that gives the same under every seed is compared with one that does not by
// the seeds of the latter: each of its trainings against the one value of the first.
// Where the differences do not vary over seeds, t is undefined, and there is no test
// over seeds.
type Test struct {
	Name string `json:"test"`
	// N is how many seeds, papers or, of McNemar's test, papers that one of the two
	// alone has right the test rests on.
	N int `json:"n"`
	// Difference is this row less the best, with its 95 % interval; nil for
	// McNemar's test.
	Difference *float64          `json:"difference,omitempty"`
	Interval   *results.Interval `json:"interval,omitempty"`
	P          float64           `json:"p"`
	// Adjusted is P adjusted for the column. Over papers it is for all pairs of rows,
	// since the best is chosen by these papers; see stats.Pairs. Over seeds it is
	// Holm's, for the comparisons with the best: the package comment says why.
	Adjusted float64 `json:"p_adjusted"`
	Decides  bool    `json:"decides"`
}

// SeedsBesidePapers is the number of seeds from which on their test decides beside
// that over papers.
const SeedsBesidePapers = 3

// Tests sums up the tests of a comparison.
type Tests struct {
	Seeds, Papers Span   // the fewest and the most of a deciding t-test, or bootstrap
	Over          []bool // by metric: a test over papers decided
	Untested      []int  // by metric: rows without a test
	Few           int    // comparisons over papers of which too few differ
	FewSeeds      bool   // a test over seeds did not decide
	Widened       bool   // a test over papers reckons with the spread over seeds
}

// Span is the smallest and the largest of counts; the zero value is of none.
type Span struct{ Least, Most int }

// Add widens the span to n.
func (s *Span) Add(n int) {
	if s.Most == 0 || n < s.Least {
		s.Least = n
	}
	s.Most = max(s.Most, n)
}

// add joins the tests of another comparison by the same metrics.
func (t *Tests) add(o Tests) {
	for _, span := range []struct {
		of   *Span
		more Span
	}{{&t.Seeds, o.Seeds}, {&t.Papers, o.Papers}} {
		if span.more.Most > 0 {
			span.of.Add(span.more.Least)
			span.of.Add(span.more.Most)
		}
	}
	for j := range o.Over {
		t.Over[j] = t.Over[j] || o.Over[j]
		t.Untested[j] += o.Untested[j]
	}
	t.FewSeeds, t.Widened = t.FewSeeds || o.FewSeeds, t.Widened || o.Widened
	t.Few += o.Few
}

// findBest finds the best score of each column and those that no test can tell from
// it. Runs on different data have no best, nor have columns that are not of test
// papers.
func (c *Comparison) findBest() {
	if c.Incomparable != "" {
		return
	}
	for j, m := range c.Metrics {
		if m.papers == nil {
			continue
		}
		best, rivals := c.bestRow(j)
		if best == nil || rivals < 2 {
			continue
		}
		var rows []*Row
		for _, g := range c.Groups {
			for _, row := range g.Rows {
				switch {
				case row.Values[j] == nil:
				case row.Values[j].Value == best.Values[j].Value:
					row.Best[j] = true
				default:
					rows = append(rows, row)
				}
			}
		}
		c.compareColumn(j, best, rows)
		for _, row := range rows {
			c.decide(j, row)
		}
	}
}

// decide says whether a row is close to the best of metric j, by its tests.
func (c *Comparison) decide(j int, row *Row) {
	tests := row.Values[j].Tests
	if !slices.ContainsFunc(tests, func(t Test) bool { return t.Decides }) {
		row.Close[j] = true
		c.Tests.Untested[j]++
		return
	}
	c.Tests.Over[j] = true
	for i := range tests {
		t := &tests[i]
		if t.Name == OverSeeds {
			t.Decides = t.N >= SeedsBesidePapers
			c.Tests.FewSeeds = c.Tests.FewSeeds || !t.Decides
		}
		if !t.Decides {
			continue
		}
		row.Close[j] = row.Close[j] || t.Adjusted >= 1-Level
		switch t.Name {
		case OverSeeds:
			c.Tests.Seeds.Add(t.N)
		case OverPapers:
			c.Tests.Papers.Add(t.N)
		}
	}
}

// compareColumn tests the rows against the best of metric j.
func (c *Comparison) compareColumn(j int, best *Row, rows []*Row) {
	c.adjust(j, best, rows, stats.Holm, c.overSeeds)
	c.overPapers(j, best, rows)
	c.adjust(j, best, rows, stats.HolmBest, c.onExact)
}

// adjust tests each row by itself and adjusts the p-values.
func (c *Comparison) adjust(j int, best *Row, rows []*Row, how func([]float64) []float64, test func(j int, best, row *Row) (Test, bool)) {
	var tests []Test
	var of []*Row
	var ps []float64
	for _, row := range rows {
		if t, ok := test(j, best, row); ok {
			tests, of, ps = append(tests, t), append(of, row), append(ps, t.P)
		}
	}
	for i, p := range how(ps) {
		tests[i].Adjusted = p
		of[i].Values[j].Tests = append(of[i].Values[j].Tests, tests[i])
	}
}

// overSeeds is the paired t-test over the seeds that both rows have; false where
// they are too few, or where no difference varies.
func (c *Comparison) overSeeds(j int, best, row *Row) (Test, bool) {
	d, p, err := Paired(row.Values[j], best.Values[j], row.Pairs(best.Replicates))
	if err != nil || !d.HasInterval() {
		return Test{}, false
	}
	interval := results.Interval{Low: d.Mean - d.HalfWidth, High: d.Mean + d.HalfWidth}
	return Test{Name: OverSeeds, N: d.N, Difference: &d.Mean, Interval: &interval, P: p}, true
}

// overPapers gives the rows the paired bootstrap, but for those that do not share
// seeds and papers with the best.
func (c *Comparison) overPapers(j int, best *Row, rows []*Row) {
	p := &c.pool
	all := slices.DeleteFunc(append([]*Row{best}, rows...), func(row *Row) bool { return row.papers == nil })
	if p.resampled == nil || len(all) == 0 || all[0] != best {
		return
	}
	var estimates []stats.Estimate
	for _, row := range all {
		estimates = append(estimates, p.estimate(row, j))
	}
	pairs := stats.ComparePairs(estimates, func(i, k int) bool { return !p.comparable(all[i], all[k]) })
	for i, row := range all {
		if i == 0 || !p.comparable(row, best) {
			continue
		}
		difference := estimates[i].Value - estimates[0].Value
		interval, raw := estimates[i].Minus(estimates[0], Level)
		tested, differing := p.count(row, best, j)
		if differing < stats.FewestPairs(1-Level) {
			c.Tests.Few++
		}
		spread, replicates := spreadOverSeeds(j, row, best)
		alone, adjusted := pairs.P(i, 0, tested, spread, replicates)
		least := stats.SmallestP(differing)
		t := Test{
			Name: OverPapers, N: tested, Difference: &difference, Interval: (*results.Interval)(&interval),
			P: max(raw, alone, least), Decides: true,
		}
		c.Tests.Widened = c.Tests.Widened || spread > 0
		t.Adjusted = max(t.P, adjusted, min(1, least*float64(pairs.N())))
		row.Values[j].Tests = append(row.Values[j].Tests, t)
	}
}

// spreadOverSeeds is the standard error, over seeds, of the difference of two rows; 0 where it
// is not known to vary, and where each seed has its own papers, which then tell the
// difference's spread over seeds themselves.
func spreadOverSeeds(j int, row, best *Row) (standardError float64, replicates int) {
	list := row.papers[0].list
	for _, t := range slices.Concat(row.papers, best.papers) {
		if t.list != list {
			return 0, 0
		}
	}
	d, _, err := Paired(row.Values[j], best.Values[j], row.Pairs(best.Replicates))
	if err != nil || !d.HasInterval() {
		return 0, 0
	}
	return d.StdDev / math.Sqrt(float64(d.N)), d.N
}

// onExact is McNemar's test on the papers that are exactly right; false where the
// rows do not share seeds and papers.
func (c *Comparison) onExact(j int, best, row *Row) (Test, bool) {
	m := c.Metrics[j]
	if m.exact == nil || !c.pool.comparable(row, best) {
		return Test{}, false
	}
	first, second := c.pool.discordant(row, best, j)
	p, _ := stats.McNemar(first, second)
	return Test{Name: OnExact, N: first + second, P: p, Decides: m.OfExact()}, true
}

// bestRow returns the row with the best value of metric j, and how many have one.
func (c *Comparison) bestRow(j int) (best *Row, rivals int) {
	for _, g := range c.Groups {
		for _, row := range g.Rows {
			if row.Values[j] == nil {
				continue
			}
			rivals++
			if best == nil || c.Metrics[j].Better(row.Values[j].Value, best.Values[j].Value) {
				best = row
			}
		}
	}
	return best, rivals
}
