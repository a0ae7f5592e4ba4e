package experiments_test

import (
	"context"
	"fmt"
	"os"

	"assay/experiments"
	"assay/experiments/config"
)

// One model is trained on the built-in sample and its run kept; asked again, the run
// is found and nothing trained.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Naive Bayes, seed 1: done, found false
	// Naive Bayes, seed 1: done, found true
	// better than guessing: true
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "results-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg, err := config.Parse(`name = "example"
seeds = [1]
[corpus]
path = "synthetic"
sample = 600
[[model]]
name = "Naive Bayes"
kind = "naive_bayes"`, "example.toml", []string{"results.path=" + dir})
	if err != nil {
		return err
	}
	session, err := experiments.Open(ctx, cfg, experiments.Options{})
	if err != nil {
		return err
	}
	defer session.Close()
	trial := session.Trials()[0]
	for range 2 {
		run, reused, err := session.Run(ctx, trial, 0)
		if err != nil {
			return err
		}
		fmt.Printf("%s, seed %d: %s, found %t\n", run.Model.Name, run.Seed, run.State, reused)
	}
	run, err := session.Store().Run("example", trial.ID)
	if err != nil {
		return err
	}
	fmt.Println("better than guessing:", run.Results[0].All.SampleF1 > 0.2)
	return nil
}
