//go:build !windows

package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The program under stress. ASSAY_STRESS=1 makes the long form of these tests and of
// the kill tests:
//
//	ASSAY_STRESS=1 go test -run 'Kill|Stress|Many' -timeout 60m -v ./cmd/assay

// mixedExperiment writes an experiment of a network and two other models, with
// two seeds, and returns its file.
func mixedExperiment(t *testing.T, corpusDir string, epochs int) string {
	t.Helper()
	text, err := os.ReadFile(networkExperiment(t, corpusDir))
	if err != nil {
		t.Fatal(err)
	}
	mixed := strings.Replace(string(text), `name = "small"`, "name = \"small\"\nseeds = [1, 2]", 1)
	mixed = strings.Replace(mixed, "epochs = 20", "epochs = "+strconv.Itoa(epochs), 1) + `
[[model]]
name = "NB"
kind = "naive_bayes"
[[model]]
name = "LR"
kind = "logistic_regression"
`
	path := filepath.Join(t.TempDir(), "small.toml")
	if err := os.WriteFile(path, []byte(mixed), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// scoreTable is the experiment's table, without what it took.
func scoreTable(t *testing.T, config, dir string) string {
	t.Helper()
	return mustCall(t, "table", config, "--results", dir, "--format", "json",
		"--columns", "f1,master_f1,micro_f1,macro_f1,precision,recall,subset_accuracy,precision_at_1,precision_at_3,precision_at_5")
}

// undisturbed runs the experiment once and returns what it gives and how long it
// took.
func undisturbed(t *testing.T, trials int, config, dir string) (scores string, hashes map[string]string, took time.Duration) {
	t.Helper()
	start := time.Now()
	if out, err := command("run", config, "--results", dir, "--quiet").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took = time.Since(start)
	if hashes = predictionHashes(t, dir); len(hashes) != trials {
		t.Fatalf("%d finished trials, want %d", len(hashes), trials)
	}
	return scoreTable(t, config, dir), hashes, took
}

// sameResults checks that all trials are done, once each, with the results of
// the undisturbed ones.
func sameResults(t *testing.T, config, dir, scores string, hashes map[string]string) {
	t.Helper()
	got := predictionHashes(t, dir)
	for trial, hash := range hashes {
		if got[trial] != hash {
			t.Errorf("trial %s: predictions %q, undisturbed %q", trial, got[trial], hash)
		}
		log, err := os.ReadFile(filepath.Join(dir, "runs", "small", trial, "log.txt"))
		if n := strings.Count(string(log), "state=done"); err != nil || n > 1 { // killed before it says so: 0
			t.Errorf("trial %s was done %d times, %v", trial, n, err)
		}
	}
	if shown := scoreTable(t, config, dir); shown != scores {
		t.Errorf("the table is\n%s\nundisturbed\n%s", shown, scores)
	}
}

// schedulers are the verbs that run an experiment's trials.
var schedulers = []string{"run", "sweep"}

// An experiment that is killed again and again, at any moment, until it is done,
// ends in the table of an undisturbed one, whichever verb goes on with it.
func TestKilledExperimentEndsInTheSameTable(t *testing.T) {
	config := mixedExperiment(t, importPapers(t, 400), 6)
	dir := t.TempDir()
	scores, hashes, took := undisturbed(t, 6, config, filepath.Join(dir, "undisturbed"))
	pause := pauses(t, took)
	name, killed, ended := "0", 0, 0
	for killed < kills(t) {
		here, verb := filepath.Join(dir, name), schedulers[(killed+ended)%len(schedulers)]
		if killAfter(t, pause(), verb, config, "--results", here, "--quiet") {
			killed++
			for trial, hash := range predictionHashes(t, here) {
				if hash != hashes[trial] {
					t.Fatalf("after a kill, finished trial %s has predictions %s, want %s", trial, hash, hashes[trial])
				}
			}
			continue
		}
		sameResults(t, config, here, scores, hashes)
		ended++
		name = strconv.Itoa(ended)
	}
	t.Logf("%d kills; %d experiments came to their end between them", killed, ended)
	if out, err := command("run", config, "--results", filepath.Join(dir, name), "--quiet").CombinedOutput(); err != nil {
		t.Fatalf("after the kills: %v: %s", err, out)
	}
	sameResults(t, config, filepath.Join(dir, name), scores, hashes)
}

// Schedulers that run one experiment at the same time share its trials.
func TestStressTwoSchedulers(t *testing.T) {
	config := mixedExperiment(t, importPapers(t, 400), 6)
	dir := t.TempDir()
	scores, hashes, _ := undisturbed(t, 6, config, filepath.Join(dir, "undisturbed"))
	pairs := [][]string{{"run", "run"}, {"sweep", "sweep"}, {"run", "sweep"}}
	rounds := len(pairs)
	if os.Getenv("ASSAY_STRESS") != "" {
		rounds = 30
	}
	for round := range rounds {
		here := filepath.Join(dir, strconv.Itoa(round))
		if err := os.Mkdir(here, 0o755); err != nil {
			t.Fatal(err)
		}
		var both []*exec.Cmd
		for _, verb := range pairs[round%len(pairs)] {
			cmd := command(verb, config, "--results", here)
			cmd.Stderr = new(strings.Builder)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			both = append(both, cmd)
		}
		for _, cmd := range both {
			_ = cmd.Wait()
			// The one that ends first may say that the other runs the last trial.
			if code := cmd.ProcessState.ExitCode(); code != exitDone && code != exitResumable {
				t.Errorf("round %d: code %d: %s", round, code, cmd.Stderr)
			}
		}
		sameResults(t, config, here, scores, hashes)
		for trial := range hashes {
			log, err := os.ReadFile(filepath.Join(here, "runs", "small", trial, "log.txt"))
			if n := strings.Count(string(log), "run claimed"); err != nil || n != 1 {
				t.Errorf("round %d: trial %s was begun %d times, %v", round, trial, n, err)
			}
		}
	}
}

// A folder that is removed under a run is an error that says so; it stays removed
// and the other trials run.
func TestStressFolderRemoved(t *testing.T) {
	config := mixedExperiment(t, importPapers(t, 400), 100_000)
	for _, c := range []struct {
		what  string // that is removed
		other bool   // trials are done afterwards
	}{{"trial", true}, {"experiment", true}, {"store", false}} {
		t.Run(c.what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "results")
			cmd := command("run", config, "--results", dir, "--set", "seeds=[1]")
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); len(curveOf(dir)) == 0; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("no epoch in a minute")
				}
			}
			trials, err := filepath.Glob(filepath.Join(dir, "runs", "small", "n-*"))
			if err != nil || len(trials) != 1 {
				t.Fatalf("trials %v, %v", trials, err)
			}
			gone := map[string]string{"trial": trials[0], "experiment": filepath.Dir(trials[0]), "store": dir}[c.what]
			for os.RemoveAll(gone) != nil { // a file came in between
			}
			_ = cmd.Wait()
			text := stderr.String()
			first, _, _ := strings.Cut(text, "\n")
			if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(first, "removed") {
				t.Errorf("code %d, stderr %s", code, text)
			}
			for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
				if !strings.HasPrefix(line, "[") && !strings.HasPrefix(line, "assay: ") {
					t.Errorf("an error of more than a line: %q", line)
				}
			}
			if _, err := os.Stat(trials[0]); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the trial's folder is there again: %v", err)
			}
			if _, err := os.Stat(dir); c.what == "store" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the store is there again: %v", err)
			}
			if n := len(predictionHashes(t, dir)); c.other && n != 2 || !c.other && n != 0 {
				t.Errorf("%d trials are done", n)
			}
		})
	}
}
