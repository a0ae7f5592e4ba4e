package table

import (
	"fmt"
	"math"
	"slices"

	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// level is that of every interval, and 1−level that of every test.
const level = 0.95

// Options say what Compare shows beside the runs. The zero value shows all
// runs by themselves.
type Options struct {
	// Name of the comparison, usually of the experiment; it begins the caption.
	Name string
	// Columns are keys out of Columns(); nil takes the usual ones.
	Columns []string
	// Expected are the trials that the comparison is made of, as Claim was given
	// them, in the order of their rows: those without a run are shown as missing,
	// and runs of other trials are counted in a note. nil takes every run.
	Expected []results.Run
	// Published are numbers from elsewhere.
	Published []PublishedResult
	// Problems are what Store.List could not read.
	Problems []results.Problem
}

// PublishedResult is a score that others report for a model, as a fraction of
// 1; NaN where they give none.
type PublishedResult struct {
	Model    string // the name of ours to compare with
	F1       float64
	MasterF1 float64
	Source   string // where it is from and how it differs
}

// Compare lays out runs in whatever state. Runs of one model, backend and
// parameters are replicates: their rows show the mean over seeds, ± half its
// 95 % interval by Student's t. A run without a result, an expected one that is
// missing, and one that cannot be read has a row or a note that says so. The
// same runs, in any order, give the same table.
func Compare(runs []results.Run, opt Options) (Table, error) {
	chosen, err := chooseMetrics(opt.Columns)
	if err != nil {
		return Table{}, err
	}
	c := comparison{metrics: chosen, opt: opt}
	c.collect(runs)
	if err := c.measure(); err != nil {
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
}

// group is one model with one set of parameters.
type group struct {
	name    string // of the model
	label   string // as shown: the name and, where several share it, what differs
	params  map[string]any
	entries []entry // ascending by seed
	rows    []*measured
}

// measured is the row of one rule.
type measured struct {
	rule   metrics.Rule
	seeds  []uint64
	values []*Number // by metric; nil where a run lacks it
	best   []bool
	close  []bool
}

// done returns the group's finished runs, ascending by seed.
func (g *group) done() []results.Run {
	var runs []results.Run
	for _, e := range g.entries {
		if e.status == Measured {
			runs = append(runs, e.run)
		}
	}
	return runs
}

// measure joins each group's replicates.
func (c *comparison) measure() error {
	for _, g := range c.groups {
		runs := g.done()
		for _, rule := range rulesOf(runs) {
			row := &measured{rule: rule, best: make([]bool, len(c.metrics)), close: make([]bool, len(c.metrics))}
			var with []results.Run
			for _, r := range runs {
				if _, ok := r.Result(rule); ok {
					with = append(with, r)
					row.seeds = append(row.seeds, r.Seed)
				}
			}
			for _, m := range c.metrics {
				n, err := replicate(m, rule, with)
				if err != nil {
					return fmt.Errorf("table: %s, rule %s, %s: %w", g.label, rule, m.Key, err)
				}
				row.values = append(row.values, n)
			}
			g.rows = append(g.rows, row)
		}
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

// replicate returns the number of one metric over all runs; nil where a run
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

// mark finds the best score of each column and those that a paired test over
// the same seeds cannot tell from it. Runs on different data have no best.
func (c *comparison) mark() {
	if c.incomparable() != "" {
		return
	}
	for j, m := range c.metrics {
		if !m.score {
			continue
		}
		best, rivals := c.bestRow(j)
		if best == nil || rivals < 2 {
			continue
		}
		for _, g := range c.groups {
			for _, row := range g.rows {
				switch {
				case row.values[j] == nil:
				case row.values[j].Value == best.values[j].Value:
					row.best[j] = true
				case slices.Equal(row.seeds, best.seeds):
					_, p, err := stats.Paired(best.values[j].Replicates, row.values[j].Replicates, level)
					row.close[j] = err == nil && !math.IsNaN(p) && p >= 1-level
				}
			}
		}
	}
}

// bestRow returns the row with the highest value of metric j, and how many have
// one.
func (c *comparison) bestRow(j int) (best *measured, rivals int) {
	for _, g := range c.groups {
		for _, row := range g.rows {
			if row.values[j] == nil {
				continue
			}
			rivals++
			if best == nil || row.values[j].Value > best.values[j].Value {
				best = row
			}
		}
	}
	return best, rivals
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
