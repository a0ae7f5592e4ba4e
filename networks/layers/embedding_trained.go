package layers

import (
	"math/rand/v2"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// TrainedEmbedding looks tokens up in a matrix that is learnt. Row 0 (padding)
// stays zero.
type TrainedEmbedding[T kernels.Float] struct {
	Embedding[T]
	weight *Param[T] // (rows, dim)

	// Of the last backward pass: where each token stands, and the matrix's rows in
	// the order in which they come first.
	counts []int32 // by row of the matrix; zero between two passes
	rows   []int32 // also the parameter's Rows
	starts []int32 // of each of rows in places, and the end
	places []int32 // rows t·B+b of dy
	dy     *Tensor[T]
	clear  func(worker, group int)
	sum    func(worker, group int)
}

// group is how many rows of the matrix a task takes.
const group = 64

// NewTrainedEmbedding returns a layer of so many rows of dim numbers: from, where
// that is not nil, else drawn by r evenly from ±0.05, Keras' default, or zero where
// that is nil too.
func NewTrainedEmbedding[T kernels.Float](p *pool.Pool, rows, dim int, from []T, r *rand.Rand) *TrainedEmbedding[T] {
	const bound = 0.05
	if from != nil {
		r = nil
	}
	w := uniform[T](p, r, bound, "embedding.weight", rows, dim)
	if p == nil {
		return &TrainedEmbedding[T]{weight: w}
	}
	copy(w.Value, from)
	clear(w.Value[:dim])
	l := &TrainedEmbedding[T]{Embedding: *NewEmbedding(p, w.Value, dim), weight: w, counts: make([]int32, rows)}
	l.task = l.lookUp // the method of this copy
	l.clear, l.sum = l.clearRows, l.sumRows
	return l
}

// Params implements Layer.
func (l *TrainedEmbedding[T]) Params() []*Param[T] { return []*Param[T]{l.weight} }

// Backward sets the gradient of the matrix: for each of its rows the sum over the
// tokens that have it, in the order of time.
func (l *TrainedEmbedding[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.pool.Run(l.groups(), l.clear) // of the pass before
	l.sort(b)
	l.dy, l.weight.Rows = dy, l.rows
	l.pool.Run(l.groups(), l.sum)
	return nil
}

// sort groups the tokens by their rows, whose numbers it counts.
func (l *TrainedEmbedding[T]) sort(b *Batch) {
	l.rows, l.starts = l.rows[:0], l.starts[:0]
	total := int32(0)
	l.tokens(b, func(_ int, id int32) {
		if l.counts[id] == 0 {
			l.rows = append(l.rows, id)
		}
		l.counts[id]++
		total++
	})
	if int(total) > cap(l.places) {
		l.places = make([]int32, total)
	}
	l.places = l.places[:total]
	at := int32(0)
	for _, id := range l.rows {
		l.starts = append(l.starts, at)
		n := l.counts[id]
		l.counts[id] = at // from here on where its next place goes
		at += n
	}
	l.starts = append(l.starts, at)
	l.tokens(b, func(place int, id int32) {
		l.places[l.counts[id]] = int32(place)
		l.counts[id]++
	})
	for _, id := range l.rows {
		l.counts[id] = 0
	}
}

// tokens calls fn for each token that has a gradient.
func (l *TrainedEmbedding[T]) tokens(b *Batch, fn func(place int, id int32)) {
	for t := range b.T {
		for i, id := range b.IDs[t*b.B : (t+1)*b.B] {
			if id > 0 && t < b.Lengths[i] {
				fn(t*b.B+i, id)
			}
		}
	}
}

// groups is how many tasks the rows make.
func (l *TrainedEmbedding[T]) groups() int { return (len(l.rows) + group - 1) / group }

func (l *TrainedEmbedding[T]) clearRows(_, i int) {
	for _, id := range l.rows[i*group : min((i+1)*group, len(l.rows))] {
		clear(l.gradient(id))
	}
}

func (l *TrainedEmbedding[T]) sumRows(_, i int) {
	end := min((i+1)*group, len(l.rows))
	for k := i * group; k < end; k++ {
		if k%ahead == 0 {
			from, to := min(k+ahead, end), min(k+2*ahead, end)
			kernels.Prefetch(l.weight.Grad, l.dim, l.dim, l.rows[from:to])
			kernels.Prefetch(l.dy.Data, l.dim, l.dim, l.places[l.starts[from]:l.starts[to]])
		}
		kernels.SumRows(l.gradient(l.rows[k]), l.dy.Data, l.dim, l.places[l.starts[k]:l.starts[k+1]])
	}
}

// gradient is that of a row.
func (l *TrainedEmbedding[T]) gradient(id int32) []T {
	return l.weight.Grad[int(id)*l.dim : (int(id)+1)*l.dim]
}
