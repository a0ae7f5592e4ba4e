// Package training trains a network: batches, optimizer, validation, early
// stopping, checkpoints. It knows neither layers' insides nor where files lie.
//
//	report, err := training.Run(ctx, net, train, validation, training.Options{Epochs: 5, BatchSize: 32, …})
//	scores, err := training.Scores(ctx, net, papers, labels, 32, true)
package training

import "assay/networks/layers"

// Network is what the loop trains.
type Network interface {
	// Params lists the trainable tensors, always the same ones in one order.
	Params() []*layers.Param[float32]
	// Step runs a training batch forward and backward: the parameters' Grad are
	// those of the mean loss. The logits (B, C) alias the network and hold until
	// the next call.
	Step(b *layers.Batch) (loss float64, logits []float32, err error)
	// Eval runs a batch forward with b.Train false.
	Eval(b *layers.Batch) (loss float64, logits []float32, err error)
	// Suspect names the first layer, in the order of the computation, whose last
	// output or whose gradients are not finite, or the loss; "" where all are.
	Suspect() string
}
