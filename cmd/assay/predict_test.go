package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/markup"
	"assay/predictor"
)

// predictedLine is a prediction as --json prints it.
type predictedLine struct {
	ID         string
	Categories []predictor.Scored
}

func TestPredict(t *testing.T) {
	corpusDir := importPapers(t, 400)
	store := filepath.Join(t.TempDir(), "results")
	mustCall(t, "run", experiment(t, corpusDir), "--results", store, "--quiet", "--set", "seeds=[1]")
	trial := trialsOf(t, store)[1] // NB
	papers := filepath.Join(t.TempDir(), "papers.jsonl")
	mustCall(t, "corpus", "sample", corpusDir, "--size", "20", "--seed", "1", "--out", papers)

	text := mustCall(t, "predict", trial, "--results", store, papers)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if !strings.HasPrefix(text, "NB ("+trial+"), 148 categories of arxiv-2019\nrule tuned, threshold ") || len(lines) < 60 {
		t.Errorf("the text is\n%s", text)
	}
	for _, l := range lines {
		if markup.Width(l) > 80 {
			t.Errorf("a line of %d columns: %s", markup.Width(l), l)
		}
	}
	// A folder of the run, and its model folder alone in an empty place, say the same.
	empty := t.TempDir()
	if err := os.CopyFS(filepath.Join(empty, "model"), os.DirFS(filepath.Join(store, "runs", trial, "model"))); err != nil {
		t.Fatal(err)
	}
	input, err := os.ReadFile(papers)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(empty)
	for _, folder := range []string{"model", empty, filepath.Join(store, "runs", trial)} {
		if got := mustCall(t, "predict", folder, papers, "--workers", "1"); got != text {
			t.Errorf("%s says\n%s\nthe run\n%s", folder, got, text)
		}
	}
	out, message, code := call(t, strings.NewReader(string(input)), "predict", "model", "-", "--json", "--top", "3", "--rule", "top:2")
	if code != 0 {
		t.Fatal(message)
	}
	var ids []string
	for line := range strings.Lines(out) {
		var p predictedLine
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		if c := p.Categories; len(c) != 3 || !c[0].Predicted || !c[1].Predicted || c[2].Predicted || c[0].Name == "" || c[0].Master == "" {
			t.Errorf("prediction %s", line)
		}
		ids = append(ids, p.ID)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(input)), "\n") {
		if !strings.Contains(line, `"`+ids[i]+`"`) {
			t.Errorf("prediction %d is of %s, the paper is %s", i, ids[i], line)
		}
	}
	one := mustCall(t, "predict", "model", "--title", "Deep \x1b[31mLearning", "--abstract", "", "--top", "2")
	if !strings.Contains(one, "\nDeep ␛[31mLearning\n*") {
		t.Errorf("one paper:\n%s", one)
	}
	if none := mustCall(t, "predict", "model", "--title", "x", "--json", "--rule", "fixed:0.9999"); !strings.HasSuffix(none, `"categories":[]}`+"\n") {
		t.Errorf("no category: %s", none)
	}
	predictWrongUse(t, store, trial, papers)
}

func predictWrongUse(t *testing.T, store, trial, papers string) {
	t.Helper()
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	if err := os.WriteFile(bad, []byte("{\"id\":\"a\",\"title\":\"T\"}\n{\"id\":\"b\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	bare := t.TempDir() // of a run without a model
	if err := os.WriteFile(filepath.Join(bare, "run.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	old := t.TempDir() // of an earlier program
	if err := os.WriteFile(filepath.Join(old, predictor.ModelFile), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"name a file of papers (- for stdin), or give one by --title and --abstract", []string{"model"}},
		{"name a file of papers", []string{"model", papers, "--title", "T"}},
		{"--top -1: want 0 or more", []string{"model", papers, "--top", "-1"}},
		{"--workers -2", []string{"model", papers, "--workers", "-2"}},
		{`parse decision rule`, []string{"model", papers, "--rule", "tuned:3"}},
		{"nowhere.jsonl", []string{"model", "nowhere.jsonl"}},
		{bad + ":2: neither title nor abstract", []string{"model", bad}},
		{`has no run "` + trial[6:] + `x"; did you mean`, []string{trial + "x", papers, "--results", store}},
		{`want EXPERIMENT/TRIAL`, []string{"modle", papers, "--results", store}},
		{"no folder a/b, and no run store", []string{"a/b", papers, "--results", "nowhere"}},
		{"kept no model: set results.save_models = true and run it again", []string{bare, papers}},
		{"saved by an earlier program, which kept no predictor; remove the run and run its experiment again", []string{old, papers}},
		{"is neither the folder of a run nor a model folder", []string{t.TempDir(), papers}},
	} {
		_, message, code := call(t, nil, append([]string{"predict"}, c.args...)...)
		if want := c.want; code != exitUsage || !strings.Contains(message, want) || strings.Contains(message, "\n") {
			t.Errorf("predict %s: code %d, %q; want %q", strings.Join(c.args, " "), code, message, want)
		}
	}
	if out, message, _ := call(t, nil, "predict", "model", bad, "--json"); !strings.HasPrefix(out, `{"id":"a",`) || message == "" {
		t.Errorf("before a bad line: %q, %s", out, message)
	}
}
