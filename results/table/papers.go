package table

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"assay/internal/multilabel"
	"assay/internal/numerals"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// PaperScores are how each test paper of a run fared under one rule: matrices of as
// many rows, and slices of the same length.
type PaperScores struct {
	IDs                          []string           // no paper twice
	Predicted, Truth             *multilabel.Matrix // (n, categories)
	MasterPredicted, MasterTruth *multilabel.Matrix // (n, master categories)
	PrecisionAt                  map[int][]float64  // of each paper, by k; one slice for all rules of a run
	Loss                         []float64          // in nats; nil where the run has no loss; one slice for all rules of a run
}

// defaultPaperRuns keeps the reading of predictions, some hundredths of a second a
// run, within seconds.
const defaultPaperRuns = 100

// tried is a run as the tests over papers see it: its papers and, by metric, what is
// computed of them; nil where the metric is not.
type tried struct {
	list       *paperList
	quantities []stats.Quantity
	at         []int       // of each in panel.resampled
	exact      [][]float64 // 1 for each paper that is all right, for McNemar's test
}

// resample finds the intervals over papers and prepares the tests over them.
func (c *comparison) resample() error {
	if !slices.ContainsFunc(c.metrics, func(m metric) bool { return m.papers != nil }) {
		return nil
	}
	c.storedIntervals()
	if c.opt.Papers == nil {
		return nil
	}
	limit := cmp.Or(c.opt.PaperRuns, defaultPaperRuns)
	runs := c.done()
	if limit < 0 {
		c.notes = append(c.notes, "Tests over papers left out, as was asked for.")
		return nil
	}
	if n := len(runs); n > limit {
		c.notes = append(c.notes, fmt.Sprintf(
			"Tests over papers left out: they read the predictions of all runs, up to %s unless asked for more, and there are %s (--papers %d).",
			numerals.Thousands(limit), numerals.Thousands(n), n))
		return nil
	}
	c.readPapers()
	if err := c.panel.resample(cmp.Or(c.opt.resamples, stats.Resamples)); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	for j, m := range c.metrics {
		for _, row := range c.panel.rows {
			if m.papers != nil && row.values[j] != nil {
				interval := results.Interval(c.panel.estimate(row, j).Interval(level))
				row.values[j].Papers = &interval
			}
		}
	}
	return nil
}

// storedIntervals takes the intervals that single runs keep.
func (c *comparison) storedIntervals() {
	for _, g := range c.groups {
		for _, row := range g.rows {
			if len(row.Runs) != 1 {
				continue
			}
			res, _ := row.Runs[0].Result(row.rule)
			if res.Intervals == nil || res.Intervals.Level != level {
				continue
			}
			for j, m := range c.metrics {
				switch m.Key {
				case "f1":
					row.values[j].Papers = &res.Intervals.F1
				case "master_f1":
					row.values[j].Papers = &res.Intervals.MasterF1
				}
			}
		}
	}
}

// fate is what Options.Papers says of a run under one rule.
type fate struct {
	papers PaperScores
	err    error
}

// askPapers calls Options.Papers for each run and rule that a row stands on, several
// runs at once.
func (c *comparison) askPapers() map[string]map[metrics.Rule]fate {
	var runs []results.Run
	rules := map[string][]metrics.Rule{}
	for _, g := range c.groups {
		for _, row := range g.rows {
			for _, run := range row.Runs {
				if rules[run.Trial] == nil {
					runs = append(runs, run)
				}
				rules[run.Trial] = append(rules[run.Trial], row.rule)
			}
		}
	}
	answers := make([]map[metrics.Rule]fate, len(runs))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(runs)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(runs)); i = next.Add(1) - 1 {
				answers[i] = map[metrics.Rule]fate{}
				for _, rule := range rules[runs[i].Trial] {
					papers, err := c.opt.Papers(runs[i], rule)
					answers[i][rule] = fate{papers, err}
				}
			}
		})
	}
	wait.Wait()
	byTrial := map[string]map[metrics.Rule]fate{}
	for i, r := range runs {
		byTrial[r.Trial] = answers[i]
	}
	return byTrial
}

// readPapers gives each row its papers. Rows without are counted in a note, with the
// first reason.
func (c *comparison) readPapers() {
	known := c.askPapers()
	left, reason := 0, ""
	for _, g := range c.groups {
		for _, row := range g.rows {
			papers, err := c.papersOf(row, known)
			if err != nil {
				if left++; left == 1 {
					reason = fmt.Sprintf("%s, rule %s: %v", g.label, row.rule, err)
				}
				continue
			}
			row.papers = papers
			c.panel.rows = append(c.panel.rows, row)
		}
	}
	if left > 0 {
		c.notes = append(c.notes, fmt.Sprintf("No intervals or tests over papers for %s; %s.", count(left, "row", "rows"), oneLine(reason)))
	}
}

// papersOf returns what a row's runs are to the tests over papers, once this gives
// the row's scores again.
func (c *comparison) papersOf(row *measured, known map[string]map[metrics.Rule]fate) ([]tried, error) {
	var out []tried
	for i, run := range row.Runs {
		f := known[run.Trial][row.rule]
		if f.err != nil {
			return nil, fmt.Errorf("seed %d: %w", run.Seed, f.err)
		}
		if len(f.papers.IDs) == 0 {
			return nil, fmt.Errorf("seed %d: there is no paper", run.Seed)
		}
		t := tried{quantities: make([]stats.Quantity, len(c.metrics)), exact: make([][]float64, len(c.metrics))}
		for j, m := range c.metrics {
			if m.papers == nil || row.values[j] == nil {
				continue
			}
			q, err := m.papers(f.papers)
			var got float64
			if err == nil {
				got, err = stats.Of(q, len(f.papers.IDs))
			}
			if err == nil && m.exact != nil {
				t.exact[j], err = m.exact(f.papers)
			}
			if err != nil {
				return nil, fmt.Errorf("seed %d: %s: %w", run.Seed, m.Key, err)
			}
			if want := row.values[j].Replicates[i]; !(math.Abs(got-want) < 1e-9) {
				return nil, fmt.Errorf("seed %d: the papers' %s is %.6f, but the run's is %.6f", run.Seed, m.Key, got, want)
			}
			t.quantities[j] = q
		}
		t.list = c.panel.listOf(f.papers.IDs)
		out = append(out, t)
	}
	return out, nil
}
