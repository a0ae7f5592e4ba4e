package slurm

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Task is what Slurm says of one trial's task.
type Task struct {
	Job    string // "12_3", as scancel and scontrol take it
	State  string // Slurm's word, "RUNNING"; "" where Slurm does not know the task any more
	Reason string // why it waits or how it ended, where Slurm says so
	Node   string // where it runs or ran
	Log    string // the file of its output; it may not be there yet
}

// live are the states that a task leaves by itself: it is queued, runs, or is
// on its way from one to the other.
var live = []string{
	"PENDING", "CONFIGURING", "RUNNING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT", "COMPLETING",
	"REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT",
}

// Active reports whether the task is still queued or runs: it needs no other.
func (t Task) Active() bool { return slices.Contains(live, t.State) }

// String is the state as a table shows it: "PENDING (Priority)", "RUNNING on n2".
func (t Task) String() string {
	switch {
	case t.State == "":
		return "unknown to Slurm"
	case t.State != "PENDING" && t.Active() && t.Node != "":
		return t.State + " on " + t.Node
	case t.Reason != "":
		return t.State + " (" + t.Reason + ")"
	}
	return t.State
}

// Known is what Slurm says of all trials that were ever submitted.
type Known struct {
	Tasks   map[int]Task // by number of the trial
	Unasked []string     // what could not be asked, and why: one line each
	Blind   bool         // the queue is among it: a task may be there though it is not in Tasks
}

// Jobs tells for each trial that was submitted from dir what became of it: of
// its newest task, or of an older one that is still active. The queue is asked
// first, the accounting for what has left the queue. A tool that is missing or
// fails is no error.
func Jobs(ctx context.Context, dir string) (Known, error) {
	records, err := readRecords(dir)
	if err != nil || len(records) == 0 {
		return Known{Tasks: map[int]Task{}}, err
	}
	var k Known
	queued, err := queue(ctx)
	if err != nil {
		k.Unasked, k.Blind = append(k.Unasked, err.Error()), true
	}
	arrays := collect(records, queued)
	if missing := unknown(arrays, queued); len(missing) > 0 {
		past, err := accounted(ctx, missing)
		if err != nil {
			k.Unasked = append(k.Unasked, err.Error())
		}
		for id, t := range past {
			if _, there := queued[id]; !there {
				queued[id] = t
			}
		}
	}
	if ctx.Err() != nil {
		return Known{}, fmt.Errorf("slurm: jobs: %w", context.Cause(ctx))
	}
	k.Tasks = newest(arrays, queued)
	return k, nil
}

// taskID names a task: the array's job and the index in it.
type taskID struct {
	job   string
	index int
}

func (id taskID) String() string { return id.job + "_" + strconv.Itoa(id.index) }

// state is one line of squeue or sacct.
type state struct {
	state, reason, node string
	script              string // squeue alone knows it
}

// array is one job that was submitted from a record's script.
type array struct {
	record
	job string
}

// of returns the task's state, unless an id that Slurm has given anew names a
// job of something else.
func (a array) of(id taskID, queued map[taskID]state) (state, bool) {
	s, there := queued[id]
	if there && s.script != "" && filepath.Base(s.script) != filepath.Base(a.script) {
		return state{}, false
	}
	return s, there
}

// collect pairs each record with its job, and with jobs in the queue that run
// its script though the record does not name them: submitted by hand, or by a
// process that died before it could write the id. The order is that of the
// records, within one that of the jobs.
func collect(records []record, queued map[taskID]state) []array {
	byScript := map[string]map[string]bool{}
	for id, s := range queued {
		if byScript[s.script] == nil {
			byScript[s.script] = map[string]bool{}
		}
		byScript[s.script][id.job] = true
	}
	var arrays []array
	for _, r := range records {
		jobs := maps.Clone(byScript[r.script])
		if jobs == nil {
			jobs = map[string]bool{}
		}
		if r.Job != "" {
			jobs[r.Job] = true
		}
		for _, job := range slices.SortedFunc(maps.Keys(jobs), compareJobs) {
			arrays = append(arrays, array{record: r, job: job})
		}
	}
	return arrays
}

// compareJobs orders ids by number, without leading zeros.
func compareJobs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// unknown are the jobs with a task that the queue does not name.
func unknown(arrays []array, queued map[taskID]state) []string {
	var jobs []string
	for _, a := range arrays {
		if slices.ContainsFunc(a.trials, func(t int) bool {
			_, there := a.of(taskID{a.job, t - a.Offset}, queued)
			return !there
		}) {
			jobs = append(jobs, a.job)
		}
	}
	return jobs
}

// newest chooses for each trial the last task in order, but an active one
// before one that has ended.
func newest(arrays []array, queued map[taskID]state) map[int]Task {
	tasks := map[int]Task{}
	for _, a := range arrays {
		for _, trial := range a.trials {
			id := taskID{a.job, trial - a.Offset}
			s, _ := a.of(id, queued)
			t := Task{
				Job: id.String(), State: s.state, Reason: s.reason, Node: s.node,
				Log: filepath.Join(filepath.Dir(a.script), logFolder, id.String()+".log"),
			}
			if before, there := tasks[trial]; !there || t.Active() || !before.Active() {
				tasks[trial] = t
			}
		}
	}
	return tasks
}

// queue asks for all of this user's jobs, in whatever state: asking by id is an
// error as soon as the controller has forgotten one of them.
func queue(ctx context.Context) (map[taskID]state, error) {
	out, err := run(ctx, "squeue", "--noheader", "--array", "--states=all",
		"--user="+strconv.Itoa(os.Getuid()), "--format=%F|%K|%T|%r|%N|%o")
	if err != nil {
		return map[taskID]state{}, err
	}
	return parseQueue(out)
}

// parseQueue reads lines of job|indices|state|reason|node|script. Jobs that are
// no arrays are not ours.
func parseQueue(out string) (map[taskID]state, error) {
	states := map[taskID]state{}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		f := strings.SplitN(line, "|", 6)
		if len(f) < 6 {
			return states, fmt.Errorf("slurm: squeue: line %q has not the six fields that were asked for", line)
		}
		if f[1] == "N/A" || f[1] == "" {
			continue
		}
		indices, err := parseList(f[1])
		if err != nil {
			return states, fmt.Errorf("slurm: squeue: line %q: %w", line, err)
		}
		for _, i := range indices {
			states[taskID{f[0], i}] = state{state: f[2], reason: reason(f[3]), node: f[4], script: f[5]}
		}
	}
	return states, nil
}

// accounted asks the accounting for the jobs' tasks.
func accounted(ctx context.Context, jobs []string) (map[taskID]state, error) {
	out, err := run(ctx, "sacct", "--noheader", "--parsable2", "--allocations",
		"--format=JobID,State,NodeList", "--jobs="+strings.Join(jobs, ","))
	if err != nil {
		return nil, err
	}
	return parseAccounts(out)
}

// parseAccounts reads lines of 12_3|COMPLETED|n1 and 12_[4-9%2]|PENDING|.
func parseAccounts(out string) (map[taskID]state, error) {
	states := map[taskID]state{}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		f := strings.Split(line, "|")
		if len(f) != 3 {
			return states, fmt.Errorf("slurm: sacct: line %q has not the three fields that were asked for", line)
		}
		job, list, isArray := strings.Cut(f[0], "_")
		if !isArray {
			continue
		}
		indices, err := parseList(list)
		if err != nil {
			return states, fmt.Errorf("slurm: sacct: line %q: %w", line, err)
		}
		word, by, _ := strings.Cut(f[1], " ") // "CANCELLED by 1000"
		node := f[2]
		if node == "None assigned" {
			node = ""
		}
		for _, i := range indices {
			states[taskID{job, i}] = state{state: word, reason: by, node: node}
		}
	}
	return states, nil
}

// reason drops Slurm's word for none.
func reason(word string) string {
	if word == "None" {
		return ""
	}
	return word
}
