package layers

import (
	"math/rand/v2"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// Boom widens and narrows again, added to its input (Merity 2019):
// x + linear2(dropout(norm(gelu(linear1(x))))).
type Boom[T kernels.Float] struct {
	name  string
	parts []Layer[T]
	out   Tensor[T]
}

// NewBoom returns a layer over rows of dim, width inside.
func NewBoom[T kernels.Float](p *pool.Pool, name string, dim, width int, dropout float64, seed uint64, r *rand.Rand) *Boom[T] {
	return &Boom[T]{name: name, parts: []Layer[T]{
		NewLinear[T](p, name+".linear1", dim, width, r),
		NewGELU[T](p, name+".gelu"),
		NewLayerNorm[T](p, name+".norm", width),
		NewDropout[T](p, name+".dropout", dropout, seed),
		NewLinear[T](p, name+".linear2", width, dim, r),
	}}
}

// Name implements Layer.
func (l *Boom[T]) Name() string { return l.name }

// Params implements Layer.
func (l *Boom[T]) Params() []*Param[T] {
	var out []*Param[T]
	for _, part := range l.parts {
		out = append(out, part.Params()...)
	}
	return out
}

// Forward takes and returns (1, B, D).
func (l *Boom[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	y := x
	for _, part := range l.parts {
		y = part.Forward(b, y)
	}
	l.out.Resize(1, x.B, x.D)
	copy(l.out.Data, x.Data)
	kernels.Add(l.out.Data, y.Data)
	return &l.out
}

// Backward implements Layer.
func (l *Boom[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	dx := dy
	for i := len(l.parts) - 1; i >= 0; i-- {
		dx = l.parts[i].Backward(b, dx)
	}
	kernels.Add(dx.Data, dy.Data)
	return dx
}
