package table

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"assay/internal/numerals"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// PaperScores are how each test paper of a run fared under one rule: slices of one
// length.
type PaperScores struct {
	IDs                []string  // no paper twice
	F1, MasterF1       []float64 // of each paper; their means are the run's
	Exact, MasterExact []float64 // 1 where all its categories, or master categories, are right, else 0
	Loss               []float64 // in nats; nil where the run has no loss
}

// defaultPaperRuns keeps the reading of predictions, some hundredths of a second a
// run, within seconds.
const defaultPaperRuns = 100

// panel is the papers that some rows were tested on, seed by seed: these rows
// can be compared paper by paper.
type panel struct {
	ids       [][]string // by seed
	at        [][]int32  // by seed: the place of each paper among all
	n         int        // different papers
	rows      []*measured
	columns   [][]float64
	resampled *stats.Resampled // its columns are those of rows, one for each metric over papers
}

// resample finds the intervals over papers and prepares the tests over them.
func (c *comparison) resample() error {
	var over []int
	for j, m := range c.metrics {
		if m.papers != nil {
			over = append(over, j)
		}
	}
	if len(over) == 0 {
		return nil
	}
	c.storedIntervals(over)
	if c.opt.Papers == nil {
		return nil
	}
	limit := cmp.Or(c.opt.PaperRuns, defaultPaperRuns)
	runs := c.done()
	if n := len(runs); n > limit {
		c.notes = append(c.notes, fmt.Sprintf(
			"Tests over papers left out: they read the predictions of all runs, up to %s unless asked for more, and there are %s (--papers %d).",
			numerals.Thousands(limit), numerals.Thousands(n), n))
		return nil
	}
	c.readPapers(runs, over)
	for _, p := range c.panels {
		if err := p.resample(c.metrics, over); err != nil {
			return fmt.Errorf("table: %w", err)
		}
	}
	return nil
}

// storedIntervals takes the intervals that runs of a single seed keep.
func (c *comparison) storedIntervals(over []int) {
	for _, g := range c.groups {
		for _, row := range g.rows {
			if len(row.runs) != 1 {
				continue
			}
			res, _ := row.runs[0].Result(row.rule)
			if res.Intervals == nil || res.Intervals.Level != level {
				continue
			}
			for _, j := range over {
				switch c.metrics[j].Key {
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

// askPapers calls Options.Papers for each run and rule, several runs at once.
func (c *comparison) askPapers(runs []results.Run) map[string]map[metrics.Rule]fate {
	answers := make([]map[metrics.Rule]fate, len(runs))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(runs)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(runs)); i = next.Add(1) - 1 {
				answers[i] = map[metrics.Rule]fate{}
				for _, r := range runs[i].Results {
					papers, err := c.opt.Papers(runs[i], r.Decision.Rule)
					answers[i][r.Decision.Rule] = fate{papers, err}
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

// readPapers gives each row its papers and its panel. Rows without are counted
// in a note, with the first reason.
func (c *comparison) readPapers(runs []results.Run, over []int) {
	known := c.askPapers(runs)
	left, reason := 0, ""
	for _, g := range c.groups {
		for _, row := range g.rows {
			papers, err := c.papersOf(row, over, known)
			if err != nil {
				if left++; left == 1 {
					reason = fmt.Sprintf("%s, rule %s: %v", g.label, row.rule, err)
				}
				continue
			}
			row.papers, row.panel = papers, c.panelOf(papers)
			row.panel.rows = append(row.panel.rows, row)
		}
	}
	if left > 0 {
		c.notes = append(c.notes, fmt.Sprintf("No intervals or tests over papers for %s; %s.", count(left, "row", "rows"), oneLine(reason)))
	}
}

// papersOf returns a row's papers by seed, once they have the row's scores as
// their means.
func (c *comparison) papersOf(row *measured, over []int, known map[string]map[metrics.Rule]fate) ([]PaperScores, error) {
	var out []PaperScores
	for i, run := range row.runs {
		f := known[run.Trial][row.rule]
		if f.err != nil {
			return nil, fmt.Errorf("seed %d: %w", run.Seed, f.err)
		}
		for _, j := range over {
			if row.values[j] == nil {
				continue
			}
			m, n := c.metrics[j], len(f.papers.IDs)
			values := m.papers(f.papers)
			if n == 0 || len(values) != n || m.exact != nil && len(m.exact(f.papers)) != n {
				return nil, fmt.Errorf("seed %d: %d papers have %d values of %s", run.Seed, n, len(values), m.Key)
			}
			if got, want := mean(values), row.values[j].Replicates[i]; !(math.Abs(got-want) < 1e-9) {
				return nil, fmt.Errorf("seed %d: the papers' %s is %.6f, but the run's is %.6f", run.Seed, m.Key, got, want)
			}
		}
		out = append(out, f.papers)
	}
	return out, nil
}

// panelOf finds or makes the panel of these papers.
func (c *comparison) panelOf(papers []PaperScores) *panel {
	var ids [][]string
	for _, p := range papers {
		ids = append(ids, p.IDs)
	}
	for _, p := range c.panels {
		if slices.EqualFunc(p.ids, ids, sameIDs) {
			return p
		}
	}
	p := &panel{ids: ids}
	place := map[string]int32{}
	for _, seed := range ids {
		at := make([]int32, len(seed))
		for i, id := range seed {
			k, ok := place[id]
			if !ok {
				k = int32(len(place))
				place[id] = k
			}
			at[i] = k
		}
		p.at = append(p.at, at)
	}
	p.n = len(place)
	c.panels = append(c.panels, p)
	return p
}

func sameIDs(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// resample draws one set of resamples for all rows of the panel, so that their
// differences are paired, and notes their intervals.
func (p *panel) resample(all []metric, over []int) error {
	for _, row := range p.rows {
		row.at = len(p.columns)
		for _, j := range over {
			column := make([]float64, p.n) // of a metric that the row lacks, never looked at
			if n := row.values[j]; n != nil {
				column = p.join(n.Replicates, row.valuesOver(all[j].papers))
			}
			p.columns = append(p.columns, column)
		}
	}
	var err error
	if p.resampled, err = stats.Resample(p.columns, resamplesFor(len(p.rows)-1), stats.Seed()); err != nil {
		return err
	}
	shown := p.resampled.First(stats.Resamples)
	for _, row := range p.rows {
		for i, j := range over {
			if row.values[j] == nil {
				continue
			}
			interval := results.Interval(shown.Interval(row.at+i, level))
			row.values[j].Papers = &interval
		}
	}
	return nil
}

// resamplesFor is how many resamples the tests of a column take: with the smallest
// p that they can show, 2 in as many, the first step of Holm's correction over the
// comparisons can reject, up to 249 of them.
func resamplesFor(comparisons int) int {
	return min(max(stats.Resamples, 50*comparisons), 10_000)
}

// valuesOver returns the values of each seed's papers.
func (row *measured) valuesOver(get func(PaperScores) []float64) [][]float64 {
	var out [][]float64
	for _, p := range row.papers {
		out = append(out, get(p))
	}
	return out
}

// join returns one value for each paper of the panel whose mean is the mean over
// seeds. Where all seeds have the same papers it is a paper's mean over seeds.
// Where each has its own, a paper counts with its distance from its seeds' means,
// as it moves the row's score: resampling such values is, to first order,
// resampling the papers of all seeds and taking each seed's mean anew. A paper
// that several seeds tested is drawn or left out for all of them.
func (p *panel) join(means []float64, values [][]float64) []float64 {
	if len(values) == 1 {
		return values[0]
	}
	out := make([]float64, p.n)
	overall := mean(means)
	for k := range out {
		out[k] = overall
	}
	for s, seed := range values {
		share := float64(p.n) / float64(len(values)*len(seed))
		for i, v := range seed {
			out[p.at[s][i]] += share * (v - means[s])
		}
	}
	return out
}

// differing counts the papers on which two rows' values differ under any seed.
func (p *panel) differing(a, b [][]float64) int {
	differs := make([]bool, p.n)
	n := 0
	for s := range a {
		for i, v := range a[s] {
			if k := p.at[s][i]; v != b[s][i] && !differs[k] {
				differs[k] = true
				n++
			}
		}
	}
	return n
}

// discordant counts the papers on which the one row, or the other, is exactly
// right under more seeds. With one seed they are McNemar's discordant pairs; with
// several a paper still counts once, since its seeds' predictions are not
// independent.
func (p *panel) discordant(a, b [][]float64) (first, second int) {
	ahead := make([]float64, p.n)
	for s := range a {
		for i, v := range a[s] {
			ahead[p.at[s][i]] += v - b[s][i]
		}
	}
	for _, v := range ahead {
		switch {
		case v > 0:
			first++
		case v < 0:
			second++
		}
	}
	return first, second
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
