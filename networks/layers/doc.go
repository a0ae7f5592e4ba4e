// Package layers holds the layers of assay's networks, forward and backward
// written by hand: each does all its work in buffers of its own, on any shape,
// without allocating once it has seen the largest.
//
//	l := layers.NewLinear[float32](p, "linear", 512, 148, rng.New(1, "linear"))
//	y := l.Forward(batch, x)   // (1, B, 512) to (1, B, 148)
//	dx := l.Backward(batch, dy) // and the gradients of its parameters
//
// Constructors take a pool and what draws the first parameters, which are zero of
// nil. Without a pool a layer only describes itself: its parameters have names and
// shapes, but no memory, and it must not run.
//
// The layers are generic: networks train in float32, where the loops are
// kernels, and the gradients are checked against finite differences in float64.
//
// # Attention is one layer with the norms around it and the sum behind it
//
// A paper's tokens fit the second-level cache, a batch's do not: as layers of their own,
// each part would write eight megabytes that the next one reads. The backward pass
// computes the first norm again instead of keeping it.
//
// # The gradient of a weight is one product over all times and papers
//
// It is the product of what the gates read, transposed, and the gates' gradients, in
// blocks of 256 rows. It is computed transposed: the gates are wider than what they
// read, and a product is fastest where its columns fill whole panels.
//
// # An LSTM's masks are Keras's
//
// Dropout draws a mask for each paper, feature and gate, and keeps it over time, as
// Keras's implementation 1 does, which recurrent dropout selects. Masked inputs make
// four products of one; they are still blocks of whole panels.
package layers
