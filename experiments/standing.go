package experiments

import (
	"context"
	"fmt"

	"assay/corpus"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/results"
	"assay/results/compare"
)

// Standing is how an experiment stands: for each of its trials the run that counts.
type Standing struct {
	// Runs are all runs of the experiment that the store holds.
	Runs []results.Run
	// Options say what a comparison of the runs is made of: the trials, what could not
	// be read, published numbers, and how each test paper fared.
	Options compare.Options
	// Other counts the trials for which a run by another version of the program stands.
	Other int

	folder string // of the experiment's runs
}

// Stand finds how an experiment stands. For each trial counts the run that has its
// identity (current holds the trials of today's data and code) or else the last finished
// run of the same configuration, seed and data by another version of the program. Where
// the corpus is not at hand, current is nil, and the data are those of the experiment's
// last run. Runs of different data never stand together. ctx bounds the reading of
// papers, too, which a comparison asks for.
func Stand(ctx context.Context, cfg *config.Config, store *results.Store, current []Trial) (*Standing, error) {
	runs, problems, err := store.List(ctx, cfg.Name)
	if err != nil {
		return nil, err
	}
	trials := current
	if trials == nil {
		trials = Trials(cfg, lastData(cfg, runs))
	}
	s := &Standing{Runs: runs, folder: store.Path(cfg.Name, ""), Options: compare.Options{
		Name: cfg.Name, Problems: problems, Expected: []results.Run{}, Papers: newPaperReader(ctx, store).scores, Published: Published(cfg),
	}}
	other := map[string]bool{}
	index := indexRuns(runs)
	for _, t := range trials {
		want, otherCode := choose(t, index.of(t), current == nil)
		if otherCode && current != nil {
			other[want.Trial] = true
		}
		s.Options.Expected = append(s.Options.Expected, want)
	}
	s.Other = len(other)
	if taxonomy, err := corpus.LookupTaxonomy(cfg.Corpus.Taxonomy); err == nil {
		s.Options.Exclusive = taxonomy.Exclusive
	}
	return s, nil
}

// Published returns what the configuration says that others report.
func Published(cfg *config.Config) []compare.Published {
	var out []compare.Published
	for _, p := range cfg.Published {
		out = append(out, compare.Published(p))
	}
	return out
}

// Chosen returns the runs that stand for the trials, in their order and in whatever
// state, and notes on what is missing or comes from another version of the program. No
// run at all is an error of usage.
func (s *Standing) Chosen() (chosen []results.Run, notes []string, err error) {
	trials := len(s.Options.Expected)
	for _, r := range s.Options.Expected {
		if r.State != "" {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		found := s.folder + " has no run"
		if n := len(s.Runs); n > 0 {
			found = fmt.Sprintf("%d runs in %s are of other configurations or data", n, s.folder)
		}
		return nil, nil, fault.Usagef("experiments: no trial of %s has run: %s; `assay run` makes them", s.Options.Name, found)
	}
	if n := trials - len(chosen); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d trials have not run.", n, trials))
	}
	if s.Other > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d trials by another version of the program.", s.Other, trials))
	}
	if n := len(s.Options.Problems); n > 0 {
		notes = append(notes, fmt.Sprintf("%d folders could not be read.", n))
	}
	return chosen, notes, nil
}

// lastData is the corpus hash of the run of this experiment that began last.
func lastData(cfg *config.Config, runs []results.Run) string {
	settings := map[string]bool{}
	for _, t := range Trials(cfg, "") {
		settings[t.Setting] = true
	}
	var last results.Run
	for _, r := range runs {
		if settings[r.Setting] && r.Started.After(last.Started) {
			last = r
		}
	}
	return last.Data.Hash
}

// choose returns the run to show for a trial, a record of what is missing if
// there is none, and whether it is a run by other code: the last one that is
// done or, if unfinished ones count, the last one.
func choose(t Trial, runs []results.Run, unfinished bool) (want results.Run, otherCode bool) {
	want = results.Run{
		Experiment: t.Config.Name, Trial: t.ID, Setting: t.Setting, Seed: t.Seed, Params: t.Config.Params(),
		Model: results.Model{Name: t.Model.Name, Kind: t.Model.Kind, Backend: t.Model.Backend},
	}
	for _, r := range runs {
		switch {
		case r.Trial == t.ID:
			return r, false // whatever its state: a failure is shown, too
		case r.Setting != t.Setting || r.Data.Hash != t.Data || r.State != results.Done && !unfinished:
		case !otherCode, r.State == results.Done && want.State != results.Done,
			r.State == want.State && r.Started.After(want.Started):
			want, otherCode = r, true
		}
	}
	return want, otherCode
}

// runIndex finds the runs among which a trial's is chosen: there may be ten
// thousand of both.
type runIndex struct{ byTrial, bySetting map[string][]results.Run }

func indexRuns(runs []results.Run) runIndex {
	x := runIndex{map[string][]results.Run{}, map[string][]results.Run{}}
	for i, r := range runs {
		x.byTrial[r.Trial] = runs[i : i+1]
		x.bySetting[r.Setting] = append(x.bySetting[r.Setting], r)
	}
	return x
}

// of returns the trial's own run or, without one, those of its setting.
func (x runIndex) of(t Trial) []results.Run {
	if own := x.byTrial[t.ID]; own != nil {
		return own
	}
	return x.bySetting[t.Setting]
}
