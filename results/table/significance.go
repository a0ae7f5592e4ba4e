package table

import (
	"math"
	"slices"

	"assay/results"
	"assay/results/stats"
)

// The names of tests, as Test.Name and notes have them.
const (
	seedsTest  = "paired t over seeds"
	papersTest = "paired bootstrap over papers"
	exactTest  = "McNemar on exactly right papers"
)

// Test compares a row with the best of its column, on the same seeds and papers.
//
// A row is Close to the best unless every test that decides rejects at 0.05. Those
// are the paired bootstrap over papers, for Exact and Accuracy McNemar's test, too, and
// from three seeds on the paired t-test over seeds: the one asks whether other papers
// would turn the order, the other whether another training would. Where the seeds
// share their papers, the bootstrap's p reckons with the spread over seeds, too; its
// interval is of the trained models as they are. Two seeds leave one degree of freedom,
// with which next to nothing is significant, and one training, or several equal ones,
// tells nothing of others: then the papers decide alone. Seeds alone never do: what
// differs on the same papers with every seed may be these papers. For F1 and Master F1
// McNemar's test is given beside them and decides nothing: it asks about something
// else, how often all of a paper's categories, or master categories, are right.
//
// A model that gives the same under every seed is compared with one that does not by
// the seeds of the other: each of its trainings is tested against the value that any
// training of the first gives. Where no difference of seeds varies, t has nothing to
// measure it by, and there is no test over seeds.
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
	// since the best is the best by these papers; see stats.Pairs. Over seeds it is
	// Holm's for the comparisons with the best: with few seeds it is a small spread and
	// seldom a large difference that makes t large, so that the choice matters less, and
	// all pairs of eight rows would ask t of three seeds to pass 23.
	Adjusted float64 `json:"p_adjusted"`
	Decides  bool    `json:"decides"`
}

// seedsBesidePapers is the number of seeds from which on their test decides beside
// that over papers.
const seedsBesidePapers = 3

// tested is what the notes say of the tests.
type tested struct {
	seeds, papers [2]int // the fewest and the most of a deciding t-test, or bootstrap
	over          []bool // by metric: a test over papers decided
	untested      []int  // by metric: rows without a test
	few           int    // comparisons over papers of which too few differ
	fewSeeds      bool   // a test over seeds did not decide
	widened       bool   // a test over papers reckons with the spread over seeds
}

// mark finds the best score of each column and those that no test can tell from
// it. Runs on different data have no best, nor have columns that are not of test
// papers.
func (c *comparison) mark() {
	if c.incomparable() != "" {
		return
	}
	c.tests.over, c.tests.untested = make([]bool, len(c.metrics)), make([]int, len(c.metrics))
	for j, m := range c.metrics {
		if m.papers == nil {
			continue
		}
		best, rivals := c.bestRow(j)
		if best == nil || rivals < 2 {
			continue
		}
		var rows []*measured
		for _, g := range c.groups {
			for _, row := range g.rows {
				switch {
				case row.values[j] == nil:
				case row.values[j].Value == best.values[j].Value:
					row.best[j] = true
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

// decide marks a row by its tests against the best of metric j.
func (c *comparison) decide(j int, row *measured) {
	tests := row.values[j].Tests
	if !slices.ContainsFunc(tests, func(t Test) bool { return t.Decides }) {
		row.close[j] = true
		c.tests.untested[j]++
		return
	}
	c.tests.over[j] = true
	for i := range tests {
		t := &tests[i]
		if t.Name == seedsTest {
			t.Decides = t.N >= seedsBesidePapers
			c.tests.fewSeeds = c.tests.fewSeeds || !t.Decides
		}
		if !t.Decides {
			continue
		}
		row.close[j] = row.close[j] || t.Adjusted >= 1-level
		switch t.Name {
		case seedsTest:
			widen(&c.tests.seeds, t.N)
		case papersTest:
			widen(&c.tests.papers, t.N)
		}
	}
}

// compareColumn tests the rows against the best of metric j.
func (c *comparison) compareColumn(j int, best *measured, rows []*measured) {
	c.adjust(j, best, rows, stats.Holm, c.overSeeds)
	c.overPapers(j, best, rows)
	c.adjust(j, best, rows, stats.HolmBest, c.onExact)
}

// adjust tests each row by itself and adjusts the p-values.
func (c *comparison) adjust(j int, best *measured, rows []*measured, how func([]float64) []float64, test func(j int, best, row *measured) (Test, bool)) {
	var tests []Test
	var of []*measured
	var ps []float64
	for _, row := range rows {
		if t, ok := test(j, best, row); ok {
			tests, of, ps = append(tests, t), append(of, row), append(ps, t.P)
		}
	}
	for i, p := range how(ps) {
		tests[i].Adjusted = p
		of[i].values[j].Tests = append(of[i].values[j].Tests, tests[i])
	}
}

// overSeeds is the paired t-test over the seeds that both rows have; false where
// they are too few, or where no difference varies.
func (c *comparison) overSeeds(j int, best, row *measured) (Test, bool) {
	d, p, err := pairedSeeds(j, row, best)
	if err != nil || !d.HasInterval() {
		return Test{}, false
	}
	interval := results.Interval{Low: d.Mean - d.HalfWidth, High: d.Mean + d.HalfWidth}
	return Test{Name: seedsTest, N: d.N, Difference: &d.Mean, Interval: &interval, P: p}, true
}

func pairedSeeds(j int, row, best *measured) (stats.Summary, float64, error) {
	var ours, theirs []float64
	for _, pair := range row.Pairs(best.Replicates) {
		ours = append(ours, row.values[j].Replicates[pair[0]])
		theirs = append(theirs, best.values[j].Replicates[pair[1]])
	}
	return stats.Paired(ours, theirs, level)
}

// overPapers gives the rows the paired bootstrap, but for those that do not share
// seeds and papers with the best.
func (c *comparison) overPapers(j int, best *measured, rows []*measured) {
	p := &c.panel
	all := slices.DeleteFunc(append([]*measured{best}, rows...), func(row *measured) bool { return row.papers == nil })
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
		interval, raw := estimates[i].Minus(estimates[0], level)
		tested, differing := p.count(row, best, j)
		if differing < stats.FewestPairs(1-level) {
			c.tests.few++
		}
		spread, replicates := spreadOverSeeds(j, row, best)
		alone, adjusted := pairs.P(i, 0, tested, spread, replicates)
		least := stats.SmallestP(differing)
		t := Test{
			Name: papersTest, N: tested, Difference: &difference, Interval: (*results.Interval)(&interval),
			P: max(raw, alone, least), Decides: true,
		}
		c.tests.widened = c.tests.widened || spread > 0
		t.Adjusted = max(t.P, adjusted, min(1, least*float64(pairs.N())))
		row.values[j].Tests = append(row.values[j].Tests, t)
	}
}

// spreadOverSeeds is the standard error, over seeds, of the difference of two rows; 0 where it
// is not known to vary, and where each seed has its own papers, which then tell the
// difference's spread over seeds themselves.
func spreadOverSeeds(j int, row, best *measured) (standardError float64, replicates int) {
	list := row.papers[0].list
	for _, t := range slices.Concat(row.papers, best.papers) {
		if t.list != list {
			return 0, 0
		}
	}
	d, _, err := pairedSeeds(j, row, best)
	if err != nil || !d.HasInterval() {
		return 0, 0
	}
	return d.StdDev / math.Sqrt(float64(d.N)), d.N
}

// onExact is McNemar's test on the papers that are exactly right; false where the
// rows do not share seeds and papers.
func (c *comparison) onExact(j int, best, row *measured) (Test, bool) {
	m := c.metrics[j]
	if m.exact == nil || !c.panel.comparable(row, best) {
		return Test{}, false
	}
	first, second := c.panel.discordant(row, best, j)
	p, _ := stats.McNemar(first, second)
	return Test{Name: exactTest, N: first + second, P: p, Decides: m.ofExact()}, true
}

func widen(span *[2]int, n int) {
	if span[1] == 0 || n < span[0] {
		span[0] = n
	}
	span[1] = max(span[1], n)
}

// bestRow returns the row with the best value of metric j, and how many have one.
func (c *comparison) bestRow(j int) (best *measured, rivals int) {
	for _, g := range c.groups {
		for _, row := range g.rows {
			if row.values[j] == nil {
				continue
			}
			rivals++
			if best == nil || c.metrics[j].better(row.values[j].Value, best.values[j].Value) {
				best = row
			}
		}
	}
	return best, rivals
}
