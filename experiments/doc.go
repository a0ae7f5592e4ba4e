// Package experiments runs what a configuration asks for: it makes trials of it,
// one a model, setting and seed, prepares papers and features, fits and judges the
// model of each, and keeps the run. It is the one place where corpus, features,
// models and results meet.
//
//	session, err := experiments.Open(ctx, cfg, experiments.Options{})
//	for _, trial := range session.Trials() {
//		run, reused, err := session.Run(ctx, trial, 0)
//	}
//
// # What trials share is made once
//
// In a process a cache (`experiments/cache.go`) holds counted papers and features
// while trials use them, makes each once and lets others wait. Word vectors, which
// take minutes, are kept on disk by their content, and a lease lets one process of all
// that share the folder train them. Tokens and counts are not kept on disk: a task of
// a cluster makes them anew, in 2.5 seconds for 100,000 papers.
//
// # ASHA promotes by the number of a trial, not by the time at which it ends
//
// Place j of the next rung goes to the best of the first (j+1)·reduction trials of this
// rung that has no place yet. So one worker and a hundred train the same trials, and a
// batch system can be given the numbers before anything has run. The cost: a promotion
// waits until all trials with lower numbers have ended. The usual rule promotes
// whichever trial is among the best when a worker is free, so that its choice depends
// on the machine.
//
// # A rung is one training that stops early
//
// `stop_epoch` ends a training early but leaves the learning rate's schedule that of all
// epochs. So a promoted network continues from its checkpoint with the same bits as one
// that was trained at once. Where the checkpoint is missing, damaged or of another kind
// of processor, the network is trained from the start.
//
// # A sweep's numbers are written once
//
// Tasks of a batch system know their trial by its number alone. So the first manifest is
// created exclusively, as leases are, and later ones only append: a number keeps its
// trial unless Adopt is forced to number anew.
package experiments
