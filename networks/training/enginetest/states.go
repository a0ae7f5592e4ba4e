package enginetest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"assay/networks/training"
)

// handOver takes some steps on from, then the rest on it and, from its state there,
// on to.
func (s Subject) handOver(from, to training.Engine) (stayed, moved []outcome, states [2]training.State, err error) {
	batches := s.batches("hand over")
	if _, err = steps(from, batches[:3]); err != nil {
		return
	}
	half, err := stateOf(from)
	if err != nil {
		return
	}
	if err = to.SetState(half); err != nil {
		return
	}
	if stayed, err = steps(from, batches[3:]); err != nil {
		return
	}
	if moved, err = steps(to, batches[3:]); err != nil {
		return
	}
	if states[0], err = stateOf(from); err != nil {
		return
	}
	states[1], err = stateOf(to)
	return
}

func (s Subject) goesOn(t testing.TB) error {
	used := s.engine(t)
	if _, err := steps(used, s.batches("another life")); err != nil {
		return err
	}
	for _, to := range []training.Engine{s.engine(t), used} {
		stayed, moved, states, err := s.handOver(s.engine(t), to)
		if err != nil {
			return err
		}
		if err := errors.Join(nearAll(moved, stayed, 0), sameState(states[1], states[0])); err != nil {
			return err
		}
	}
	return nil
}

func (s Subject) goesOnElsewhere(t testing.TB) error {
	for _, pair := range [][2]training.Engine{{s.engine(t), s.reference(t)}, {s.reference(t), s.engine(t)}} {
		stayed, moved, states, err := s.handOver(pair[0], pair[1])
		if err != nil {
			return err
		}
		if err := nearAll(moved, stayed, s.Tolerance); err != nil {
			return err
		}
		if states[0].Steps != states[1].Steps {
			return fmt.Errorf("%d steps, of which the other engine counts %d", states[0].Steps, states[1].Steps)
		}
	}
	return nil
}

func (s Subject) wrongStates(t testing.TB) error {
	e := s.engine(t)
	if _, err := steps(e, s.batches("wrong")[:2]); err != nil {
		return err
	}
	good, err := stateOf(e)
	if err != nil {
		return err
	}
	last := len(good.Params) - 1
	for name, change := range map[string]func(bad *training.State){
		"a parameter less":  func(bad *training.State) { bad.Params = bad.Params[:last] },
		"a parameter more":  func(bad *training.State) { bad.Params = append(bad.Params, bad.Params[0]) },
		"a shorter one":     func(bad *training.State) { bad.Params[last].Value = bad.Params[last].Value[1:] },
		"shorter moments":   func(bad *training.State) { bad.Params[last].M = bad.Params[last].M[1:] },
		"shorter moments V": func(bad *training.State) { bad.Params[last].V = bad.Params[last].V[1:] },
	} {
		bad := copied(good)
		bad.Params[0].Value[0]++
		change(&bad)
		if err := e.SetState(bad); err == nil {
			return fmt.Errorf("%s: accepted", name)
		}
		now, err := stateOf(e)
		if err != nil {
			return err
		}
		if err := sameState(now, good); err != nil {
			return fmt.Errorf("%s: refused, but %w", name, err)
		}
	}
	return nil
}

// notFinite gives parameters a NaN, the last one, then the first one too.
func (s Subject) notFinite(t testing.TB) error {
	e := s.engine(t)
	b := s.batch("not finite", 4, 6, 0)
	if _, err := step(e, b, usual); err != nil {
		return err
	}
	good, err := stateOf(e)
	if err != nil {
		return err
	}
	bad := copied(good)
	for _, i := range []int{len(bad.Params) - 1, 0} {
		p := &bad.Params[i]
		at := len(p.Value) - 1 // of an embedding the last word, as its first is padding
		p.Value[at] = float32(math.NaN())
		if p.Name == "embedding.weight" {
			b.IDs[0] = int32(s.Words - 1)
		}
		if err := e.SetState(bad); err != nil {
			return err
		}
		o, err := step(e, b, usual)
		if err != nil {
			return err
		}
		if finite(o.loss) && finite(o.norm) {
			return fmt.Errorf("loss %g and norm %g although %s is not finite", o.loss, o.norm, p.Name)
		}
		if suspect := e.Suspect(); suspect != p.Name {
			return fmt.Errorf("suspect %q, want %q", suspect, p.Name)
		}
		now, err := stateOf(e)
		if err != nil {
			return err
		}
		if err := sameState(now, bad); err != nil {
			return fmt.Errorf("a step that is not finite changes the state: %w", err)
		}
	}
	if err := e.SetState(good); err != nil {
		return err
	}
	if o, err := step(e, b, usual); err != nil || !finite(o.loss) || e.Suspect() != "" {
		return fmt.Errorf("after a good state: loss %g, suspect %q, error %v", o.loss, e.Suspect(), err)
	}
	return nil
}
