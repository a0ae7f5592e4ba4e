// Package enginetest tests what training.Engine promises: one suite that every engine
// passes, by itself and beside another engine of the same network.
//
//	func TestEngine(t *testing.T) {
//		enginetest.Run(t, enginetest.Subject{
//			New:       func(t testing.TB) training.Engine { return newGPU(t, network) },
//			Reference: func(t testing.TB) training.Engine { return newCPU(t, network) },
//			Words:     50, Labels: 6, Tolerance: 1e-3,
//		})
//	}
package enginetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
	"assay/networks/layers"
	"assay/networks/training"
)

// Subject is an engine under test.
type Subject struct {
	// New and Reference return untrained engines of one network, always with the same
	// first parameters, which the suite closes.
	New, Reference func(t testing.TB) training.Engine

	Words  int // that the network can look up, 0 (padding) included
	Labels int // C

	// Exclusive says that a paper has one label.
	Exclusive bool

	// Tolerance is how far losses, norms and logits may differ from the reference's, as
	// a share of the larger of them and 1. 0 wants the same bits.
	Tolerance float64
}

// Run tests an engine, as subtests of t.
func Run(t *testing.T, s Subject) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(s, t); err != nil {
				t.Error(err)
			}
		})
	}
}

// check is one promise. It returns an error instead of failing t, so that the suite's
// own tests can see it fail on a broken engine.
type check struct {
	name string
	run  func(s Subject, t testing.TB) error
}

var checks = []check{
	{"state describes the network", Subject.describes},
	{"same bits", Subject.sameBits},
	{"near the reference", Subject.nearReference},
	{"evaluation changes nothing", Subject.evaluates},
	{"all that learns is in the state", Subject.nothingHidden},
	{"rate", Subject.rate},
	{"clipping", Subject.clips},
	{"goes on from a state", Subject.goesOn},
	{"goes on elsewhere", Subject.goesOnElsewhere},
	{"wrong states", Subject.wrongStates},
	{"not finite", Subject.notFinite},
	{"under way", Subject.underWay},
	{"closed", Subject.closed},
	{"training", Subject.trains},
	{"training goes on elsewhere", Subject.trainsElsewhere},
}

func (s Subject) engine(t testing.TB) training.Engine {
	e := s.New(t)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func (s Subject) reference(t testing.TB) training.Engine {
	e := s.Reference(t)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// data draws papers, some of them without a token.
func (s Subject) data(name string, papers int) training.Data {
	r := rng.New(11, "enginetest", name)
	x := &features.Sequences{Embedding: &features.Dense{Rows: s.Words}}
	y := multilabel.New(s.Labels)
	for range papers {
		ids := make([]int32, r.IntN(9))
		for t := range ids {
			ids[t] = int32(1 + r.IntN(s.Words-1))
		}
		x.Papers = append(x.Papers, ids)
		carried := []int32{int32(r.IntN(s.Labels))}
		if other := int32(r.IntN(s.Labels)); !s.Exclusive && other > carried[0] {
			carried = append(carried, other)
		}
		y.Append(carried)
	}
	return training.Data{X: x, Y: y}
}

// batch makes a batch of n papers of at most length tokens, the longest first.
func (s Subject) batch(name string, n, length int, step uint64) *layers.Batch {
	r := rng.New(12, "enginetest", name, fmt.Sprint(n, length))
	b := &layers.Batch{T: length, B: n, IDs: make([]int32, length*n), Targets: make([]float32, n*s.Labels), Train: true, Step: step}
	for i := range n {
		tokens := length
		if i > 0 {
			tokens = max(b.Lengths[i-1]-r.IntN(3), 0)
		}
		b.Lengths = append(b.Lengths, tokens)
		for t := range tokens {
			b.IDs[t*n+i] = int32(1 + r.IntN(s.Words-1))
		}
		b.Targets[i*s.Labels+r.IntN(s.Labels)] = 1
	}
	return b
}

// batches are of many shapes, in an order that makes engines grow and shrink.
func (s Subject) batches(name string) []*layers.Batch {
	var out []*layers.Batch
	for i, shape := range [][2]int{{3, 5}, {1, 1}, {7, 12}, {2, 3}, {8, 1}, {1, 20}, {7, 12}} {
		out = append(out, s.batch(name, shape[0], shape[1], uint64(i)))
	}
	return out
}

var usual = training.Update{Rate: 0.01, ClipNorm: 0.05} // most gradients are larger

// outcome is a result with memory of its own.
type outcome struct {
	loss, norm float64
	logits     []float32
}

func wait(e training.Engine) (outcome, error) {
	r, err := e.Wait()
	if err != nil {
		return outcome{}, fmt.Errorf("Wait: %w", err)
	}
	return outcome{r.Loss, r.Norm, slices.Clone(r.Logits)}, nil
}

func step(e training.Engine, b *layers.Batch, u training.Update) (outcome, error) {
	if err := e.Step(b, u); err != nil {
		return outcome{}, fmt.Errorf("Step: %w", err)
	}
	return wait(e)
}

func eval(e training.Engine, b *layers.Batch) (outcome, error) {
	judged := *b
	judged.Train = false
	if err := e.Eval(&judged); err != nil {
		return outcome{}, fmt.Errorf("Eval: %w", err)
	}
	return wait(e)
}

// steps takes a step on each batch.
func steps(e training.Engine, batches []*layers.Batch) (out []outcome, err error) {
	for _, b := range batches {
		o, err := step(e, b, usual)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// stateOf returns a copy of an engine's state.
func stateOf(e training.Engine) (training.State, error) {
	s, err := e.State()
	if err != nil {
		return s, fmt.Errorf("State: %w", err)
	}
	return copied(s), nil
}

func copied(s training.State) training.State {
	out := training.State{Steps: s.Steps}
	for _, p := range s.Params {
		p.Value, p.M, p.V = slices.Clone(p.Value), slices.Clone(p.M), slices.Clone(p.V)
		out.Params = append(out.Params, p)
	}
	return out
}

// sameState compares bits; moments that are nil are zero.
func sameState(got, want training.State) error {
	if got.Steps != want.Steps || len(got.Params) != len(want.Params) {
		return fmt.Errorf("a state of %d steps and %d parameters, want %d and %d", got.Steps, len(got.Params), want.Steps, len(want.Params))
	}
	for i, p := range got.Params {
		w := want.Params[i]
		if !sameBits(p.Value, w.Value) || !sameMoments(p.M, w.M) || !sameMoments(p.V, w.V) {
			return fmt.Errorf("%s or its moments have other bits", w.Name)
		}
	}
	return nil
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func sameMoments(a, b []float32) bool {
	zero := func(x []float32) bool { return !slices.ContainsFunc(x, func(v float32) bool { return v != 0 }) }
	if a == nil || b == nil {
		return zero(a) && zero(b)
	}
	return sameBits(a, b)
}

// near compares two results.
func near(got, want outcome, tolerance float64) error {
	off := func(a, b float64) bool {
		return !(math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b), 1))
	}
	if off(got.loss, want.loss) || off(got.norm, want.norm) || len(got.logits) != len(want.logits) {
		return fmt.Errorf("loss %g, norm %g and %d logits, want %g, %g and %d", got.loss, got.norm, len(got.logits), want.loss, want.norm, len(want.logits))
	}
	for i, v := range got.logits {
		if off(float64(v), float64(want.logits[i])) {
			return fmt.Errorf("logit %d is %g, want %g", i, v, want.logits[i])
		}
	}
	return nil
}

// nearAll compares the results of several batches.
func nearAll(got, want []outcome, tolerance float64) error {
	for i := range want {
		if err := near(got[i], want[i], tolerance); err != nil {
			return fmt.Errorf("batch %d: %w", i+1, err)
		}
	}
	return nil
}
