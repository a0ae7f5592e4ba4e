package golearn

import (
	"context"
	"fmt"
	"io"
	"math"

	"assay/classifier"
	"assay/features"
	"assay/internal/frame"
	"assay/internal/multilabel"
	"assay/internal/progress"
)

// linear scores papers by the logistic function of a weighted sum of their
// features: what both naive Bayes and logistic regression come down to.
type linear struct {
	sparse   bool      // fitted on a sparse matrix
	presence bool      // a positive value counts as 1, any other as 0
	cols     int       // features
	labels   int       // C
	bias     []float64 // (C): the sum without features; ±Inf for a constant label
	weights  []float64 // (cols, C) by feature
}

// linearVersion is that of the layout written by saveAs.
const linearVersion = 1

// scoreBlock is how many papers are scored between two looks at the context.
const scoreBlock = 256

func newLinear(t *table, labels int) *linear {
	return &linear{
		sparse:  t.sparse != nil,
		cols:    t.cols,
		labels:  labels,
		bias:    make([]float64, labels),
		weights: make([]float64, t.cols*labels),
	}
}

// constant makes label c score 0 for every paper, or 1 if every training paper
// carries it, and reports whether it is such a label.
func (m *linear) constant(c, carriers, papers int) bool {
	switch carriers {
	case 0:
		m.bias[c] = math.Inf(-1)
	case papers:
		m.bias[c] = math.Inf(1)
	default:
		return false
	}
	return true
}

// classify is the Scores of a classifier whose model is m, nil before Fit.
func (m *linear) classify(ctx context.Context, name string, x features.Matrix, workers int) (*multilabel.Scores, error) {
	if m == nil {
		return nil, fmt.Errorf("golearn: score with %s: %w", name, classifier.ErrNotFitted)
	}
	out, err := m.scores(ctx, x, workers)
	if err != nil {
		return nil, fmt.Errorf("golearn: score with %s: %w", name, err)
	}
	return out, nil
}

func (m *linear) scores(ctx context.Context, x features.Matrix, workers int) (*multilabel.Scores, error) {
	workers, err := workerCount(workers)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := scoringTable(x, m.cols, m.sparse)
	if err != nil {
		return nil, err
	}
	out := multilabel.NewScores(t.rows, m.labels)
	bar := progress.Start(ctx, "score", int64(t.rows), "papers")
	defer bar.Done()
	err = eachBlock(ctx, workers, t.rows, bar, func() struct{} { return struct{}{} }, func(_ struct{}, i int) error {
		return m.scoreRow(t, i, out.Row(i))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// scoreRow adds up in the order of the columns, whatever papers stand beside.
func (m *linear) scoreRow(t *table, i int, sum []float64) error {
	if err := t.check(i, maxFinite); err != nil {
		return err
	}
	copy(sum, m.bias)
	cols, values := t.row(i)
	for k, j := range cols {
		v := float64(values[k])
		if m.presence {
			if v <= 0 {
				continue
			}
			v = 1
		}
		for c, w := range m.weights[int(j)*m.labels : (int(j)+1)*m.labels] {
			sum[c] += w * v
		}
	}
	for c, z := range sum {
		sum[c] = 1 / (1 + math.Exp(-z))
	}
	return nil
}

// eachBlock calls score for every row in [0, rows), block by block.
func eachBlock[S any](ctx context.Context, workers, rows int, bar progress.Bar, newScratch func() S, score func(s S, i int) error) error {
	blocks := (rows + scoreBlock - 1) / scoreBlock
	return each(ctx, workers, blocks, newScratch, func(s S, b int) error {
		from, to := b*scoreBlock, min((b+1)*scoreBlock, rows)
		for i := from; i < to; i++ {
			if err := score(s, i); err != nil {
				return err
			}
		}
		bar.Add(int64(to - from))
		return nil
	})
}

// saveAs is the Save of a classifier whose model is m, nil before Fit.
func (m *linear) saveAs(w io.Writer, kind string) error {
	if m == nil {
		return fmt.Errorf("golearn: save %s: %w", kind, classifier.ErrNotFitted)
	}
	return classifier.WriteModel(w, kind, linearVersion, func(e *frame.Encoder) {
		e.Bool(m.sparse)
		e.Bool(m.presence)
		e.Int(m.cols)
		e.Int(m.labels)
		e.Float64s(m.bias)
		e.Float64s(m.weights)
	})
}

func loadLinear(r io.Reader, kind string) (*linear, error) {
	m := &linear{}
	err := classifier.ReadModel(r, kind, linearVersion, func(d *frame.Decoder) {
		m.sparse = d.Bool()
		m.presence = d.Bool()
		m.cols = d.Int()
		m.labels = d.Int()
		m.bias = d.Float64s()
		m.weights = d.Float64s()
		if err := m.validate(); err != nil {
			d.Fail("%v", err)
		}
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (m *linear) validate() error {
	if m.cols <= 0 || m.labels <= 0 || len(m.bias) != m.labels ||
		len(m.weights)%m.labels != 0 || len(m.weights)/m.labels != m.cols {
		return fmt.Errorf("%d biases and %d weights for %d features and %d labels", len(m.bias), len(m.weights), m.cols, m.labels)
	}
	for c, b := range m.bias {
		if math.IsNaN(b) {
			return fmt.Errorf("the bias of label %d is not a number", c)
		}
	}
	for i, w := range m.weights {
		if math.IsNaN(w) || math.IsInf(w, 0) {
			return fmt.Errorf("the weight of feature %d for label %d is %v", i/m.labels, i%m.labels, w)
		}
	}
	return nil
}
