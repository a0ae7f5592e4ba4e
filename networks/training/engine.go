package training

import (
	"errors"
	"fmt"

	"assay/networks/layers"
)

// Engine computes a network and trains it. It owns parameters, gradients, the
// optimizer's moments and the memory that they lie in, which need not be the
// host's: what leaves it are results and copies of its state. The suite in
// training/enginetest states and tests what each method promises. An engine is not
// safe for concurrent use.
//
// Batches go in by Step and Eval and come out by Wait, in the same order. Up to
// Depth of them may be under way at once, so that an engine can copy one batch
// while it computes another. Step and Eval fail where as many are under way; State
// and SetState fail where any is.
type Engine interface {
	// Depth is how many batches may be under way, at least 1.
	Depth() int
	// Step begins a training step on b, whose Train is set: forward, loss, backward,
	// the norm of all gradients, clipping, one step of Adam. Where the loss or the
	// norm is not finite neither it nor a step under way behind it changes anything.
	// The engine may read b until Wait has returned its result.
	Step(b *layers.Batch, u Update) error
	// Eval begins a forward pass without dropout on b, whose Train is not set. It
	// changes nothing.
	Eval(b *layers.Batch) error
	// Wait returns the result of the oldest batch under way. An error names the layer
	// that failed.
	Wait() (Result, error)

	// State returns what a training goes on from. The slices may be the engine's own:
	// they must not be written, and hold until the next call of another method.
	State() (State, error)
	// SetState goes on from a state of an engine of the same network, of whatever
	// kind. A state that does not fit is an error and changes nothing.
	SetState(s State) error
	// Suspect names the first layer, in the order of the computation, whose last
	// output, parameters or gradients are not finite, or the loss; "" where all are. A
	// parameter and its gradient go by the parameter's name.
	Suspect() string
	// Close frees all memory. Every call but a further Close fails afterwards.
	Close() error
}

// Update says how far a step goes.
type Update struct {
	Rate     float64 // of learning
	ClipNorm float64 // the norm of all gradients is cut to this; 0: never
}

// Result is what became of a batch.
type Result struct {
	Loss   float64   // mean over the batch's papers
	Norm   float64   // of the gradients before clipping; 0 of an evaluation
	Logits []float32 // (B, C); they hold until the next call of the engine
}

// State is what a training goes on from, in host memory.
type State struct {
	Steps  int64   // of Adam taken
	Params []Param // in the order of the network; what is frozen is not among them
}

// Param is a trainable tensor with the moments that Adam keeps of its gradients.
type Param struct {
	Name  string
	Shape []int
	Value []float32
	M, V  []float32 // first and second moments; nil: all zero
}

// Fits reports in what s differs from the state of a network in number and size of
// its parameters.
func (s State) Fits(network State) error {
	if len(s.Params) != len(network.Params) {
		return fmt.Errorf("%d parameters, the network has %d", len(s.Params), len(network.Params))
	}
	for i, want := range network.Params {
		p, n := s.Params[i], len(want.Value)
		if len(p.Value) != n || p.M != nil && len(p.M) != n || p.V != nil && len(p.V) != n {
			return fmt.Errorf("%s has %d numbers, the network's %d", want.Name, len(p.Value), n)
		}
	}
	return nil
}

// ErrClosed is what a closed engine answers.
var ErrClosed = errors.New("training: the engine is closed")

var (
	errBusy = errors.New("as many batches are under way as the engine takes")
	errIdle = errors.New("no batch is under way")
)
