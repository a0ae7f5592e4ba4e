package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/export"
	"assay/corpus/synthetic"
)

// asProgram makes the test binary be the program: tests of killed and resumed
// processes start it anew with this variable set.
const asProgram = "ASSAY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command returns the program as a process of its own.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// call runs the program inside the test and returns what it prints, the line
// that it ends with on stderr and its exit code.
func call(t *testing.T, stdin io.Reader, args ...string) (stdout, message string, code int) {
	t.Helper()
	ctx := context.Background()
	var out, errOut bytes.Buffer
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	err := run(ctx, args, stdin, &out, &errOut)
	if err != nil {
		message = describe(ctx, err)
	}
	return out.String(), message, exitCode(ctx, err)
}

// mustCall is call where nothing may go wrong.
func mustCall(t *testing.T, args ...string) string {
	t.Helper()
	out, message, code := call(t, nil, args...)
	if code != 0 {
		t.Fatalf("assay %s: code %d: %s", strings.Join(args, " "), code, message)
	}
	return out
}

// writePapers writes n synthetic papers as JSON lines and returns the file.
func writePapers(t *testing.T, dir string, n int) string {
	t.Helper()
	path := filepath.Join(dir, "papers.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	err = export.JSONLines(f, func(yield func(*corpus.Paper, error) bool) {
		for p := range synthetic.Papers(synthetic.Options{Papers: n, Seed: 11}) {
			if !yield(p, nil) {
				return
			}
		}
	})
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// importPapers imports n synthetic papers and returns the corpus folder.
func importPapers(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "corpus")
	mustCall(t, "corpus", "import", "--format", "kaggle", writePapers(t, dir, n), "--out", out)
	return out
}

// experiment writes a small experiment over a corpus and returns its file.
func experiment(t *testing.T, corpusDir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.toml")
	text := `name = "small"
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
[[model]]
name = "LR"
kind = "logistic_regression"
[[model]]
name = "RF"
kind = "random_forest"
trees = 10
`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
