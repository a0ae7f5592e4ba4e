package compare

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"assay/internal/format"
	"assay/internal/multilabel"
	"assay/internal/parallel"
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
	at         []int       // of each in pool.resampled
	exact      [][]float64 // 1 for each paper that is all right, for McNemar's test
}

// resample finds the intervals over papers and prepares the tests over them.
func (c *Comparison) resample() error {
	if !slices.ContainsFunc(c.Metrics, func(m Metric) bool { return m.papers != nil }) {
		return nil
	}
	if c.Options.Papers == nil {
		return nil
	}
	limit := cmp.Or(c.Options.PaperRuns, defaultPaperRuns)
	runs := c.Done()
	if limit < 0 {
		c.Notes = append(c.Notes, "Tests over papers left out, as was asked for.")
		return nil
	}
	if n := len(runs); n > limit {
		c.Notes = append(c.Notes, fmt.Sprintf(
			"Tests over papers left out: they read the predictions of all runs, up to %s unless asked for more, and there are %s (--papers %d).",
			format.Thousands(limit), format.Thousands(n), n))
		return nil
	}
	if err := c.readPapers(); err != nil {
		return err
	}
	if err := c.pool.resample(cmp.Or(c.Options.Resamples, stats.Resamples)); err != nil {
		return err
	}
	for j, m := range c.Metrics {
		for _, row := range c.pool.rows {
			if m.papers != nil && row.Values[j] != nil {
				interval := results.Interval(c.pool.estimate(row, j).Interval(Level))
				row.Values[j].Papers = &interval
			}
		}
	}
	return nil
}

// answer is what Options.Papers says of a run under one rule.
type answer struct {
	papers PaperScores
	err    error
}

// askPapers calls Options.Papers for each run and rule that a row stands on, several
// runs at once.
func (c *Comparison) askPapers() (map[string]map[metrics.Rule]answer, error) {
	var runs []results.Run
	rules := map[string][]metrics.Rule{}
	for _, g := range c.Groups {
		for _, row := range g.Rows {
			for _, run := range row.Runs {
				if rules[run.Trial] == nil {
					runs = append(runs, run)
				}
				rules[run.Trial] = append(rules[run.Trial], row.Rule)
			}
		}
	}
	answers := make([]map[metrics.Rule]answer, len(runs))
	err := parallel.Do(context.Background(), 0, len(runs), func() func(int) error {
		return func(i int) error {
			answers[i] = map[metrics.Rule]answer{}
			for _, rule := range rules[runs[i].Trial] {
				papers, err := c.Options.Papers(runs[i], rule)
				answers[i][rule] = answer{papers, err}
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	byTrial := map[string]map[metrics.Rule]answer{}
	for i, r := range runs {
		byTrial[r.Trial] = answers[i]
	}
	return byTrial, nil
}

// readPapers gives each row its papers. Rows without are counted in a note, with the
// first reason.
func (c *Comparison) readPapers() error {
	known, err := c.askPapers()
	if err != nil {
		return err
	}
	left, reason := 0, ""
	for _, g := range c.Groups {
		for _, row := range g.Rows {
			papers, err := c.papersOf(row, known)
			if err != nil {
				if left++; left == 1 {
					reason = fmt.Sprintf("%s, rule %s: %v", g.Label, row.Rule, err)
				}
				continue
			}
			row.papers = papers
			c.pool.rows = append(c.pool.rows, row)
		}
	}
	if left > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("No intervals or tests over papers for %s; %s.", format.Count(left, "row"), strings.Join(strings.Fields(reason), " ")))
	}
	return nil
}

// papersOf returns what a row's runs are to the tests over papers, once this gives
// the row's scores again.
func (c *Comparison) papersOf(row *Row, known map[string]map[metrics.Rule]answer) ([]tried, error) {
	var out []tried
	for i, run := range row.Runs {
		papers, err := known[run.Trial][row.Rule].papers, known[run.Trial][row.Rule].err
		if err != nil {
			return nil, fmt.Errorf("seed %d: %w", run.Seed, err)
		}
		if len(papers.IDs) == 0 {
			return nil, fmt.Errorf("seed %d: there is no paper", run.Seed)
		}
		t := tried{quantities: make([]stats.Quantity, len(c.Metrics)), exact: make([][]float64, len(c.Metrics))}
		for j, m := range c.Metrics {
			if m.papers == nil || row.Values[j] == nil {
				continue
			}
			q, err := m.papers(papers)
			var got float64
			if err == nil {
				got, err = stats.Of(q, len(papers.IDs))
			}
			if err == nil && m.exact != nil {
				t.exact[j], err = m.exact(papers)
			}
			if err != nil {
				return nil, fmt.Errorf("seed %d: %s: %w", run.Seed, m.Key, err)
			}
			if want := row.Values[j].Replicates[i]; !(math.Abs(got-want) < 1e-9) {
				return nil, fmt.Errorf("seed %d: the papers' %s is %.6f, but the run's is %.6f", run.Seed, m.Key, got, want)
			}
			t.quantities[j] = q
		}
		t.list = c.pool.listOf(papers.IDs)
		out = append(out, t)
	}
	return out, nil
}
