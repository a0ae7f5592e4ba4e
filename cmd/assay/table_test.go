package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sweepOf writes a small sweep over a corpus, runs it and returns its file and
// the folder of its runs.
func sweepOf(t *testing.T, corpusDir string) (config, store string) {
	t.Helper()
	dir := t.TempDir()
	config, store = filepath.Join(dir, "sweep.toml"), filepath.Join(dir, "results")
	text := `name = "sweep"
seeds = [1, 2]
[corpus]
path = '` + corpusDir + `'
[split]
validation = 0.2
test = 0.2
per_seed = true
[[model]]
name = "NB"
kind = "naive_bayes"
[model.sweep]
alpha = [10.0, 0.5, 1]
fit_prior = [true, false]
[[model]]
name = "RF"
kind = "random_forest"
trees = 3
`
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "run", config, "--results", store, "--quiet")
	return config, store
}

func TestTableViews(t *testing.T) {
	config, store := sweepOf(t, importPapers(t, 300))
	tableWrongUse(t, config, store)
	table := func(args ...string) string {
		t.Helper()
		return mustCall(t, append([]string{"table", config, "--results", store}, args...)...)
	}
	pivot := table("--rows", "model", "--cols", "alpha", "--format", "csv")
	lines := strings.Split(strings.TrimSpace(pivot), "\r\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "status,model,f1@alpha=0.5,f1@alpha=1,f1@alpha=10,f1@alpha=unset,") ||
		!strings.HasSuffix(lines[0], ",merged") || !strings.HasSuffix(lines[1], ",fit_prior") || !strings.HasSuffix(lines[2], ",") {
		t.Errorf("pivot\n%s", pivot)
	}
	text := table("--rows", "model,fit_prior", "--cols", "alpha", "--where", "model=NB", "--rule", "fixed:0.50", "--sort", "-alpha")
	for _, want := range []string{
		"sweep, where model = NB (12 of 14 trials): F1 by model, fit_prior (rows) and alpha (columns), rule fixed:0.5:",
		"fit_prior  ", "A cell is the mean of 2 runs that differ in their seed alone.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the pivot does not say %q:\n%s", want, text)
		}
	}
	if strings.Index(text, "alpha=10 ") > strings.Index(text, "alpha=0.5") || strings.Contains(text, "†") || strings.Contains(text, "version") {
		t.Errorf("pivot\n%s", text)
	}
	var usual struct {
		Rows []struct{ Labels map[string]string }
	}
	if err := json.Unmarshal([]byte(table("--where", "alpha>=1", "--sort", "-alpha", "--rule", "tuned", "--intervals", "none", "--json")), &usual); err != nil {
		t.Fatal(err)
	}
	if len(usual.Rows) != 4 || usual.Rows[0].Labels["model"] != "NB (alpha=10, fit_prior=true)" || usual.Rows[3].Labels["rule"] != "tuned" {
		t.Errorf("rows %+v", usual.Rows)
	}
	// --where is the same to every command that chooses runs.
	where := []string{"--where", "alpha>=1", "--where", "alpha<10.0", "--where", "seed=2", "--where", "fit_prior=true", "--results", store}
	if list := mustCall(t, append([]string{"runs", "list", "sweep"}, where...)...); strings.Count(list, "\n") != 1 || !strings.Contains(list, "sweep/nb-s2-") {
		t.Errorf("runs list says %q", list)
	}
	var picture struct {
		Panels []struct{ Y struct{ Categories []string } }
	}
	if err := json.Unmarshal([]byte(mustCall(t, append([]string{"plot", "comparison", config, "--json"}, where...)...)), &picture); err != nil {
		t.Fatal(err)
	}
	if rows := picture.Panels[0].Y.Categories; len(rows) != 1 || rows[0] != "NB" {
		t.Errorf("the picture has the rows %q", rows)
	}
	if _, message, code := call(t, nil, "runs", "list", "--results", store, "--where", "alpha=2"); code != exitUsage || message != `runs list: where "alpha=2": no run meets it; alpha is 0.5, 1, 10 or unset` {
		t.Errorf("code %d, %s", code, message)
	}
	// A run that is gone is said to be, in a pivot, too.
	runs, err := filepath.Glob(filepath.Join(store, "runs", "sweep", "rf-s1-*"))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	if err := os.RemoveAll(runs[0]); err != nil {
		t.Fatal(err)
	}
	if got := table("--rows", "model"); !strings.Contains(got, "1 run missing: not run yet: RF, seed 1.") {
		t.Errorf("pivot\n%s", got)
	}
}

func tableWrongUse(t *testing.T, config, store string) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--rows", "modle"}, `table: pivot: no run has a setting "modle"; did you mean "model"?`},
		{[]string{"--cols", "alpha"}, `table: columns alpha without rows: a pivot needs the keys of its rows`},
		{[]string{"--rows", "model", "--columns", "f1"}, `--columns: with --rows the metrics are named by --metric`},
		{[]string{"--metric", "f1"}, `--metric: names what a pivot shows, which needs --rows; --columns chooses the columns of the usual table`},
		{[]string{"--rows", "model", "--where", "alpha=2"}, `table: where "alpha=2": no run meets it; alpha is 0.5, 1, 10 or unset`},
		{[]string{"--where", "alpah=1"}, `table: where "alpah=1": no run has a setting "alpah"; did you mean "alpha"?`},
		{[]string{"--sort", "f2"}, `table: sort f2: no run has a setting "f2"; did you mean "f1"?`},
		{[]string{"--rows", "alpha", "--rule", "top:1"}, `table: where "rule=top:1": no run meets it; rule is fixed:0.5 or tuned`},
		{[]string{"--rows", "alpha", "--metric", "f3"}, `table: column "f3" is unknown: want some of f1, master_f1, micro_f1, macro_f1, precision, recall, subset_accuracy, accuracy, loss, validation_f1, validation_master_f1, precision_at_1, precision_at_3, precision_at_5, fit_seconds, total_seconds, peak_memory`},
		{[]string{"--rows", "alpha", "--intervals", "seed"}, `table: intervals "seed" are unknown: want one of auto, seeds, papers, both, none`},
	} {
		out, message, code := call(t, nil, append([]string{"table", config, "--results", store}, c.args...)...)
		if code != exitUsage || message != c.want || out != "" {
			t.Errorf("%v: code %d, stdout %q\n got %s\nwant %s", c.args, code, out, message, c.want)
		}
	}
}
