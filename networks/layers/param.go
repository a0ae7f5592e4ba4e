package layers

import (
	"math/rand/v2"

	"assay/internal/hugepage"
	"assay/internal/kernels"
)

// newParam returns a parameter of zeros.
func newParam[T kernels.Float](name string, shape ...int) *Param[T] {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return &Param[T]{Name: name, Shape: shape, Value: hugepage.Make[T](n), Grad: hugepage.Make[T](n)}
}

// uniform returns a parameter drawn evenly from ±bound.
func uniform[T kernels.Float](r *rand.Rand, bound float64, name string, shape ...int) *Param[T] {
	p := newParam[T](name, shape...)
	for i := range p.Value {
		p.Value[i] = T((2*r.Float64() - 1) * bound)
	}
	return p
}

// constant returns a parameter whose elements are all v.
func constant[T kernels.Float](v T, name string, shape ...int) *Param[T] {
	p := newParam[T](name, shape...)
	for i := range p.Value {
		p.Value[i] = v
	}
	return p
}
