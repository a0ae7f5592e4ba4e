package table

import (
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
// A row is Close to the best unless every test that decides rejects, at 0.05
// after Holm's correction over the test's comparisons in the column. Those are
// the paired t-test over seeds and, for F1, Master F1 and the loss, the paired
// bootstrap over papers, for Exact and Accuracy McNemar's test: the one asks whether another training would
// turn the order, the other whether other papers would. Two seeds leave one degree
// of freedom, with which next to nothing is significant: they decide only where
// no test over papers does. For F1 and Master F1 McNemar's test is given beside
// them and decides nothing: it asks about something else, how often all of a
// paper's categories, or master categories, are right.
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
	Holm       float64           `json:"p_holm"` // P adjusted for the column's comparisons
	Decides    bool              `json:"decides"`
}

// seedsBesidePapers is the number of seeds from which on their test decides where
// there is one over papers.
const seedsBesidePapers = 3

// tested is what the notes say of the tests.
type tested struct {
	seeds, papers [2]int // the fewest and the most of a deciding t-test, or bootstrap
	over          []bool // by metric: a test over papers decided
	untested      []int  // by metric: rows without a test
	few           int    // comparisons over papers of which too few differ
	fewSeeds      bool   // a test over seeds did not decide
	many          int    // the most comparisons of one column
}

// mark finds the best score of each column and those that no test can tell from
// it. Runs on different data have no best.
func (c *comparison) mark() {
	if c.incomparable() != "" {
		return
	}
	c.tests.over, c.tests.untested = make([]bool, len(c.metrics)), make([]int, len(c.metrics))
	for j, m := range c.metrics {
		if !m.score {
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
	papers := slices.ContainsFunc(tests, func(t Test) bool { return t.Decides && t.Name != seedsTest })
	decided := false
	for i := range tests {
		t := &tests[i]
		if t.Name == seedsTest {
			t.Decides = !papers || t.N >= seedsBesidePapers
			c.tests.fewSeeds = c.tests.fewSeeds || !t.Decides
		}
		if !t.Decides {
			continue
		}
		decided = true
		row.close[j] = row.close[j] || t.Holm >= 1-level
		switch t.Name {
		case seedsTest:
			widen(&c.tests.seeds, t.N)
		case papersTest:
			widen(&c.tests.papers, t.N)
		}
		c.tests.over[j] = c.tests.over[j] || t.Name != seedsTest
	}
	if !decided {
		c.tests.untested[j]++
	}
}

// compareColumn tests the rows against the best of metric j.
func (c *comparison) compareColumn(j int, best *measured, rows []*measured) {
	c.tests.many = max(c.tests.many, len(rows))
	for _, test := range []func(j int, best, row *measured) (Test, bool){c.overSeeds, c.overPapers, c.onExact} {
		var tests []Test
		var of []*measured
		var ps []float64
		for _, row := range rows {
			if t, ok := test(j, best, row); ok {
				tests, of, ps = append(tests, t), append(of, row), append(ps, t.P)
			}
		}
		for i, p := range stats.Holm(ps) {
			tests[i].Holm = p
			of[i].values[j].Tests = append(of[i].values[j].Tests, tests[i])
		}
	}
}

// overSeeds is the paired t-test over the seeds that both rows have; false where
// they are too few.
func (c *comparison) overSeeds(j int, best, row *measured) (Test, bool) {
	var ours, theirs []float64
	for i, seed := range row.seeds {
		if k := slices.Index(best.seeds, seed); k >= 0 {
			ours = append(ours, row.values[j].Replicates[i])
			theirs = append(theirs, best.values[j].Replicates[k])
		}
	}
	if len(ours) < stats.FewestReplicates {
		return Test{}, false
	}
	d, p, err := stats.Paired(ours, theirs, level)
	if err != nil {
		return Test{}, false
	}
	interval := results.Interval{Low: d.Mean - d.HalfWidth, High: d.Mean + d.HalfWidth}
	return Test{Name: seedsTest, N: d.N, Difference: &d.Mean, Interval: &interval, P: p}, true
}

// overPapers is the paired bootstrap; false where the rows do not share seeds and
// papers, and for Exact and Accuracy.
func (c *comparison) overPapers(j int, best, row *measured) (Test, bool) {
	m := c.metrics[j]
	if m.papers == nil || m.ofExact() || row.panel == nil || row.panel != best.panel {
		return Test{}, false
	}
	column := 0
	for _, o := range c.metrics[:j] {
		if o.papers != nil {
			column++
		}
	}
	d := row.panel.resampled.Difference(row.at+column, best.at+column, level)
	// Joined values of several seeds differ where the papers do not.
	differing := row.panel.differing(row.valuesOver(m.papers), best.valuesOver(m.papers))
	c.countFew(differing)
	interval := results.Interval(d.Interval)
	return Test{
		Name: papersTest, N: d.N, Difference: &d.Difference, Interval: &interval,
		P: max(d.P, stats.SmallestP(differing)), Decides: true,
	}, true
}

// onExact is McNemar's test on the papers that are exactly right; false where the
// rows do not share seeds and papers.
func (c *comparison) onExact(j int, best, row *measured) (Test, bool) {
	m := c.metrics[j]
	if m.exact == nil || row.panel == nil || row.panel != best.panel {
		return Test{}, false
	}
	first, second := row.panel.discordant(row.valuesOver(m.exact), best.valuesOver(m.exact))
	p, _ := stats.McNemar(first, second)
	t := Test{Name: exactTest, N: first + second, P: p, Decides: m.ofExact()}
	if t.Decides {
		c.countFew(t.N)
	}
	return t, true
}

// countFew counts a comparison of which too few papers differ for any test to
// reject.
func (c *comparison) countFew(differing int) {
	if differing < stats.FewestPairs(1-level) {
		c.tests.few++
	}
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
