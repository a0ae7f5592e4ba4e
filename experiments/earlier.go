package experiments

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"assay/experiments/config"
	"assay/results"
)

// Earlier says in a line which of the session's trials have a finished run of their
// configuration and data that is not theirs, and why; "" for none.
func (s *Session) Earlier(ctx context.Context) (note string, err error) {
	return earlier(ctx, s.Config, s.store, s.Trials())
}

// earlier is Earlier for the trials of an experiment. Such a run comes from other
// versions of the program's parts, or from a program that told trials apart by its
// commit.
func earlier(ctx context.Context, cfg *config.Config, store *results.Store, trials []Trial) (note string, err error) {
	var open []Trial
	for _, t := range trials {
		if _, err := os.Stat(store.Path(cfg.Name, t.ID)); err != nil {
			open = append(open, t)
		}
	}
	if len(open) == 0 {
		return "", nil
	}
	runs, _, err := store.List(ctx, cfg.Name)
	if err != nil {
		return "", err
	}
	index, found := indexRuns(runs), 0
	var why []string
	for _, t := range open {
		r, other := choose(t, index.of(t), false)
		if !other {
			continue
		}
		found++
		for _, reason := range otherIdentity(r, t) {
			if !slices.Contains(why, reason) {
				why = append(why, reason)
			}
		}
	}
	if found == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d of %d trials have runs of an earlier identity (%s), which are kept and not reused: `assay table` shows them until the trials have run again, `assay runs list %s` always",
		found, len(trials), strings.Join(why, "; "), cfg.Name), nil
}

// otherIdentity says why a run of the trial's configuration and data is not its own.
func otherIdentity(r results.Run, t Trial) (why []string) {
	if len(r.Parts) == 0 {
		return []string{"by the program's commit"}
	}
	for _, part := range slices.Sorted(t.Parts.Names()) {
		if was := r.Parts[part]; was != t.Parts[part] {
			why = append(why, fmt.Sprintf("version %d of %s, now %d", was, part, t.Parts[part]))
		}
	}
	if why == nil {
		why = []string{"on another kind of processor"}
	}
	return why
}
