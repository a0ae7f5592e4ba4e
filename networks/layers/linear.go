package layers

import (
	"math"
	"math/rand/v2"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// Linear is y = x·Wᵀ + b over rows (1, B, in).
type Linear[T kernels.Float] struct {
	name         string
	in, out      int
	pool         *pool.Pool
	weight, bias *Param[T] // (out, in), (out)

	parts       int
	packed      []kernels.Packed[T] // by part
	transposers []*kernels.Transposer[T]
	x, dy       *Tensor[T]
	y, dx       Tensor[T]
	rows        []int32
	fwd, back   func(worker, part int)
}

// NewLinear returns a layer from in to out features, initialised as PyTorch does:
// uniform in ±1/√in.
func NewLinear[T kernels.Float](p *pool.Pool, name string, in, out int, r *rand.Rand) *Linear[T] {
	bound := 1 / math.Sqrt(float64(in))
	l := &Linear[T]{
		name: name, in: in, out: out, pool: p, parts: p.Workers(), packed: make([]kernels.Packed[T], p.Workers()),
		weight: uniform[T](p, r, bound, name+".weight", out, in), bias: uniform[T](p, r, bound, name+".bias", out),
	}
	for range p.Workers() {
		l.transposers = append(l.transposers, &kernels.Transposer[T]{})
	}
	l.fwd, l.back = l.forwardPart, l.backwardPart
	return l
}

// Name implements Layer.
func (l *Linear[T]) Name() string { return l.name }

// Params implements Layer.
func (l *Linear[T]) Params() []*Param[T] { return []*Param[T]{l.weight, l.bias} }

// Forward takes (1, B, in) and returns (1, B, out).
func (l *Linear[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.x = x
	l.y.Resize(1, b.B, l.out)
	l.pool.Run(l.parts, l.fwd)
	return &l.y
}

// slice is the part of n columns that a task has.
func (l *Linear[T]) slice(part, n int) (from, to int) {
	return part * n / l.parts, (part + 1) * n / l.parts
}

func (l *Linear[T]) forwardPart(_, part int) {
	from, to := l.slice(part, l.out)
	w := &l.packed[part]
	w.PackTransposed(l.weight.Value[from*l.in:], l.in, to-from, l.in)
	for i := range l.x.B {
		copy(l.y.Row(0, i)[from:to], l.bias.Value[from:to])
	}
	if to > from {
		kernels.Gemm(l.y.Data[from:], l.out, kernels.Left[T]{Data: l.x.Data, Row: l.in, Col: 1}, l.x.B, w, true)
	}
}

// Backward implements Layer.
func (l *Linear[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dx.Resize(1, b.B, l.in)
	l.rows = growRows(l.rows, b.B)
	l.pool.Run(l.parts, l.back)
	return &l.dx
}

func (l *Linear[T]) backwardPart(worker, part int) {
	n := l.x.B
	if from, to := l.slice(part, l.out); to > from {
		l.transposers[worker].GemmTN(l.weight.Grad[from*l.in:], l.in, l.dy.Data[from:], l.out, to-from, l.x.Data, l.in, l.in, n, false)
		kernels.SumRows(l.bias.Grad[from:to], l.dy.Data[from:], l.out, l.rows[:n])
	}
	if from, to := l.slice(part, l.in); to > from {
		w := &l.packed[part]
		w.Pack(l.weight.Value[from:], l.out, to-from, l.in)
		kernels.Gemm(l.dx.Data[from:], l.in, kernels.Left[T]{Data: l.dy.Data, Row: l.out, Col: 1}, n, w, false)
	}
}

// growRows returns the numbers 0 to n-1.
func growRows(rows []int32, n int) []int32 {
	for i := len(rows); i < n; i++ {
		rows = append(rows, int32(i))
	}
	return rows
}
