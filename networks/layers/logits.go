package layers

import (
	"math"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// LogitAttention is self-attention over the C numbers of a paper, taken as a
// sequence of length C and dimension 1: y_i = Σ_j p_ij·x_j with p_i the softmax
// over j of x_i·x_j/√C.
type LogitAttention[T kernels.Float] struct {
	dim     int
	scale   T
	pool    *pool.Pool
	scratch [][]T // by worker: p and p·x of a row

	x, dy     *Tensor[T]
	out, dx   Tensor[T]
	fwd, back func(worker, paper int)
}

// NewLogitAttention returns a layer over rows of dim.
func NewLogitAttention[T kernels.Float](p *pool.Pool, dim int) *LogitAttention[T] {
	l := &LogitAttention[T]{dim: dim, scale: T(1 / math.Sqrt(float64(dim))), pool: p}
	for range p.Workers() {
		l.scratch = append(l.scratch, make([]T, 2*dim))
	}
	l.fwd, l.back = l.forwardPaper, l.backwardPaper
	return l
}

// Name implements Layer.
func (l *LogitAttention[T]) Name() string { return "logit_attention" }

// Params implements Layer.
func (l *LogitAttention[T]) Params() []*Param[T] { return nil }

// Forward takes and returns (1, B, C).
func (l *LogitAttention[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.x = x
	l.out.Resize(1, b.B, l.dim)
	l.pool.Run(b.B, l.fwd)
	return &l.out
}

// attend sets p to the weights that element i gives to each.
func (l *LogitAttention[T]) attend(p, x []T, i int) {
	copy(p, x)
	kernels.Softmax(p, l.scale*x[i])
}

func (l *LogitAttention[T]) forwardPaper(worker, paper int) {
	x, y, p := l.x.Row(0, paper), l.out.Row(0, paper), l.scratch[worker][:l.dim]
	for i := range x {
		l.attend(p, x, i)
		y[i] = kernels.Dot(p, x)
	}
}

// Backward implements Layer.
func (l *LogitAttention[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dx.Resize(1, b.B, l.dim)
	l.pool.Run(b.B, l.back)
	return &l.dx
}

// backwardPaper: y_i pulls on x_j by p_ij·(1 + scale·x_i·(x_j−y_i)), and on x_i by
// scale times the variance of x under p_i beside that.
func (l *LogitAttention[T]) backwardPaper(worker, paper int) {
	x, dy, dx := l.x.Row(0, paper), l.dy.Row(0, paper), l.dx.Row(0, paper)
	p, px := l.scratch[worker][:l.dim], l.scratch[worker][l.dim:]
	clear(dx)
	for i := range x {
		l.attend(p, x, i)
		copy(px, p)
		kernels.Mul(px, x)
		y := kernels.Dot(p, x) // again: a dropout may have changed the output in place
		g := dy[i] * l.scale
		dx[i] += g * (kernels.Dot(px, x) - y*y)
		kernels.Axpy(dx, dy[i]-g*x[i]*y, p)
		kernels.Axpy(dx, g*x[i], px)
	}
}
