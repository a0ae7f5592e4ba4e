//go:build unix

package slurm_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay/runners/slurm"
	"assay/runners/slurm/cluster"
)

// TestCluster runs the package against a real Slurm:
//
//	apt-get install -y slurm-wlm munge
//	ASSAY_SLURM_CLUSTER=1 go test -run Cluster -parallel 4 -v ./runners/slurm
//
// It takes a minute and a half, nearly all of it waiting for Slurm's clocks. The
// first node serves all tests but the one in which nodes die.
func TestCluster(t *testing.T) {
	c := cluster.Start(t, "--max-array", "10")
	t.Run("submit", testSubmit)
	t.Run("time limit", testTimeLimit)
	t.Run("cancel", testCancel)
	t.Run("node failure", func(t *testing.T) { testNodeFailure(t, c) })
}

// sweep is a batch of the test's program.
type sweep struct {
	slurm.Batch
	t *testing.T
}

func newSweep(t *testing.T, w work, trials ...int) sweep {
	t.Helper()
	// What a path may hold that a shell or sbatch could misread.
	root := filepath.Join(t.TempDir(), `a b 100% "x" 'y' #ü`)
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := sweep{t: t, Batch: slurm.Batch{
		Name: t.Name(), Dir: filepath.Join(root, "slurm"), Program: executable, Config: filepath.Join(root, "work.json"),
		Results: filepath.Join(root, "results"), WorkDir: root, Trials: trials,
		Options: slurm.Options{Extra: []string{"--exclude=n2,n3"}, Memory: "100M"},
	}}
	s.configure(w)
	return s
}

func (s sweep) configure(w work) {
	s.t.Helper()
	text, err := json.Marshal(w)
	if err == nil {
		err = os.WriteFile(s.Config, text, 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// submit submits the given trials and returns the jobs' ids.
func (s sweep) submit(trials ...int) []string {
	s.t.Helper()
	b := s.Batch
	b.Trials = trials
	submitted, err := slurm.Submit(s.t.Context(), b)
	if err != nil {
		s.t.Fatal(err)
	}
	var jobs []string
	for _, sub := range submitted {
		jobs = append(jobs, sub.Job)
	}
	s.t.Logf("trials %v: jobs %v", trials, jobs)
	return jobs
}

func (s sweep) tasks() map[int]slurm.Task {
	s.t.Helper()
	known, err := slurm.Jobs(s.t.Context(), s.Dir)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(known.Unasked) > 0 {
		s.t.Fatalf("not asked: %q", known.Unasked)
	}
	return known.Tasks
}

// until waits until all given trials are in a state.
func (s sweep) until(limit time.Duration, state string, trials ...int) {
	s.t.Helper()
	cluster.Until(s.t, limit, state, func() bool {
		tasks := s.tasks()
		return !slices.ContainsFunc(trials, func(trial int) bool { return tasks[trial].State != state })
	})
}

func (s sweep) read(trial int, name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Results, strconv.Itoa(trial), name))
	if err != nil {
		s.t.Error(err)
	}
	return string(text)
}

// finished checks that a trial went through every step once.
func (s sweep) finished(trial, steps int) {
	s.t.Helper()
	if got := s.read(trial, "done"); got != want(trial, steps) {
		s.t.Errorf("trial %d ended with %q, want %q", trial, got, want(trial, steps))
	}
}

// events checks a trial's events against one pattern a line.
func (s sweep) events(trial int, patterns ...string) {
	s.t.Helper()
	text := s.read(trial, "events")
	s.t.Logf("trial %d:\n%s", trial, text)
	pattern := "^" + strings.Join(patterns, "\n") + "\n*$"
	if !regexp.MustCompile(pattern).MatchString(text) {
		s.t.Errorf("trial %d: events\n%swant %s", trial, text, pattern)
	}
}

func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

func testSubmit(t *testing.T) {
	t.Parallel()
	trials := []int{0, 1, 2, 4, 9, 10, 12, 25}
	s := newSweep(t, work{Steps: 2, StepMS: 100, Fail: []int{4}}, trials...)
	s.MaxParallel = 4
	const comment = `a "b" \ # 'c'`
	s.Extra = append(s.Extra, "--comment="+comment)
	s.Setup = []string{"export FROM_SETUP=1", `echo "an odd 'quote'"`}
	jobs := s.submit(trials...)
	if len(jobs) != 3 { // arrays of ten indices
		t.Fatalf("%d jobs, want three", len(jobs))
	}
	if task := s.tasks()[25]; task.State != "PENDING" || !task.Active() {
		t.Errorf("the third array is %v, want it to wait for the second", task)
	}
	if out, err := exec.Command("squeue", "--noheader", "--states=all", "--jobs="+jobs[0], "--format=%k").Output(); err != nil || !strings.Contains(string(out), comment) {
		t.Errorf("comment %q, %v; want %s", out, err, comment)
	}
	done := slices.DeleteFunc(slices.Clone(trials), func(n int) bool { return n == 4 })
	s.until(60*time.Second, "COMPLETED", done...)
	s.until(5*time.Second, "FAILED", 4)
	for _, trial := range done {
		s.finished(trial, 2)
	}
	first := s.tasks()
	if got, want := slices.Sorted(maps.Keys(first)), trials; !reflect.DeepEqual(got, want) {
		t.Errorf("tasks of trials %v, want %v", got, want)
	}
	log, err := os.ReadFile(first[25].Log)
	if err != nil || !strings.Contains(string(log), "an odd 'quote'\nstart 0 on n1") {
		t.Errorf("log of trial 25: %q, %v", log, err)
	}

	// A process that died before it could write the job's id.
	record := filepath.Join(s.Dir, "job-002.json")
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`\n *"job": "\d+",`).ReplaceAll(text, nil)
	if err := os.WriteFile(record, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := s.tasks(); !reflect.DeepEqual(got, first) {
		t.Errorf("without the id in a record: %v, want %v", got, first)
	}

	// Only what did not finish is submitted again.
	s.configure(work{Steps: 2, StepMS: 100})
	jobs = s.submit(4)
	s.until(30*time.Second, "COMPLETED", trials...)
	s.finished(4, 2)
	if task := s.tasks()[4]; task.Job != jobs[0]+"_4" {
		t.Errorf("trial 4 is task %s, want one of job %s", task.Job, jobs[0])
	}
	if _, err := os.Stat(filepath.Join(s.Dir, "job-004.sh")); err != nil {
		t.Error(err)
	}
}

func testTimeLimit(t *testing.T) {
	t.Parallel()
	const steps = 50 // a second each; the signal comes after 15 to 45 of them
	s := newSweep(t, work{Steps: steps, StepMS: 1000})
	s.Time = "1"
	s.submit(3, 11)
	s.until(150*time.Second, "COMPLETED", 3, 11)
	for _, trial := range []int{3, 11} {
		s.finished(trial, steps)
		s.events(trial, `start 0 .*`, `(user defined signal 1 at \d+`, `(terminated at \d+\n)?start \d+ .*\n?)+`)
		log, err := os.ReadFile(s.tasks()[trial].Log)
		if lives := strings.Count(s.read(trial, "events"), "start"); err != nil || strings.Count(string(log), "start") != lives {
			t.Errorf("log of trial %d has not all %d lives: %q, %v", trial, lives, log, err)
		}
	}
}

func testCancel(t *testing.T) {
	t.Parallel()
	s := newSweep(t, work{Steps: 300, StepMS: 200})
	s.MaxParallel = 2
	job := s.submit(0, 1, 2)[0]
	s.until(20*time.Second, "RUNNING", 0, 1)
	time.Sleep(time.Second)
	tool(t, "scancel", job+"_0")
	s.until(20*time.Second, "CANCELLED", 0)
	s.until(20*time.Second, "RUNNING", 1, 2)
	tool(t, "scancel", job)
	s.until(20*time.Second, "CANCELLED", 0, 1, 2)
	s.events(0, `start 0 .*`, `terminated at \d+`)

	s.configure(work{Steps: 30, StepMS: 50})
	s.submit(0, 1, 2)
	s.until(30*time.Second, "COMPLETED", 0, 1, 2)
	for trial := range 3 {
		s.finished(trial, 30)
	}
	s.events(0, `start 0 .*`, `terminated at \d+`, `start [1-9]\d* .*`)
}

func testNodeFailure(t *testing.T, c *cluster.Cluster) {
	t.Parallel()
	const steps = 300
	s := newSweep(t, work{Steps: steps, StepMS: 200})
	s.Extra = []string{"--exclude=n1"}
	s.submit(0)
	cluster.Until(t, 20*time.Second, "first step", func() bool {
		_, err := os.Stat(filepath.Join(s.Results, "0", "checkpoint"))
		return err == nil
	})
	first := s.tasks()[0].Node
	c.KillNode(t, first)
	runsOn := func(other string) func() bool {
		return func() bool { task := s.tasks()[0]; return task.State == "RUNNING" && task.Node != other }
	}
	cluster.Until(t, 60*time.Second, "requeued on another node", runsOn(first))
	c.Revive(t, first)
	second := s.tasks()[0].Node
	var starts [][]string
	cluster.Until(t, 10*time.Second, "second start", func() bool {
		starts = regexp.MustCompile(`start \d+ on (\w+), pid (\d+)`).FindAllStringSubmatch(s.read(0, "events"), -1)
		return len(starts) == 2
	})
	if starts[0][1] != first || starts[1][1] != second {
		t.Fatalf("starts %q, want one on %s and one on %s", starts, first, second)
	}

	// Without its daemon the task goes on, and Slurm starts it elsewhere: this
	// is why a trial needs a claim of its own.
	pid, err := strconv.Atoi(starts[1][2])
	if err != nil {
		t.Fatal(err)
	}
	c.KillDaemon(t, second)
	cluster.Until(t, 60*time.Second, "requeued once more", runsOn(second))
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("the task of the lost daemon has ended: %v", err)
	}
	c.Revive(t, second)
	cluster.Until(t, 20*time.Second, "the daemon that came back ends what is no longer its task", func() bool {
		return syscall.Kill(pid, 0) != nil
	})
	s.until(120*time.Second, "COMPLETED", 0)
	s.finished(0, steps)
	s.events(0, `start 0 .*`, `start [1-9]\d* .*`, `start [1-9]\d* .*(\nterminated at \d+)?`)
}
