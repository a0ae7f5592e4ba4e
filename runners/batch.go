package runners

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay/experiments"
	"assay/internal/fault"
	"assay/results"
	"assay/runners/slurm"
)

// SlurmFolder keeps the scripts, records and logs of a sweep's submissions.
func SlurmFolder(store *results.Store, experiment string) (string, error) {
	return filepath.Abs(filepath.Join(store.SweepPath(experiment), "slurm"))
}

// Batch is what of a session is to be submitted to Slurm.
type Batch struct {
	Rungs  [][]int // the numbers of the trials to submit, by rung
	Done   int     // trials that are done
	Queued int     // trials that tasks of earlier submissions are about to run

	session *experiments.Session
	active  map[int]slurm.Task
	script  slurm.Batch
}

// Active returns the tasks of a sweep that are queued or run, by the number of their
// trial, and why that cannot be told of all, "" where it can.
func Active(ctx context.Context, session *experiments.Session) (active map[int]slurm.Task, blind string, err error) {
	dir, err := SlurmFolder(session.Store(), session.Config.Name)
	if err != nil {
		return nil, "", err
	}
	known, err := slurm.Jobs(ctx, dir)
	if err != nil {
		return nil, "", err
	}
	if known.Blind {
		blind = strings.Join(known.Unasked, "; ")
	}
	active = map[int]slurm.Task{}
	for n, t := range known.Tasks {
		if t.Active() {
			active[n] = t
		}
	}
	return active, blind, nil
}

// NewBatch plans the submission of a session's trials that are not done and that no
// task in active is about to run. The trials keep the numbers of the sweep's manifest.
func NewBatch(session *experiments.Session, active map[int]slurm.Task, opt slurm.Options) (*Batch, error) {
	session.Renumber()
	b := &Batch{session: session, active: active}
	var err error
	if b.script, err = newScript(session, opt); err != nil {
		return nil, err
	}
	session.Decide(session.Stored)
	b.plan()
	return b, nil
}

func newScript(session *experiments.Session, opt slurm.Options) (b slurm.Batch, err error) {
	program, err := os.Executable()
	if err != nil {
		return b, err
	}
	if strings.HasPrefix(program, filepath.Join(os.TempDir(), "go-build")) {
		return b, fault.Usagef("sweep: tasks cannot run a program that `go run` will remove: build it first, `go build -o bin/assay ./cmd/assay`, in a folder that the nodes see")
	}
	b = slurm.Batch{Name: session.Config.Name, Program: program, Options: opt}
	if b.Dir, err = SlurmFolder(session.Store(), b.Name); err != nil {
		return b, err
	}
	if b.Results, err = filepath.Abs(session.Config.Results.Path); err != nil {
		return b, err
	}
	b.Config, err = filepath.Abs(session.ConfigPath())
	return b, err
}

// plan sorts the trials into those that are done, queued, and to submit. A place in a
// later rung is submitted, done or not, where a trial that decides it is: another may
// come out.
func (b *Batch) plan() {
	chosen, spent := map[int]bool{}, map[string]bool{}
	for i := range b.session.Config.Models {
		name := b.session.Config.Models[i].Name
		spent[name] = b.session.Spent(name) != ""
	}
	for _, j := range b.session.Jobs {
		_, waits := b.active[j.Number]
		open := slices.ContainsFunc(j.Needs, func(n int) bool { return chosen[n] })
		switch {
		case !open && j.Decided() && b.session.Stored(j.Trial.ID).Run.State == results.Done:
			b.Done++
			continue
		case waits:
			b.Queued++
			continue
		case spent[j.Model]:
			continue
		}
		chosen[j.Number] = true
		for len(b.Rungs) <= j.Rung {
			b.Rungs = append(b.Rungs, nil)
		}
		b.Rungs[j.Rung] = append(b.Rungs[j.Rung], j.Number)
	}
}

// Submit submits each rung behind the one before, whose tasks decide it. On an error
// the submissions that Slurm took before it are returned too.
func (b *Batch) Submit(ctx context.Context) (all []slurm.Submission, err error) {
	var after []string
	for rung, numbers := range b.Rungs {
		for n, t := range b.active { // tasks of earlier submissions
			if id, _, _ := strings.Cut(t.Job, "_"); b.session.Jobs[n].Rung < rung && !slices.Contains(after, id) {
				after = append(after, id)
			}
		}
		if len(numbers) == 0 {
			continue
		}
		s := b.script
		s.Trials, s.After = numbers, slices.Sorted(slices.Values(after))
		submitted, err := slurm.Submit(ctx, s)
		all = append(all, submitted...)
		if err != nil {
			return all, err
		}
		for _, s := range submitted {
			after = append(after, s.Job)
		}
	}
	return all, nil
}

// Preview returns the scripts that Submit would submit, each under what there is to
// say of it, and writes nothing.
func (b *Batch) Preview(ctx context.Context) (string, error) {
	var text strings.Builder
	for rung, numbers := range b.Rungs {
		if len(numbers) == 0 {
			continue
		}
		s := b.script
		s.Trials = numbers
		scripts, err := slurm.Preview(ctx, s)
		if err != nil {
			return "", err
		}
		for _, s := range scripts {
			about := s.Path // kept there once it is submitted
			if rung > 0 {
				about = fmt.Sprintf("rung %d: submitted to begin after the tasks of the rung before have ended", rung)
			}
			fmt.Fprintf(&text, "# %s\n%s\n", about, s.Text)
		}
	}
	return text.String(), nil
}
