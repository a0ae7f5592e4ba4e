// Package graph runs a chain of layers on gorgonia's tape machine: one op a
// layer forward and one backward, by gorgonia's symbolic differentiation.
//
//	m, err := graph.New(chain, loss, categories)
//	value, logits, err := m.Step(batch)
//
// The ops are nodes of a static graph, but what runs through it has any size:
// tensors and batches pass as pointers, and the shapes that gorgonia knows are
// nominal. The layers own all memory; parameters and their gradients are
// gorgonia tensors over the layers' slices.
//
// # A layer is one op
//
// A layer is one op gorgonia's graph holds an op a layer, forward and backward written
// by hand: unrolled over time it would not compile in reasonable time, and its own
// dropout gradient and Adam cannot be used (the one is wrong, the other's moments
// cannot be saved). Tensors run through the graph as values of our own type, whose
// shapes gorgonia takes for nominal: one graph serves every length. The layers own
// their memory and know nothing of gorgonia, so that another engine can take its
// place, and the same code is checked against finite differences in float64.
package graph
