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
	rows   []int32
	starts []int32 // of each of rows in places, and the end
	places []int32 // rows t·B+b of dy
	dy     *Tensor[T]
	sum    func(worker, i int)
}

// NewTrainedEmbedding returns a layer of so many rows of dim numbers: from, where
// that is not nil, else drawn by r evenly from ±0.05, Keras' default, or zero where
// that is nil too.
func NewTrainedEmbedding[T kernels.Float](p *pool.Pool, rows, dim int, from []T, r *rand.Rand) *TrainedEmbedding[T] {
	const bound = 0.05
	var w *Param[T]
	switch {
	case from != nil:
		w = newParam[T]("embedding.weight", rows, dim)
		copy(w.Value, from)
	case r != nil:
		w = uniform[T](r, bound, "embedding.weight", rows, dim)
	default:
		w = newParam[T]("embedding.weight", rows, dim)
	}
	clear(w.Value[:dim])
	l := &TrainedEmbedding[T]{Embedding: *NewEmbedding(p, w.Value, dim), weight: w, counts: make([]int32, rows)}
	l.task = l.lookUp // the method of this copy
	l.sum = l.sumRow
	return l
}

// Params implements Layer.
func (l *TrainedEmbedding[T]) Params() []*Param[T] { return []*Param[T]{l.weight} }

// Backward sets the gradient of the matrix: for each of its rows the sum over the
// tokens that have it, in the order of time.
func (l *TrainedEmbedding[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	clear(l.weight.Grad)
	l.sort(b)
	l.dy = dy
	l.pool.Run(len(l.rows), l.sum)
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

func (l *TrainedEmbedding[T]) sumRow(_, i int) {
	id := int(l.rows[i])
	kernels.SumRows(l.weight.Grad[id*l.dim:(id+1)*l.dim], l.dy.Data, l.dim, l.places[l.starts[i]:l.starts[i+1]])
}
