package runners

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"assay/experiments"
	"assay/internal/fault"
	"assay/results"
)

// Outcome is what became of one job.
type Outcome struct {
	Job    experiments.Job
	Trial  experiments.Trial // without an ID where the job was not reached
	Run    results.Run
	Reused bool // done by an earlier call
	Err    error
}

// LocalOptions configure Local.
type LocalOptions struct {
	// Jobs is how many trials run at once; 0: as many as there are cores.
	Jobs int
	// Workers is how many cores a trial uses; 0 shares them evenly.
	Workers int
	// Memory is what the trials that run at once may take together, in bytes, by
	// the estimate of each; 0: three quarters of what this process may use. One
	// trial runs in any case.
	Memory int64
	// Report is called after each trial, in the order they end; nil is silent.
	Report func(done, total int, o Outcome)
}

// ErrBusy is in the error where nothing failed but other processes run some of
// the trials.
var ErrBusy = errors.New("other processes run trials of this experiment, the same command resumes")

// ErrWaiting is in the error of a job whose trial is not decided yet.
var ErrWaiting = errors.New("its trial is decided by others that have not ended, the same command resumes")

// ErrSpent is in the error of a job that a budget keeps from being begun.
var ErrSpent = errors.New("the budget is spent")

// mostJobs bounds LocalOptions.Jobs.
const mostJobs = 1024

// Local runs a session's jobs in this process, several at once. Trials that see
// the same papers by the same features follow each other, so that these are made
// once; those of later rungs go first. A failing trial does not stop the others; a
// cancelled context does, and so does a full or read-only disk, which would fail
// them all. Trials that another process runs are put aside and tried once more at
// the end; if it runs them still, the error is ErrBusy. The outcomes come in the
// session's order; those of jobs that were not reached, because the budget of
// their sweep is spent for one, have a trial without ID. The error is one line.
// Which trials are run, and with what results, depends on no option.
func Local(ctx context.Context, s *experiments.Session, opt LocalOptions) ([]Outcome, error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	p := newPool(ctx, s, opt)
	p.run(ctx)
	p.board.done()
	return p.outcomes, p.err()
}

// One runs the job of that number: what a task of a batch system does. A trial
// that is done already is not run again. workers is how many cores it uses, 0 all.
func One(ctx context.Context, s *experiments.Session, number, workers int) (Outcome, error) {
	if number < 0 || number >= len(s.Jobs) {
		return Outcome{}, fault.Usagef("runners: no trial %d: the experiment has %d, from 0 to %d", number, len(s.Jobs), len(s.Jobs)-1)
	}
	s.Decide(s.Stored)
	j := s.Jobs[number]
	if !j.Decided() {
		var open []string
		for _, n := range j.Needs {
			if need := &s.Jobs[n]; !need.Decided() || !s.Stored(need.Trial.ID).Ended {
				open = append(open, fmt.Sprint(n))
			}
		}
		return Outcome{Job: j}, fmt.Errorf("trial %d, a place in rung %d: %w: %s", number, j.Rung, ErrWaiting, strings.Join(open, ", "))
	}
	if reason := s.Spent(j.Model); reason != "" && s.Stored(j.Trial.ID).Run.State != results.Done {
		return Outcome{Job: j}, fmt.Errorf("trial %d: %w: %s", number, ErrSpent, reason)
	}
	o := Outcome{Job: j, Trial: j.Trial}
	s.Alone(j.Trial)
	o.Run, o.Reused, o.Err = s.Run(ctx, j.Trial, workers)
	if errors.Is(o.Err, results.ErrClaimed) {
		return o, fmt.Errorf("%w: %w", ErrBusy, o.Err)
	}
	if fault.IsUsage(o.Err) && len(s.Jobs) > 1 { // as in Local: the other trials may be run
		return o, errors.New(o.Err.Error())
	}
	return o, o.Err
}

// busyPause is how long Patient waits before it looks again.
const busyPause = 5 * time.Second

// Patient is One for a task that may wait while another process holds the trial. Most
// often that is the claim of a node that has failed, which goes stale. wait is called
// once, with the reason.
func Patient(ctx context.Context, s *experiments.Session, number, workers int, wait func(error)) (Outcome, error) {
	for told := false; ; told = true {
		o, err := One(ctx, s, number, workers)
		if !errors.Is(err, ErrBusy) || ctx.Err() != nil {
			return o, err
		}
		if !told {
			wait(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(busyPause):
		}
	}
}

// Check returns the usage error of options that Local refuses.
func (o *LocalOptions) Check() error {
	if o.Jobs < 0 || o.Jobs > mostJobs {
		return fault.Usagef("runners: %d trials at once: want 1 to %d, or 0 for one a core", o.Jobs, mostJobs)
	}
	return nil
}

// share is how many trials run at once, and how many cores each has.
func (o *LocalOptions) share(jobs int) (atOnce, workers int) {
	cores := runtime.GOMAXPROCS(0)
	atOnce, workers = o.Jobs, o.Workers
	if atOnce == 0 {
		atOnce = cores
	}
	atOnce = max(1, min(atOnce, jobs))
	if workers == 0 {
		workers = max(1, cores/atOnce)
	}
	return atOnce, workers
}
