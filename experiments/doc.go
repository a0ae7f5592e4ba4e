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
// # Asha decides by number
//
// Which settings go on depends on the results of the first (j+1)·reduction members of
// a rung, never on the order in which they came: one worker and a hundred train the
// same trials, and a batch system can be given the numbers before anything has run.
// The price is a wait for the members before; the usual rule, whoever is in the top
// share when a worker asks, makes other decisions on each machine.
//
// # A rung is one training that stops early
//
// `stop_epoch` ends it on the schedule of all epochs, so a promoted network goes on
// from the checkpoint, and that short cut changes no bit: a checkpoint that is
// missing, damaged or of another kind of processor is trained anew.
//
// # A sweep's numbers are written once
//
// A sweep's numbers are written once, by exclusive creation, as leases are. Later
// manifests append; a task that was submitted with a number keeps its trial.
package experiments
