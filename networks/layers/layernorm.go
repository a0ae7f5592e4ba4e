package layers

import (
	"assay/internal/kernels"
	"assay/internal/pool"
)

const normEps = 1e-5

// LayerNorm shifts and scales each row of (1, B, D) to mean 0 and variance 1, then
// by learnt weights: y = γ·(x−mean)/√(variance+1e-5) + β (Ba, Kiros, Hinton 2016).
type LayerNorm[T kernels.Float] struct {
	name string
	dim  int
	pool *pool.Pool
	norm *norm[T]

	x, dy     *Tensor[T]
	out, dx   Tensor[T]
	sums      [][]T // by paper: the gradients of γ and β
	fwd, back func(worker, paper int)
}

// NewLayerNorm returns a layer over rows of dim, γ = 1 and β = 0.
func NewLayerNorm[T kernels.Float](p *pool.Pool, name string, dim int) *LayerNorm[T] {
	l := &LayerNorm[T]{name: name, dim: dim, pool: p, norm: newNorm[T](p, name, dim)}
	l.fwd = func(_, paper int) { l.norm.forward(l.out.Row(0, paper), l.x.Row(0, paper), paper) }
	l.back = func(_, paper int) {
		clear(l.sums[paper])
		l.norm.backward(l.dx.Row(0, paper), l.sums[paper], l.dy.Row(0, paper), l.x.Row(0, paper), paper)
	}
	return l
}

// Name implements Layer.
func (l *LayerNorm[T]) Name() string { return l.name }

// Params implements Layer.
func (l *LayerNorm[T]) Params() []*Param[T] { return []*Param[T]{l.norm.gamma, l.norm.beta} }

// Forward takes and returns (1, B, D).
func (l *LayerNorm[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.x = x
	l.norm.mean, l.norm.rstd = grow(l.norm.mean, b.B), grow(l.norm.rstd, b.B)
	l.out.Resize(1, b.B, l.dim)
	l.pool.Run(b.B, l.fwd)
	return &l.out
}

// Backward implements Layer.
func (l *LayerNorm[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dx.Resize(1, b.B, l.dim)
	for len(l.sums) < b.B {
		l.sums = append(l.sums, make([]T, 2*l.dim))
	}
	l.pool.Run(b.B, l.back)
	clear(l.norm.gamma.Grad)
	clear(l.norm.beta.Grad)
	for _, s := range l.sums[:b.B] {
		kernels.Add(l.norm.gamma.Grad, s[:l.dim])
		kernels.Add(l.norm.beta.Grad, s[l.dim:])
	}
	return &l.dx
}
