package training

import (
	"context"
	"math"
	"testing"

	"assay/internal/rng"
	"assay/networks/layers"
)

// Ten steps by the formula of Kingma and Ba (2015), algorithm 1, in float64.
func TestAdamIsTheFormula(t *testing.T) {
	const n, rate = 2*chunk + 37, 0.01
	r := rng.New(1, "adam")
	params := []*layers.Param[float32]{
		{Name: "a", Value: make([]float32, n), Grad: make([]float32, n)},
		{Name: "b", Value: make([]float32, 3), Grad: make([]float32, 3)},
	}
	var want, m, v [2][]float64
	for i, p := range params {
		want[i], m[i], v[i] = make([]float64, len(p.Value)), make([]float64, len(p.Value)), make([]float64, len(p.Value))
		for k := range p.Value {
			p.Value[k] = float32(r.NormFloat64())
			want[i][k] = float64(p.Value[k])
		}
	}
	a := newAdam(params, newPool(t, 2))
	for step := 1; step <= 10; step++ {
		scale := 1.0
		if step%3 == 0 {
			scale = 0.5
		}
		for i, p := range params {
			for k := range p.Grad {
				g := float32(r.NormFloat64() * math.Exp(4*r.NormFloat64()))
				if k%5 == 0 {
					g = 0
				}
				p.Grad[k] = g
				m[i][k] = 0.9*m[i][k] + 0.1*scale*float64(g)
				v[i][k] = 0.999*v[i][k] + 0.001*scale*float64(g)*scale*float64(g)
				mhat := m[i][k] / (1 - math.Pow(0.9, float64(step)))
				vhat := v[i][k] / (1 - math.Pow(0.999, float64(step)))
				want[i][k] -= rate * mhat / (math.Sqrt(vhat) + 1e-8)
			}
		}
		a.update(rate, scale)
	}
	for i, p := range params {
		for k, got := range p.Value {
			if math.Abs(float64(got)-want[i][k]) > 3e-6 {
				t.Fatalf("%s[%d] = %g, want %g", p.Name, k, got, want[i][k])
			}
		}
	}
}

func TestNormIsOfAllGradients(t *testing.T) {
	r := rng.New(2, "norm")
	var params []*layers.Param[float32]
	want := 0.0
	for _, n := range []int{1, chunk - 1, chunk, chunk + 1, 3 * chunk} {
		p := &layers.Param[float32]{Value: make([]float32, n), Grad: make([]float32, n)}
		for i := range p.Grad {
			p.Grad[i] = float32(r.NormFloat64())
			want += float64(p.Grad[i]) * float64(p.Grad[i])
		}
		params = append(params, p)
	}
	want = math.Sqrt(want)
	for _, workers := range []int{1, 2, 5} {
		if got := newAdam(params, newPool(t, workers)).norm(); math.Abs(got-want) > 1e-5*want {
			t.Errorf("%d workers: norm %g, want %g", workers, got, want)
		}
	}
}

// TestNormOfRows: where a parameter names the rows that are set, their gradients
// alone count.
func TestNormOfRows(t *testing.T) {
	const width = 300
	r := rng.New(3, "rows")
	for _, rows := range []int{0, 1, 54, 55, 200} { // of a chunk: 54
		p := &layers.Param[float32]{Shape: []int{400, width}, Value: make([]float32, 400*width), Grad: make([]float32, 400*width), Rows: []int32{}}
		other := &layers.Param[float32]{Shape: []int{1}, Value: make([]float32, 1), Grad: []float32{0.5}}
		want := 0.25
		for _, row := range r.Perm(400)[:rows] {
			p.Rows = append(p.Rows, int32(row))
			for i := row * width; i < (row+1)*width; i++ {
				p.Grad[i] = float32(r.NormFloat64())
				want += float64(p.Grad[i]) * float64(p.Grad[i])
			}
		}
		want = math.Sqrt(want)
		var first float64
		for _, workers := range []int{1, 2, 5} {
			got := newAdam([]*layers.Param[float32]{p, other}, newPool(t, workers)).norm()
			if first == 0 {
				first = got
			}
			if math.Abs(got-want) > 1e-9*want || got != first {
				t.Errorf("%d rows, %d workers: norm %.17g, want %.17g, as of one worker: %.17g", rows, workers, got, want, first)
			}
		}
	}
}

func TestRates(t *testing.T) {
	for _, c := range []struct {
		schedule    string
		warmup      float64
		step, total int64
		want        float64 // of a learning rate of 2
	}{
		{"constant", 0, 0, 10, 2},
		{"constant", 0, 9, 10, 2},
		{"constant", 0.3, 0, 10, 0.5}, // three steps of warm-up: 1/4, 2/4, 3/4
		{"constant", 0.3, 2, 10, 1.5},
		{"constant", 0.3, 3, 10, 2},
		{"constant", 0.3, 9, 10, 2},
		{"linear", 0, 0, 10, 2},
		{"linear", 0, 5, 10, 1},
		{"linear", 0, 9, 10, 0.2},
		{"linear", 0.2, 0, 10, 2.0 / 3},
		{"linear", 0.2, 2, 10, 2},
		{"linear", 0.2, 6, 10, 1},
		{"linear", 0.2, 9, 10, 0.25},
		{"cosine", 0, 0, 10, 2},
		{"cosine", 0, 5, 10, 1},
		{"cosine", 0, 9, 10, 1 - math.Cos(math.Pi/10)},
		{"cosine", 0.2, 1, 10, 4.0 / 3},
		{"cosine", 0.2, 2, 10, 2},
		{"cosine", 0.2, 6, 10, 1},
		{"cosine", 0.2, 9, 10, 1 - math.Cos(math.Pi/8)},
		{"cosine", 0.04, 0, 10, 2}, // less than half a step is none
		{"linear", 0, 0, 1, 2},
		{"cosine", 0.99, 0, 1, 1}, // all steps are warm-up
	} {
		o := Options{Loop: Loop{LearningRate: 2, Schedule: c.schedule, Warmup: c.warmup}}
		if got := o.rate(c.step, c.total); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s, warm-up %g, step %d of %d: %g, want %g", c.schedule, c.warmup, c.step, c.total, got, c.want)
		}
	}
}

// A rate rises to its top once, and never falls below 0.
func TestRatesRiseThenFall(t *testing.T) {
	for _, schedule := range []string{"constant", "linear", "cosine"} {
		o := Options{Loop: Loop{LearningRate: 1, Schedule: schedule, Warmup: 0.1}}
		last, rising := 0.0, true
		for step := range int64(1000) {
			rate := o.rate(step, 1000)
			if !(rate > 0 && rate <= 1) || rising && step < 100 && rate <= last || step > 100 && rate > last {
				t.Fatalf("%s: step %d: %g after %g", schedule, step, rate, last)
			}
			last = rate
		}
	}
}

// trained returns a trainer and its network, of a parameter larger than a chunk.
func trained(t *testing.T, change func(*Options)) (*trainer, *bag) {
	t.Helper()
	net := newBag(4000, trialLabels)
	opt := options(trialLabels)
	opt.Schedule, opt.Warmup = "constant", 0
	change(&opt)
	tr, err := newTrainer(NewCPU(net, newPool(t, 2)), papers("train", 24, 30, 4000, trialLabels), Data{}, opt)
	if err != nil {
		t.Fatal(err)
	}
	return tr, net
}

// step trains on all papers.
func (t *trainer) step(rows []int) error {
	if err := t.send(rows); err != nil {
		return err
	}
	_, err := t.receive()
	return err
}

func TestClipping(t *testing.T) {
	tr, net := trained(t, func(o *Options) { o.ClipNorm = 0 })
	if err := tr.step(seq(24)); err != nil {
		t.Fatal(err)
	}
	whole := tr.norm
	norm := func(n *bag) float64 {
		sum := 0.0
		for _, p := range n.Params() {
			for _, g := range p.Grad {
				sum += float64(g) * float64(g)
			}
		}
		return math.Sqrt(sum)
	}
	if got := norm(net); math.Abs(got-whole) > 1e-6*whole || whole < 1e-3 {
		t.Fatalf("norm %g without clipping, recorded %g", got, whole)
	}
	for _, c := range []struct{ clip, want float64 }{{whole / 10, whole / 10}, {whole * 0.99, whole * 0.99}, {whole * 1.01, whole}, {whole * 10, whole}} {
		tr, net := trained(t, func(o *Options) { o.ClipNorm = c.clip })
		if err := tr.step(seq(24)); err != nil {
			t.Fatal(err)
		}
		if got := norm(net); math.Abs(got-c.want) > 1e-6*whole {
			t.Errorf("clipped to %g of %g: norm %g, want %g", c.clip, whole, got, c.want)
		}
		if tr.norm != whole {
			t.Errorf("clipped to %g: recorded norm %g, want %g, as before clipping", c.clip, tr.norm, whole)
		}
	}
}

func TestStepDoesNotAllocate(t *testing.T) {
	tr, _ := trained(t, func(*Options) {})
	rows := seq(24)
	var err error
	allocs := testing.AllocsPerRun(20, func() {
		if e := tr.step(rows); e != nil {
			err = e
		}
	})
	if err != nil || allocs != 0 {
		t.Errorf("%g allocations a step, error %v", allocs, err)
	}
}

// Under a gradient that stays, Adam moves a parameter by just the rate: that of
// the schedule, which the records show.
func TestStepsMoveByTheRate(t *testing.T) {
	net := newScript()
	opt := options(2)
	opt.Epochs, opt.ClipNorm, opt.RecordEvery = 20, 0, 1
	last, steps := float32(0), int64(0)
	opt.Record = func(record any) error {
		r, ok := record.(StepRecord)
		if !ok {
			return nil
		}
		moved := float64(last - net.param.Value[1])
		last = net.param.Value[1]
		want := opt.rate(steps, 20)
		steps++
		if math.Abs(moved-want) > 1e-6 || r.LearningRate != want || r.Step != steps || r.Epoch != int(steps) || r.GradientNorm != math.Hypot(0.25, 0.5) {
			t.Errorf("step %d moved by %g, want %g; record %+v", steps, moved, want, r)
		}
		return nil
	}
	if _, err := run(context.Background(), net, onePaper(), Data{}, opt); err != nil || steps != 20 {
		t.Errorf("%d steps, error %v", steps, err)
	}
}
