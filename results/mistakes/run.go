package mistakes

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"assay/corpus/arxivid"
	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
)

// OfRun is Find for a finished run of the store, under the rule, "" for tuned or else the
// run's first. The report knows the run, and has no words yet. A run without predictions
// and a rule that it does not have are usage errors.
func OfRun(store *results.Store, run results.Run, rule string, opt Options) (*Report, error) {
	name := run.Experiment + "/" + run.Trial
	if run.State != results.Done {
		return nil, fault.Usagef("mistakes: run %s is %s and has no predictions to look at; `assay run` finishes it", name, run.State)
	}
	var err error
	if opt.Decision, err = decisionOf(run, rule); err != nil {
		return nil, err
	}
	predictions, err := store.Predictions(run)
	if errors.Is(err, fs.ErrNotExist) {
		dir := store.Path(run.Experiment, run.Trial)
		return nil, fault.Usagef("mistakes: run %s has lost its predictions (%w): remove the folder %s and `assay run` computes it again", name, err, dir)
	}
	if err != nil {
		return nil, err
	}
	opt.Paper = arxivid.Known(opt.Paper)
	r, err := Find(predictions, opt)
	if err != nil {
		return nil, err
	}
	r.Run, r.Model, r.Seed, r.Taxonomy = name, run.Model.Name, run.Seed, run.Data.Taxonomy
	r.Data = fmt.Sprintf("%s, taxonomy %s, %s", run.Data.Name, run.Data.Taxonomy, run.Data.Split)
	return r, nil
}

// decisionOf returns the decision of the rule that a run's labels were given by.
func decisionOf(run results.Run, rule string) (metrics.Decision, error) {
	if len(run.Results) == 0 {
		return metrics.Decision{}, fault.Usagef("mistakes: run %s/%s has no result", run.Experiment, run.Trial)
	}
	wanted := rule
	if rule == "" {
		wanted = "tuned"
	}
	parsed, err := metrics.ParseRule(wanted)
	if err != nil {
		return metrics.Decision{}, err
	}
	if res, ok := run.Result(parsed); ok {
		return res.Decision, nil
	}
	if rule == "" {
		return run.Results[0].Decision, nil
	}
	var known []string
	for _, res := range run.Results {
		known = append(known, res.Decision.Rule.String())
	}
	return metrics.Decision{}, fault.Usagef("mistakes: run %s/%s has no rule %s; it has %s", run.Experiment, run.Trial, parsed, strings.Join(known, ", "))
}
