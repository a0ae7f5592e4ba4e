//go:build !windows

package main

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallSweep has every kind of job: a grid, a rung that waits for another, and
// networks that go on from checkpoints.
func smallSweep(t *testing.T) string {
	t.Helper()
	return writeConfig(t, `name = "small"
seeds = [1, 2]
[corpus]
path = '`+importPapers(t, 500)+`'
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
name = "NB"
kind = "naive_bayes"
[model.sweep]
alpha = [0.1, 1.0]
[[model]]
name = "N"
kind = "sha_rnn"
embeddings = "fasttext"
hidden = 8
boom = 16
epochs = 8
learning_rate = 0.02
[model.sweep]
method = "asha"
reduction = 2
min_resource = 4
trials = 2
dropout = [0.0, 0.3]
`)
}

const smallSweepTrials = 4 + 4 + 2

// A sweep that is killed again and again, at random, ends as an undisturbed one:
// what was finished stays, and nothing else is taken for finished.
//
//	ASSAY_KILLS=200 go test -timeout 60m -run KilledSweep -v ./cmd/assay
func TestKilledSweepEndsAsAnUndisturbedOne(t *testing.T) {
	config, dir := smallSweep(t), t.TempDir()
	args := func(name string) []string {
		return []string{"sweep", config, "--results", filepath.Join(dir, name), "--jobs", "3", "--quiet"}
	}
	start := time.Now()
	if out, err := command(args("undisturbed")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pause := pauses(t, time.Since(start))
	want := predictionHashes(t, filepath.Join(dir, "undisturbed"))
	if len(want) != smallSweepTrials {
		t.Fatalf("%d finished trials, want %d", len(want), smallSweepTrials)
	}
	name, killed, ended := "0", 0, 0
	for i := range kills(t) {
		if killAfter(t, pause(), args(name)...) {
			killed++
		} else {
			ended++
			name = strconv.Itoa(i + 1) // all done: begin anew elsewhere
			continue
		}
		for trial, hash := range predictionHashes(t, filepath.Join(dir, name)) {
			if hash != want[trial] {
				t.Fatalf("after a kill, finished trial %s has predictions %s, want %s", trial, hash, want[trial])
			}
		}
	}
	t.Logf("%d sweeps killed, %d were faster", killed, ended)
	if out, err := command(args(name)...).CombinedOutput(); err != nil {
		t.Fatalf("sweep after the kills: %v: %s", err, out)
	}
	sameSweep(t, config, filepath.Join(dir, "undisturbed"), filepath.Join(dir, name))
}

// sameSweep compares the predictions and the table of two stores.
func sameSweep(t *testing.T, config, a, b string) {
	t.Helper()
	want, got := predictionHashes(t, a), predictionHashes(t, b)
	for trial, hash := range want {
		if got[trial] != hash {
			t.Errorf("trial %s: predictions %s, want %s", trial, got[trial], hash)
		}
	}
	table := func(dir string) string {
		return mustCall(t, "table", config, "--results", dir, "--columns", "f1,master_f1,micro_f1,macro_f1,precision_at_1", "--format", "json")
	}
	if x, y := table(a), table(b); x != y || len(got) != len(want) {
		t.Errorf("%d trials and the table\n%s\nwant %d and\n%s", len(got), y, len(want), x)
	}
}

// Ctrl-C while several trials run: each leaves what the same command goes on from.
func TestStoppedSweepResumes(t *testing.T) {
	config, dir := smallSweep(t), t.TempDir()
	long := []string{"--set", "model.N.epochs=400", "--set", "model.N.sweep.min_resource=200"}
	args := append([]string{"sweep", config, "--results", dir, "--jobs", "3", "--quiet"}, long...)
	cmd := command(args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	status := append([]string{"status", config, "--results", dir}, long...)
	limit := time.Now().Add(30 * time.Second)
	for {
		begun, _ := filepath.Glob(filepath.Join(dir, "runs", "small", "n-*", "checkpoint", "*"))
		if len(begun) >= 2 { // an epoch of two of them
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("no two trials run:\n%s", mustCall(t, status...))
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != exitResumable {
		t.Fatalf("ended with %v: %s", err, stderr.String())
	}
	out := mustCall(t, status...)
	if strings.Contains(out, "running") || strings.Contains(out, "without a word") || strings.Count(out, "interrupted") < 2 {
		t.Errorf("after Ctrl-C\n%s", out)
	}
	checkpoints, err := filepath.Glob(filepath.Join(dir, "runs", "small", "*", "checkpoint", "*"))
	if err != nil || len(checkpoints) < 2 {
		t.Errorf("checkpoints %q, %v", checkpoints, err)
	}
}

// Two schedulers on one sweep at the same time: together they end as one, and
// no trial is run twice.
func TestTwoSweepsAtOnce(t *testing.T) {
	config, dir := smallSweep(t), t.TempDir()
	alone := filepath.Join(dir, "alone")
	mustCall(t, "sweep", config, "--results", alone, "--quiet")
	both := filepath.Join(dir, "both")
	var cmds []*exec.Cmd
	var outputs [2]strings.Builder
	for i := range 2 {
		cmd := command("sweep", config, "--results", both, "--jobs", "2")
		cmd.Stderr = &outputs[i]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds = append(cmds, cmd)
	}
	ran := 0
	for i, cmd := range cmds {
		err := cmd.Wait()
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != exitResumable) {
			t.Errorf("scheduler %d: %v: %s", i, err, outputs[i].String())
		}
		ran += strings.Count(outputs[i].String(), "(fit in")
	}
	out, err := command("sweep", config, "--results", both).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if ran += strings.Count(string(out), "(fit in"); ran != smallSweepTrials {
		t.Errorf("%d trials were run, want %d", ran, smallSweepTrials)
	}
	sameSweep(t, config, alone, both)
}
