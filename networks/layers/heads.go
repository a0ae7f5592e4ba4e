package layers

import (
	"math"
	"math/rand/v2"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// NewDense returns a Linear initialised as Keras' Dense: weights uniform in
// ±√(6/(in+out)) (Glorot, Bengio 2010), biases 0.
func NewDense[T kernels.Float](p *pool.Pool, name string, in, out int, r *rand.Rand) *Linear[T] {
	l := NewLinear[T](p, name, in, out, nil)
	l.weight = uniform[T](p, r, math.Sqrt(6/float64(in+out)), name+".weight", out, in)
	return l
}

// Pair makes of the logit z of a label the logits (−z, z) of it and its opposite:
// (1, B, 1) to (1, B, 2).
type Pair[T kernels.Float] struct {
	name    string
	out, dx Tensor[T]
}

// NewPair returns a layer.
func NewPair[T kernels.Float](name string) *Pair[T] { return &Pair[T]{name: name} }

// Name implements Layer.
func (l *Pair[T]) Name() string { return l.name }

// Params implements Layer.
func (l *Pair[T]) Params() []*Param[T] { return nil }

// Forward implements Layer.
func (l *Pair[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.out.Resize(1, b.B, 2)
	for i, z := range x.Data[:b.B] {
		l.out.Data[2*i], l.out.Data[2*i+1] = -z, z
	}
	return &l.out
}

// Backward implements Layer.
func (l *Pair[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dx.Resize(1, b.B, 1)
	for i := range l.dx.Data {
		l.dx.Data[i] = dy.Data[2*i+1] - dy.Data[2*i]
	}
	return &l.dx
}

// LogOdds gives the probabilities p of a softmax over x (1, B, C) as their
// log-odds ln(p/(1−p)), x_c less the logarithm of the sum of the others' e^x. It is
// computed in float64. C is at least 2.
type LogOdds[T kernels.Float] struct {
	name    string
	x       *Tensor[T]
	rest    []float64 // (B, C): what is taken from x
	out, dx Tensor[T]
}

// NewLogOdds returns a layer.
func NewLogOdds[T kernels.Float](name string) *LogOdds[T] { return &LogOdds[T]{name: name} }

// Name implements Layer.
func (l *LogOdds[T]) Name() string { return l.name }

// Params implements Layer.
func (l *LogOdds[T]) Params() []*Param[T] { return nil }

// Forward implements Layer.
func (l *LogOdds[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.x = x
	l.out.Resize(1, b.B, x.D)
	if n := b.B * x.D; n > cap(l.rest) {
		l.rest = make([]float64, n)
	} else {
		l.rest = l.rest[:n]
	}
	for i := range b.B {
		logOdds(l.out.Row(0, i), l.rest[i*x.D:(i+1)*x.D], x.Row(0, i))
	}
	return &l.out
}

// logOdds sets rest to ln Σ_{j≠c} e^x_j and y to x − rest.
func logOdds[T kernels.Float](y []T, rest []float64, x []T) {
	top, second := 0, -1
	for c := 1; c < len(x); c++ {
		switch {
		case x[c] > x[top]:
			top, second = c, top
		case second < 0 || x[c] > x[second]:
			second = c
		}
	}
	// Without the largest the sum is taken anew: as a difference it would lose all
	// digits where one is far above the others.
	sum, others := 0.0, 0.0
	for c, v := range x {
		sum += math.Exp(float64(v - x[top]))
		if c != top {
			others += math.Exp(float64(v - x[second]))
		}
	}
	for c, v := range x {
		rest[c] = float64(x[top]) + math.Log(sum-math.Exp(float64(v-x[top])))
		if c == top {
			rest[c] = float64(x[second]) + math.Log(others)
		}
		y[c] = T(float64(v) - rest[c])
	}
}

// Backward implements Layer: y_c pulls on x_c by 1, and on each other x_j by the
// share of e^x_j among those of the others of c.
func (l *LogOdds[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dx.Resize(1, b.B, l.x.D)
	for i := range b.B {
		x, d, dx := l.x.Row(0, i), dy.Row(0, i), l.dx.Row(0, i)
		copy(dx, d)
		for c, g := range d {
			if g == 0 {
				continue
			}
			rest := l.rest[i*len(x)+c]
			for j, v := range x {
				if j != c {
					dx[j] -= T(float64(g) * math.Exp(float64(v)-rest))
				}
			}
		}
	}
	return &l.dx
}
