package layers

import (
	"fmt"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// Embedding looks tokens up in a frozen matrix: it is the first layer and has
// no parameters.
type Embedding[T kernels.Float] struct {
	matrix    []T // (rows, dim)
	rows, dim int
	pool      *pool.Pool

	batch *Batch
	out   Tensor[T]
	task  func(worker, t int)
}

// ahead is how many rows, far from each other in memory, are asked for while as many
// before them are worked on.
const ahead = 8

// NewEmbedding returns a layer over matrix (rows, dim), which it keeps and never
// writes.
func NewEmbedding[T kernels.Float](p *pool.Pool, matrix []T, dim int) *Embedding[T] {
	l := &Embedding[T]{matrix: matrix, rows: len(matrix) / dim, dim: dim, pool: p}
	l.task = l.lookUp
	return l
}

// Name implements Layer.
func (l *Embedding[T]) Name() string { return "embedding" }

// Params implements Layer.
func (l *Embedding[T]) Params() []*Param[T] { return nil }

// Forward returns (T, B, dim).
func (l *Embedding[T]) Forward(b *Batch, _ *Tensor[T]) *Tensor[T] {
	l.batch = b
	l.out.Resize(b.T, b.B, l.dim)
	l.pool.Run(b.T, l.task)
	return &l.out
}

func (l *Embedding[T]) lookUp(_, t int) {
	ids := l.batch.IDs[t*l.batch.B : (t+1)*l.batch.B]
	for _, id := range ids {
		if id < 0 || int(id) >= l.rows {
			panic(fmt.Sprintf("layers: token %d of an embedding of %d", id, l.rows))
		}
	}
	for b, id := range ids {
		if b%ahead == 0 {
			kernels.Prefetch(l.matrix, l.dim, l.dim, ids[min(b+ahead, len(ids)):min(b+2*ahead, len(ids))])
		}
		copy(l.out.Row(t, b), l.matrix[int(id)*l.dim:(int(id)+1)*l.dim])
	}
}

// Backward implements Layer; nothing is learnt.
func (l *Embedding[T]) Backward(*Batch, *Tensor[T]) *Tensor[T] { return nil }
