package experiments

import (
	"context"
	"fmt"

	"assay/results"
	"assay/results/table"
)

// CompareView is Compare in the shape and of the runs that view says; opt gives
// the columns and the kind of intervals, and the rest of it is filled in here.
// Published numbers stand in the usual table alone.
func CompareView(ctx context.Context, cfg *Config, store *results.Store, current []Trial, view table.View, opt table.Options) (table.Table, error) {
	runs, problems, err := store.List(ctx, cfg.Name)
	if err != nil {
		return table.Table{}, err
	}
	trials := current
	if trials == nil {
		trials = cfg.Trials(lastData(cfg, runs), "")
	}
	opt.Name, opt.Problems, opt.Expected = cfg.Name, problems, []results.Run{}
	opt.Papers = newPaperReader(ctx, store).scores
	other := map[string]bool{}
	for _, t := range trials {
		want, otherCode := choose(t, runs, current == nil)
		if otherCode && current != nil {
			other[want.Trial] = true
		}
		opt.Expected = append(opt.Expected, want)
	}
	for _, p := range cfg.Published {
		opt.Published = append(opt.Published, table.PublishedResult{Model: p.Model, F1: p.F1, MasterF1: p.MasterF1, Source: p.Source})
	}
	t, err := view.Compare(runs, opt)
	if err == nil && ctx.Err() != nil { // it would be a note on the papers
		return table.Table{}, ctx.Err()
	}
	if err == nil && len(other) > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d of the experiment's %d trials are represented by a run of another version of the program; `assay run` runs them anew.", len(other), len(trials)))
	}
	return t, err
}
