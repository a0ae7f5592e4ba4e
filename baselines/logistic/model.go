package logistic

import (
	"context"
	"fmt"
	"io"
	"math"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/multilabel"
	"assay/internal/parallel"
)

const (
	modelKind    = "logistic_regression.native"
	modelVersion = 1
	scoreBlock   = 256 // rows scored at a time
)

// model is what Fit learns and a model file holds.
type model struct {
	features    int
	dense       bool      // fitted on *features.Dense
	weights     []float32 // (d, C) by feature: a sparse row needs few of the rows
	intercepts  []float64 // (C), infinite where constant
	convergence []Convergence
}

// Scores implements classifier.Classifier: the probability of each label.
func (m *Regression) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if m.model == nil {
		return nil, fmt.Errorf("baselines: logistic regression: %w", classifier.ErrNotFitted)
	}
	opts, err := m.opts.withDefaults()
	if err != nil {
		return nil, err
	}
	rows, err := newRowMatrix(x)
	if err != nil {
		return nil, err
	}
	switch {
	case rows.dense != m.model.dense:
		return nil, fault.Usagef("baselines: logistic regression: the model was fitted on the other kind of matrix than %T", x)
	case rows.cols != m.model.features:
		return nil, fault.Usagef("baselines: logistic regression: the matrix has %d features, the model was fitted on %d", rows.cols, m.model.features)
	}
	out, err := m.model.score(ctx, rows, opts.Workers)
	if err != nil {
		return nil, fmt.Errorf("baselines: logistic regression: %w", err)
	}
	return out, nil
}

func (m *model) score(ctx context.Context, x *rowMatrix, workers int) (*multilabel.Scores, error) {
	out := multilabel.NewScores(x.rows, len(m.intercepts))
	err := parallel.Blocks(ctx, workers, x.rows, scoreBlock, func() func(from, to int) error {
		return func(from, to int) error {
			for i := from; i < to; i++ {
				m.scoreRow(x, i, out.Row(i))
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// scoreRow sets out (C) to the probabilities of row i.
func (m *model) scoreRow(x *rowMatrix, i int, out []float64) {
	copy(out, m.intercepts)
	cols, vals := x.row(i)
	for k, j := range cols {
		v := float64(vals[k])
		if v == 0 {
			continue
		}
		w := m.weights[int(j)*len(out):][:len(out)]
		for c := range out {
			out[c] += v * float64(w[c])
		}
	}
	for c, z := range out {
		out[c] = 1 / (1 + math.Exp(-z))
	}
}

// Kinds returns the kind of model file of this package.
func Kinds(workers int) classifier.Kinds {
	return classifier.Kinds{modelKind: func() classifier.Classifier { return New(Options{Workers: workers}) }}
}

// Save implements classifier.Classifier.
func (m *Regression) Save(w io.Writer) error {
	if m.model == nil {
		return fmt.Errorf("baselines: logistic regression: %w", classifier.ErrNotFitted)
	}
	return classifier.WriteModel(w, modelKind, modelVersion, m.model.encode)
}

func (m *model) encode(e *frame.Encoder) {
	e.Int(m.features)
	e.Bool(m.dense)
	e.Float32s(m.weights)
	e.Float64s(m.intercepts)
	for _, c := range m.convergence {
		e.Int(c.Iterations)
		e.Float64(c.Distance)
		e.Bool(c.Converged)
		e.Bool(c.Constant)
	}
}

// Load implements classifier.Classifier.
func (m *Regression) Load(r io.Reader) error {
	m.model = nil
	model := &model{}
	if err := classifier.ReadModel(r, modelKind, modelVersion, model.decode); err != nil {
		return err
	}
	m.model = model
	return nil
}

func (m *model) decode(d *frame.Decoder) {
	m.features = d.Int()
	m.dense = d.Bool()
	m.weights = d.Float32s()
	m.intercepts = d.Float64s()
	for range m.intercepts {
		m.convergence = append(m.convergence, Convergence{
			Iterations: d.Int(), Distance: d.Float64(), Converged: d.Bool(), Constant: d.Bool(),
		})
	}
	if labels := len(m.intercepts); labels == 0 && len(m.weights) != 0 || labels > 0 && (len(m.weights)%labels != 0 || len(m.weights)/labels != m.features) {
		d.Fail("%d weights for %d features and %d labels", len(m.weights), m.features, labels)
	}
}
