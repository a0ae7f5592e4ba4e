package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/pool"
	"assay/internal/rng"
	"assay/networks/layers"
)

// bag is a logistic regression on the tokens of a paper, a weight a token and
// label: the smallest network whose step depends on all that a checkpoint keeps.
// It leaves out some tokens by the number of the step, as dropout does.
type bag struct {
	labels         int
	weight, bias   *layers.Param[float32] // (V, C), (C)
	logits, dlogit []float32

	steps, evals int
	onStep       func(n int) error // before the n-th call, from 1
	onEval       func(n int) error
}

func newBag(words, labels int) *bag {
	param := func(name string, shape ...int) *layers.Param[float32] {
		n := 1
		for _, d := range shape {
			n *= d
		}
		p := &layers.Param[float32]{Name: name, Shape: shape, Value: make([]float32, n), Grad: make([]float32, n)}
		r := rng.New(5, name)
		for i := range p.Value {
			p.Value[i] = float32(r.NormFloat64() / 4)
		}
		return p
	}
	return &bag{labels: labels, weight: param("bag.weight", words, labels), bias: param("bag.bias", labels)}
}

func (n *bag) Params() []*layers.Param[float32] {
	return []*layers.Param[float32]{n.weight, n.bias}
}

func (n *bag) Suspect() string { return "bag" }
func (n *bag) Close() error    { return nil }

// tokens calls fn for each token of the batch that counts.
func (n *bag) tokens(b *layers.Batch, fn func(paper int, id int32)) {
	for i, length := range b.Lengths {
		for t := range length {
			id := b.IDs[t*b.B+i]
			if b.Train && (uint64(id)+b.Step)%5 == 0 {
				continue
			}
			fn(i, id)
		}
	}
}

func (n *bag) forward(b *layers.Batch) float64 {
	c := n.labels
	n.logits = resize(n.logits, b.B*c)
	for i := range b.B {
		copy(n.logits[i*c:], n.bias.Value)
	}
	n.tokens(b, func(paper int, id int32) {
		for l, w := range n.weight.Value[int(id)*c : int(id)*c+c] {
			n.logits[paper*c+l] += w
		}
	})
	sum := 0.0
	for i, x := range n.logits {
		z := float64(x)
		sum += math.Max(z, 0) - z*float64(b.Targets[i]) + math.Log1p(math.Exp(-math.Abs(z)))
	}
	return sum / float64(len(n.logits))
}

func (n *bag) Step(b *layers.Batch) (float64, []float32, error) {
	if !b.Train {
		return 0, nil, errors.New("a step without Train")
	}
	n.steps++
	if n.onStep != nil {
		if err := n.onStep(n.steps); err != nil {
			return 0, nil, err
		}
	}
	loss := n.forward(b)
	c := n.labels
	n.dlogit = resize(n.dlogit, len(n.logits))
	for i, x := range n.logits {
		n.dlogit[i] = (1/(1+float32(math.Exp(-float64(x)))) - b.Targets[i]) / float32(len(n.logits))
	}
	clear(n.weight.Grad)
	clear(n.bias.Grad)
	for i, d := range n.dlogit {
		n.bias.Grad[i%c] += d
	}
	n.tokens(b, func(paper int, id int32) {
		for l, d := range n.dlogit[paper*c : paper*c+c] {
			n.weight.Grad[int(id)*c+l] += d
		}
	})
	return loss, n.logits, nil
}

func (n *bag) Eval(b *layers.Batch) (float64, []float32, error) {
	if b.Train {
		return 0, nil, errors.New("an evaluation with Train")
	}
	n.evals++
	if n.onEval != nil {
		if err := n.onEval(n.evals); err != nil {
			return 0, nil, err
		}
	}
	return n.forward(b), n.logits, nil
}

// deep is an engine that takes several batches and computes each as late as it may.
type deep struct {
	Engine
	depth int
	queue []func() error
}

func (e *deep) Depth() int { return e.depth }

func (e *deep) add(begin func() error) error {
	if len(e.queue) == e.depth {
		return errBusy
	}
	e.queue = append(e.queue, begin)
	return nil
}

func (e *deep) Step(b *layers.Batch, u Update) error {
	return e.add(func() error { return e.Engine.Step(b, u) })
}

func (e *deep) Eval(b *layers.Batch) error { return e.add(func() error { return e.Engine.Eval(b) }) }

func (e *deep) Wait() (Result, error) {
	if len(e.queue) == 0 {
		return Result{}, errIdle
	}
	begin := e.queue[0]
	e.queue = e.queue[1:]
	if err := begin(); err != nil {
		return Result{}, err
	}
	return e.Engine.Wait()
}

func (e *deep) State() (State, error) {
	if len(e.queue) > 0 {
		return State{}, errBusy
	}
	return e.Engine.State()
}

func (e *deep) SetState(s State) error {
	if len(e.queue) > 0 {
		return errBusy
	}
	return e.Engine.SetState(s)
}

// script is a network with two parameters that moves them by a fixed gradient
// and says what it is told to.
type script struct {
	param   *layers.Param[float32]
	logits  []float32
	suspect string
	step    func(n int) (loss float64, grad float32) // n from 1
	eval    func(n int) (loss float64, logit func(target float32) float32)
	steps   int
	evals   int
}

func newScript() *script {
	return &script{
		param: &layers.Param[float32]{Name: "script", Shape: []int{2}, Value: make([]float32, 2), Grad: make([]float32, 2)},
		step:  func(int) (float64, float32) { return 1, 0.5 },
	}
}

func (s *script) Params() []*layers.Param[float32] { return []*layers.Param[float32]{s.param} }
func (s *script) Suspect() string                  { return s.suspect }
func (s *script) Close() error                     { return nil }

func (s *script) Step(b *layers.Batch) (float64, []float32, error) {
	s.steps++
	loss, grad := s.step(s.steps)
	s.param.Grad[0], s.param.Grad[1] = 0.25, grad
	s.logits = resize(s.logits, len(b.Targets))
	clear(s.logits)
	return loss, s.logits, nil
}

func (s *script) Eval(b *layers.Batch) (float64, []float32, error) {
	s.evals++
	s.logits = resize(s.logits, len(b.Targets))
	loss, logit := s.eval(s.evals)
	for i, target := range b.Targets {
		s.logits[i] = logit(target)
	}
	return loss, s.logits, nil
}

// papers draws papers of 0 to longest tokens with up to two labels, which their
// tokens give away.
func papers(name string, n, longest, words, labels int) Data {
	r := rng.New(9, name)
	x := &features.Sequences{Embedding: &features.Dense{Rows: words, Cols: 1, Data: make([]float32, words)}}
	y := multilabel.New(labels)
	for i := range x.Embedding.Data {
		x.Embedding.Data[i] = float32(i)
	}
	for range n {
		ids := make([]int32, r.IntN(longest+1))
		carried := []int32{int32(r.IntN(labels))}
		for t := range ids {
			ids[t] = int32(1 + r.IntN(words-1))
			carried = append(carried, ids[t]%int32(labels))
		}
		x.Papers = append(x.Papers, ids)
		y.Append(carried[:min(len(carried), 2)])
	}
	return Data{X: x, Y: y}
}

func newPool(t testing.TB, workers int) *pool.Pool {
	t.Helper()
	p := pool.New(workers)
	t.Cleanup(p.Close)
	return p
}

// options train on labels in two master categories.
func options(labels int) Options {
	o := Options{
		Loop: Loop{
			Epochs: 3, BatchSize: 3, LearningRate: 0.05, Schedule: "cosine", Warmup: 0.2, ClipNorm: 0.2,
			EarlyStopping: "off",
		},
		Masked: true, Seed: 3, Masters: 2,
	}
	for c := range labels {
		o.Groups = append(o.Groups, int32(c%2))
	}
	return o
}

// run trains a network of host memory on two workers.
func run(ctx context.Context, net Network, train, validation Data, opt Options) (Report, error) {
	p := pool.New(2)
	defer p.Close()
	return Run(ctx, NewCPU(net, p), train, validation, opt)
}

// metricsFile is what a training's records become: on Resumed it forgets those
// that will be written again.
type metricsFile struct {
	steps   []int64
	lines   []string
	resumed []int64
}

func (f *metricsFile) record(record any) error {
	var step int64
	switch r := record.(type) {
	case StepRecord:
		step = r.Step
	case EpochRecord:
		step = r.Step
		record = timeless(r)
	default:
		return fmt.Errorf("a record of type %T", record)
	}
	line, err := json.Marshal(record) // shortest digits: equal lines are equal bits
	if err != nil {
		return err
	}
	f.steps, f.lines = append(f.steps, step), append(f.lines, string(line))
	return nil
}

func (f *metricsFile) forget(step int64) error {
	f.resumed = append(f.resumed, step)
	steps, lines := f.steps, f.lines
	f.steps, f.lines = nil, nil
	for i, s := range steps {
		if s <= step {
			f.steps, f.lines = append(f.steps, s), append(f.lines, lines[i])
		}
	}
	return nil
}

// timeless is an epoch without what a clock decides.
func timeless(r EpochRecord) EpochRecord {
	r.Seconds, r.PapersPerSecond = 0, 0
	return r
}

func curveOf(t testing.TB, r Report) string {
	t.Helper()
	curve := make([]EpochRecord, len(r.Curve))
	for i, e := range r.Curve {
		curve[i] = timeless(e)
	}
	r.Curve, r.Seconds = curve, 0
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// bits returns the bits of all parameters.
func bits(net Network) []uint32 {
	var out []uint32
	for _, p := range net.Params() {
		for _, v := range p.Value {
			out = append(out, math.Float32bits(v))
		}
	}
	return out
}
