package graph

import (
	"errors"
	"fmt"

	"assay/networks/layers"
	"assay/networks/training"
)

var _ training.Network = (*Machine)(nil)

// Machine is a network on two tape machines, one for training and one that goes
// forward only, over the same layers. It is not safe for concurrent use.
type Machine struct {
	chain       []layers.Layer[float32]
	params      []*layers.Param[float32]
	loss        string
	train, eval *program

	last  *program // the one that ran last
	value float64  // the loss it gave; 0 where it failed
}

// New compiles the network; categories is C, the width of the last layer. Errors:
// no parameter at all, or one without a name, shape or values of its own.
func New(chain []layers.Layer[float32], loss layers.Loss[float32], categories int) (m *Machine, err error) {
	// Gorgonia panics where a graph does not fit together.
	defer func() {
		if cause := recover(); cause != nil {
			m, err = nil, fmt.Errorf("graph: compile: %v", cause)
		}
	}()
	if len(chain) == 0 || loss == nil || categories < 1 {
		return nil, fmt.Errorf("graph: %d layers, %d categories, loss %v: want at least one of each", len(chain), categories, loss)
	}
	m = &Machine{chain: chain, loss: loss.Name()}
	for _, layer := range chain {
		m.params = append(m.params, layer.Params()...)
	}
	if err := checkParams(m.params); err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	if m.train, err = compile(chain, loss, categories, true); err != nil {
		return nil, fmt.Errorf("graph: training: %w", err)
	}
	if m.eval, err = compile(chain, loss, categories, false); err != nil {
		return nil, fmt.Errorf("graph: evaluation: %w", err)
	}
	m.last = m.eval
	return m, nil
}

// checkParams refuses what gorgonia would merge or share in silence.
func checkParams(params []*layers.Param[float32]) error {
	if len(params) == 0 {
		return errors.New("no layer has parameters")
	}
	seen := make(map[string]bool)
	for _, p := range params {
		size := 1
		for _, d := range p.Shape {
			size *= d
		}
		switch {
		case p.Name == "" || seen[p.Name]:
			return fmt.Errorf("parameter %q: the name is empty or taken", p.Name)
		case len(p.Shape) == 0 || size < 1 || len(p.Value) != size || len(p.Grad) != size:
			return fmt.Errorf("parameter %s: %d values and %d gradients of shape %v", p.Name, len(p.Value), len(p.Grad), p.Shape)
		}
		seen[p.Name] = true
	}
	return nil
}

// Params implements training.Network.
func (m *Machine) Params() []*layers.Param[float32] { return m.params }

// Step implements training.Network; the layers see the batch with Train set. An
// error names the layer and leaves gradients unspecified, but not the machine:
// it takes the next batch.
func (m *Machine) Step(b *layers.Batch) (loss float64, logits []float32, err error) {
	return m.run(m.train, b, true)
}

// Eval implements training.Network, with errors as of Step.
func (m *Machine) Eval(b *layers.Batch) (loss float64, logits []float32, err error) {
	return m.run(m.eval, b, false)
}

func (m *Machine) run(p *program, b *layers.Batch, train bool) (float64, []float32, error) {
	m.last, m.value = p, 0
	logits, err := p.run(b, train)
	if err != nil {
		return 0, nil, fmt.Errorf("graph: %w", err)
	}
	m.value = p.loss.value()
	return m.value, logits.Data, nil
}

// Suspect implements training.Network.
func (m *Machine) Suspect() string {
	outputs := make([]*layers.Tensor[float32], len(m.chain))
	for i := range outputs {
		outputs[i] = m.last.outputs[i].tensor
	}
	return layers.Suspect(m.chain, outputs, m.loss, m.value)
}

// Close frees the tape machines. The layers live on; the machine takes no batch
// any more.
func (m *Machine) Close() error {
	if err := errors.Join(m.train.close(), m.eval.close()); err != nil {
		return fmt.Errorf("graph: close: %w", err)
	}
	return nil
}

// Version counts the changes of what this engine computes from equal parameters and
// batches: part of a trial's identity.
const Version = 1
