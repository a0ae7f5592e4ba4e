// Package parallel spreads the items of a list over goroutines, each with memory of
// its own. Which goroutine takes which item depends on timing, so that results are
// equal to the bit where the work on an item writes only to that item's place:
//
//	err := parallel.Blocks(ctx, workers, rows, 64, func() func(from, to int) error {
//		room := make([]float64, columns)
//		return func(from, to int) error { … }
//	})
//
// A training step, which must not allocate, uses package pool; a few tasks of different
// kinds, errgroup.
package parallel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Do calls work for 0 ≤ i < n from several goroutines, each of which first makes
// a worker of its own; workers of 0 or less are one a processor. It returns when all is
// done, or with the first error of a worker or the context: no work begins after it.
func Do(ctx context.Context, workers, n int, newWorker func() func(i int) error) error {
	return Blocks(ctx, workers, n, 1, func() func(from, to int) error {
		work := newWorker()
		return func(from, _ int) error { return work(from) }
	})
}

// Blocks is Do for runs of size items, the last one shorter: [0, size), [size, 2·size)
// and so on up to n.
func Blocks(ctx context.Context, workers, n, size int, newWorker func() func(from, to int) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var (
		blocks  = (n + size - 1) / size
		next    atomic.Int64
		running sync.WaitGroup
		once    sync.Once
		first   error
		stop    atomic.Bool
	)
	for range min(workers, blocks) {
		running.Go(func() {
			work := newWorker()
			for !stop.Load() {
				k := int(next.Add(1)) - 1
				if k >= blocks {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = work(k*size, min((k+1)*size, n))
				}
				if err != nil {
					once.Do(func() { first = err })
					stop.Store(true)
				}
			}
		})
	}
	running.Wait()
	return first
}
