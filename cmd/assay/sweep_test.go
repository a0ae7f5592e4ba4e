package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/experiments"
	"assay/experiments/config"
)

const sweptText = `name = "swept"
seeds = [1, 2]
[corpus]
path = "synthetic"
sample = 400
[split]
validation = 0.2
test = 0.2
[[model]]
name = "NB"
kind = "naive_bayes"
[model.sweep]
alpha = [0.1, 1.0]
[[model]]
name = "RF"
kind = "random_forest"
trees = 4
[model.sweep]
method = "asha"
reduction = 2
min_resource = 2
trials = 2
max_depth = { min = 2, max = 12 }
`

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "experiment.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func statusOf(t *testing.T, config, dir string) (st clusterStatus) {
	t.Helper()
	if err := json.Unmarshal([]byte(mustCall(t, "status", config, "--results", dir, "--json")), &st); err != nil {
		t.Fatal(err)
	}
	return st
}

// A sweep in one call, and number by number as a batch system takes it, end in
// the same table.
func TestSweepAndItsTrials(t *testing.T) {
	config := writeConfig(t, sweptText)
	whole, single := t.TempDir(), t.TempDir()
	mustCall(t, "sweep", config, "--results", whole, "--jobs", "3", "--quiet")
	if st := statusOf(t, config, whole); st.Counts["done"] != 10 || len(st.Trials) != 10 {
		t.Fatalf("status %+v", st)
	}
	numbers := []string{"8", "0", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	for i, n := range numbers {
		out, message, code := call(t, nil, "run", config, "--results", single, "--trial", n, "--quiet")
		waits := i == 0 || i == 2 // a place in the second rung, before the first has ended
		if (code == 75) != waits || waits != strings.Contains(message, "decided by others") || code != 0 && !waits || out != "" {
			t.Errorf("trial %s: code %d, %q, printed %q", n, code, message, out)
		}
	}
	for _, more := range [][]string{
		{"--columns", "f1,master_f1,micro_f1", "--format", "json"},
		{"--rows", "model", "--cols", "rule", "--format", "text"},
	} {
		a := mustCall(t, append([]string{"table", config, "--results", whole}, more...)...)
		b := mustCall(t, append([]string{"table", config, "--results", single}, more...)...)
		if a != b {
			t.Errorf("%q: in one call\n%s\ntrial by trial\n%s", more, a, b)
		}
	}
	text := mustCall(t, "status", config, "--results", whole)
	for _, want := range []string{"alpha=0.1", "rung 1: trees=4", "swept: 10 trials: 10 done\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("status lacks %q:\n%s", want, text)
		}
	}
	// Added values are new trials; the others stay.
	more := []string{config, "--results", whole, "--set", "model.NB.sweep.alpha=[0.05, 0.1, 1.0]"}
	printed := mustCall(t, append([]string{"sweep", "--quiet"}, more...)...)
	if table := mustCall(t, append([]string{"table"}, more...)...); table != printed {
		t.Errorf("the sweep printed\n%s\nthe table is\n%s", printed, table)
	}
	if st := statusOf(t, config, whole); len(st.Trials) != 10 {
		t.Errorf("%d trials of the experiment without them, want 10", len(st.Trials))
	}
}

func TestSweepRefusesAChange(t *testing.T) {
	config := writeConfig(t, sweptText)
	dir := t.TempDir()
	mustCall(t, "run", config, "--results", dir, "--trial", "0", "--quiet")
	for _, verb := range [][]string{{"sweep", config}, {"run", config}, {"run", config, "--trial", "1"}} {
		_, message, code := call(t, nil, append(verb, "--results", dir, "--quiet", "--set", "corpus.sample=300")...)
		if code != 64 || !strings.Contains(message, "corpus.sample: 400 → 300") || !strings.Contains(message, "assay sweep --force") {
			t.Errorf("%q: code %d, %s", verb, code, message)
		}
	}
	if out := mustCall(t, "sweep", config, "--results", dir, "--dry-run", "--set", "corpus.sample=300"); !strings.Contains(out, "# note: there is a sweep of another configuration") || !strings.Contains(out, "corpus.sample: 400 → 300") {
		t.Errorf("the dry run does not say that the sweep would be refused:\n%s", out)
	}
	if _, message, code := call(t, nil, "sweep", config, "--results", dir, "--quiet", "--set", "corpus.sample=300", "--force"); code != 0 {
		t.Errorf("forced: code %d, %s", code, message)
	}
}

// Code 0 says that a trial is done, and one without budget is not.
func TestTrialWithoutBudget(t *testing.T) {
	config := writeConfig(t, strings.Replace(sweptText, "alpha = [0.1, 1.0]", "hours = 1e-9\nalpha = [0.1, 1.0]", 1))
	dir := t.TempDir()
	for trial, want := range []int{exitDone, exitResumable} {
		_, message, code := call(t, nil, "run", config, "--results", dir, "--quiet", "--trial", fmt.Sprint(trial))
		if code != want || strings.Contains(message, "budget is spent") != (want != exitDone) {
			t.Errorf("trial %d: code %d, %s", trial, code, message)
		}
	}
}

func TestSweepWrongUse(t *testing.T) {
	config, dir := writeConfig(t, sweptText), t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"sweep", config, "--runner", "slrum"}, `--runner slrum: unknown; did you mean "slurm"?; one of local, slurm; docs/SWEEPS.md shows other schedulers`},
		{[]string{"sweep", config, "--jobs", "-1"}, "runners: -1 trials at once: want 1 to 1024, or 0 for one a core"},
		{[]string{"sweep", config, "--memory", "-3"}, "--memory -3: want GiB from 0 to 1e+06; 0 takes three quarters of the machine's"},
		{[]string{"sweep", config, "--partition", "gpu", "--time", "4"}, "--partition, --time: of the other runner; this is --runner local"},
		{[]string{"sweep", config, "--runner", "slurm", "--jobs", "4"}, "--jobs: of the other runner; this is --runner slurm"},
		{[]string{"run", config, "--trial", "10"}, "runners: no trial 10: the experiment has 10, from 0 to 9"},
		{[]string{"run", config, "--trial", "-7"}, "runners: no trial -7: the experiment has 10, from 0 to 9"},
		{[]string{"sweep"}, "accepts 1 arg(s), received 0; usage: assay sweep CONFIG [flags]"},
		{[]string{"sweep", config, "--set", "model.NB.sweep.alpha=0.3"}, "--set model.NB.sweep.alpha=0.3: alpha: want a list of values, or { min = …, max = … }, have 0.3"},
		{[]string{"status", "no-such"}, "read experiment no-such: no such file"},
	} {
		args := c.args
		if len(args) > 1 {
			args = append(slices.Clone(args), "--results", dir)
		}
		_, message, code := call(t, nil, args...)
		if code != 64 || !strings.HasPrefix(message, c.want) || strings.Contains(message, "\n") {
			t.Errorf("%q: code %d, message\n%s, want\n%s", c.args, code, message, c.want)
		}
	}
	if _, message, code := call(t, nil, "status", config, "--results", filepath.Join(dir, "none")); code != 64 || !strings.Contains(message, "none") {
		t.Errorf("status of no store: code %d, %s", code, message)
	}
}

// The example of the documentation is an experiment.
func TestSweepsDocumentation(t *testing.T) {
	model := block(t, readFile(t, "docs/SWEEPS.md"), "## What is tried", "toml")
	cfg, err := config.Parse("name = \"doc\"\n[corpus]\npath = \"synthetic\"\n[embeddings.fasttext]\ntrain = true\n"+model, "doc.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(experiments.Jobs(cfg, "")); n != 3*6*5*2*2 {
		t.Errorf("%d trials, want 360", n)
	}
	for _, name := range []string{"sweep-dropout", "sweep-master-ratio", "sweep-embeddings"} {
		cfg, err := config.Load(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !cfg.Swept() || cfg.Embeddings[0].Deterministic != true {
			t.Errorf("%s has no sweep, or vectors that differ from run to run", name)
		}
	}
}
