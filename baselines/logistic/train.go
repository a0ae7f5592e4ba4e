package logistic

import (
	"context"
	"math"
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"

	"assay/internal/multilabel"
	"assay/internal/progress"
	"assay/internal/rng"
)

// fitting is the fit of all labels. Workers take labels from it one by one
// and write to disjoint parts of the model. What is computed for a label
// depends neither on the worker nor on the labels that share its passes.
type fitting struct {
	problem
	positives [][]int32 // rows that carry each label
	queue     []int     // labels that need fitting, costly ones first
	next      atomic.Int64
	lanes     int // labels that a worker has at hand at once
	model     *model
	bar       progress.Bar
}

func fitModel(ctx context.Context, x *rowMatrix, y *multilabel.Matrix, opts Options) (*model, error) {
	f := &fitting{
		problem:   problem{x: x, opts: opts},
		positives: y.Columns(),
		model: &model{
			features: x.cols, dense: x.dense,
			weights:     make([]float32, x.cols*y.Cols),
			intercepts:  make([]float64, y.Cols),
			convergence: make([]Convergence, y.Cols),
		},
	}
	f.squared, f.largest, f.sum = x.norms()
	f.bar = progress.Start(ctx, "logistic regression", int64(y.Cols), "labels")
	defer f.bar.Done()
	for c, rows := range f.positives {
		switch len(rows) {
		case 0, x.rows:
			f.model.convergence[c] = Convergence{Converged: true, Constant: true}
			f.model.intercepts[c] = math.Inf(len(rows) - 1)
			f.bar.Add(1)
		default:
			f.queue = append(f.queue, c)
		}
	}
	slices.SortStableFunc(f.queue, func(a, b int) int { return len(f.positives[b]) - len(f.positives[a]) })

	workers := min(opts.Workers, len(f.queue))
	if workers > 0 {
		f.lanes = min(laneCount, (len(f.queue)+workers-1)/workers)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error { return f.work(groupCtx) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return f.model, ctx.Err()
}

// work fits labels until none is left, up to f.lanes of them at a time, each
// in a lane of its own: in every round one pass over the rows serves all.
func (f *fitting) work(ctx context.Context) error {
	labels := make([]*labelFit, 0, f.lanes)
	dual, newton := newDual(f.x.cols), newNewton(f.x.cols)
	byFeature := make([]laneValues, f.x.cols)
	byRow := make([]laneValues, f.x.rows)
	var free []*labelFit
	for {
		for len(labels) < f.lanes {
			l, ok := f.take(&free)
			if !ok {
				break
			}
			labels = append(labels, l)
		}
		if len(labels) == 0 {
			return nil
		}
		if err := f.round(ctx, labels, byFeature, byRow); err != nil {
			return err
		}
		kept := labels[:0]
		for _, l := range labels {
			if f.settle(l) {
				free = append(free, l)
				continue
			}
			solve := newton.solve
			if l.gentle {
				solve = dual.solve
			}
			if err := solve(ctx, l); err != nil {
				return err
			}
			kept = append(kept, l)
		}
		labels = kept
	}
}

// take returns the next label, ready for its first round; false if none is
// left. It reuses the memory of a free one.
func (f *fitting) take(free *[]*labelFit) (*labelFit, bool) {
	k := int(f.next.Add(1)) - 1
	if k >= len(f.queue) {
		return nil, false
	}
	var l *labelFit
	if n := len(*free); n > 0 {
		l, *free = (*free)[n-1], (*free)[:n-1]
	} else {
		l = &labelFit{problem: &f.problem}
		for _, v := range []*[]float64{&l.w, &l.g, &l.step} {
			*v = make([]float64, f.x.cols)
		}
		for _, v := range []*[]float64{&l.z, &l.p, &l.zstep} {
			*v = make([]float64, f.x.rows)
		}
	}
	l.label = f.queue[k]
	l.positives = f.positives[l.label]
	l.cpos, l.cneg = f.opts.C, f.opts.C
	if n, npos := float64(f.x.rows), float64(len(l.positives)); f.opts.ClassWeight == "balanced" {
		l.cpos *= n / (2 * npos)
		l.cneg *= n / (2 * (n - npos))
	}
	l.random = rng.New(f.opts.Seed, "logistic_regression", strconv.Itoa(l.label))
	l.start()
	return l, true
}

// round makes each label's step and finds its gradient there.
func (f *fitting) round(ctx context.Context, labels []*labelFit, byFeature, byRow []laneValues) error {
	for lane, l := range labels {
		for j, v := range l.step {
			byFeature[j][lane] = v
		}
	}
	if err := f.x.forward(ctx, byFeature, byRow); err != nil {
		return err
	}
	for lane, l := range labels {
		for i := range byRow {
			l.zstep[i] = byRow[i][lane]
		}
		l.search()
		l.residual(byRow, lane)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	clear(byFeature)
	if err := f.x.backward(ctx, byRow, byFeature); err != nil {
		return err
	}
	for lane, l := range labels {
		for j := range byFeature {
			l.g[j] = byFeature[j][lane]
		}
		floats.Add(l.g, l.w)
		l.regard()
	}
	return nil
}

// settle stores a label that has converged, or can go no further, in the model
// and reports whether it did.
func (f *fitting) settle(l *labelFit) bool {
	c := l.converged()
	if !c.Converged && !l.stuck && c.Iterations < f.opts.MaxIterations {
		return false
	}
	labels := len(f.positives)
	for j, w := range l.w {
		f.model.weights[j*labels+l.label] = float32(w)
	}
	f.model.intercepts[l.label] = l.b
	f.model.convergence[l.label] = c
	f.bar.Add(1)
	return true
}
