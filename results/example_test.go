package results_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"assay/results"
	"assay/results/metrics"
)

// A run is claimed, finished, and read again; a second claim finds that it is done.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// running
	// nb-s1 done: F1 0.41
	// done already: true
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "results-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := results.CreateStore(dir)
	if err != nil {
		return err
	}
	what := results.Run{Experiment: "example", Trial: "nb-s1", Model: results.Model{Name: "Naive Bayes"}, Seed: 1}
	w, err := store.Claim(ctx, what)
	if err != nil {
		return err
	}
	defer w.Close() // interrupted, unless it was finished
	run := w.Run()
	fmt.Println(run.State)
	rule, err := metrics.ParseRule("fixed:0.5")
	if err != nil {
		return err
	}
	run.Results = []results.RuleResult{{Decision: metrics.Decision{Rule: rule}, All: metrics.Report{SampleF1: 0.41}}}
	if err := w.Finish(run); err != nil {
		return err
	}

	runs, _, err := store.List(ctx, "example")
	if err != nil {
		return err
	}
	for _, r := range runs {
		fmt.Printf("%s %s: F1 %.2f\n", r.Trial, r.State, r.Results[0].All.SampleF1)
	}
	_, err = store.Claim(ctx, what)
	fmt.Println("done already:", errors.Is(err, results.ErrFinished))
	return nil
}
