package experiments

import (
	"context"
	"fmt"

	"assay/results"
	"assay/results/table"
)

// Compare builds the experiment's table from the runs in the store. Each trial
// shows the run that has its identity (current maps settings and seeds to the
// trials of today's data and code; nil where the corpus is not at hand) or else
// the last finished run of the same configuration and seed, with a note.
func Compare(ctx context.Context, cfg *Config, store *results.Store, current []Trial, columns []string) (table.Table, error) {
	runs, problems, err := store.List(ctx, cfg.Name)
	if err != nil {
		return table.Table{}, err
	}
	trials := current
	if trials == nil {
		trials = cfg.Trials("", "")
	}
	opt := table.Options{Name: cfg.Name, Columns: columns, Problems: problems}
	other := 0
	for _, t := range trials {
		want, elsewhere := choose(t, runs, current == nil)
		if elsewhere && current != nil {
			other++
		}
		opt.Expected = append(opt.Expected, want)
	}
	for _, p := range cfg.Published {
		opt.Published = append(opt.Published, table.PublishedResult{Model: p.Model, F1: p.F1, MasterF1: p.MasterF1, Source: p.Source})
	}
	t, err := table.Compare(runs, opt)
	if err == nil && other > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d of %d trials show a run of other data or another version of the program; `assay run` runs them anew.", other, len(trials)))
	}
	return t, err
}

// choose returns the run to show for a trial, a record of what is missing if
// there is none, and whether it is another trial of the same configuration: the
// last one that is done or, if unfinished ones count, the last one.
func choose(t Trial, runs []results.Run, unfinished bool) (want results.Run, elsewhere bool) {
	want = results.Run{
		Experiment: t.Config.Name, Trial: t.ID, Setting: t.Setting, Seed: t.Seed, Params: params(t),
		Model: results.Model{Name: t.Model.Name, Kind: t.Model.Kind, Backend: t.Model.Backend},
	}
	for _, r := range runs {
		switch {
		case r.Trial == t.ID:
			return want, false // whatever its state: a failure is shown, too
		case r.Setting != t.Setting || r.State != results.Done && !unfinished:
		case !elsewhere, r.State == results.Done && want.State != results.Done,
			r.State == want.State && r.Started.After(want.Started):
			want, elsewhere = r, true
		}
	}
	return want, elsewhere
}
