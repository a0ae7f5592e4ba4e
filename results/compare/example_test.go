package compare_test

import (
	"fmt"
	"time"

	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// run is a finished run, as results.Store.List returns them.
func run(model string, seed uint64, f1 float64) results.Run {
	tuned, _ := metrics.ParseRule("tuned")
	return results.Run{
		Trial: fmt.Sprintf("%s-s%d", model, seed), Model: results.Model{Name: model}, Seed: seed,
		State: results.Done, Started: time.Unix(int64(seed), 0),
		Data:    results.Data{Hash: "c0ffee", Name: "4,000 papers", Train: 2400, Validation: 600, Test: 1000},
		Results: []results.RuleResult{{Decision: metrics.Decision{Rule: tuned}, All: metrics.Report{SampleF1: f1}}},
	}
}

// Runs are chosen and compared: values go in and come out.
func Example() {
	runs := []results.Run{
		run("Naive Bayes", 1, 0.47), run("Naive Bayes", 2, 0.48), run("Naive Bayes", 3, 0.46),
		run("LSTM", 1, 0.59), run("LSTM", 2, 0.61), run("Guess", 1, 0.05),
	}
	filter, err := compare.ParseFilter([]string{"f1>10%"}, "")
	if err == nil {
		runs, err = filter.Keep(runs)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := compare.Runs(runs, compare.Options{Name: "example", Metrics: []string{"f1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, g := range c.Groups {
		for _, row := range g.Rows {
			f1 := row.Values[0]
			fmt.Printf("%s, %s: %.3f ± %.3f of %d seeds, best: %t\n", g.Label, row.Rule, f1.Value, *f1.HalfWidth, len(row.Seeds), row.Best[0])
		}
	}
	// Output:
	// LSTM, tuned: 0.600 ± 0.127 of 2 seeds, best: true
	// Naive Bayes, tuned: 0.470 ± 0.025 of 3 seeds, best: false
}
