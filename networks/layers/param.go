package layers

import (
	"math/rand/v2"

	"assay/internal/hugepage"
	"assay/internal/kernels"
	"assay/internal/pool"
)

// newParam returns a parameter of zeros, without memory where p is nil.
func newParam[T kernels.Float](p *pool.Pool, name string, shape ...int) *Param[T] {
	out := &Param[T]{Name: name, Shape: shape}
	if p != nil {
		n := int(out.Size())
		out.Value, out.Grad = hugepage.Make[T](n), hugepage.Make[T](n)
	}
	return out
}

// uniform returns a parameter drawn evenly from ±bound, of zeros where r is nil.
func uniform[T kernels.Float](p *pool.Pool, r *rand.Rand, bound float64, name string, shape ...int) *Param[T] {
	out := newParam[T](p, name, shape...)
	if r != nil {
		for i := range out.Value {
			out.Value[i] = T((2*r.Float64() - 1) * bound)
		}
	}
	return out
}

// constant returns a parameter whose elements are all v.
func constant[T kernels.Float](p *pool.Pool, v T, name string, shape ...int) *Param[T] {
	out := newParam[T](p, name, shape...)
	for i := range out.Value {
		out.Value[i] = v
	}
	return out
}
