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

	// NoScores says why there is nothing to compare below; empty where there is.
	NoScores string  `json:"no_scores,omitempty"`
	Papers   *Common `json:"papers,omitempty"`
	// SamePredictions: papers, labels and scores are equal to the bit.
	SamePredictions bool       `json:"same_predictions"`
	Rules           []RuleDiff `json:"rules"` // in A's order, then those of B alone
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

// Common says on which test papers the runs are compared.
type Common struct {
	Both  int `json:"both"`   // compared
	OnlyA int `json:"only_a"` // tested by A alone, left out
	OnlyB int `json:"only_b"`
	// OtherTruth are papers of both whose true categories differ; left out.
	OtherTruth int `json:"other_truth"`
}

// Whole reports whether both runs are compared on all their papers.
func (c *Common) Whole() bool { return c.OnlyA+c.OnlyB+c.OtherTruth == 0 }

// RuleDiff compares the runs under one decision rule.
type RuleDiff struct {
	Rule string `json:"rule"`
	// OnlyIn is "a" or "b" where the other run has no such rule; then all below is
	// empty.
	OnlyIn string  `json:"only_in,omitempty"`
	Scores []Score `json:"scores,omitempty"`
	F1     *F1     `json:"f1,omitempty"`
	Exact  *Exact  `json:"exact,omitempty"`
	// Papers are those with the largest differences of F1, largest first.
	Papers []Paper `json:"papers,omitempty"`
}

// Score is a metric of both runs, as fractions of 1 but for threshold.
type Score struct {
	Metric string  `json:"metric"`
	A      float64 `json:"a"`
	B      float64 `json:"b"`
	Points float64 `json:"points"` // 100·(B − A); 0 for threshold
}

// F1 compares the F1 of each paper.
type F1 struct {
	ABetter int `json:"a_better"` // papers
	BBetter int `json:"b_better"`
	Equal   int `json:"equal"`
	// Difference of the means, B − A, with its 95 % interval and two-sided p by
	// the paired bootstrap over papers.
	Difference float64          `json:"difference"`
	Interval   results.Interval `json:"interval"`
	P          float64          `json:"p"`
}

// Exact counts the papers all of whose categories are right.
type Exact struct {
	Both    int     `json:"both"`
	OnlyA   int     `json:"only_a"`
	OnlyB   int     `json:"only_b"`
	Neither int     `json:"neither"`
	McNemar float64 `json:"mcnemar_p"`
}

// Paper is a paper with the categories it has and those that each run predicts.
type Paper struct {
	ID    string   `json:"id"`
	F1A   float64  `json:"f1_a"`
	F1B   float64  `json:"f1_b"`
	Truth []string `json:"truth"`
	A     []string `json:"a"`
	B     []string `json:"b"`
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
		Rules: []RuleDiff{},
	}
	var err error
	if r.Configuration, err = configChanges(store, a, b, opt.Settings); err != nil {
		return Report{}, fmt.Errorf("diff: %w", err)
	}
	if r.NoScores = unfinished(a, b); r.NoScores != "" {
		return r, nil
	}
	if err := r.comparePredictions(store, a, b, opt); err != nil {
		return Report{}, fmt.Errorf("diff: %w", err)
	}
	r.Identical = r.SamePredictions && len(r.Configuration)+len(r.Data)+len(r.Code) == 0
	return r, nil
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
