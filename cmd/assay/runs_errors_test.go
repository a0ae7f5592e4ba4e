package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/results/mistakes"
)

func TestRunsErrors(t *testing.T) {
	corpusDir := importPapers(t, 400)
	store := filepath.Join(t.TempDir(), "results")
	mustCall(t, "run", experiment(t, corpusDir), "--results", store, "--quiet", "--set", "seeds=[1]")
	trial := trialsOf(t, store)[1] // NB, after LR
	runsErrorsWrongUse(t, store, trial, corpusDir)
	errorsOf := func(args ...string) string {
		return mustCall(t, append([]string{"runs", "errors", trial, "--results", store}, args...)...)
	}
	text := errorsOf("--top", "3")
	for _, want := range []string{
		trial + ": NB, seed 1, rule tuned (threshold ", " test papers are wrong (", "\nMost frequent confusions, of a missed label with an extra one\n", "\nLabels with the most errors\n",
		"\nLabels by the probability that the run gave them\n", "\nMost sure errors\n  1. ", "\nLeast sure errors\n  1. ", "\nWords: the number after “for” and a label is ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %q:\n%s", want, text)
		}
	}
	if errorsOf("--top", "3") != text {
		t.Error("asked twice, it says something else")
	}
	r := runsErrorsData(t, errorsOf, trial)
	runsErrorsMoved(t, errorsOf, corpusDir, r)
}

// runsErrorsData checks the formats that programs read against each other, and
// returns all errors.
func runsErrorsData(t *testing.T, errorsOf func(...string) string, trial string) mistakes.Report {
	t.Helper()
	var r mistakes.Report
	if err := json.Unmarshal([]byte(errorsOf("--json", "--top", "-1", "--rule", "fixed:0.5")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Run != trial || r.Rule.String() != "fixed:0.5" || r.Words == nil || len(r.MostSure) != r.Summary.Wrong || len(r.LeastSure) > 0 {
		t.Errorf("JSON of all errors: %+v", r)
	}
	spoke := 0
	for _, p := range r.MostSure {
		if p.Title == "" || len(p.Speaks) == 0 {
			t.Errorf("paper %s has no title or words", p.ID)
		}
		for _, s := range p.Speaks {
			spoke += s.Uses
		}
	}
	if spoke == 0 {
		t.Error("no word speaks for anything")
	}
	out := filepath.Join(t.TempDir(), "errors.csv")
	errorsOf("--format", "csv", "--top", "-1", "--rule", "fixed:0.5", "--out", out)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(records) != 1+len(r.MostSure) || records[1][2] != r.MostSure[0].ID {
		t.Errorf("CSV has %d lines for %d errors: %v", len(records), len(r.MostSure), err)
	}
	if text := errorsOf("--paper", r.MostSure[0].ID); !strings.Contains(text, "\n"+r.MostSure[0].ID+"  ") || strings.Contains(text, "Most sure errors") {
		t.Errorf("one paper:\n%s", text)
	}
	label := r.MostSure[0].Missed
	if len(label) == 0 {
		label = r.MostSure[0].Extra
	}
	if text := errorsOf("--label", label[0].Label, "--format", "markdown"); !strings.Contains(text, "test papers that carry "+label[0].Label+" or were given it") {
		t.Errorf("one label:\n%s", text)
	}
	return r
}

// runsErrorsMoved moves the corpus away.
func runsErrorsMoved(t *testing.T, errorsOf func(...string) string, corpusDir string, r mistakes.Report) {
	t.Helper()
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(corpusDir, moved); err != nil {
		t.Fatal(err)
	}
	text := errorsOf("--top", "2", "--rule", "fixed:0.5")
	if !strings.Contains(text, "\nNo titles and words: ") || !strings.Contains(text, "\nMost sure errors\n  1. "+r.MostSure[0].ID) {
		t.Errorf("without the corpus:\n%s", text)
	}
	if text = errorsOf("--top", "2", "--rule", "fixed:0.5", "--corpus", moved); strings.Contains(text, "No titles and words") || !strings.Contains(text, "\nWords: the number after “for” and a label is ") {
		t.Errorf("with the corpus where it is now:\n%s", text)
	}
}

func runsErrorsWrongUse(t *testing.T, store, a, corpusDir string) {
	t.Helper()
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "accepts 1 arg(s), received 0; usage: assay runs errors EXPERIMENT/TRIAL [flags]"},
		{[]string{"small"}, "runs errors: \"small\": want EXPERIMENT/TRIAL, as `assay runs list` prints it"},
		{[]string{"smal/x"}, `runs errors: ` + store + ` holds no experiment "smal"; did you mean "small"?; it has small`},
		{[]string{a, "--rule", "top:2"}, "mistakes: run " + a + " has no rule top:2; it has fixed:0.5, tuned"},
		{[]string{a, "--rule", "best"}, `metrics: parse decision rule "best": want "fixed:X" with a number X, "tuned", or "top:K" with a whole number K of at least 1`},
		{[]string{a, "--top", "-2"}, "--top -2: want a number of errors, or -1 for all"},
		{[]string{a, "--label", "cs.LGG"}, `mistakes: the run has no label "cs.LGG"; did you mean "cs.LG"?`},
		{[]string{a, "--paper", "1"}, `mistakes: paper "1" is none of the run's 66 test papers`},
		{[]string{a, "--paper", "1", "--label", "cs.LG"}, "--label: goes with lists of errors, not with --paper, which shows all labels of one paper"},
		{[]string{a, "--format", "jsno"}, `--format jsno: unknown; did you mean "json"?; one of text, markdown, json, csv`},
		{[]string{a, "--corpus", corpusDir + "/none"}, "--corpus: corpus: open " + corpusDir + `/none: no such folder; write one with "assay corpus import --out ` + corpusDir + `/none"`},
	} {
		out, message, code := call(t, nil, append([]string{"runs", "errors", "--results", store}, c.args...)...)
		if code != exitUsage || message != c.want || out != "" {
			t.Errorf("%v: code %d, stdout %q\n got %s\nwant %s", c.args, code, out, message, c.want)
		}
	}
}
