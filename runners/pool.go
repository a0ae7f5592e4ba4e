package runners

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"assay/experiments"
	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/results"
)

// pool runs jobs side by side. All but the trials themselves happens in the
// goroutine that calls run.
type pool struct {
	session *experiments.Session
	atOnce  int
	workers int
	memory  int64
	report  func(done, total int, o Outcome)
	board   *board

	order    []int
	state    []state // by number
	outcomes []Outcome
	verdicts map[string]experiments.Verdict // of the trials that this call has seen end
	running  int
	taken    int64 // bytes of those that run
	done     int
	again    bool  // those put aside have had another try
	stopped  error // why no more is begun
}

type state int8

const (
	pending state = iota
	aside         // another process runs it
	running       // here
	ended
)

func newPool(ctx context.Context, s *experiments.Session, opt LocalOptions) *pool {
	p := &pool{
		session: s, memory: opt.Memory, report: opt.Report, order: s.Order(),
		state: make([]state, len(s.Jobs)), outcomes: make([]Outcome, len(s.Jobs)), verdicts: map[string]experiments.Verdict{},
	}
	p.atOnce, p.workers = opt.share(len(s.Jobs))
	if p.memory == 0 {
		p.memory = experiments.MachineMemory() / 4 * 3
	}
	for i := range p.outcomes {
		p.outcomes[i].Job = s.Jobs[i]
	}
	p.board = newBoard(ctx, len(s.Jobs), p.atOnce > 1)
	return p
}

// end is what a trial's goroutine reports.
type end struct {
	number  int
	bytes   int64
	outcome Outcome
}

// run begins jobs as long as there are any, and waits for those that run.
func (p *pool) run(ctx context.Context) {
	ends := make(chan end)
	for {
		for p.begin(ctx, ends) {
		}
		if p.running > 0 {
			p.take(ctx, <-ends)
			continue
		}
		if p.stopped == nil && ctx.Err() != nil && p.done < len(p.outcomes) {
			p.stopped = ctx.Err()
		}
		if p.stopped != nil || ctx.Err() != nil || !p.retry() {
			return
		}
	}
}

// begin starts the next job that may run now; false where none may.
func (p *pool) begin(ctx context.Context, ends chan<- end) bool {
	if p.stopped != nil || ctx.Err() != nil || p.running >= p.atOnce {
		return false
	}
	p.session.Decide(func(trial string) experiments.Verdict { return p.verdicts[trial] })
	n, bytes := p.next()
	if n < 0 {
		return false
	}
	p.state[n] = running
	p.running++
	p.taken += bytes
	o := Outcome{Job: p.session.Jobs[n], Trial: p.session.Jobs[n].Trial}
	go func() {
		working, leave := p.board.enter(ctx, n, fmt.Sprintf("%s, seed %d", o.Job.Model, o.Job.Seed))
		o.Run, o.Reused, o.Err = p.session.Run(working, o.Trial, p.workers)
		leave()
		ends <- end{n, bytes, o}
	}()
	return true
}

// next returns the first of the highest rung among the jobs that fit beside those
// that run, and the bytes it takes; −1 where there is none.
func (p *pool) next() (number int, bytes int64) {
	number = -1
	spent := map[string]string{}
	for _, n := range p.order {
		j := &p.session.Jobs[n]
		if p.state[n] != pending || !j.Decided() || number >= 0 && j.Rung <= p.session.Jobs[number].Rung {
			continue
		}
		reason, known := spent[j.Model]
		if !known {
			reason = p.session.Spent(j.Model)
			spent[j.Model] = reason
		}
		// What is done costs nothing.
		if reason != "" && p.session.Stored(j.Trial.ID).Run.State != results.Done {
			continue
		}
		need := p.session.Memory(j.Trial)
		if p.running > 0 && p.memory > 0 && p.taken+need > p.memory {
			continue
		}
		number, bytes = n, need
	}
	return number, bytes
}

// take notes what became of a job.
func (p *pool) take(ctx context.Context, e end) {
	p.running--
	p.taken -= e.bytes
	o := e.outcome
	switch {
	case errors.Is(o.Err, results.ErrClaimed) && !p.again:
		p.state[e.number] = aside
		return
	case ctx.Err() != nil && o.Err != nil:
		p.state[e.number], p.outcomes[e.number] = ended, o
		if p.stopped == nil {
			p.stopped = o.Err
		}
		return
	}
	p.state[e.number], p.outcomes[e.number] = ended, o
	if o.Err == nil {
		p.verdicts[o.Trial.ID] = experiments.Verdict{Ended: true, Run: o.Run}
	} else if v := p.session.Stored(o.Trial.ID); v.Run.State == results.Failed { // not lost, nor out of reach
		p.verdicts[o.Trial.ID] = v
	}
	p.done++
	p.board.add()
	if p.report != nil {
		p.report(p.done, len(p.outcomes), o)
	}
	if unwritable(o.Err) && p.stopped == nil {
		p.stopped = fmt.Errorf("%w (%d trials were not tried)", o.Err, len(p.outcomes)-p.done)
	}
}

// retry opens the jobs that other processes ran for another try; false where
// there are none.
func (p *pool) retry() bool {
	if p.again {
		return false
	}
	p.again = true
	any := false
	for n, s := range p.state {
		if s == aside {
			p.state[n], any = pending, true
		}
	}
	return any
}

// err is the one-line error of Local. It is one of usage where all trials failed
// by what the caller can mend: where some were run, the command was right.
func (p *pool) err() error {
	if p.stopped != nil {
		return p.stopped
	}
	var busy, failed []error
	for _, o := range p.outcomes {
		switch {
		case errors.Is(o.Err, results.ErrClaimed):
			busy = append(busy, o.Err)
		case o.Err != nil:
			failed = append(failed, o.Err)
		}
	}
	switch {
	case len(failed) == 1 && len(p.outcomes) == 1:
		return failed[0]
	case len(failed) == len(p.outcomes) && !slices.ContainsFunc(failed, func(err error) bool { return !fault.IsUsage(err) }):
		return fmt.Errorf("all %d trials failed; the first: %w", len(failed), failed[0])
	case len(failed) > 0:
		return fmt.Errorf("%d of %d trials failed; the first: %v", len(failed), len(p.outcomes), failed[0])
	case len(busy) > 0:
		return fmt.Errorf("%w: %d of %d; the first: %w", ErrBusy, len(busy), len(p.outcomes), busy[0])
	}
	return nil
}

// unwritable reports whether every further trial would fail alike.
func unwritable(err error) bool {
	return atomicfile.DiskFull(err) || errors.Is(err, syscall.EROFS)
}
