// Package training trains a network: batches, validation, early stopping,
// checkpoints. It knows neither layers' insides nor where files lie. What computes is
// an Engine: CPU, or one that passes the suite in training/enginetest.
//
//	engine := training.NewCPU(net, pool)
//	report, err := training.Run(ctx, engine, train, validation, training.Options{Loop: loop, …})
//	scores, err := training.Scores(ctx, engine, papers, labels, 32, true)
//
// # An engine owns its memory
//
// The loop gives batches and rates, and gets losses, norms and logits. Parameters,
// gradients and Adam's moments stay where the engine has them, so that one on a GPU
// does not carry gradients over the bus; they leave it as a State, for a checkpoint or
// the best parameters. An engine may take several batches before it answers the
// first: batch k's answer is not needed to send batch k+1.
//
// # A checkpoint holds all that decides the next bit
//
// It holds the parameters, both moments of Adam, the place in the epoch, moving
// averages and the best parameters so far. A hash says what it belongs to (papers,
// labels, vectors, options, first parameters), and another training refuses it.
// Records of steps after the checkpoint are taken out of metrics.jsonl before a
// continued training writes them again.
package training
