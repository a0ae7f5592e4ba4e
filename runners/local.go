// Package runners decides which trial runs where and when, and what happens
// when one fails.
//
//	outcomes, err := runners.Local(ctx, session, runners.LocalOptions{})
package runners

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
// the others; a cancelled context does, and so does a folder that cannot be
// written, which would fail them all. The outcomes come in the session's order;
// those of trials that were not reached are zero. The error is one line.
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
	bar := progress.Start(ctx, "trials", int64(len(order)), "trials")
	defer bar.Done()
	outcomes := make([]Outcome, len(s.Trials))
	var failures []error
	for done, i := range order {
		t := s.Trials[i]
		bar.Note(fmt.Sprintf("%s, seed %d", t.Model.Name, t.Seed))
		o := Outcome{Trial: t}
		o.Run, o.Reused, o.Err = s.Run(ctx, t)
		outcomes[i] = o
		if ctx.Err() != nil && o.Err != nil {
			return outcomes, o.Err
		}
		if o.Err != nil {
			failures = append(failures, o.Err)
		}
		if unwritable(o.Err) {
			break
		}
		bar.Add(1)
		if opt.Report != nil {
			opt.Report(done+1, len(order), o)
		}
	}
	switch n := len(failures); n {
	case 0:
		return outcomes, nil
	case 1:
		return outcomes, failures[0]
	default:
		return outcomes, fmt.Errorf("%d of %d trials failed; the first: %w", n, len(order), failures[0])
	}
}

// unwritable reports whether err says that nothing more can be written.
func unwritable(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)
}
