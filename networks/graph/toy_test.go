package graph

import (
	"math"
	"math/rand/v2"
	"testing"

	"assay/networks/layers"
)

type (
	param = layers.Param[float32]
	mat   = layers.Tensor[float32]
)

func newParam(r *rand.Rand, name string, shape ...int) *param {
	n := 1
	for _, d := range shape {
		n *= d
	}
	p := &param{Name: name, Shape: shape, Value: make([]float32, n), Grad: make([]float32, n)}
	for i := range p.Value {
		p.Value[i] = float32(0.3 * r.NormFloat64())
	}
	return p
}

// source is a first layer: numbers made of the batch's tokens.
type source struct {
	dim int
	out mat
}

func (l *source) Name() string     { return "source" }
func (l *source) Params() []*param { return nil }
func (l *source) Forward(b *layers.Batch, x *mat) *mat {
	if x != nil {
		panic("the first layer has an input")
	}
	l.out.Resize(b.T, b.B, l.dim)
	for i, id := range b.IDs {
		for d := range l.dim {
			l.out.Data[i*l.dim+d] = float32(math.Sin(float64(int(id)*l.dim + d + 1)))
		}
	}
	return &l.out
}
func (l *source) Backward(*layers.Batch, *mat) *mat { panic("nobody asked") }

// linear is x·W + b, with W (in, out).
type linear struct {
	name    string
	w, b    *param
	in, out int
	x       *mat
	y, dx   mat
	noDX    bool
}

func newLinear(r *rand.Rand, name string, in, out int) *linear {
	return &linear{name: name, in: in, out: out, w: newParam(r, name+".weight", in, out), b: newParam(r, name+".bias", out)}
}
func (l *linear) Name() string     { return l.name }
func (l *linear) Params() []*param { return []*param{l.w, l.b} }
func (l *linear) Forward(_ *layers.Batch, x *mat) *mat {
	l.x = x
	l.y.Resize(x.T, x.B, l.out)
	for r := range x.T * x.B {
		for j := range l.out {
			s := l.b.Value[j]
			for i := range l.in {
				s += x.Data[r*l.in+i] * l.w.Value[i*l.out+j]
			}
			l.y.Data[r*l.out+j] = s
		}
	}
	return &l.y
}
func (l *linear) Backward(_ *layers.Batch, dy *mat) *mat {
	clear(l.w.Grad)
	clear(l.b.Grad)
	l.dx.Resize(dy.T, dy.B, l.in)
	clear(l.dx.Data)
	for r := range dy.T * dy.B {
		for j := range l.out {
			d := dy.Data[r*l.out+j]
			l.b.Grad[j] += d
			for i := range l.in {
				l.w.Grad[i*l.out+j] += d * l.x.Data[r*l.in+i]
				l.dx.Data[r*l.in+i] += d * l.w.Value[i*l.out+j]
			}
		}
	}
	if l.noDX {
		return nil
	}
	return &l.dx
}

// tanh overwrites dy, and fails on demand.
type tanh struct {
	name            string
	y               mat
	fail, failLater any  // what it panics with
	poison          bool // its output is not finite
}

func (l *tanh) Name() string     { return l.name }
func (l *tanh) Params() []*param { return nil }
func (l *tanh) Forward(_ *layers.Batch, x *mat) *mat {
	if l.fail != nil {
		panic(l.fail)
	}
	l.y.Resize(x.T, x.B, x.D)
	for i, v := range x.Data {
		l.y.Data[i] = float32(math.Tanh(float64(v)))
	}
	if l.poison {
		l.y.Data[len(l.y.Data)-1] = float32(math.Inf(-1))
	}
	return &l.y
}
func (l *tanh) Backward(_ *layers.Batch, dy *mat) *mat {
	if l.failLater != nil {
		panic(l.failLater)
	}
	for i, y := range l.y.Data {
		dy.Data[i] *= 1 - y*y
	}
	return dy
}

// sum adds over time: (T, B, D) to (1, B, D).
type sum struct{ y, dx mat }

func (l *sum) Name() string     { return "sum" }
func (l *sum) Params() []*param { return nil }
func (l *sum) Forward(_ *layers.Batch, x *mat) *mat {
	l.dx.Resize(x.T, x.B, x.D)
	l.y.Resize(1, x.B, x.D)
	clear(l.y.Data)
	for i, v := range x.Data {
		l.y.Data[i%len(l.y.Data)] += v
	}
	return &l.y
}
func (l *sum) Backward(_ *layers.Batch, dy *mat) *mat {
	for i := range l.dx.Data {
		l.dx.Data[i] = dy.Data[i%len(dy.Data)]
	}
	return &l.dx
}

// residual is x + inner(x), with a gain that Train doubles.
type residual struct {
	inner       *linear
	out, scaled mat
	gain        float32
}

func (l *residual) Name() string     { return "residual" }
func (l *residual) Params() []*param { return l.inner.Params() }
func (l *residual) Forward(b *layers.Batch, x *mat) *mat {
	l.gain = 1
	if b.Train {
		l.gain = 2
	}
	y := l.inner.Forward(b, x)
	l.out.Resize(x.T, x.B, x.D)
	for i, v := range x.Data {
		l.out.Data[i] = v + l.gain*y.Data[i]
	}
	return &l.out
}
func (l *residual) Backward(b *layers.Batch, dy *mat) *mat {
	l.scaled.Resize(dy.T, dy.B, dy.D)
	for i, v := range dy.Data {
		l.scaled.Data[i] = l.gain * v
	}
	dx := l.inner.Backward(b, &l.scaled)
	for i, v := range dy.Data {
		dx.Data[i] += v
	}
	return dx
}

// squares is the mean of (logit − target)².
type squares struct {
	logits *mat
	dx     mat
	poison bool
}

func (l *squares) Name() string { return "loss" }
func (l *squares) Forward(b *layers.Batch, logits *mat) float64 {
	l.logits = logits
	total := 0.0
	for i, v := range logits.Data {
		d := float64(v) - float64(b.Targets[i])
		total += d * d
	}
	if l.poison {
		return math.NaN()
	}
	return total / float64(len(logits.Data))
}
func (l *squares) Backward(b *layers.Batch) *mat {
	l.dx.Resize(1, l.logits.B, l.logits.D)
	for i, v := range l.logits.Data {
		l.dx.Data[i] = 2 * (v - b.Targets[i]) / float32(len(l.logits.Data))
	}
	return &l.dx
}

const classes = 3

// toy is a chain of every toy layer; the same each time.
type toy struct {
	chain []layers.Layer[float32]
	loss  *squares
	act   *tanh // between the two linear layers
}

func newToy() *toy {
	r := rand.New(rand.NewPCG(5, 6))
	act := &tanh{name: "act1"}
	first := newLinear(r, "linear1", 4, 5)
	first.noDX = true // nobody needs it
	return &toy{
		chain: []layers.Layer[float32]{
			&source{dim: 4}, first, act, &sum{},
			&tanh{name: "act2"}, &residual{inner: newLinear(r, "residual.linear", 5, 5)}, newLinear(r, "linear2", 5, classes),
		},
		loss: &squares{},
		act:  act,
	}
}

func (n *toy) machine(t testing.TB) *Machine {
	t.Helper()
	m, err := New(n.chain, n.loss, classes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func newBatch(t, b int) *layers.Batch {
	r := rand.New(rand.NewPCG(uint64(t), uint64(b)))
	out := &layers.Batch{T: t, B: b, IDs: make([]int32, t*b), Lengths: make([]int, b), Targets: make([]float32, b*classes), Train: true}
	for i := range out.IDs {
		out.IDs[i] = r.Int32N(50)
	}
	for i := range out.Lengths {
		out.Lengths[i] = t
	}
	for i := range out.Targets {
		out.Targets[i] = float32(r.IntN(2))
	}
	return out
}

// stub does nothing, with as many parameters as it is told.
type stub struct {
	name   string
	params []*param
	out    mat
}

func (l *stub) Name() string     { return l.name }
func (l *stub) Params() []*param { return l.params }
func (l *stub) Forward(b *layers.Batch, _ *mat) *mat {
	l.out.Resize(1, b.B, classes)
	return &l.out
}
func (l *stub) Backward(_ *layers.Batch, dy *mat) *mat { return dy }
