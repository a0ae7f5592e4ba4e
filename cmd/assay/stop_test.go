//go:build !windows

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay/results"
)

// networkExperiment writes an experiment of one small network and returns its
// file.
func networkExperiment(t *testing.T, corpusDir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.toml")
	text := `name = "small"
[corpus]
path = '` + corpusDir + `'
[split]
validation = 0.2
test = 0.2
[embeddings.fasttext]
train = true
dimensions = 8
buckets = 1000
epochs = 1
deterministic = true
[[model]]
name = "N"
kind = "sha_rnn"
embeddings = "fasttext"
hidden = 8
boom = 16
epochs = 20
`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// afterAnEpoch starts the program, sends it a signal when its trial has ended so
// many epochs, and returns its exit code, -1 if it was killed, and its stderr.
func afterAnEpoch(t *testing.T, signal os.Signal, epochs int, dir string, args ...string) (code int, message string) {
	t.Helper()
	cmd := command(args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			return cmd.ProcessState.ExitCode(), stderr.String()
		case <-time.After(time.Millisecond):
		}
		if signal != nil && len(curveOf(dir)) >= epochs {
			if err := cmd.Process.Signal(signal); err != nil {
				t.Logf("signal: %v", err)
			}
			signal = nil
		}
	}
}

// curveOf returns the epochs of the only trial, none while there is none.
func curveOf(dir string) []results.Epoch {
	trials, _ := filepath.Glob(filepath.Join(dir, "runs", "small", "*"))
	store, err := results.OpenStore(dir)
	if len(trials) == 0 || err != nil {
		return nil
	}
	epochs, _ := store.Epochs("small", filepath.Base(trials[0]))
	return epochs
}

// Each signal that asks the program to stop, and a kill, leaves a trial that the
// same command finishes with the same bits.
func TestStoppedTrainingResumesToTheSameBits(t *testing.T) {
	config := networkExperiment(t, importPapers(t, 500))
	dir := t.TempDir()
	args := func(name string) []string {
		return []string{"run", config, "--results", filepath.Join(dir, name), "--quiet"}
	}
	if out, err := command(args("undisturbed")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := predictionHashes(t, filepath.Join(dir, "undisturbed"))
	if len(want) != 1 {
		t.Fatalf("%d finished trials, want 1", len(want))
	}
	for _, c := range []struct {
		name   string
		signal os.Signal
		code   int
	}{
		{"SIGUSR1", syscall.SIGUSR1, exitResumable},
		{"SIGTERM", syscall.SIGTERM, exitResumable},
		{"SIGINT", syscall.SIGINT, exitResumable},
		{"SIGKILL", syscall.SIGKILL, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			results := filepath.Join(dir, c.name)
			for _, epochs := range []int{2, 5} { // twice
				code, message := afterAnEpoch(t, c.signal, epochs, results, args(c.name)...)
				if code != c.code {
					t.Fatalf("exit code %d, want %d: %s", code, c.code, message)
				}
				if c.code == exitResumable && !strings.Contains(message, "the same command resumes") {
					t.Errorf("message %q", message)
				}
				list := mustCall(t, "runs", "list", "--results", results)
				if !strings.HasPrefix(list, "interrupted") {
					t.Errorf("runs list says %q", list)
				}
				if n := len(curveOf(results)); n < epochs || n >= 20 {
					t.Errorf("stopped after %d epochs, want %d or a few more", n, epochs)
				}
			}
			if out, err := command(args(c.name)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for trial, hash := range predictionHashes(t, results) {
				if hash != want[trial] {
					t.Errorf("predictions %s, want %s", hash, want[trial])
				}
				shown := mustCall(t, "runs", "show", "small/"+trial, "--results", results)
				if !strings.Contains(shown, `"resumed": 2`) {
					t.Errorf("the run's record does not say that it was resumed twice:\n%s", shown)
				}
			}
			epochs := curveOf(results)
			if len(epochs) != 20 || epochs[19].Epoch != 20 {
				t.Fatalf("the curve has epochs %+v", epochs)
			}
			if fit := fitSeconds(t, results); fit < epochs[19].Seconds {
				t.Errorf("fit took %g s, and its last epoch ended after %g", fit, epochs[19].Seconds)
			}
		})
	}
}

// fitSeconds is the fit time of the only trial.
func fitSeconds(t *testing.T, dir string) float64 {
	t.Helper()
	store, err := results.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	runs, _, err := store.List(t.Context(), "small")
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	fit, _ := runs[0].Stage("fit")
	return fit.Seconds()
}

// The learning curve is shown as text, as JSON, and in the run's record.
func TestShownCurve(t *testing.T) {
	config := networkExperiment(t, importPapers(t, 300))
	dir := t.TempDir()
	mustCall(t, "run", config, "--results", dir, "--quiet", "--set", "model.N.epochs=3")
	trials, err := filepath.Glob(filepath.Join(dir, "runs", "small", "*"))
	if err != nil || len(trials) != 1 {
		t.Fatalf("trials %v, %v", trials, err)
	}
	name := "small/" + filepath.Base(trials[0])
	text := mustCall(t, "runs", "show", name, "--curve", "--results", dir)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 5 || !strings.Contains(lines[0], "validation") || !strings.HasPrefix(strings.TrimSpace(lines[4]), "3 ") || strings.Contains(text, "–") {
		t.Errorf("the curve is\n%s", text)
	}
	asJSON := mustCall(t, "runs", "show", name, "--curve", "--json", "--results", dir)
	record := mustCall(t, "runs", "show", name, "--results", dir)
	for _, shown := range []string{asJSON, record} {
		if strings.Count(shown, `"validation_master_f1"`) != 3 {
			t.Errorf("not three epochs in\n%s", shown)
		}
	}
	if !strings.Contains(record, `"state": "done"`) {
		t.Errorf("the record is\n%s", record)
	}
	showWithoutEpochs(t, dir, name)
	mustCall(t, "run", experiment(t, importPapers(t, 300)), "--results", dir, "--quiet", "--set", "seeds=[1]")
	trials, _ = filepath.Glob(filepath.Join(dir, "runs", "small", "nb-*"))
	_, message, code := call(t, nil, "runs", "show", "small/"+filepath.Base(trials[0]), "--curve", "--results", dir)
	if code != exitUsage || !strings.Contains(message, "has no learning curve") {
		t.Errorf("code %d, message %q", code, message)
	}
}

// showWithoutEpochs damages the metrics of a run: only its curve needs them.
func showWithoutEpochs(t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, "runs", filepath.FromSlash(name), "metrics.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append([]byte("{}\n"), whole...), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags           []string
		code            int
		stdout, warning string
	}{
		{nil, exitDone, `"state": "done"`, "assay: epochs left out: results: read metrics " + path},
		{[]string{"--labels", "5"}, exitDone, "precision", ""},
		{[]string{"--curve"}, exitFailed, "", ""},
		{[]string{"--curve", "--json"}, exitFailed, "", ""},
	} {
		var out, errOut strings.Builder
		err := run(t.Context(), append([]string{"runs", "show", name, "--results", dir}, c.flags...), strings.NewReader(""), &out, &errOut)
		if code := exitCode(t.Context(), err); code != c.code || !strings.Contains(out.String(), c.stdout) || strings.Contains(out.String(), `"validation_master_f1"`) {
			t.Errorf("%v: code %d, %v, stdout\n%s", c.flags, code, err, out.String())
		}
		if got := errOut.String(); !strings.HasPrefix(got, c.warning) || c.warning == "" && got != "" {
			t.Errorf("%v: stderr %q, want %q", c.flags, got, c.warning)
		}
	}
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
}
