package enginetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"assay/networks/layers"
	"assay/networks/training"
)

func (s Subject) describes(t testing.TB) error {
	got, err := stateOf(s.engine(t))
	if err != nil {
		return err
	}
	want, err := stateOf(s.reference(t))
	if err != nil {
		return err
	}
	if got.Steps != 0 || len(got.Params) != len(want.Params) || len(got.Params) == 0 {
		return fmt.Errorf("an untrained engine of %d parameters and %d steps, the reference has %d", len(got.Params), got.Steps, len(want.Params))
	}
	for i, p := range got.Params {
		w := want.Params[i]
		if p.Name != w.Name || !slices.Equal(p.Shape, w.Shape) || !sameBits(p.Value, w.Value) {
			return fmt.Errorf("parameter %d is %s %v, want %s %v with the same first values", i, p.Name, p.Shape, w.Name, w.Shape)
		}
	}
	return nil
}

func (s Subject) sameBits(t testing.TB) error {
	var first []outcome
	var state training.State
	for i := range 2 {
		e := s.engine(t)
		got, err := steps(e, s.batches("bits"))
		if err != nil {
			return err
		}
		now, err := stateOf(e)
		if err != nil {
			return err
		}
		if i == 0 {
			first, state = got, now
			continue
		}
		if err := errors.Join(nearAll(got, first, 0), sameState(now, state)); err != nil {
			return fmt.Errorf("a second time: %w", err)
		}
	}
	return nil
}

func (s Subject) nearReference(t testing.TB) error {
	e, other := s.engine(t), s.reference(t)
	for i, b := range s.batches("near") {
		for _, run := range []func(training.Engine) (outcome, error){
			func(e training.Engine) (outcome, error) { return eval(e, b) },
			func(e training.Engine) (outcome, error) { return step(e, b, usual) },
		} {
			got, err := run(e)
			if err != nil {
				return err
			}
			want, err := run(other)
			if err != nil {
				return err
			}
			if err := near(got, want, s.Tolerance); err != nil {
				return fmt.Errorf("batch %d: %w", i+1, err)
			}
		}
		if suspect := e.Suspect(); suspect != "" {
			return fmt.Errorf("batch %d: suspect %q", i+1, suspect)
		}
	}
	return nil
}

func (s Subject) evaluates(t testing.TB) error {
	e := s.engine(t)
	if _, err := steps(e, s.batches("before")[:2]); err != nil {
		return err
	}
	before, err := stateOf(e)
	if err != nil {
		return err
	}
	b := s.batch("judged", 5, 7, 3)
	first, err := eval(e, b)
	if err != nil {
		return err
	}
	b.Step = 99 // decides the masks of dropout
	again, err := eval(e, b)
	if err != nil {
		return err
	}
	if first.norm != 0 {
		return fmt.Errorf("an evaluation has a gradient of norm %g", first.norm)
	}
	if err := near(again, first, 0); err != nil {
		return fmt.Errorf("an evaluation depends on its step: %w", err)
	}
	after, err := stateOf(e)
	if err != nil {
		return err
	}
	return sameState(after, before)
}

// nothingHidden finds frozen vectors that are changed, and whatever else a state leaves out.
func (s Subject) nothingHidden(t testing.TB) error {
	e := s.engine(t)
	first, err := stateOf(e)
	if err != nil {
		return err
	}
	b := s.batch("hidden", 4, 6, 0)
	want, err := eval(e, b)
	if err != nil {
		return err
	}
	if _, err := steps(e, s.batches("hidden")); err != nil {
		return err
	}
	if moved, err := eval(e, b); err != nil {
		return err
	} else if near(moved, want, 0) == nil {
		return errors.New("steps change nothing")
	}
	if err := e.SetState(first); err != nil {
		return err
	}
	got, err := eval(e, b)
	if err != nil {
		return err
	}
	return near(got, want, 0)
}

// moved returns how far one step moves all parameters, and their first moments.
func (s Subject) moved(t testing.TB, u training.Update) (o outcome, distance, moments float64, err error) {
	e := s.engine(t)
	before, err := stateOf(e)
	if err != nil {
		return o, 0, 0, err
	}
	if o, err = step(e, s.batch("moved", 6, 8, 0), u); err != nil {
		return o, 0, 0, err
	}
	after, err := stateOf(e)
	if err != nil {
		return o, 0, 0, err
	}
	if after.Steps != 1 {
		return o, 0, 0, fmt.Errorf("%d steps after the first", after.Steps)
	}
	for i, p := range after.Params {
		for k, v := range p.Value {
			d := float64(v) - float64(before.Params[i].Value[k])
			distance += d * d
		}
		for _, m := range p.M {
			moments += float64(m) * float64(m)
		}
	}
	return o, math.Sqrt(distance), math.Sqrt(moments), nil
}

func (s Subject) rate(t testing.TB) error {
	_, one, _, err := s.moved(t, training.Update{Rate: 1e-3})
	if err != nil {
		return err
	}
	_, two, _, err := s.moved(t, training.Update{Rate: 2e-3})
	if err != nil {
		return err
	}
	if !(math.Abs(two/one-2) < 1e-2) {
		return fmt.Errorf("at twice the rate the first step goes %g times as far", two/one)
	}
	return nil
}

// clips reads the clipping off the first moments, which are a tenth of the gradient
// after it.
func (s Subject) clips(t testing.TB) error {
	whole, _, moments, err := s.moved(t, training.Update{Rate: 1e-3})
	if err != nil {
		return err
	}
	if !(math.Abs(moments/(0.1*whole.norm)-1) < 1e-3) {
		return fmt.Errorf("first moments of norm %g after a gradient of %g", moments, whole.norm)
	}
	for clip, want := range map[float64]float64{whole.norm / 4: 0.25, whole.norm * 0.9: 0.9, whole.norm * 1.1: 1} {
		got, _, clipped, err := s.moved(t, training.Update{Rate: 1e-3, ClipNorm: clip})
		if err != nil {
			return err
		}
		if !(math.Abs(clipped/moments-want) < 1e-3) {
			return fmt.Errorf("a norm of %g cut to %g leaves %g of the gradient, want %g", whole.norm, clip, clipped/moments, want)
		}
		if got.norm != whole.norm {
			return fmt.Errorf("clipping changes the norm from %g to %g: want that before it", whole.norm, got.norm)
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func (s Subject) underWay(t testing.TB) error {
	e, other := s.engine(t), s.engine(t)
	depth := e.Depth()
	if depth < 1 {
		return fmt.Errorf("a depth of %d", depth)
	}
	if _, err := e.Wait(); err == nil {
		return errors.New("Wait without a batch under way: no error")
	}
	batches := s.batches("under way")
	for len(batches) <= depth {
		batches = append(batches, batches...)
	}
	for _, b := range batches[:depth] {
		if err := e.Step(b, usual); err != nil {
			return err
		}
	}
	if err := e.Step(batches[depth], usual); err == nil {
		return fmt.Errorf("a batch more than the depth of %d: no error", depth)
	}
	if _, err := e.State(); err == nil {
		return errors.New("State with a batch under way: no error")
	}
	var got []outcome
	for range depth {
		o, err := wait(e)
		if err != nil {
			return err
		}
		got = append(got, o)
	}
	want, err := steps(other, batches[:depth])
	if err != nil {
		return err
	}
	return nearAll(got, want, 0)
}

func (s Subject) closed(t testing.TB) error {
	e := s.New(t)
	state, err := stateOf(e)
	if err != nil {
		return err
	}
	b := s.batch("closed", 2, 3, 0)
	if _, err := step(e, b, usual); err != nil {
		return err
	}
	for range 2 {
		if err := e.Close(); err != nil {
			return fmt.Errorf("Close: %w", err)
		}
	}
	judged := layers.Batch{T: b.T, B: b.B, IDs: b.IDs, Lengths: b.Lengths, Targets: b.Targets}
	for name, call := range map[string]func() error{
		"Step":     func() error { return e.Step(b, usual) },
		"Eval":     func() error { return e.Eval(&judged) },
		"Wait":     func() error { _, err := e.Wait(); return err },
		"State":    func() error { _, err := e.State(); return err },
		"SetState": func() error { return e.SetState(state) },
	} {
		if call() == nil {
			return fmt.Errorf("%s of a closed engine: no error", name)
		}
	}
	return nil
}
