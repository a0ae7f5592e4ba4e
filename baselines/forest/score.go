package forest

import (
	"context"
	"fmt"

	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/parallel"
	"assay/internal/progress"
)

// scoreBlock is the number of rows that a worker scores at a time.
const scoreBlock = 64

func (m *model) scores(ctx context.Context, x features.Matrix, workers int) (*multilabel.Scores, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := multilabel.NewScores(n, m.labels)
	bar := progress.Start(ctx, "random forest scores", int64(n), "papers")
	defer bar.Done()
	err := parallel.Blocks(ctx, workers, n, scoreBlock, func() func(from, to int) error {
		row := make([]float32, m.features)
		return func(from, to int) error {
			for i := from; i < to; i++ {
				if err := m.scoreRow(x, i, row, out.Row(i)); err != nil {
					return err
				}
			}
			bar.Add(int64(to - from))
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("baselines: random forest: score: %w", err)
	}
	return out, nil
}

// check refuses a matrix of another kind or width than the model's.
func (m *model) check(x features.Matrix) error {
	switch x.(type) {
	case *features.CSR:
		if m.dense {
			return fault.Usagef("baselines: random forest: score: features are sparse, but the model was fitted on dense ones")
		}
	case *features.Dense:
		if !m.dense {
			return fault.Usagef("baselines: random forest: score: features are dense, but the model was fitted on sparse ones")
		}
	default:
		return fault.Usagef("baselines: random forest: score: features of kind %T: want *features.CSR or *features.Dense", x)
	}
	if _, cols := x.Dims(); cols != m.features {
		return fault.Usagef("baselines: random forest: score: matrix has %d features, but the model was fitted on %d", cols, m.features)
	}
	return nil
}

// scoreRow adds up the leaves that row i of x falls into. scratch has one zero
// a feature and is left so.
func (m *model) scoreRow(x features.Matrix, i int, scratch []float32, out []float64) error {
	switch x := x.(type) {
	case *features.CSR:
		if err := checkRow(x, i); err != nil {
			return err
		}
		cols, vals := x.Row(i)
		for j, c := range cols {
			scratch[c] = vals[j]
		}
		m.sum(scratch, out)
		for _, c := range cols {
			scratch[c] = 0
		}
	case *features.Dense:
		row := x.Row(i)
		for c, v := range row {
			if !isFinite32(v) {
				return fault.Usagef("row %d, column %d: value %v: want finite numbers", i, c, v)
			}
		}
		m.sum(row, out)
	}
	return nil
}

// sum adds the label fractions of the trees, in their order, and takes the
// mean.
func (m *model) sum(row []float32, out []float64) {
	for t := range m.trees {
		tree := &m.trees[t]
		leaf := tree.leaves[tree.find(row):]
		k, weight := leaf[0], leaf[1]
		for pair := leaf[2 : 2+2*k]; len(pair) > 0; pair = pair[2:] {
			out[pair[0]] += float64(pair[1]) / float64(weight)
		}
	}
	for c := range out {
		out[c] /= float64(len(m.trees))
	}
}

// find returns the offset of the leaf that the row falls into.
func (t *tree) find(row []float32) int32 {
	ref := t.root
	for ref >= 0 {
		node := &t.nodes[ref]
		if row[node.feature] <= node.threshold {
			ref = node.left
		} else {
			ref = node.right
		}
	}
	return ^ref
}
