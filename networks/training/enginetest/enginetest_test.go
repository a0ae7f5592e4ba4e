package enginetest

import (
	"testing"

	"assay/internal/pool"
	"assay/internal/rng"
	"assay/networks/layers"
	"assay/networks/loss"
	"assay/networks/training"
)

const (
	words  = 30
	labels = 4
)

// newChain is a small network with a trained embedding, dropout and a recurrence.
func newChain(t testing.TB) training.Engine {
	t.Helper()
	p := pool.New(2)
	t.Cleanup(p.Close)
	r := rng.New(1, "enginetest")
	l, err := loss.New[float32](loss.Options{Groups: make([]int32, labels), Masters: 1})
	if err != nil {
		t.Fatal(err)
	}
	return training.NewCPU(NewChain([]layers.Layer[float32]{
		layers.NewTrainedEmbedding[float32](p, words, 5, nil, r),
		layers.NewLSTM(p, "lstm", 5, 6, false, layers.NewDropout[float32](p, "dropout", 0.2, 1), nil, r),
		layers.NewDense[float32](p, "linear", 6, labels, r),
	}, l), p)
}

func TestChainPasses(t *testing.T) {
	Run(t, Subject{New: newChain, Reference: newChain, Words: words, Labels: labels})
}

// broken is an engine that does not keep one promise.
type broken struct {
	training.Engine
	breaks string
	bad    bool // the last result was not finite
	closed bool
}

func (e *broken) Step(b *layers.Batch, u training.Update) error {
	switch e.breaks {
	case "never clips":
		u.ClipNorm = 0
	case "clips twice as much":
		u.ClipNorm /= 2
	case "ignores the rate":
		u.Rate = 1e-3
	case "judges instead of learning":
		other := *b
		other.Train = false
		return e.Engine.Eval(&other)
	case "takes the first paper for the second":
		other := *b
		other.Targets = append(append([]float32(nil), b.Targets[labels:]...), b.Targets[:labels]...)
		b = &other
	}
	return e.Engine.Step(b, u)
}

func (e *broken) Eval(b *layers.Batch) error {
	if e.breaks == "learns while it judges" {
		other := *b
		other.Train = true
		return e.Engine.Step(&other, training.Update{Rate: 1e-3})
	}
	return e.Engine.Eval(b)
}

func (e *broken) Wait() (training.Result, error) {
	r, err := e.Engine.Wait()
	e.bad = err == nil && !(finite(r.Loss) && finite(r.Norm))
	if e.breaks == "tells the norm after clipping" {
		r.Norm = min(r.Norm, usual.ClipNorm)
	}
	return r, err
}

func (e *broken) State() (training.State, error) {
	s, err := e.Engine.State()
	switch {
	case err != nil:
	case e.breaks == "keeps no moments":
		for i := range s.Params {
			s.Params[i].M, s.Params[i].V = nil, nil
		}
	case e.breaks == "counts no steps":
		s.Steps = 0
	case e.breaks == "hides a parameter":
		s.Params = s.Params[1:]
	case e.breaks == "moves on numbers that are not finite" && e.bad:
		s.Params[0].Value[7]++
	}
	return s, err
}

func (e *broken) SetState(s training.State) error {
	now, err := e.Engine.State()
	if err != nil {
		return err
	}
	switch e.breaks {
	case "takes half of a wrong state":
		copy(now.Params[0].Value, s.Params[0].Value)
	case "takes values alone":
		for i := range s.Params {
			s.Params[i].M, s.Params[i].V = nil, nil
		}
	case "takes wrong states":
		if s.Fits(now) != nil {
			return nil
		}
	}
	return e.Engine.SetState(s)
}

func (e *broken) Suspect() string {
	if s := e.Engine.Suspect(); s == "" || e.breaks != "suspects the loss" {
		return s
	}
	return "loss"
}

func (e *broken) Close() error {
	switch e.breaks {
	case "closes once":
		if e.closed {
			return training.ErrClosed
		}
	case "lives on":
		return nil
	}
	e.closed = true
	return e.Engine.Close()
}

// TestBrokenPromisesAreSeen: each by the check that is there for it.
func TestBrokenPromisesAreSeen(t *testing.T) {
	for _, c := range []struct{ breaks, seenBy string }{
		{"hides a parameter", "state describes the network"},
		{"takes the first paper for the second", "near the reference"},
		{"judges instead of learning", "all that learns is in the state"},
		{"learns while it judges", "evaluation changes nothing"},
		{"ignores the rate", "rate"},
		{"never clips", "clipping"},
		{"clips twice as much", "clipping"},
		{"tells the norm after clipping", "near the reference"},
		{"keeps no moments", "goes on from a state"},
		{"takes values alone", "goes on elsewhere"},
		{"counts no steps", "goes on from a state"},
		{"takes half of a wrong state", "wrong states"},
		{"takes wrong states", "wrong states"},
		{"moves on numbers that are not finite", "not finite"},
		{"suspects the loss", "not finite"},
		{"closes once", "closed"},
		{"lives on", "closed"},
		{"never clips", "training"},
		{"keeps no moments", "training goes on elsewhere"},
	} {
		s := Subject{
			New:       func(t testing.TB) training.Engine { return &broken{Engine: newChain(t), breaks: c.breaks} },
			Reference: newChain, Words: words, Labels: labels,
		}
		for _, check := range checks {
			if check.name == c.seenBy && check.run(s, t) == nil {
				t.Errorf("%s: not seen by %q", c.breaks, c.seenBy)
			}
		}
	}
}
