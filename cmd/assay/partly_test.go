package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One model's features without a term, or vectors that cannot be read, are that
// model's failure: the others are run, the code is 4, and the table shows both. Only
// where nothing was run is the configuration to blame.
func TestOneModelsInputsFailItAlone(t *testing.T) {
	dir := t.TempDir()
	vectors := filepath.Join(dir, "vectors.txt")
	foreign := filepath.Join(dir, "foreign.txt")
	for path, text := range map[string]string{vectors: "no vectors\n", foreign: "zzzqqq 0.1 0.2\nyyyqqq 0.3 0.4\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text := "name = \"partly\"\n[corpus]\npath = '" + importPapers(t, 300) + "'\n[split]\nvalidation = 0.2\ntest = 0.2\n" +
		"[features.rare]\nkind = \"tfidf\"\nmin_documents = 100000\n[embeddings.torn]\nfile = '" + vectors + "'\n[embeddings.foreign]\nfile = '" + foreign + "'\n"
	const bad = `[[model]]
name = "rare"
kind = "logistic_regression"
features = "rare"
[[model]]
name = "torn"
kind = "logistic_regression"
embeddings = "torn"
[[model]]
name = "alien"
kind = "logistic_regression"
embeddings = "foreign"
`
	const good = "[[model]]\nname = \"NB\"\nkind = \"naive_bayes\"\n"
	for _, verb := range []string{"run", "sweep"} {
		path, store := filepath.Join(dir, verb+".toml"), filepath.Join(dir, verb)
		write := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write(text + bad + good)
		for range 2 { // the same command tries what failed again
			out, message, code := call(t, nil, verb, path, "--results", store)
			if code != exitFailed || !strings.Contains(message, "3 of 4 trials failed; the first: ") || strings.Contains(message, "\n") {
				t.Errorf("%s: code %d, %q", verb, code, message)
			}
			for _, want := range []string{" rare   failed: seed 1", " torn   failed: seed 1", " alien  failed: seed 1", " NB     fixed:0.5", "none of the papers'"} {
				if !strings.Contains(out, want) {
					t.Errorf("%s: no %q in\n%s", verb, want, out)
				}
			}
		}
		if _, message, code := call(t, nil, "run", path, "--results", store, "--trial", "0"); code != exitFailed || !strings.Contains(message, "no term is left") {
			t.Errorf("%s, a trial by its number: code %d, %q", verb, code, message)
		}
		write(text + bad)
		if _, message, code := call(t, nil, verb, path, "--results", store+"-bad"); code != exitUsage || !strings.Contains(message, "all 3 trials failed") {
			t.Errorf("%s, nothing run: code %d, %q", verb, code, message)
		}
	}
}
