// Package diff says in what two runs differ: their configuration, data, code and
// machine, their scores side by side, and the papers on which they disagree.
//
//	report, err := diff.Compare(store, a, b, diff.Options{Papers: 5})
//	err = diff.Write(os.Stdout, report)
package diff

import (
	"fmt"

	"assay/internal/fault"
	"assay/results"
	"assay/results/compare"
)

// Options say how much of the papers a report shows.
type Options struct {
	// Settings returns the keys of a trial's config.toml that can change its result,
	// such as "model.alpha", with their values.
	Settings func(text string) (map[string]any, error)
	Rule     string // the one decision rule to compare under; "" takes all
	Papers   int    // of the largest difference, a rule; 0 shows none
}

// Report is what two runs, A and B, have in common and in what they differ.
type Report struct {
	A Side `json:"a"`
	B Side `json:"b"`
	// Identical: configuration, data, code and predictions are all the same.
	Identical bool `json:"identical"`

	Configuration []Change `json:"configuration"`
	Data          []Change `json:"data"`
	Code          []Change `json:"code"`
	Machine       []Change `json:"machine"` // and what the run cost there

	// Pair compares what they predict.
	compare.Pair
}

// Side names one of the runs.
type Side struct {
	Run   string        `json:"run"` // EXPERIMENT/TRIAL
	Model string        `json:"model"`
	Seed  uint64        `json:"seed"`
	State results.State `json:"state"`
	Error string        `json:"error,omitempty"`
}

// Change is a fact in which the runs differ; unset stands for one that a run
// does not have.
type Change struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`
}

// Compare reads what the two runs keep. Predictions or a configuration that are
// damaged are errors that name the file; runs that cannot be compared are none. A
// rule that neither has is a usage error.
func Compare(store *results.Store, a, b results.Run, opt Options) (Report, error) {
	if opt.Papers < 0 {
		return Report{}, fault.Usagef("diff: %d papers: want 0 or more", opt.Papers)
	}
	r := Report{
		A: side(a), B: side(b),
		Data: dataChanges(a, b), Code: codeChanges(a, b), Machine: machineChanges(a, b),
		Pair: compare.Pair{Rules: []compare.RulePair{}},
	}
	var err error
	if r.Configuration, err = configChanges(store, a, b, opt.Settings); err != nil {
		return Report{}, fmt.Errorf("diff: %w", err)
	}
	if r.NoScores = unfinished(a, b); r.NoScores != "" {
		return r, nil
	}
	if r.Pair, err = pair(store, a, b, opt); err != nil {
		return Report{}, fmt.Errorf("diff: %w", err)
	}
	r.Identical = r.SamePredictions && len(r.Configuration)+len(r.Data)+len(r.Code) == 0
	return r, nil
}

func pair(store *results.Store, a, b results.Run, opt Options) (compare.Pair, error) {
	pa, err := store.Predictions(a)
	if err != nil {
		return compare.Pair{}, err
	}
	pb, err := store.Predictions(b)
	if err != nil {
		return compare.Pair{}, err
	}
	return compare.TwoRuns(compare.Predicted{Run: a, Predictions: pa}, compare.Predicted{Run: b, Predictions: pb}, opt.Rule, opt.Papers)
}

func side(r results.Run) Side {
	return Side{Run: r.Experiment + "/" + r.Trial, Model: r.Model.Name, Seed: r.Seed, State: r.State, Error: r.Error}
}

// unfinished says which of the runs has no result.
func unfinished(a, b results.Run) string {
	switch {
	case a.State != results.Done && b.State != results.Done:
		return "neither run is done"
	case a.State != results.Done:
		return fmt.Sprintf("A is %s", a.State)
	case b.State != results.Done:
		return fmt.Sprintf("B is %s", b.State)
	}
	return ""
}
