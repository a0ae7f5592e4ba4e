package graph

import (
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"assay/networks/layers"
)

// layerNode is a layer in a graph: a forward op of the batch, the output of the
// layer before and the parameters; by differentiation a backward op, which does
// all the work, and for each parameter an op that picks its gradient.
type layerNode struct {
	program *program
	layer   layers.Layer[float32]
	what    string // unique
	learns  bool   // a layer before it has parameters, and so wants a gradient
	first   bool   // no layer before it

	out, dx tensorValue
}

// apply adds the forward op over x, nil for the first layer, and returns it and
// the nodes of the parameters.
func (n *layerNode) apply(x *gorgonia.Node) (y *gorgonia.Node, params gorgonia.Nodes, err error) {
	n.first = x == nil
	in := gorgonia.Nodes{n.program.input}
	wrt := []bool{false}
	if !n.first {
		in, wrt = append(in, x), append(wrt, n.learns)
	}
	for _, p := range n.layer.Params() {
		node := gorgonia.NewTensor(n.program.graph, tensor.Float32, len(p.Shape),
			gorgonia.WithName("parameter "+p.Name), gorgonia.WithShape(p.Shape...),
			gorgonia.WithValue(tensor.New(tensor.WithShape(p.Shape...), tensor.WithBacking(p.Value))))
		params, wrt = append(params, node), append(wrt, true)
	}
	forward := &op{what: n.what + ", forward", out: tensorType, run: n.forward, wrt: wrt, diff: n.differentiate}
	y, err = forward.apply(append(in, params...)...)
	return y, params, err
}

func (n *layerNode) forward(in []gorgonia.Value) (gorgonia.Value, error) {
	var x *layers.Tensor[float32]
	if !n.first {
		x = in[1].(*tensorValue).tensor
	}
	if n.out.tensor = n.layer.Forward(&in[0].(*batchValue).batch, x); n.out.tensor == nil {
		return nil, errors.New("no output")
	}
	return &n.out, nil
}

// differentiate adds the backward op and returns the gradients' nodes in the
// order of the forward op's inputs.
func (n *layerNode) differentiate(_ gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	work := &op{what: n.what + ", backward", out: tensorType, run: n.backward}
	// y is an input so that no order of running puts it after.
	dx, err := work.apply(n.program.input, y, dy)
	if err != nil {
		return nil, err
	}
	grads := gorgonia.Nodes{nil}
	switch {
	case n.learns:
		grads = append(grads, dx)
	case !n.first:
		grads = append(grads, nil)
	}
	for _, p := range n.layer.Params() {
		// Its memory is the parameter's gradient, which the backward op has set.
		grad := tensor.New(tensor.WithShape(p.Shape...), tensor.WithBacking(p.Grad))
		pick := &op{
			what: "gradient of " + p.Name, out: gorgonia.TensorType{Dims: len(p.Shape), Of: tensor.Float32},
			run: func([]gorgonia.Value) (gorgonia.Value, error) { return grad, nil },
		}
		node, err := pick.apply(dx)
		if err != nil {
			return nil, err
		}
		grads = append(grads, node)
	}
	return grads, nil
}

func (n *layerNode) backward(in []gorgonia.Value) (gorgonia.Value, error) {
	n.dx.tensor = n.layer.Backward(&in[0].(*batchValue).batch, in[2].(*tensorValue).tensor)
	if n.learns && n.dx.tensor == nil {
		return nil, errors.New("no gradient of its input, but a layer before has parameters")
	}
	return &n.dx, nil
}

// lossNode is the loss in a graph: an op of the batch and the logits.
type lossNode struct {
	program *program
	loss    layers.Loss[float32]

	out     gorgonia.F64
	dlogits tensorValue
}

func (n *lossNode) value() float64 { return float64(n.out) }

func (n *lossNode) apply(logits *gorgonia.Node) (*gorgonia.Node, error) {
	forward := &op{what: n.loss.Name() + ", forward", out: lossType, run: n.forward, wrt: []bool{false, true}, diff: n.differentiate}
	return forward.apply(n.program.input, logits)
}

func (n *lossNode) forward(in []gorgonia.Value) (gorgonia.Value, error) {
	b, logits := &in[0].(*batchValue).batch, in[1].(*tensorValue).tensor
	if want := n.program.categories; logits.T != 1 || logits.B != b.B || logits.D != want {
		return nil, fmt.Errorf("logits of shape (%d, %d, %d), want (1, %d, %d)", logits.T, logits.B, logits.D, b.B, want)
	}
	n.out = gorgonia.F64(n.loss.Forward(b, logits))
	return &n.out, nil
}

func (n *lossNode) differentiate(_ gorgonia.Nodes, value, one *gorgonia.Node) (gorgonia.Nodes, error) {
	backward := &op{what: n.loss.Name() + ", backward", out: tensorType, run: n.backward}
	dlogits, err := backward.apply(n.program.input, value, one)
	return gorgonia.Nodes{nil, dlogits}, err
}

func (n *lossNode) backward(in []gorgonia.Value) (gorgonia.Value, error) {
	if n.dlogits.tensor = n.loss.Backward(&in[0].(*batchValue).batch); n.dlogits.tensor == nil {
		return nil, errors.New("no gradient")
	}
	return &n.dlogits, nil
}
