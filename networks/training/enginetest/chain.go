package enginetest

import (
	"assay/networks/layers"
	"assay/networks/training"
)

// Chain is a network that runs its layers one after another: the shortest one there
// is, and so the reference that other engines are held to.
type Chain struct {
	chain   []layers.Layer[float32]
	loss    layers.Loss[float32]
	params  []*layers.Param[float32]
	outputs []*layers.Tensor[float32] // of the last batch, by layer
	value   float64                   // its loss
}

var _ training.Network = (*Chain)(nil)

// NewChain returns a network of the layers.
func NewChain(chain []layers.Layer[float32], loss layers.Loss[float32]) *Chain {
	c := &Chain{chain: chain, loss: loss, outputs: make([]*layers.Tensor[float32], len(chain))}
	for _, layer := range chain {
		c.params = append(c.params, layer.Params()...)
	}
	return c
}

// Params implements training.Network.
func (c *Chain) Params() []*layers.Param[float32] { return c.params }

func (c *Chain) forward(b *layers.Batch) (loss float64, logits []float32) {
	var x *layers.Tensor[float32]
	for i, layer := range c.chain {
		x = layer.Forward(b, x)
		c.outputs[i] = x
	}
	c.value = c.loss.Forward(b, x)
	return c.value, x.Data
}

// Step implements training.Network.
func (c *Chain) Step(b *layers.Batch) (loss float64, logits []float32, err error) {
	loss, logits = c.forward(b)
	dy := c.loss.Backward(b)
	for i := len(c.chain) - 1; i >= 0; i-- {
		dy = c.chain[i].Backward(b, dy)
	}
	return loss, logits, nil
}

// Eval implements training.Network.
func (c *Chain) Eval(b *layers.Batch) (loss float64, logits []float32, err error) {
	loss, logits = c.forward(b)
	return loss, logits, nil
}

// Suspect implements training.Network.
func (c *Chain) Suspect() string {
	return layers.Suspect(c.chain, c.outputs, c.loss.Name(), c.value)
}

// Close implements training.Network.
func (c *Chain) Close() error { return nil }
