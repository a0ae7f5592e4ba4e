// Package pool spreads short tasks over a fixed set of goroutines without
// allocating: a training step has dozens of them.
//
//	p := pool.New(2)
//	defer p.Close()
//	p.Run(len(rows), func(worker, i int) { … })
package pool

import (
	"sync"
	"sync/atomic"
)

// Pool is a fixed set of workers. One goroutine at a time may call Run.
type Pool struct {
	workers int
	wake    []chan struct{}
	done    sync.WaitGroup

	task   func(worker, i int)
	n      int64
	next   atomic.Int64
	failed atomic.Pointer[any]
}

// New starts a pool of n workers, at least one, of which the caller of Run is
// the first.
func New(n int) *Pool {
	p := &Pool{workers: max(n, 1)}
	for w := 1; w < p.workers; w++ {
		wake := make(chan struct{}, 1)
		p.wake = append(p.wake, wake)
		go func() {
			for range wake {
				p.drain(w)
				p.done.Done()
			}
		}()
	}
	return p
}

// Workers is how many tasks run at a time, 0 of a nil pool.
func (p *Pool) Workers() int {
	if p == nil {
		return 0
	}
	return p.workers
}

// Run calls task(worker, i) once for each i in [0, n), each worker with one task
// at a time, and returns when all are done. A task's panic is raised again here.
func (p *Pool) Run(n int, task func(worker, i int)) {
	p.task, p.n = task, int64(n)
	p.next.Store(0)
	helpers := min(n, p.workers) - 1
	if helpers > 0 {
		p.done.Add(helpers)
		for _, wake := range p.wake[:helpers] {
			wake <- struct{}{}
		}
	}
	p.drain(0)
	p.done.Wait()
	p.task = nil
	if failed := p.failed.Swap(nil); failed != nil {
		panic(*failed)
	}
}

func (p *Pool) drain(worker int) {
	defer func() {
		if caught := recover(); caught != nil {
			p.next.Store(p.n) // the others stop soon
			cause := caught   // on the heap only here
			p.failed.Store(&cause)
		}
	}()
	for i := p.next.Add(1) - 1; i < p.n; i = p.next.Add(1) - 1 {
		p.task(worker, int(i))
	}
}

// Close ends the workers; the pool must be idle.
func (p *Pool) Close() {
	for _, wake := range p.wake {
		close(wake)
	}
	p.wake, p.workers = nil, 1
}
