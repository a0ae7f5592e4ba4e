package bayes

import (
	"context"
	"fmt"
	"math"

	"assay/features"
	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/multilabel"
	"assay/internal/parallel"
	"assay/internal/progress"
)

// cellTable holds a number for each pair of a term and a label that met in a
// training paper: term j meets label[k] with value[k] for ptr[j] ≤ k <
// ptr[j+1], labels ascending. Most terms meet few of the labels, so that the
// cells take a small part of the d·C numbers of a dense matrix.
type cellTable struct {
	ptr   []int64 // len d+1
	label []int32
	value []float64
}

func (c *cellTable) term(j int32) ([]int32, []float64) {
	lo, hi := c.ptr[j], c.ptr[j+1]
	return c.label[lo:hi], c.value[lo:hi]
}

func (c *cellTable) encode(e *frame.Encoder) {
	e.Int64s(c.ptr)
	e.Int32s(c.label)
	e.Float64s(c.value)
}

func (c *cellTable) decode(d *frame.Decoder, terms, labels int) {
	c.ptr, c.label, c.value = d.Int64s(), d.Int32s(), d.Float64s()
	n := len(c.label)
	if len(c.ptr) != terms+1 || len(c.value) != n || c.ptr[0] != 0 || c.ptr[terms] != int64(n) {
		d.Fail("its terms and cells do not fit together")
		return
	}
	for j := range terms {
		if c.ptr[j] > c.ptr[j+1] {
			d.Fail("term %d ends before it begins", j)
			return
		}
	}
	for _, label := range c.label {
		if label < 0 || int(label) >= labels {
			d.Fail("label %d of %d", label, labels)
			return
		}
	}
}

// termCounts is how often terms occur, in all and with each label. In binary
// counts a term occurs in a paper at most once.
type termCounts struct {
	papers    float64
	termTotal []float64 // (d) occurrences of the term
	total     float64
	labels    []labelCount // (C)
}

// labelCount is the terms that occur in the papers that carry a label, in the
// order of their first occurrence, and how often. A degenerate label has none.
type labelCount struct {
	papers float64
	total  float64
	terms  []int32
	values []float64
}

// degenerate tells labels that carry no information, because no training paper
// or each carries them, by their log odds: −∞ or +∞.
func (c *termCounts) degenerate(label int) (odds float64, is bool) {
	switch c.labels[label].papers {
	case 0:
		return math.Inf(-1), true
	case c.papers:
		return math.Inf(1), true
	}
	return 0, false
}

// priors returns the log odds of each label before a paper is read.
func (c *termCounts) priors(uniform bool) []float64 {
	out := make([]float64, len(c.labels))
	for label, l := range c.labels {
		if odds, is := c.degenerate(label); is {
			out[label] = odds
		} else if !uniform {
			out[label] = math.Log(l.papers) - math.Log(c.papers-l.papers)
		}
	}
	return out
}

// countTerms counts in one pass over the papers of each label and one over all
// papers. Sums run in the order of the papers, whatever the number of workers.
// An explicit value of 0 counts as none, in binary counts one below 0 too.
func countTerms(ctx context.Context, x *features.CSR, y *multilabel.Matrix, binary bool, workers int) (*termCounts, error) {
	rows, d := x.Dims()
	c := &termCounts{papers: float64(rows), termTotal: make([]float64, d), labels: make([]labelCount, y.Cols)}
	papers := y.Columns()
	bar := progress.Start(ctx, "naive Bayes", int64(y.Cols), "labels")
	defer bar.Done()
	err := parallel.Do(ctx, workers, y.Cols+1, func() func(int) error {
		var scratch []float64
		return func(k int) error {
			if k == 0 { // the longest task first
				return c.countAll(ctx, x, binary)
			}
			label := k - 1
			bar.Add(1)
			c.labels[label].papers = float64(len(papers[label]))
			if _, is := c.degenerate(label); is {
				return nil
			}
			if scratch == nil {
				scratch = make([]float64, d)
			}
			return c.labels[label].count(ctx, x, papers[label], binary, scratch)
		}
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// countAll sums each term over all papers.
func (c *termCounts) countAll(ctx context.Context, x *features.CSR, binary bool) error {
	rows, _ := x.Dims()
	for i := range rows {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		js, vs := x.Row(i)
		for k, j := range js {
			if v := occurrences(vs[k], binary); v != 0 {
				c.termTotal[j] += v
			}
		}
	}
	for _, v := range c.termTotal {
		c.total += v
	}
	return nil
}

func occurrences(v float32, binary bool) float64 {
	if binary {
		if v > 0 {
			return 1
		}
		return 0
	}
	return float64(v)
}

// count counts one label's papers. scratch has a zero for each term, before
// and after.
func (l *labelCount) count(ctx context.Context, x *features.CSR, papers []int32, binary bool, scratch []float64) error {
	var seen []int32
	for n, i := range papers {
		if n%4096 == 4095 && ctx.Err() != nil {
			return ctx.Err()
		}
		js, vs := x.Row(int(i))
		for k, j := range js {
			v := occurrences(vs[k], binary)
			if v == 0 {
				continue
			}
			if scratch[j] == 0 {
				seen = append(seen, j)
			}
			scratch[j] += v
		}
	}
	l.terms = append(make([]int32, 0, len(seen)), seen...)
	l.values = make([]float64, len(seen))
	for k, j := range seen {
		l.values[k] = scratch[j]
		l.total += scratch[j]
		scratch[j] = 0
	}
	return nil
}

// weigh replaces each label's counts by weights, in parallel over labels, and
// returns them by term. The counts are used up.
func (c *termCounts) weigh(ctx context.Context, workers int, to func(label int, terms []int32, values []float64)) (cellTable, error) {
	err := parallel.Do(ctx, workers, len(c.labels), func() func(int) error {
		return func(label int) error {
			to(label, c.labels[label].terms, c.labels[label].values)
			return nil
		}
	})
	if err != nil {
		return cellTable{}, err
	}
	terms := len(c.termTotal)
	cells := cellTable{ptr: make([]int64, terms+1)}
	for _, l := range c.labels {
		for _, j := range l.terms {
			cells.ptr[j+1]++
		}
	}
	for j := range terms {
		cells.ptr[j+1] += cells.ptr[j]
	}
	cells.label = make([]int32, cells.ptr[terms])
	cells.value = make([]float64, cells.ptr[terms])
	next := append([]int64(nil), cells.ptr[:terms]...)
	for label := range c.labels {
		l := &c.labels[label]
		for k, j := range l.terms {
			p := next[j]
			next[j]++
			cells.label[p], cells.value[p] = int32(label), l.values[k]
		}
		l.terms, l.values = nil, nil
		if err := ctx.Err(); err != nil {
			return cellTable{}, err
		}
	}
	return cells, nil
}

// sparse returns papers in the form that the sparse models read, checked.
func sparse(method string, x features.Matrix, nonNegative bool) (*features.CSR, error) {
	m, ok := x.(*features.CSR)
	if !ok {
		return nil, fault.Usagef("baselines: %s: features of kind %T: want *features.CSR (the Gaussian model takes dense ones)", method, x)
	}
	if err := m.Check(); err != nil {
		return nil, fault.Usage(fmt.Errorf("baselines: %s: %w", method, err))
	}
	if !nonNegative {
		return m, nil
	}
	rows, _ := m.Dims()
	for i := range rows {
		js, vs := m.Row(i)
		for k, v := range vs {
			if v < 0 {
				return nil, fault.Usagef("baselines: %s: paper %d, feature %d is %v: want no negative value, such as counts or TF-IDF", method, i, js[k], v)
			}
		}
	}
	return m, nil
}
