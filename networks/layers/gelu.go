package layers

import (
	"assay/internal/kernels"
	"assay/internal/pool"
)

// GELU is x·Φ(x) with Φ the normal distribution, by erf (Hendrycks, Gimpel 2016).
type GELU[T kernels.Float] struct {
	name      string
	pool      *pool.Pool
	x, dy     *Tensor[T]
	y, dx     Tensor[T]
	fwd, back func(worker, paper int)
}

// NewGELU returns a layer over rows of any width.
func NewGELU[T kernels.Float](p *pool.Pool, name string) *GELU[T] {
	l := &GELU[T]{name: name, pool: p}
	l.fwd = func(_, b int) { kernels.GELU(l.y.Row(0, b), l.x.Row(0, b)) }
	l.back = func(_, b int) { kernels.GELUBackward(l.dx.Row(0, b), l.dy.Row(0, b), l.x.Row(0, b)) }
	return l
}

// Name implements Layer.
func (l *GELU[T]) Name() string { return l.name }

// Params implements Layer.
func (l *GELU[T]) Params() []*Param[T] { return nil }

// Forward takes and returns (1, B, D).
func (l *GELU[T]) Forward(_ *Batch, x *Tensor[T]) *Tensor[T] {
	l.x = x
	l.y.Resize(1, x.B, x.D)
	l.pool.Run(x.B, l.fwd)
	return &l.y
}

// Backward implements Layer.
func (l *GELU[T]) Backward(_ *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dx.Resize(1, dy.B, dy.D)
	l.pool.Run(dy.B, l.back)
	return &l.dx
}
