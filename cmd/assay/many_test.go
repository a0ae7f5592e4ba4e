package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/experiments"
	"assay/experiments/config"
	"assay/results"
	"assay/results/metrics"
)

// manySeeds is an experiment of three models with so many seeds.
func manySeeds(t *testing.T, corpusDir string, seeds int) string {
	t.Helper()
	text, err := os.ReadFile(experiment(t, corpusDir))
	if err != nil {
		t.Fatal(err)
	}
	list := make([]string, seeds)
	for i := range list {
		list[i] = fmt.Sprint(i + 1)
	}
	path := filepath.Join(t.TempDir(), "small.toml")
	many := strings.Replace(string(text), "seeds = [1, 2]", "seeds = ["+strings.Join(list, ", ")+"]", 1)
	if err := os.WriteFile(path, []byte(many), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// finishAll writes a finished run for each trial, without running any.
func finishAll(t *testing.T, source, dir string) int {
	t.Helper()
	cfg, err := config.Load(source, nil)
	if err != nil {
		t.Fatal(err)
	}
	store, err := results.CreateStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	trials, err := experiments.CurrentTrials(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range trials {
		w, err := store.Claim(t.Context(), results.Run{
			Experiment: cfg.Name, Trial: trial.ID, Setting: trial.Setting, Seed: trial.Seed,
			Model:  results.Model{Name: trial.Model.Name, Kind: trial.Model.Kind, Backend: trial.Model.Backend},
			Params: map[string]any{"features": "counts", "alpha": 1.5, "max_features": 0, "ngrams": []int{1, 1}, "terms": "words"},
			Data:   results.Data{Hash: trial.Data, Labels: 148, Masters: 6, Train: 600, Validation: 200, Test: 200},
		})
		if err != nil {
			t.Fatal(err)
		}
		run := w.Run()
		for i, text := range []string{"fixed:0.5", "tuned"} {
			rule, err := metrics.ParseRule(text)
			if err != nil {
				t.Fatal(err)
			}
			f1 := 1 / (float64(trial.Seed%100) + 1.5 + float64(i))
			report := metrics.Report{
				Papers: 200, Labels: 148, SampleF1: f1, SamplePrecision: f1 / 3, SampleRecall: f1 / 7, MicroF1: f1 / 9, MicroPrecision: f1 / 11,
				MicroRecall: f1 / 13, MacroF1: f1 / 17, MacroPrecision: f1 / 19, MacroRecall: f1 / 21, SubsetAccuracy: f1 / 23,
				PrecisionAt: []metrics.PrecisionAt{{K: 1, Value: f1 / 2}, {K: 3, Value: f1 / 3}, {K: 5, Value: f1 / 5}},
			}
			run.Results = append(run.Results, results.RuleResult{
				Decision: metrics.Decision{Rule: rule, Threshold: 0.5}, All: report, Master: report,
				Validation: &results.ValidationScores{F1: f1, MasterF1: f1},
			})
		}
		for _, name := range []string{"prepare", "features", "fit", "score", "evaluate", "save"} {
			run.Stages = append(run.Stages, results.Stage{Name: name, Seconds: 1.0 / 3})
		}
		if err := w.Finish(run); err != nil {
			t.Fatal(err)
		}
	}
	return len(trials)
}

// Thousands of runs are listed and laid out while one waits: a new process lists
// 10,000 within a second and has their table within two. That is the long form,
// which wants a machine that does nothing else.
func TestManyRunsAreListedFast(t *testing.T) {
	seeds, list, lay := 30, time.Minute, time.Minute
	if os.Getenv("ASSAY_STRESS") != "" {
		seeds, list, lay = 3334, time.Second, 2*time.Second
	}
	dir := t.TempDir()
	config := manySeeds(t, importPapers(t, 200), seeds)
	n := finishAll(t, config, dir)
	for _, c := range []struct {
		args  []string
		limit time.Duration
		lines int
	}{
		{[]string{"runs", "list", "--results", dir}, list, n},
		{[]string{"table", config, "--results", dir}, lay, 9},
	} {
		best, out := time.Hour, []byte(nil)
		for range 3 { // the machine has other things to do, too
			start := time.Now()
			var err error
			if out, err = command(c.args...).Output(); err != nil {
				t.Fatalf("%v: %v", c.args, err)
			}
			best = min(best, time.Since(start))
		}
		t.Logf("%v of %d runs: %v", c.args[:1], n, best)
		if best > c.limit {
			t.Errorf("%v of %d runs took %v, want %v at most", c.args, n, best, c.limit)
		}
		if lines := strings.Count(string(out), "\n"); lines < c.lines {
			t.Errorf("%v printed %d lines, want %d:\n%.500s", c.args, lines, c.lines, out)
		}
	}
}
