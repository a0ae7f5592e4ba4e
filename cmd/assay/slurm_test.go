package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/results"
	"assay/runners/slurm/cluster"
)

const onCluster = `name = "cluster"
seeds = [1, 2]
[corpus]
path = "synthetic"
sample = 2000
[split]
validation = 0.2
test = 0.2
[decision]
rules = ["fixed:0.5", "tuned"]
[embeddings.fasttext]
train = true
deterministic = true
dimensions = 16
buckets = 10000
[[model]]
name = "NB"
kind = "naive_bayes"
[model.sweep]
alpha = [0.1, 1.0]
[[model]]
name = "RF"
kind = "random_forest"
trees = 8
[model.sweep]
method = "asha"
reduction = 2
min_resource = 4
trials = 2
max_depth = { min = 2, max = 12 }
[[model]]
name = "long"
kind = "sha_rnn"
embeddings = "fasttext"
hidden = 32
boom = 64
epochs = 60
learning_rate = 0.005
`

// sweeper runs the built program over one experiment and store.
type sweeper struct {
	t               *testing.T
	program, config string
	dir             string
}

func (s *sweeper) call(args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.program, append(args, "--results", s.dir)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%q: %v\n%s%s", cmd.Args, err, out, stderr.String())
	}
	return string(out)
}

func (s *sweeper) submit() string {
	s.t.Helper()
	out := s.call("sweep", s.config, "--runner", "slurm", "--time", "1", "--cpus", "1", "--mem", "500M", "--max-parallel", "6")
	s.t.Log(out)
	return out
}

type clusterStatus struct {
	Counts map[string]int
	Trials []statusRow
}

func (s *sweeper) status() (st clusterStatus) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.call("status", s.config, "--json")), &st); err != nil {
		s.t.Fatal(err)
	}
	return st
}

// trial waits until a trial of the model is in the state, and returns it.
func (s *sweeper) trial(limit time.Duration, model string, seed uint64, state string) (row statusRow) {
	s.t.Helper()
	cluster.Until(s.t, limit, model+" "+state, func() bool {
		for _, r := range s.status().Trials {
			if r.Model == model && r.Seed == seed && r.State == state {
				row = r
				return true
			}
		}
		return false
	})
	return row
}

// TestClusterSweep runs a sweep on a real Slurm, through time limits, a
// cancelled task and a node that dies, and in this process: both give the same
// table, byte for byte.
//
//	ASSAY_SLURM_CLUSTER=1 go test -run ClusterSweep -v ./cmd/assay
func TestClusterSweep(t *testing.T) {
	c := cluster.Start(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "assay")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	config := filepath.Join(dir, "cluster.toml")
	if err := os.WriteFile(config, []byte(onCluster), 0o644); err != nil {
		t.Fatal(err)
	}
	here := &sweeper{t: t, program: program, config: config, dir: filepath.Join(dir, "here")}
	there := &sweeper{t: t, program: program, config: config, dir: filepath.Join(dir, "there")}

	if out := there.submit(); strings.Count(out, "submitted job") != 2 { // two rungs
		t.Errorf("submitted\n%s", out)
	}
	if out := there.submit(); !strings.Contains(out, "nothing to submit") {
		t.Errorf("submitted again\n%s", out)
	}
	// A node dies, with its daemon and its tasks.
	first := there.trial(90*time.Second, "long", 1, "running")
	node := regexp.MustCompile(` on (n\d)$`).FindStringSubmatch(first.Task)
	if node == nil {
		t.Fatalf("the task is %q", first.Task)
	}
	c.KillNode(t, node[1])
	// Another task is cancelled: it leaves a clean state.
	second := there.trial(60*time.Second, "long", 2, "running")
	if out, err := exec.Command("scancel", second.Job).CombinedOutput(); err != nil {
		t.Fatalf("scancel: %v\n%s", err, out)
	}
	stopped := there.trial(60*time.Second, "long", 2, "interrupted")
	if strings.Contains(stopped.Detail, "without a word") {
		t.Errorf("the cancelled trial left no word: %s", stopped.Detail)
	}
	cluster.Until(t, 30*time.Second, "the task is cancelled", func() bool {
		return strings.HasPrefix(there.trial(time.Second, "long", 2, "interrupted").Task, "CANCELLED")
	})
	// Only what no task is about to run is submitted again.
	out := there.submit()
	if strings.Count(out, "submitted job") != 1 || !strings.Contains(out, ": 1 trials") {
		t.Errorf("after the cancellation, submitted\n%s", out)
	}
	c.Revive(t, node[1])
	reference := make(chan string, 1)
	go func() { // beside the cluster's tasks
		cmd := exec.Command(program, "sweep", config, "--results", here.dir, "--quiet", "--format", "markdown")
		text, err := cmd.Output()
		if err != nil {
			t.Errorf("%q: %v", cmd.Args, err)
		}
		reference <- string(text)
	}()
	total := len(there.status().Trials)
	cluster.Until(t, 5*time.Minute, "all trials done", func() bool { return there.status().Counts["done"] == total })
	<-reference
	if total != 12 {
		t.Errorf("%d trials, want 12", total)
	}
	store, err := results.OpenStore(there.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range there.status().Trials {
		run, err := store.Run("cluster", r.Trial)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("trial %d, %s: resumed %d times, on %s", r.Number, r.Trial, run.Resumed, run.Provenance.Job)
		if r.Model == "long" && run.Resumed == 0 {
			t.Errorf("trial %s went on from no checkpoint", r.Trial)
		}
	}
	table := []string{"table", config, "--columns", "f1,master_f1,micro_f1,macro_f1,precision_at_1", "--format", "json"}
	if a, b := here.call(table...), there.call(table...); a != b {
		t.Errorf("the table of the cluster is\n%s\nthat of this machine\n%s", b, a)
	}
	if out := there.submit(); !strings.Contains(out, "nothing to submit") || !strings.Contains(out, "12 trials done") {
		t.Errorf("after the end, submitted\n%s", out)
	}
}
