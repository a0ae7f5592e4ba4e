package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"assay/internal/pool"
)

// batchOf returns a batch of the given lengths; T is the longest or t.
func batchOf(t int, lengths ...int) *Batch {
	return &Batch{T: max(t, slices.Max(lengths)), B: len(lengths), Lengths: lengths, Train: true, Step: 3}
}

func randomTensor(r *rand.Rand, t, b, d int) *Tensor[float64] {
	x := new(Tensor[float64])
	x.Resize(t, b, d)
	for i := range x.Data {
		x.Data[i] = r.NormFloat64()
	}
	return x
}

func clone(x *Tensor[float64]) *Tensor[float64] {
	return &Tensor[float64]{T: x.T, B: x.B, D: x.D, Data: slices.Clone(x.Data)}
}

// timed says which layers take (T, B, D); the others take (1, B, D).
type layerCase struct {
	name  string
	timed bool
	dim   int
	input bool // has a gradient for its input
	make  func(p *pool.Pool, r *rand.Rand) Layer[float64]
}

func layerCases() []layerCase {
	return []layerCase{
		{"gru", true, 3, false, func(p *pool.Pool, r *rand.Rand) Layer[float64] { return NewBiGRU[float64](p, "gru", 0, 3, 5, r) }},
		{"gru on a gru", true, 3, true, func(p *pool.Pool, r *rand.Rand) Layer[float64] { return NewBiGRU[float64](p, "gru", 1, 3, 5, r) }},
		{"norm", false, 9, true, func(p *pool.Pool, r *rand.Rand) Layer[float64] {
			return perturbed(NewLayerNorm[float64](p, "norm", 9), r)
		}},
		{"attention", true, 6, true, func(p *pool.Pool, r *rand.Rand) Layer[float64] {
			return perturbed(NewAttention[float64](p, "norm1", "norm2", 6, nil), r)
		}},
		{"attention with dropout", true, 6, true, func(p *pool.Pool, r *rand.Rand) Layer[float64] {
			return perturbed(NewAttention(p, "norm1", "norm2", 6, NewDropout[float64](p, "dropout", 0.3, 9)), r)
		}},
		{"logit attention", false, 8, true, func(p *pool.Pool, _ *rand.Rand) Layer[float64] { return NewLogitAttention[float64](p, 8) }},
		{"linear", false, 5, true, func(p *pool.Pool, r *rand.Rand) Layer[float64] {
			return NewLinear[float64](p, "linear", 5, 34, r)
		}},
		{"gelu", false, 11, true, func(p *pool.Pool, _ *rand.Rand) Layer[float64] { return NewGELU[float64](p, "gelu") }},
		{"dropout", true, 7, true, func(p *pool.Pool, _ *rand.Rand) Layer[float64] { return NewDropout[float64](p, "dropout", 0.4, 9) }},
		{"boom", false, 6, true, func(p *pool.Pool, r *rand.Rand) Layer[float64] {
			return perturbed(NewBoom[float64](p, "boom", 6, 10, 0.3, 9, r), r)
		}},
	}
}

// perturbed moves parameters off their initial ones and zeros.
func perturbed(l Layer[float64], r *rand.Rand) Layer[float64] {
	for _, p := range l.Params() {
		for i := range p.Value {
			p.Value[i] += 0.3 * r.NormFloat64()
		}
	}
	return l
}

// TestGradients holds every layer's gradients to central differences.
func TestGradients(t *testing.T) {
	shapes := map[string]*Batch{
		"one token":   batchOf(1, 1),
		"one paper":   batchOf(4, 4),
		"no padding":  batchOf(5, 5, 5, 5),
		"descending":  batchOf(6, 6, 4, 4, 1),
		"unordered":   batchOf(7, 2, 5, 0, 6),
		"beyond all":  batchOf(9, 5, 3),
		"many papers": batchOf(3, 3, 3, 3, 2, 2, 2, 2, 1, 3, 3, 3, 2, 2, 2, 2, 1, 1),
	}
	for _, c := range layerCases() {
		for shape, b := range shapes {
			t.Run(c.name+"/"+shape, func(t *testing.T) {
				p := pool.New(3)
				defer p.Close()
				checkGradients(t, c, b, c.make(p, rand.New(rand.NewPCG(1, 2))))
			})
		}
	}
}

func checkGradients(t *testing.T, c layerCase, b *Batch, l Layer[float64]) {
	r := rand.New(rand.NewPCG(3, 4))
	times := 1
	if c.timed {
		times = b.T
	}
	x := randomTensor(r, times, b.B, c.dim)
	y := l.Forward(b, clone(x))
	dy := randomTensor(r, y.T, y.B, y.D)
	// The sum of dy·y over everything: its gradient is what Backward of dy gives.
	value := func() float64 {
		sum := 0.0
		for i, v := range l.Forward(b, clone(x)).Data {
			sum += v * dy.Data[i]
		}
		return sum
	}
	difference := func(v *float64) float64 {
		const h = 1e-5
		saved := *v
		*v = saved + h
		above := value()
		*v = saved - h
		below := value()
		*v = saved
		return (above - below) / (2 * h)
	}
	l.Forward(b, clone(x))
	for _, p := range l.Params() {
		for i := range p.Grad {
			p.Grad[i] = 99 // Backward overwrites
		}
	}
	dx := l.Backward(b, clone(dy))
	if (dx != nil) != c.input {
		t.Fatalf("gradient of the input: %v", dx)
	}
	compare := func(what string, got, want float64) {
		if !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
			t.Fatalf("%s: %.9g, by differences %.9g", what, got, want)
		}
	}
	for _, p := range l.Params() {
		grad := slices.Clone(p.Grad)
		for i := range p.Value {
			compare(fmt.Sprintf("%s[%d]", p.Name, i), grad[i], difference(&p.Value[i]))
		}
	}
	if dx != nil {
		grad := slices.Clone(dx.Data)
		for i := range x.Data {
			compare(fmt.Sprintf("input[%d]", i), grad[i], difference(&x.Data[i]))
		}
	}
}
