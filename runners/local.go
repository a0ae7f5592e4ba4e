// Package runners decides which trial runs where and when, and what happens
// when one fails.
//
//	outcomes, err := runners.Local(ctx, session, runners.LocalOptions{})
package runners

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"assay/experiments"
	"assay/internal/progress"
	"assay/results"
)

// Outcome is what became of one trial.
type Outcome struct {
	Trial  experiments.Trial
	Run    results.Run
	Reused bool // done by an earlier call
	Err    error
}

// LocalOptions configure Local.
type LocalOptions struct {
	// Report is called after each trial, in the order they end; nil is silent.
	Report func(done, total int, o Outcome)
}

// Local runs a session's trials one after another in this process, each on all
// of the session's workers. Trials that see the same papers follow each other,
// so that the papers are read and counted once. A failing trial does not stop
// the others; a cancelled context does, and so does a full or read-only disk,
// which would fail them all. Trials that another process runs are put aside and
// tried once more at the end; if it runs them still, the error is ErrBusy. The
// outcomes come in the session's order; those of trials that were not reached
// are zero. The error is one line.
func Local(ctx context.Context, s *experiments.Session, opt LocalOptions) ([]Outcome, error) {
	order := make([]int, len(s.Trials))
	for i := range order {
		order[i] = i
	}
	first := map[string]int{}
	for i, t := range s.Trials {
		if _, seen := first[t.DataKey]; !seen {
			first[t.DataKey] = i
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return first[s.Trials[a].DataKey] - first[s.Trials[b].DataKey]
	})
	l := &local{session: s, opt: opt, outcomes: make([]Outcome, len(s.Trials))}
	l.bar = progress.Start(ctx, "trials", int64(len(order)), "trials")
	defer l.bar.Done()
	aside := l.run(ctx, order, false)
	if l.stopped == nil && len(aside) > 0 {
		l.run(ctx, aside, true)
	}
	return l.outcomes, l.err()
}

// local is the state of one call of Local.
type local struct {
	session  *experiments.Session
	opt      LocalOptions
	bar      progress.Bar
	outcomes []Outcome
	done     int
	stopped  error // why the rest was not tried
}

// run runs trials in the given order and returns those that others hold; the
// last time, they are reported like the rest.
func (l *local) run(ctx context.Context, order []int, last bool) (aside []int) {
	for _, i := range order {
		t := l.session.Trials[i]
		l.bar.Note(fmt.Sprintf("%s, seed %d", t.Model.Name, t.Seed))
		o := Outcome{Trial: t}
		o.Run, o.Reused, o.Err = l.session.Run(ctx, t)
		if errors.Is(o.Err, results.ErrClaimed) && !last {
			aside = append(aside, i)
			continue
		}
		l.outcomes[i] = o
		if ctx.Err() != nil && o.Err != nil {
			l.stopped = o.Err
			return aside
		}
		l.done++
		l.bar.Add(1)
		if l.opt.Report != nil {
			l.opt.Report(l.done, len(l.outcomes), o)
		}
		if unwritable(o.Err) {
			l.stopped = fmt.Errorf("%w (%d trials were not tried)", o.Err, len(l.outcomes)-l.done)
			return aside
		}
	}
	return aside
}

// err is the outcome of all trials in one line.
func (l *local) err() error {
	if l.stopped != nil {
		return l.stopped
	}
	var busy, failed []error
	for _, o := range l.outcomes {
		switch {
		case errors.Is(o.Err, results.ErrClaimed):
			busy = append(busy, o.Err)
		case o.Err != nil:
			failed = append(failed, o.Err)
		}
	}
	switch {
	case len(failed) == 1:
		return failed[0]
	case len(failed) > 1:
		return fmt.Errorf("%d of %d trials failed; the first: %w", len(failed), len(l.outcomes), failed[0])
	case len(busy) > 0:
		return fmt.Errorf("%w: %d of %d; the first: %w", ErrBusy, len(busy), len(l.outcomes), busy[0])
	}
	return nil
}

// ErrBusy is returned where nothing failed, but other processes run some of the
// trials.
var ErrBusy = errors.New("other processes run trials of this experiment, the same command resumes")

// unwritable reports whether err says that nothing more can be written.
func unwritable(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS)
}
