package experiments

import (
	"context"
	"fmt"

	"assay/experiments/config"
	"assay/internal/fault"
	"assay/results"
)

// Chosen returns the runs that stand for the experiment's trials, in their
// order, by the rules of Compare and in whatever state, and notes on what is
// missing or comes from another version of the program. current is nil where the
// corpus is not at hand. No run at all is an error of usage.
func Chosen(ctx context.Context, cfg *config.Config, store *results.Store, current []Trial) (chosen []results.Run, notes []string, err error) {
	runs, problems, err := store.List(ctx, cfg.Name)
	if err != nil {
		return nil, nil, err
	}
	trials := current
	if trials == nil {
		trials = Trials(cfg, lastData(cfg, runs), "")
	}
	missing, other := 0, 0
	index := indexRuns(runs)
	for _, t := range trials {
		r, otherCode := choose(t, index.of(t), current == nil)
		if r.State == "" {
			missing++
			continue
		}
		if otherCode && current != nil {
			other++
		}
		chosen = append(chosen, r)
	}
	if len(chosen) == 0 {
		found := fmt.Sprintf("%s has no run", store.Path(cfg.Name, ""))
		if len(runs) > 0 {
			found = fmt.Sprintf("%d runs in %s are of other configurations or data", len(runs), store.Path(cfg.Name, ""))
		}
		return nil, nil, fault.Usagef("experiments: no trial of %s has run: %s; `assay run` makes them", cfg.Name, found)
	}
	if missing > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d trials have not run.", missing, len(trials)))
	}
	if other > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d trials by another version of the program.", other, len(trials)))
	}
	if n := len(problems); n > 0 {
		notes = append(notes, fmt.Sprintf("%d folders could not be read.", n))
	}
	return chosen, notes, nil
}
