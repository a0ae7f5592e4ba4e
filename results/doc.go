// Package results keeps what runs have produced: one folder a trial, claimed by
// one writer at a time, in which nothing half-written is ever read as whole.
//
//	store, err := results.CreateStore("results")
//	w, err := store.Claim(ctx, results.Run{Experiment: "quickstart", Trial: "3f9c", Seed: 1, …})
//	if errors.Is(err, results.ErrFinished) { … } // its results can be read
//	defer w.Close()
//	…
//	err = w.Finish(run)
//
// A store's folder holds runs/<experiment>/<trial>/ with config.toml, run.json,
// metrics.jsonl, predictions.parquet, model/, log.txt and, until the run is done,
// checkpoint/. run.json is written last and alone decides what state a run is in.
//
// # What 0 means is said where runs are shown
//
// `run.json` keeps the bare number of `max_depth = 0`, which means no limit. The few keys
// of which 0 is no number like others stand in value.go with the words for it, and not in
// the configuration: tables, plots and `runs diff` also read stores that older programs
// wrote, without a configuration. A test asks of every key that may be 0 which of the two
// it is.
package results
