package baselines

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls work for 0 ≤ i < n from several goroutines, each of which
// first makes a worker of its own, until all are done, one fails or the
// context is cancelled.
func parallel(ctx context.Context, workers, n int, newWorker func() func(i int) error) error {
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
