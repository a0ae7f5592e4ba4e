package training

import (
	"fmt"

	"assay/internal/pool"
	"assay/networks/layers"
)

// Network is what the CPU engine trains: it computes losses and gradients in host
// memory.
type Network interface {
	// Params lists the trainable tensors, always the same ones in one order.
	Params() []*layers.Param[float32]
	// Step runs a training batch forward and backward: the parameters' Grad are
	// those of the mean loss. The logits (B, C) alias the network and hold until
	// the next call.
	Step(b *layers.Batch) (loss float64, logits []float32, err error)
	// Eval runs a batch forward with b.Train false.
	Eval(b *layers.Batch) (loss float64, logits []float32, err error)
	// Suspect is that of an Engine.
	Suspect() string
	Close() error
}

// CPU is the engine of networks in host memory: a network that computes gradients,
// and Adam. It takes one batch at a time.
type CPU struct {
	net     Network
	pool    *pool.Pool
	adam    *adam // nil before the first step: who only scores needs no moments
	waiting bool
	result  Result
	closed  bool
}

var _ Engine = (*CPU)(nil)

// NewCPU returns an engine that owns net and works on p, which must outlive it.
func NewCPU(net Network, p *pool.Pool) *CPU { return &CPU{net: net, pool: p} }

// Depth implements Engine.
func (c *CPU) Depth() int { return 1 }

// Step implements Engine.
func (c *CPU) Step(b *layers.Batch, u Update) error {
	if err := c.ready(); err != nil {
		return err
	}
	loss, logits, err := c.net.Step(b)
	if err != nil {
		return err
	}
	a := c.optimizer()
	norm := a.norm()
	if finite(loss) && finite(norm) {
		scale := 1.0
		if u.ClipNorm > 0 && norm > u.ClipNorm {
			scale = u.ClipNorm / norm
		}
		a.update(u.Rate, scale)
	}
	c.waiting, c.result = true, Result{Loss: loss, Norm: norm, Logits: logits}
	return nil
}

// Eval implements Engine.
func (c *CPU) Eval(b *layers.Batch) error {
	if err := c.ready(); err != nil {
		return err
	}
	loss, logits, err := c.net.Eval(b)
	if err != nil {
		return err
	}
	c.waiting, c.result = true, Result{Loss: loss, Logits: logits}
	return nil
}

// ready reports why no batch can be taken.
func (c *CPU) ready() error {
	switch {
	case c.closed:
		return ErrClosed
	case c.waiting:
		return errBusy
	}
	return nil
}

// Wait implements Engine.
func (c *CPU) Wait() (Result, error) {
	switch {
	case c.closed:
		return Result{}, ErrClosed
	case !c.waiting:
		return Result{}, errIdle
	}
	c.waiting = false
	return c.result, nil
}

func (c *CPU) optimizer() *adam {
	if c.adam == nil {
		c.adam = newAdam(c.net.Params(), c.pool)
	}
	return c.adam
}

// State implements Engine; the slices are the engine's own.
func (c *CPU) State() (State, error) {
	if err := c.ready(); err != nil {
		return State{}, err
	}
	var s State
	for i, p := range c.net.Params() {
		out := Param{Name: p.Name, Shape: p.Shape, Value: p.Value}
		if c.adam != nil {
			out.M, out.V = c.adam.m[i], c.adam.v[i]
		}
		s.Params = append(s.Params, out)
	}
	if c.adam != nil {
		s.Steps = c.adam.t
	}
	return s, nil
}

// SetState implements Engine.
func (c *CPU) SetState(s State) error {
	have, err := c.State()
	if err != nil {
		return err
	}
	if err := s.Fits(have); err != nil {
		return fmt.Errorf("training: state: %w", err)
	}
	for i, p := range s.Params {
		copy(have.Params[i].Value, p.Value)
		if c.adam == nil && p.M == nil && p.V == nil {
			continue
		}
		a := c.optimizer()
		setMoments(a.m[i], p.M)
		setMoments(a.v[i], p.V)
	}
	if c.adam != nil || s.Steps > 0 {
		c.optimizer().t = s.Steps
	}
	return nil
}

// setMoments copies moments, of which nil are zero.
func setMoments(dst, src []float32) {
	if src == nil {
		clear(dst)
	}
	copy(dst, src)
}

// Suspect implements Engine.
func (c *CPU) Suspect() string {
	if c.closed {
		return ""
	}
	return c.net.Suspect()
}

// Close implements Engine.
func (c *CPU) Close() error {
	if c.closed {
		return nil
	}
	c.closed, c.adam, c.result = true, nil, Result{}
	return c.net.Close()
}
