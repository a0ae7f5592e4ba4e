package table

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// level is that of every interval, and 1−level that of every test.
const level = stats.Level

// Options say what Compare shows beside the runs. The zero value shows all
// runs by themselves.
type Options struct {
	// Name of the comparison, usually of the experiment; it begins the caption.
	Name string
	// Columns are keys out of Columns(); nil takes the usual ones.
	Columns []string
	// Exclusive says that each paper has one label, a topic: other columns are
	// usual then, and the caption speaks of topics.
	Exclusive bool
	// Expected are the trials that the comparison is made of, as Claim was given
	// them, in the order of their rows: those without a run are shown as missing,
	// and runs of other trials are counted in a note. nil takes every run.
	Expected []results.Run
	// Published are numbers from elsewhere.
	Published []PublishedResult
	// Problems are what Store.List could not read.
	Problems []results.Problem
	// Intervals says which of the two kinds of intervals cells show, one of
	// IntervalKinds; "" is auto.
	Intervals string
	// Papers returns how each test paper of a done run fared under one of its
	// rules. With it there are intervals and tests over papers; with nil, the
	// intervals that runs of one seed keep. An error becomes a note. It is called
	// from several goroutines at once.
	Papers func(run results.Run, rule metrics.Rule) (PaperScores, error)
	// PaperRuns is the number of runs up to which Papers is called, since each
	// costs reading its predictions: with more, a note says that the tests over
	// papers are left out. 0 is 100, less none.
	PaperRuns int

	resamples int // fewer, for tests that compare many tables; 0: stats.Resamples
}

// IntervalKinds returns what Options.Intervals may be: auto shows the interval
// over seeds or, of a single one, that over papers; seeds, papers and both show
// these alone; none shows none.
func IntervalKinds() []string { return []string{"auto", "seeds", "papers", "both", "none"} }

// PublishedResult is what others report for a model: scores as fractions of 1, the
// loss in nats; NaN where they give none.
type PublishedResult struct {
	Model    string // the name of ours to compare with
	F1       float64
	MasterF1 float64
	Accuracy float64
	Loss     float64
	Source   string // where it is from and how it differs
}

// Compare lays out runs in whatever state. Runs of one model, backend and
// parameters are replicates: their rows show the mean over seeds, ± half its
// 95 % interval by Student's t, or the bootstrap interval over test papers.
// Replicates that are equal to the bit count once, as one run. Where
// a row differs from the best of its column by less than tests can tell it is
// Close: see Test. A run without a result, an expected one that is missing, and
// one that cannot be read has a row or a note that says so. The same runs, in any
// order, give the same table.
func Compare(runs []results.Run, opt Options) (Table, error) {
	if len(opt.Columns) == 0 {
		opt.Columns = defaultColumns(opt.Exclusive)
	}
	chosen, err := chooseMetrics(opt.Columns)
	if err != nil {
		return Table{}, err
	}
	if opt.Intervals == "" {
		opt.Intervals = IntervalKinds()[0]
	}
	if !slices.Contains(IntervalKinds(), opt.Intervals) {
		return Table{}, fault.Usagef("table: intervals %q are unknown: want one of %s", opt.Intervals, strings.Join(IntervalKinds(), ", "))
	}
	c := comparison{metrics: chosen, opt: opt}
	c.collect(runs)
	if err := c.measure(); err != nil {
		return Table{}, err
	}
	if err := c.resample(); err != nil {
		return Table{}, err
	}
	c.mark()
	return c.layOut(), nil
}

type comparison struct {
	metrics []metric
	opt     Options
	groups  []*group
	notes   []string // about runs that have no row
	panel   panel
	tests   tested   // what was tested, for the notes
	equal   []string // rows' labels with the seeds of equal replicates
}

// group is one model with one set of parameters.
type group struct {
	name    string // of the model
	label   string // as shown: the name and, where several share it, what differs
	params  map[string]any
	entries []entry // ascending by seed
	rows    []*measured

	finished []results.Run // what done returns
}

// measured is the row of one rule.
type measured struct {
	rule               metrics.Rule
	results.Replicates           // ascending by seed
	values             []*Number // by metric; nil where a run lacks it
	best               []bool
	close              []bool
	papers             []tried // by run; nil where they are not known
}

// done returns the group's finished runs, ascending by seed.
func (g *group) done() []results.Run {
	if g.finished == nil {
		for _, e := range g.entries {
			if e.status == Measured {
				g.finished = append(g.finished, e.run)
			}
		}
	}
	return g.finished
}

// measure joins each group's replicates.
func (c *comparison) measure() error {
	for _, g := range c.groups {
		for _, rule := range rulesOf(g.done()) {
			row := &measured{rule: rule, best: make([]bool, len(c.metrics)), close: make([]bool, len(c.metrics))}
			row.Replicates = results.Join(slices.DeleteFunc(slices.Clone(g.done()), func(r results.Run) bool {
				_, ok := r.Result(rule)
				return !ok
			}))
			for _, m := range c.metrics {
				n, err := replicate(m, rule, row.Runs)
				if err != nil {
					return fmt.Errorf("table: %s, rule %s, %s: %w", g.label, rule, m.Key, err)
				}
				row.values = append(row.values, n)
			}
			g.rows = append(g.rows, row)
		}
		c.noteEqual(g)
	}
	return nil
}

// rulesOf returns the rules of the runs in the order of their first appearance.
func rulesOf(runs []results.Run) []metrics.Rule {
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

// replicate returns the number of one metric over runs; nil where a run
// lacks it, since the mean of the others would be of something else.
func replicate(m metric, rule metrics.Rule, runs []results.Run) (*Number, error) {
	var values []float64
	for _, r := range runs {
		res, _ := r.Result(rule)
		v, ok := m.value(r, res)
		if !ok {
			return nil, nil
		}
		values = append(values, v)
	}
	s, err := stats.Summarize(values, level)
	if err != nil {
		return nil, err
	}
	n := &Number{Value: s.Mean, Replicates: values}
	if s.HasInterval() {
		n.HalfWidth = &s.HalfWidth
	}
	return n, nil
}

// incomparable says why the runs must not be compared; empty where they may.
func (c *comparison) incomparable() string {
	type papers struct{ train, validation, test int }
	var first *results.Data
	bySeed := map[uint64]papers{}
	for _, g := range c.groups {
		for _, r := range g.done() {
			d := r.Data
			if first == nil {
				first = &d
			}
			switch {
			case d.Hash != first.Hash:
				return "the runs read different corpora"
			case d.Sample != first.Sample || d.Split != first.Split:
				return "the runs drew different samples or splits"
			case d.Taxonomy != first.Taxonomy || d.Labels != first.Labels || d.Masters != first.Masters:
				return "the runs predict different categories"
			}
			p := papers{d.Train, d.Validation, d.Test}
			if other, ok := bySeed[r.Seed]; ok && other != p {
				return fmt.Sprintf("with seed %d the runs saw different papers", r.Seed)
			}
			bySeed[r.Seed] = p
		}
	}
	return ""
}
