package check_test

import (
	"errors"
	"fmt"

	"assay/results"
	"assay/results/check"
	"assay/results/metrics"
)

// measured is a finished trial, as an experiment gives it.
func measured(f1 float64) []check.Measurement {
	rule, _ := metrics.ParseRule("tuned")
	return []check.Measurement{{Model: "Naive Bayes", Run: results.Run{
		Experiment: "example", Seed: 1, Setting: "c0ffee", State: results.Done,
		Data:    results.Data{Hash: "d5", Taxonomy: "arxiv-2019", Split: "20 % test"},
		Results: []results.RuleResult{{Decision: metrics.Decision{Rule: rule}, All: metrics.Report{SampleF1: f1}}},
	}}}
}

// A baseline is made of runs; later runs are compared with it.
func Example() {
	baseline, err := check.New(measured(0.41), []string{"f1"}, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f1 := range []float64{0.409, 0.36} {
		report := check.Compare(baseline, measured(f1))
		c := report.Comparisons[0]
		fmt.Printf("%s: %.3f → %.3f: %s; regression: %t\n",
			c.Name(), c.Baseline, *c.Now, c.Verdict, errors.Is(report.Err(), check.ErrRegression))
	}
	// Output:
	// f1 of Naive Bayes (tuned): 0.410 → 0.409: pass; regression: false
	// f1 of Naive Bayes (tuned): 0.410 → 0.360: regression; regression: true
}
