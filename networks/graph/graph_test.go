package graph

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"assay/networks/layers"
)

// result is all that a step leaves.
type result struct {
	loss   float64
	logits []float32
	grads  [][]float32
}

func (r result) equal(other result) bool {
	return r.loss == other.loss && slices.Equal(r.logits, other.logits) &&
		slices.EqualFunc(r.grads, other.grads, func(a, b []float32) bool { return slices.Equal(a, b) })
}

func grads(params []*param) [][]float32 {
	var out [][]float32
	for _, p := range params {
		out = append(out, slices.Clone(p.Grad))
	}
	return out
}

func mustStep(t testing.TB, m *Machine, b *layers.Batch) result {
	t.Helper()
	for _, p := range m.Params() {
		for i := range p.Grad {
			p.Grad[i] = 99
		}
	}
	loss, logits, err := m.Step(b)
	if err != nil {
		t.Fatal(err)
	}
	return result{loss, slices.Clone(logits), grads(m.Params())}
}

func mustEval(t testing.TB, m *Machine, b *layers.Batch) result {
	t.Helper()
	loss, logits, err := m.Eval(b)
	if err != nil {
		t.Fatal(err)
	}
	return result{loss: loss, logits: slices.Clone(logits)}
}

// direct calls the layers without gorgonia.
func direct(n *toy, b *layers.Batch, train bool) result {
	batch := *b
	batch.Train = train
	var x *mat
	var params []*param
	for _, l := range n.chain {
		x = l.Forward(&batch, x)
		params = append(params, l.Params()...)
	}
	out := result{loss: n.loss.Forward(&batch, x), logits: slices.Clone(x.Data)}
	if !train {
		return out
	}
	dy := n.loss.Backward(&batch)
	for i := len(n.chain) - 1; i > 0; i-- {
		dy = n.chain[i].Backward(&batch, dy)
	}
	out.grads = grads(params)
	return out
}

var shapes = [][2]int{{1, 1}, {7, 2}, {3, 9}, {1, 4}, {16, 1}, {7, 2}}

// TestDirect: the graph gives the bits of the layers called one by one, for one
// shape after another on one machine, with evaluations and repeated steps between.
func TestDirect(t *testing.T) {
	n, other := newToy(), newToy()
	m := n.machine(t)
	for _, shape := range shapes {
		b := newBatch(shape[0], shape[1])
		want, wantEval := direct(other, b, true), direct(other, b, false)
		if want.loss == wantEval.loss {
			t.Fatal("the toy does not tell training from evaluation")
		}
		for range 2 {
			if got := mustStep(t, m, b); !got.equal(want) {
				t.Errorf("step of %v: %v, want %v", shape, got, want)
			}
			if got := mustEval(t, m, b); !got.equal(wantEval) {
				t.Errorf("evaluation of %v: %v, want %v", shape, got, wantEval)
			}
			if got := grads(m.Params()); !(result{grads: got}).equal(result{grads: want.grads}) {
				t.Errorf("evaluation of %v changes gradients", shape)
			}
			if !b.Train {
				t.Error("the caller's batch has changed")
			}
		}
		if suspect := m.Suspect(); suspect != "" {
			t.Errorf("suspect %q", suspect)
		}
	}
	untrained := newBatch(2, 2)
	want := mustStep(t, m, untrained)
	if untrained.Train = false; !mustStep(t, m, untrained).equal(want) {
		t.Error("a step depends on the caller's Train")
	}
}

// TestGradients holds the gradients to central differences through the machine.
func TestGradients(t *testing.T) {
	m := newToy().machine(t)
	for _, shape := range shapes {
		b := newBatch(shape[0], shape[1])
		step := mustStep(t, m, b)
		for k, p := range m.Params() {
			for i := range p.Value {
				const h = 1.0 / 256
				saved := p.Value[i]
				p.Value[i] = saved + h
				above := mustStep(t, m, b).loss
				p.Value[i] = saved - h
				below := mustStep(t, m, b).loss
				p.Value[i] = saved
				got, want := float64(step.grads[k][i]), (above-below)/(2*h)
				if !(math.Abs(got-want) <= 3e-3*(1+math.Abs(want))) {
					t.Errorf("%v, %s[%d]: %g, by differences %g", shape, p.Name, i, got, want)
				}
			}
		}
	}
}

// TestShared: parameters and gradients are nodes over the layers' slices.
func TestShared(t *testing.T) {
	m := newToy().machine(t)
	mustStep(t, m, newBatch(3, 2))
	shared := 0
	for _, n := range m.train.graph.AllNodes() {
		for _, p := range m.Params() {
			want := map[string][]float32{"parameter " + p.Name: p.Value, "gradient of " + p.Name: p.Grad}[n.Name()]
			if want == nil {
				continue
			}
			if data, ok := n.Value().Data().([]float32); !ok || &data[0] != &want[0] || len(data) != len(want) {
				t.Errorf("%s has values of its own", n.Name())
			}
			shared++
		}
	}
	if shared != 2*len(m.Params()) {
		t.Errorf("%d nodes for %d parameters", shared, len(m.Params()))
	}
}

// TestFailures: what a layer panics with is an error that names it, and the
// machine works afterwards.
func TestFailures(t *testing.T) {
	sentinel := errors.New("out of spoons")
	for _, c := range []struct {
		name string
		set  func(n *toy, on bool)
		want string
		eval bool // fails there too
	}{
		{"forward", func(n *toy, on bool) { n.act.fail = either[any](on, "boom", nil) }, "graph: layer 2, act1, forward: panic: boom", true},
		{"error", func(n *toy, on bool) { n.act.fail = either[any](on, sentinel, nil) }, "graph: layer 2, act1, forward: panic: out of spoons", true},
		{"backward", func(n *toy, on bool) { n.act.failLater = either[any](on, sentinel, nil) }, "graph: layer 2, act1, backward: panic: out of spoons", false},
		{"no gradient", func(n *toy, on bool) { n.chain[6].(*linear).noDX = on }, "graph: layer 6, linear2, backward: no gradient of its input, but a layer before has parameters", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newToy()
			m, b := n.machine(t), newBatch(3, 2)
			want := mustStep(t, m, b)
			c.set(n, true)
			_, _, err := m.Step(b)
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if strings.Contains(c.want, sentinel.Error()) != errors.Is(err, sentinel) {
				t.Errorf("%v hides its cause", err)
			}
			if _, _, err := m.Eval(b); (err != nil) != c.eval {
				t.Errorf("evaluation: %v", err)
			}
			c.set(n, false)
			if got := mustStep(t, m, b); !got.equal(want) {
				t.Errorf("after the failure %v, want %v", got, want)
			}
		})
	}
}

func either[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

func TestShapeOfLogits(t *testing.T) {
	n := newToy()
	m, err := New(n.chain, n.loss, classes+1)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = m.Step(newBatch(2, 5))
	if want := "graph: loss, forward: logits of shape (1, 5, 3), want (1, 5, 4)"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	bent := newLinear(r, "bent", 2, classes)
	bent.w.Shape = []int{2, classes + 1}
	for want, chain := range map[string][]layers.Layer[float32]{
		"graph: 0 layers, 3 categories":                                   {},
		"graph: no layer has parameters":                                  {&source{dim: classes}, &sum{}},
		`graph: parameter "twin.weight": the name is empty or taken`:      {&source{dim: 2}, newLinear(r, "twin", 2, 2), newLinear(r, "twin", 2, classes)},
		"graph: parameter bent.weight: 6 values and 6 gradients of shape": {&source{dim: 2}, bent},
	} {
		if _, err := New(chain, &squares{}, classes); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s…", err, want)
		}
	}
}

func TestSuspect(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		make func(n *toy, m *Machine) // before the step
		late func(n *toy, m *Machine) // after it
		want string
	}{
		{"output", func(n *toy, _ *Machine) { n.act.poison = true }, nil, "act1"},
		{"parameter", func(n *toy, _ *Machine) { n.chain[5].Params()[1].Value[2] = nan }, nil, "residual.linear.bias"},
		{"parameter before output", func(n *toy, _ *Machine) { n.act.poison = true; n.chain[1].Params()[0].Value[0] = nan }, nil, "linear1.weight"},
		{"output before parameter", func(n *toy, _ *Machine) { n.act.poison = true; n.chain[5].Params()[1].Value[2] = nan }, nil, "act1"},
		{"last gradient", nil, func(n *toy, m *Machine) {
			for _, p := range m.Params()[:3] {
				p.Grad[len(p.Grad)-1] = nan
			}
		}, "residual.linear.weight"},
		{"loss", func(n *toy, _ *Machine) { n.loss.poison = true }, nil, "loss"},
		{"gradient and loss", func(n *toy, _ *Machine) { n.loss.poison = true }, func(_ *toy, m *Machine) { m.Params()[0].Grad[0] = nan }, "linear1.weight"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newToy()
			m := n.machine(t)
			if suspect := m.Suspect(); suspect != "" {
				t.Fatalf("suspect %q before all", suspect)
			}
			mustStep(t, m, newBatch(4, 3))
			if c.make != nil {
				c.make(n, m)
			}
			mustStep(t, m, newBatch(4, 3))
			if c.late != nil {
				c.late(n, m)
			}
			if got := m.Suspect(); got != c.want {
				t.Errorf("suspect %q, want %q", got, c.want)
			}
		})
	}
}

// TestSuspectForgets: of a run that failed nothing is left of the run before.
func TestSuspectForgets(t *testing.T) {
	n := newToy()
	m, b := n.machine(t), newBatch(2, 2)
	n.chain[4] = &tanh{}
	n.act.poison = true
	mustEval(t, m, b)
	if got := m.Suspect(); got != "act1" {
		t.Fatalf("suspect %q", got)
	}
	n.act.fail = "no"
	if _, _, err := m.Eval(b); err == nil {
		t.Fatal("no failure")
	}
	if got := m.Suspect(); got != "" {
		t.Errorf("suspect %q of a layer that did not run", got)
	}
}

// TestMachines: several at once do not share anything.
func TestMachines(t *testing.T) {
	b := newBatch(5, 3)
	want := direct(newToy(), b, true)
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := newToy().machine(t)
			for range 20 {
				if got := mustStep(t, m, b); !got.equal(want) {
					t.Fatalf("%v, want %v", got, want)
				}
			}
		})
	}
}

// TestAllocations: a run costs what the tape machine allocates for each node, a
// few words, whatever the batch.
func TestAllocations(t *testing.T) {
	m := newToy().machine(t)
	small, large := newBatch(1, 1), newBatch(40, 20)
	mustStep(t, m, large)
	for _, c := range []struct {
		name  string
		run   func(*layers.Batch) (float64, []float32, error)
		nodes int
	}{
		{"step", m.Step, len(m.train.graph.AllNodes())},
		{"evaluation", m.Eval, len(m.eval.graph.AllNodes())},
	} {
		count := func(b *layers.Batch) float64 { return testing.AllocsPerRun(100, func() { c.run(b) }) }
		few, many := count(small), count(large)
		t.Logf("%s: %g allocations, %d nodes", c.name, few, c.nodes)
		if math.Abs(few-many) > 1 || few > float64(4*c.nodes) {
			t.Errorf("%s: %g allocations for a small batch, %g for a large one, %d nodes", c.name, few, many, c.nodes)
		}
	}
}

// TestHashes: gorgonia compares nodes by 32 bits; two that agree are refused.
func TestHashes(t *testing.T) {
	g := gorgonia.NewGraph()
	in := gorgonia.NewTensor(g, tensor.Int32, batchType.Dims, gorgonia.WithName("batch"), gorgonia.WithShape(1, 1), gorgonia.WithValue(&batchValue{}))
	seen := make(map[uint32]string)
	for i := 0; ; i++ {
		o := &op{what: fmt.Sprint("op ", i), out: tensorType}
		h := fnv.New32a()
		fmt.Fprintf(h, "%v%v", tensorType, tensor.Shape{1, 1, 1}) // as nodes begin
		o.WriteHash(h)
		other, ok := seen[h.Sum32()]
		if !ok {
			seen[h.Sum32()] = o.what
			continue
		}
		if _, err := (&op{what: other, out: tensorType}).apply(in); err != nil {
			t.Fatal(err)
		}
		if err := checkHashes(g); err != nil {
			t.Fatal(err)
		}
		if _, err := o.apply(in); err != nil {
			t.Fatal(err)
		}
		if err := checkHashes(g); err == nil {
			t.Errorf("%s and %s have one hash and pass", other, o.what)
		}
		return
	}
}

// BenchmarkOverhead is the machine's own cost: layers that do nothing.
func BenchmarkOverhead(b *testing.B) {
	for _, c := range []struct{ layers, params int }{{1, 1}, {14, 2}, {28, 2}} {
		r := rand.New(rand.NewPCG(1, 2))
		var chain []layers.Layer[float32]
		for i := range c.layers {
			l := &stub{name: fmt.Sprint("stub", i)}
			for k := range c.params {
				l.params = append(l.params, newParam(r, fmt.Sprint(l.name, ".", k), 2))
			}
			chain = append(chain, l)
		}
		m, err := New(chain, &squares{}, classes)
		if err != nil {
			b.Fatal(err)
		}
		batch := newBatch(1, 1)
		for name, run := range map[string]func(*layers.Batch) (float64, []float32, error){"step": m.Step, "eval": m.Eval} {
			b.Run(fmt.Sprintf("%s/layers=%d/params=%d", name, c.layers, c.params*c.layers), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := run(batch); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
