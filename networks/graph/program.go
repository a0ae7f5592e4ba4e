package graph

import (
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"assay/networks/layers"
)

// program is a compiled graph.
type program struct {
	vm      gorgonia.VM
	batch   batchValue     // an input of every op
	outputs []*tensorValue // by layer
	loss    lossNode

	graph      *gorgonia.ExprGraph
	input      *gorgonia.Node // batch
	categories int
}

// compile builds the graph of the chain and its loss, with gradients or without.
func compile(chain []layers.Layer[float32], loss layers.Loss[float32], categories int, gradients bool) (*program, error) {
	p := &program{graph: gorgonia.NewGraph(), categories: categories}
	p.input = gorgonia.NewTensor(p.graph, tensor.Int32, batchType.Dims,
		gorgonia.WithName("batch"), gorgonia.WithShape(1, 1), gorgonia.WithValue(&p.batch))
	var x *gorgonia.Node
	var params gorgonia.Nodes
	for i, layer := range chain {
		n := &layerNode{program: p, layer: layer, what: fmt.Sprintf("layer %d, %s", i, layer.Name()), learns: len(params) > 0}
		y, own, err := n.apply(x)
		if err != nil {
			return nil, err
		}
		p.outputs = append(p.outputs, &n.out)
		x, params = y, append(params, own...)
	}
	p.loss = lossNode{program: p, loss: loss}
	value, err := p.loss.apply(x)
	if err != nil {
		return nil, err
	}
	if gradients {
		// dloss/dloss, a node of this graph: gorgonia.Grad's is one of all graphs.
		one := gorgonia.NewScalar(p.graph, lossType, gorgonia.WithName("one"), gorgonia.WithValue(1.0))
		if _, err := gorgonia.Backpropagate(gorgonia.Nodes{value}, gorgonia.Nodes{one}, params); err != nil {
			return nil, err
		}
	}
	if err := checkHashes(p.graph); err != nil {
		return nil, err
	}
	p.vm = gorgonia.NewTapeMachine(p.graph)
	return p, nil
}

// checkHashes refuses two nodes of one hash, of which gorgonia would run one.
func checkHashes(g *gorgonia.ExprGraph) error {
	seen := make(map[uint32]*gorgonia.Node)
	for _, n := range g.AllNodes() {
		if other, ok := seen[n.Hashcode()]; ok {
			return fmt.Errorf("the nodes %v and %v have the same hash", n, other)
		}
		seen[n.Hashcode()] = n
	}
	return nil
}

// close frees the tape machine and forgets it. The machine has a finalizer, and its
// ops point to the program: as long as the program points back to the machine, the
// garbage collector can free neither, nor the network behind them.
func (p *program) close() error {
	if p.vm == nil {
		return nil
	}
	vm := p.vm
	p.vm, p.graph, p.input = nil, nil, nil
	return vm.Close()
}

// run takes a batch through the graph and returns the logits.
func (p *program) run(b *layers.Batch, train bool) (*layers.Tensor[float32], error) {
	if p.vm == nil {
		return nil, errors.New("the machine is closed")
	}
	p.batch.batch = *b
	p.batch.batch.Train = train
	for _, out := range p.outputs {
		out.tensor = nil
	}
	p.vm.Reset()
	if err := p.vm.RunAll(); err != nil {
		return nil, cause(err)
	}
	return p.outputs[len(p.outputs)-1].tensor, nil
}

// cause returns the error of the op that failed. Gorgonia wraps it into a list of the
// machine's instructions and registers, which says nothing about the network.
func cause(err error) error {
	var where interface{ Err() error }
	if errors.As(err, &where) {
		err = where.Err()
	}
	var failed *opError
	if errors.As(err, &failed) {
		return failed
	}
	return err
}
