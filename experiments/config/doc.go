// Package config reads an experiment from a TOML file: every key gets its value,
// every value is checked, all that is wrong is told at once with file and line,
// and sweeps become the settings that they try. It also says what makes two trials
// the same.
//
//	cfg, err := config.Load("configs/baselines.toml", []string{"corpus.sample=1000"})
//	if err != nil {
//		return err // "configs/baselines.toml:12: epochs: 0 is out of range [1,100000]"
//	}
//	fmt.Print(cfg.Text()) // every key with its value; config.Parse reads it back
//
// # Vectors are a property of their text, not of the trial's seed
//
// `[embeddings.X] seed` is 1 for all replicates: one training serves a whole sweep.
// With `split.per_seed` each seed has other training papers, and so its own vectors.
// By default vectors are trained on the training papers alone; `papers = "all"` adds the
// held-out ones, as the article did.
//
// # What makes two trials the same
//
// [Identity] hashes the resolved configuration, the data, the kind of processor and the
// versions of the program's parts that a trial uses. A part's version is a constant in
// its package. Whoever changes what a part gives raises it, and only the trials that
// use the part are new; `go test ./experiments -run Parts` fails where it was
// forgotten. The commit is kept with a run, but is no part of the identity: most
// commits change no result. Whoever adds a key that cannot change one gives it the tag
// identity:"-", the only list of these keys.
//
// # The content of a vectors' file is part of a trial's identity
//
// The content of a vectors' file is part of a trial's identity, by its SHA-256; its
// place is not. What a run's table of vectors lacks is counted: below 90 % of the
// tokens the comparison says so under the table.
//
// # A sweep is written into the models
//
// Reading `[model.sweep]` makes a complete model of each setting, bound and validated
// as if it stood in the file, so that a setting is a trial like any other: the same
// identity, alone or in a grid, and its own configuration runs it again. A job is a
// place in the list of trials; that of a later rung has none yet.
//
// # One split for all seeds unless asked otherwise
//
// One split for all seeds unless asked otherwise (`split.per_seed = false`). Papers by
// which one seed chooses are then never test papers of another, word vectors are
// trained once for a sweep, published work has fixed test sets, and the test over
// papers covers the choice of papers. Its price is that deterministic models have one
// run, which the table says. With `per_seed = true` the interval over seeds covers the
// papers as well; the quickstart and the article's configurations ask for it.
//
// # The position of keys
//
// The TOML decoder does not keep the lines of keys inside arrays of tables;
// `experiments/config/locate.go` finds them in the text, so that every fault has its
// line.
package config
