package experiments

import (
	"context"
	"fmt"

	"assay/corpus"
	"assay/experiments/config"
	"assay/results"
	"assay/results/table"
)

// Compare builds the experiment's table from the runs in the store. Each trial
// shows the run that has its identity (current holds the trials of today's data
// and code) or else the last finished run of the same configuration, seed and
// data by another version of the program, with a note. Where the corpus is not
// at hand, current is nil, and the data are those of the experiment's last run.
// Runs of different data never stand in one table.
func Compare(ctx context.Context, cfg *config.Config, store *results.Store, current []Trial, columns []string) (table.Table, error) {
	return compareRuns(ctx, cfg, store, current, table.Options{Columns: columns}, table.Compare)
}

// compareRuns fills in opt what the experiment and the store know, and lays the
// runs out.
func compareRuns(ctx context.Context, cfg *config.Config, store *results.Store, current []Trial, opt table.Options,
	layOut func([]results.Run, table.Options) (table.Table, error)) (table.Table, error) {
	runs, problems, err := store.List(ctx, cfg.Name)
	if err != nil {
		return table.Table{}, err
	}
	trials := current
	if trials == nil {
		trials = Trials(cfg, lastData(cfg, runs), "")
	}
	opt.Name, opt.Problems, opt.Expected = cfg.Name, problems, []results.Run{}
	opt.Papers = newPaperReader(ctx, store).scores
	other := map[string]bool{}
	index := indexRuns(runs)
	for _, t := range trials {
		want, otherCode := choose(t, index.of(t), current == nil)
		if otherCode && current != nil {
			other[want.Trial] = true
		}
		opt.Expected = append(opt.Expected, want)
	}
	for _, p := range cfg.Published {
		opt.Published = append(opt.Published, table.PublishedResult{
			Model: p.Model, F1: p.F1, MasterF1: p.MasterF1, Accuracy: p.Accuracy, Loss: p.Loss, Source: p.Source,
		})
	}
	if taxonomy, err := corpus.LookupTaxonomy(cfg.Corpus.Taxonomy); err == nil {
		opt.Exclusive = taxonomy.Exclusive
	}
	t, err := layOut(runs, opt)
	if err == nil { // a reading that was stopped would be a note
		err = ctx.Err()
	}
	if err != nil {
		return table.Table{}, err
	}
	if len(other) > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d of the experiment's %d trials are represented by a run of another version of the program; `assay run` runs them anew.", len(other), len(trials)))
	}
	return t, nil
}

// lastData is the corpus hash of the run of this experiment that began last.
func lastData(cfg *config.Config, runs []results.Run) string {
	settings := map[string]bool{}
	for _, t := range Trials(cfg, "", "") {
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
