package parallel_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"assay/internal/parallel"
)

// Every item once, in blocks that are whole but for the last, whatever the number of
// workers, and no more workers than blocks.
func TestBlocks(t *testing.T) {
	for _, workers := range []int{-1, 0, 1, 2, 7} {
		for _, n := range []int{0, 1, 63, 64, 65, 1000} {
			for _, size := range []int{1, 64, 2000} {
				seen := make([]atomic.Int32, n)
				var made atomic.Int32
				err := parallel.Blocks(t.Context(), workers, n, size, func() func(from, to int) error {
					made.Add(1)
					return func(from, to int) error {
						if from%size != 0 || to != min(from+size, n) || from >= to {
							t.Errorf("%d items in blocks of %d: [%d, %d)", n, size, from, to)
						}
						for i := from; i < to; i++ {
							seen[i].Add(1)
						}
						return nil
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				for i := range seen {
					if times := seen[i].Load(); times != 1 {
						t.Fatalf("%d workers, %d items, blocks of %d: item %d was done %d times", workers, n, size, i, times)
					}
				}
				if blocks := (n + size - 1) / size; int(made.Load()) > blocks || workers > 0 && int(made.Load()) > workers {
					t.Errorf("%d workers, %d blocks: %d were made", workers, blocks, made.Load())
				}
			}
		}
	}
}

// The first error is the one that is returned, and the last work that begins for one
// worker.
func TestStops(t *testing.T) {
	broken := errors.New("broken")
	done := 0
	err := parallel.Do(t.Context(), 1, 100, func() func(int) error {
		return func(i int) error {
			done++
			if i == 41 {
				return broken
			}
			return nil
		}
	})
	if !errors.Is(err, broken) || done != 42 {
		t.Errorf("%v after %d items", err, done)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done = 0
	err = parallel.Do(ctx, 1, 100, func() func(int) error {
		return func(i int) error {
			if done++; done == 10 {
				cancel()
			}
			return nil
		}
	})
	if !errors.Is(err, context.Canceled) || done != 10 {
		t.Errorf("cancelled: %v after %d items", err, done)
	}
}
