package compare

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// Level is that of every interval, and 1−Level that of every test.
const Level = stats.Level

// Options say what is compared, beside the runs. The zero value compares all runs by
// the usual metrics.
type Options struct {
	// Name of the comparison, usually of the experiment.
	Name string
	// Metrics are keys out of Keys(); nil takes the usual ones.
	Metrics []string
	// Exclusive says that each paper has one label, a topic: other metrics are usual then.
	Exclusive bool
	// Expected are the trials that the comparison is made of, as Claim was given
	// them, in the order of their rows: those without a run are missing, and runs of
	// other trials are counted in a note. nil takes every run.
	Expected []results.Run
	// Published are numbers from elsewhere.
	Published []Published
	// Problems are what Store.List could not read.
	Problems []results.Problem
	// Papers returns how each test paper of a done run fared under one of its
	// rules. With it there are intervals and tests over papers; with nil, the
	// intervals that runs of one seed keep. An error becomes a note. It is called
	// from several goroutines at once.
	Papers func(run results.Run, rule metrics.Rule) (PaperScores, error)
	// PaperRuns is the number of runs up to which Papers is called, since each
	// costs reading its predictions: with more, a note says that the tests over
	// papers are left out. 0 is 100, less none.
	PaperRuns int
	// Resamples is how many resamples of the papers are drawn; 0: stats.Resamples.
	Resamples int
}

// Comparison is what Runs and View.Compare find.
type Comparison struct {
	Options Options  // as given; Name says what a view's filter left
	Metrics []Metric // those of Options.Metrics
	Groups  []*Group
	// Incomparable says why the runs must not be compared, and so have no best; "" where
	// they may.
	Incomparable string
	Tests        Tests
	// Equal names rows of which several seeds gave one run.
	Equal []Equal
	// Notes are on runs that have no row, and on tests that were not made: sentences.
	Notes []string
	// Pivot is the shape that a view asked for; nil in the usual one.
	Pivot *Pivot

	pool pool
}

// Equal is a row whose seeds gave one run, to the bit.
type Equal struct {
	Label string // of the group
	Seeds []uint64
}

// Row is a group under one decision rule.
type Row struct {
	Rule               metrics.Rule
	results.Replicates           // ascending by seed
	Values             []*Number // by metric; nil where a run lacks it
	Best               []bool    // by metric: the best of the column
	Close              []bool    // by metric: no test can tell it from the best
	papers             []tried   // by run; nil where they are not known
}

// Number is a mean over replicates, in its metric's unit.
type Number struct {
	Value float64 `json:"value"`
	// HalfWidth is half the width of the 95 % interval over seeds, by Student's t; nil
	// with one replicate, and where all have this value.
	HalfWidth  *float64  `json:"half_width,omitempty"`
	Replicates []float64 `json:"replicates,omitempty"` // ascending by seed, of equal runs one
	// Papers is the 95 % interval over test papers, of the replicates as they
	// are; nil where it is not known.
	Papers *results.Interval `json:"over_papers,omitempty"`
	Tests  []Test            `json:"tests,omitempty"` // against the best of the column
}

// Runs compares runs in whatever state. Runs of one model, backend and parameters are
// replicates: their rows have the mean over seeds with its 95 % interval by Student's t,
// and the bootstrap interval over test papers. Replicates that are equal to the bit
// count once, as one run. Where a row differs from the best of its column by less than
// tests can tell it is Close: see Test. A run without a result, an expected one that is
// missing, and one that cannot be read is a trial or a note that says so. The same runs,
// in any order, give the same comparison. Metrics that are unknown are usage errors.
func Runs(runs []results.Run, opt Options) (*Comparison, error) {
	if len(opt.Metrics) == 0 {
		opt.Metrics = defaultKeys(opt.Exclusive)
	}
	c, err := begin(runs, opt)
	if err != nil {
		return nil, err
	}
	if err := c.measure(); err != nil {
		return nil, err
	}
	if err := c.resample(); err != nil {
		return nil, err
	}
	c.findBest()
	return c, nil
}

// begin projects the runs.
func begin(runs []results.Run, opt Options) (*Comparison, error) {
	c := &Comparison{Options: opt}
	for _, key := range opt.Metrics {
		m, ok := Lookup(key)
		if !ok || m.ByEpoch {
			return nil, fault.Usagef("column %q is unknown: want some of %s", key, strings.Join(Keys(), ", "))
		}
		c.Metrics = append(c.Metrics, m)
	}
	c.project(runs)
	c.Incomparable = Incomparable(c.Done())
	c.Tests.Over, c.Tests.Untested = make([]bool, len(c.Metrics)), make([]int, len(c.Metrics))
	return c, nil
}

// Done returns the finished runs of all groups.
func (c *Comparison) Done() []results.Run {
	var runs []results.Run
	for _, g := range c.Groups {
		runs = append(runs, g.Done()...)
	}
	return runs
}

// measure joins each group's replicates.
func (c *Comparison) measure() error {
	for _, g := range c.Groups {
		for _, rule := range Rules(g.Done()) {
			row := &Row{Rule: rule, Best: make([]bool, len(c.Metrics)), Close: make([]bool, len(c.Metrics))}
			row.Replicates = Under(rule, g.Done())
			for _, m := range c.Metrics {
				n, err := m.Join(rule, row.Runs)
				if err != nil {
					return fmt.Errorf("%s, rule %s, %s: %w", g.Label, rule, m.Key, err)
				}
				row.Values = append(row.Values, n)
			}
			g.Rows = append(g.Rows, row)
		}
		c.findEqual(g)
	}
	return nil
}

// Under joins the runs that have a result by the rule.
func Under(rule metrics.Rule, runs []results.Run) results.Replicates {
	return results.Join(slices.DeleteFunc(slices.Clone(runs), func(r results.Run) bool {
		_, ok := r.Result(rule)
		return !ok
	}))
}

// findEqual remembers a group's seeds that gave equal runs, under whichever rule.
func (c *Comparison) findEqual(g *Group) {
	for _, row := range g.Rows {
		for _, seeds := range row.Replicates.Equal() {
			if !slices.ContainsFunc(c.Equal, func(e Equal) bool { return e.Label == g.Label && slices.Equal(e.Seeds, seeds) }) {
				c.Equal = append(c.Equal, Equal{g.Label, seeds})
			}
		}
	}
}

// Rules returns the rules of the runs in the order of their first appearance.
func Rules(runs []results.Run) []metrics.Rule {
	var rules []metrics.Rule
	for _, r := range runs {
		for _, res := range r.Results {
			if !slices.Contains(rules, res.Decision.Rule) {
				rules = append(rules, res.Decision.Rule)
			}
		}
	}
	return rules
}

// UsualRule is the one rule that is shown where only one can be: tuned, which favours no
// model, or else the first. There must be one.
func UsualRule(rules []metrics.Rule) metrics.Rule {
	for _, r := range rules {
		if r.String() == "tuned" {
			return r
		}
	}
	return rules[0]
}

// Join returns the metric's number over different runs under a rule; nil where a run
// lacks it, since the mean of the others would be of something else. Of one run it has
// the interval over papers that the run keeps. A value that is not finite is an error.
func (m Metric) Join(rule metrics.Rule, runs []results.Run) (*Number, error) {
	var values []float64
	for _, r := range runs {
		res, ok := r.Result(rule)
		if !ok {
			return nil, nil
		}
		v, ok := m.Value(r, res, nil)
		if !ok {
			return nil, nil
		}
		values = append(values, v)
	}
	s, err := stats.Summarize(values, Level)
	if err != nil {
		return nil, err
	}
	n := &Number{Value: s.Mean, Replicates: values}
	if s.HasInterval() {
		n.HalfWidth = &s.HalfWidth
	}
	if res, _ := runs[0].Result(rule); len(runs) == 1 && m.kept != nil && res.Intervals != nil && res.Intervals.Level == Level {
		n.Papers = m.kept(res.Intervals)
	}
	return n, nil
}

// Paired is the difference of two numbers over the pairs of their replicates, as
// results.Replicates.Pairs gives them, and its p by the paired t-test. Without a pair it
// is an error.
func Paired(a, b *Number, pairs [][2]int) (difference stats.Summary, p float64, err error) {
	var x, y []float64
	for _, pair := range pairs {
		x = append(x, a.Replicates[pair[0]])
		y = append(y, b.Replicates[pair[1]])
	}
	return stats.Paired(x, y, Level)
}
