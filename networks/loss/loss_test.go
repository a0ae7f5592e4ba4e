package loss

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"assay/internal/kernels"
	"assay/networks/layers"
)

// groups has groups of one, two, and three, none of them in one piece.
var groups = []int32{2, 0, 1, 2, 1, 3, 2}

func sample(seed uint64, papers int, scale float64) (*layers.Batch, []float64) {
	random := rand.New(rand.NewPCG(seed, 0))
	n := papers * len(groups)
	b := &layers.Batch{T: 1, B: papers, Targets: make([]float32, n), Train: true}
	logits := make([]float64, n)
	for i := range logits {
		logits[i] = scale * random.NormFloat64()
		if random.IntN(3) == 0 {
			b.Targets[i] = 1
		}
	}
	return b, logits
}

func tensor[T kernels.Float](papers int, values []float64) *layers.Tensor[T] {
	x := new(layers.Tensor[T])
	x.Resize(1, papers, len(values)/papers)
	for i, v := range values {
		x.Data[i] = T(v)
	}
	return x
}

func options(ratio float64) Options {
	return Options{
		Groups: groups, Masters: 4, Ratio: ratio,
		PosWeight: []float64{3, 0.5, 7, 1, 1.25, 40, 2}, MasterPosWeight: []float64{2, 1.5, 9, 0.25},
	}
}

func build[T kernels.Float](t testing.TB, opt Options) *Nested[T] {
	t.Helper()
	l, err := New[T](opt)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAgainstReference(t *testing.T) {
	for _, ratio := range []float64{0, 0.1, 1} {
		for seed, scale := range []float64{0.1, 1, 30, 800, 4000} {
			for _, train := range []bool{true, false} {
				b, logits := sample(uint64(seed), 3, scale)
				for i := range logits {
					logits[i] = max(-1e4, min(1e4, logits[i]))
				}
				copy(logits, []float64{1e4, -1e4, -0.8813735870195430, 1e4, -0.8813735870195430, 0, -1e4})
				b.Train = train
				l := build[float64](t, options(ratio))
				wantLoss, wantGradient := bigNested(options(ratio), ratio, logits, b.Targets, train)
				loss := l.Forward(b, tensor[float64](3, logits))
				if difference, want := apart(loss, wantLoss); difference > 2e-15*want {
					t.Errorf("ratio %v, scale %v, train %v: loss %v, want %v", ratio, scale, train, loss, want)
				}
				for i, got := range l.Backward(b).Data {
					if difference, want := apart(got, wantGradient[i]); difference > 1e-16+1e-13*math.Abs(want) {
						t.Errorf("ratio %v, scale %v, train %v: gradient %d is %v, want %v", ratio, scale, train, i, got, want)
					}
				}
			}
		}
	}
}

func TestFiniteDifferences(t *testing.T) {
	const step = 1e-5
	for _, ratio := range []float64{0, 0.1, 1} {
		b, logits := sample(7, 4, 2)
		l := build[float64](t, options(ratio))
		x := tensor[float64](4, logits)
		l.Forward(b, x)
		gradient := append([]float64(nil), l.Backward(b).Data...)
		for i := range logits {
			x.Data[i] = logits[i] + step
			up := l.Forward(b, x)
			x.Data[i] = logits[i] - step
			down := l.Forward(b, x)
			x.Data[i] = logits[i]
			if want := (up - down) / (2 * step); math.Abs(gradient[i]-want) > 1e-9 {
				t.Errorf("ratio %v: gradient %d is %v, by differences %v", ratio, i, gradient[i], want)
			}
		}
	}
}

func TestRatioDecays(t *testing.T) {
	b, logits := sample(3, 2, 1)
	x := tensor[float64](2, logits)
	opt := options(0.8)
	opt.Decay = 0.01
	decaying := build[float64](t, opt)
	for _, step := range []uint64{0, 1, 100, 1 << 40} {
		b.Step = step
		constant := build[float64](t, options(0.8*math.Exp(-0.01*float64(step))))
		if got, want := decaying.Forward(b, x), constant.Forward(b, x); got != want {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	b.Train = false
	if got, want := decaying.Forward(b, x), build[float64](t, options(0.8)).Forward(b, x); got != want {
		t.Errorf("validation: %v, want %v", got, want)
	}
}

func TestWeightsAreForTraining(t *testing.T) {
	b, logits := sample(3, 2, 1)
	x := tensor[float64](2, logits)
	plain := options(0.3)
	plain.PosWeight, plain.MasterPosWeight = nil, nil
	weighted := build[float64](t, options(0.3))
	unweighted := build[float64](t, plain)
	if weighted.Forward(b, x) == unweighted.Forward(b, x) {
		t.Error("weights make no difference in training")
	}
	b.Train = false
	if got, want := weighted.Forward(b, x), unweighted.Forward(b, x); got != want {
		t.Errorf("validation: %v with weights, %v without", got, want)
	}
}

// Equal logits: the two of the lowest indices are the group's best.
func TestTies(t *testing.T) {
	opt := Options{Groups: []int32{0, 0, 0, 0}, Masters: 1, Ratio: 1}
	for _, c := range []struct {
		logits []float64
		want   []bool // has a gradient
	}{
		{[]float64{1, 1, 1, 1}, []bool{true, true, false, false}},
		{[]float64{0, 1, 1, 1}, []bool{false, true, true, false}},
		{[]float64{0, 1, 0, 0}, []bool{true, true, false, false}},
		{[]float64{0, 0, 1, 0}, []bool{true, false, true, false}},
		{[]float64{0, 1, 0, 2}, []bool{false, true, false, true}},
	} {
		b := &layers.Batch{T: 1, B: 1, Targets: make([]float32, 4)}
		l := build[float64](t, opt)
		l.Forward(b, tensor[float64](1, c.logits))
		for i, d := range l.Backward(b).Data {
			if (d != 0) != c.want[i] {
				t.Errorf("%v: gradient %d is %v", c.logits, i, d)
			}
		}
	}
}

func TestNaNIsSeen(t *testing.T) {
	for _, ratio := range []float64{0, 0.1, 1} {
		for c := range groups {
			b, logits := sample(1, 2, 1)
			logits[c] = math.NaN()
			if got := build[float32](t, options(ratio)).Forward(b, tensor[float32](2, logits)); !math.IsNaN(got) {
				t.Errorf("ratio %v, NaN at %d: loss %v", ratio, c, got)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Groups = nil }, "0 categories in 4 masters"},
		{func(o *Options) { o.Masters = 0 }, "7 categories in 0 masters"},
		{func(o *Options) { o.Masters = 5 }, "master 4 has no category"},
		{func(o *Options) { o.Masters = 3 }, "category 5 belongs to master 3 of 3"},
		{func(o *Options) { o.Groups = []int32{0, -1, 1, 2, 3, 0, 0} }, "category 1 belongs to master -1 of 4"},
		{func(o *Options) { o.Ratio = 1.1 }, "ratio of the masters 1.1"},
		{func(o *Options) { o.Ratio = math.NaN() }, "ratio of the masters NaN"},
		{func(o *Options) { o.Decay = -1 }, "decay of the ratio -1"},
		{func(o *Options) { o.Decay = math.Inf(1) }, "decay of the ratio +Inf"},
		{func(o *Options) { o.PosWeight = o.PosWeight[1:] }, "6 weights for 7 categories"},
		{func(o *Options) { o.MasterPosWeight = []float64{1, 1, math.NaN(), 1} }, "weight NaN at 2 of the masters"},
	} {
		opt := options(0.1)
		c.change(&opt)
		if _, err := New[float32](opt); err == nil || !strings.HasPrefix(err.Error(), "loss: "+c.want) {
			t.Errorf("error %v, want loss: %s", err, c.want)
		}
	}
}

func TestClassWeights(t *testing.T) {
	got := ClassWeights([]int{9, 0, 4, 1})
	for i, want := range []float64{0.9, 9, 1.8, 4.5} {
		if got[i] != want {
			t.Errorf("class %d: %v, want %v", i, got[i], want)
		}
	}
	if got := ClassWeights(nil); len(got) != 0 {
		t.Errorf("no classes: %v", got)
	}
}

func TestNoAllocation(t *testing.T) {
	l := build[float32](t, options(0.1))
	large, largeLogits := sample(1, 9, 1)
	small, smallLogits := sample(2, 4, 1)
	x, y := tensor[float32](9, largeLogits), tensor[float32](4, smallLogits)
	step := func() {
		for _, c := range []struct {
			b *layers.Batch
			x *layers.Tensor[float32]
		}{{large, x}, {small, y}} {
			l.Forward(c.b, c.x)
			if d := l.Backward(c.b); d.T != 1 || d.B != c.b.B || d.D != len(groups) || len(d.Data) != c.b.B*len(groups) {
				t.Fatalf("gradient of (%d, %d, %d)", d.T, d.B, d.D)
			}
		}
	}
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

func BenchmarkNested(b *testing.B) {
	const papers, classes = 32, 148
	opt := Options{Groups: make([]int32, classes), Masters: 6, Ratio: 0.1}
	for c := range opt.Groups {
		opt.Groups[c] = int32(c % 6)
	}
	l := build[float32](b, opt)
	random := rand.New(rand.NewPCG(1, 1))
	batch := &layers.Batch{T: 1, B: papers, Targets: make([]float32, papers*classes), Train: true}
	values := make([]float64, papers*classes)
	for i := range values {
		values[i] = 3 * random.NormFloat64()
	}
	x := tensor[float32](papers, values)
	for b.Loop() {
		l.Forward(batch, x)
		l.Backward(batch)
	}
	b.ReportMetric(float64(papers)*float64(b.N)/b.Elapsed().Seconds(), "papers/s")
}
