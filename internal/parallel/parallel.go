// Package parallel runs numbered tasks on several goroutines.
//
//	err := parallel.Do(ctx, workers, n, func() func(i int) error {
//		scratch := make([]float64, d) // one a goroutine
//		return func(i int) error { return score(i, scratch) }
//	})
package parallel

import (
	"context"
	"sync"
	"sync/atomic"
)

// Do calls work for 0 ≤ i < n from several goroutines, each of which
// first makes a worker of its own, until all are done, one fails or the
// context is cancelled. It returns the first error.
func Do(ctx context.Context, workers, n int, newWorker func() func(i int) error) error {
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		once  sync.Once
		first error
		stop  atomic.Bool
	)
	for range min(workers, n) {
		wg.Go(func() {
			work := newWorker()
			for !stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = work(i)
				}
				if err != nil {
					once.Do(func() { first = err })
					stop.Store(true)
				}
			}
		})
	}
	wg.Wait()
	return first
}
