// Package graph computes losses and gradients of a chain of layers on gorgonia's
// tape machine.
//
//	m, err := graph.New(chain, loss, categories)
//	engine := training.NewCPU(m, pool) // adds Adam
//
// One graph serves batches of every length: tensors and batches pass through it as
// pointers, and the shapes that gorgonia knows are placeholders. The layers own all
// memory; parameters and their gradients are gorgonia tensors over the layers'
// slices.
//
// # A layer is one op
//
// The graph holds one op a layer forward and one backward, in the order that
// gorgonia's symbolic differentiation finds; what an op does is written by hand, in
// networks/layers. A graph unrolled over time would take too long to compile, and
// gorgonia's own dropout gradient and Adam cannot be used: the one is wrong, the
// other's moments cannot be saved. The layers know nothing of gorgonia, so that
// another engine can take its place, and the same code is checked against finite
// differences in float64.
package graph
