package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/results/diff"
)

// trialsOf returns EXPERIMENT/TRIAL of the runs in a store, ascending.
func trialsOf(t *testing.T, store string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(store, "runs", "*", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for i, p := range paths {
		paths[i] = filepath.Base(filepath.Dir(p)) + "/" + filepath.Base(p)
	}
	return paths
}

func TestRunsDiff(t *testing.T) {
	store := filepath.Join(t.TempDir(), "results")
	mustCall(t, "run", experiment(t, importPapers(t, 300)), "--results", store, "--quiet")
	trials := trialsOf(t, store) // LR, NB and RF, with two seeds each
	runsDiffWrongUse(t, store, trials[0])
	text := mustCall(t, "runs", "diff", trials[0], trials[2], "--results", store, "--papers", "2")
	for _, want := range []string{
		"A  " + trials[0] + "  LR, seed 1, done\n", "\nConfiguration\n  model.name ", "LR → NB\n", "\nData: no difference\n", "\nCode: no difference\n",
		", the same for both.\n", "\nRule fixed:0.5 ", "\nRule tuned ", " by paired bootstrap over papers", "; McNemar p = ",
		"\nThe largest differences of a paper's F1, rule fixed:0.5\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %q:\n%s", want, text)
		}
	}
	if strings.Count(text, "    true  ") != 2 {
		t.Errorf("want two papers:\n%s", text)
	}
	var report diff.Report
	if err := json.Unmarshal([]byte(mustCall(t, "runs", "diff", trials[0], trials[1], "--results", store, "--json", "--rule", "tuned")), &report); err != nil {
		t.Fatal(err)
	}
	if c := report.Papers; c == nil || c.Both == 0 || c.OnlyA == 0 || c.OnlyB == 0 || len(report.Rules) != 1 || report.A.Seed != 1 || report.B.Seed != 2 {
		t.Errorf("seeds with their own splits: %+v", report)
	}
	if text := mustCall(t, "runs", "diff", trials[0], trials[0], "--results", store); !strings.Contains(text, "\nA and B are the same run.\n") {
		t.Errorf("a run against itself:\n%s", text)
	}
	path := filepath.Join(store, "runs", filepath.FromSlash(trials[2]), "predictions.parquet")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	_, message, code := call(t, nil, "runs", "diff", trials[0], trials[2], "--results", store)
	if code != exitFailed || !strings.Contains(message, path+": was changed or damaged") || strings.Contains(message, "\n") {
		t.Errorf("damaged predictions: code %d, message %q", code, message)
	}
}

func runsDiffWrongUse(t *testing.T, store, a string) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{a}, "accepts 2 arg(s), received 1; usage: assay runs diff EXPERIMENT/TRIAL EXPERIMENT/TRIAL [flags]"},
		{[]string{a, "small"}, "runs diff: \"small\": want EXPERIMENT/TRIAL, as `assay runs list` prints it"},
		{[]string{a, "smal/x"}, `runs diff: ` + store + ` holds no experiment "smal"; did you mean "small"?; it has small`},
		{[]string{a, a + "0"}, `runs diff: experiment small has no run "` + a[6:] + `0"; did you mean "` + a[6:] + "\"?; `assay runs list small` lists them"},
		{[]string{a, a, "--rule", "top:2"}, "diff: neither run has the rule top:2; they have fixed:0.5, tuned"},
		{[]string{a, a, "--papers", "-1"}, "--papers -1: want 0 or more"},
	} {
		out, message, code := call(t, nil, append([]string{"runs", "diff", "--results", store}, c.args...)...)
		if code != exitUsage || message != c.want || out != "" {
			t.Errorf("%v: code %d, stdout %q\n got %s\nwant %s", c.args, code, out, message, c.want)
		}
	}
}
