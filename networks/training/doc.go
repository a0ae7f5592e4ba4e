// Package training trains a network: batches, optimizer, validation, early
// stopping, checkpoints. It knows neither layers' insides nor where files lie.
//
//	engine := training.NewCPU(net, pool) // or an engine of another kind
//	report, err := training.Run(ctx, engine, train, validation, training.Options{Epochs: 5, BatchSize: 32, …})
//	scores, err := training.Scores(ctx, engine, papers, labels, 32, true)
//
// # A checkpoint holds all that decides the next bit
//
// : parameters, both moments of Adam, the place in the epoch, moving averages, the
// best parameters so far. What it belongs to is hashed into it (papers, labels,
// vectors, options, first parameters), and another training refuses it. Records of
// steps after the checkpoint are taken out of `metrics.jsonl` before a continued
// training writes them again.
package training
