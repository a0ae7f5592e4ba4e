package pool

import (
	"sync/atomic"
	"testing"
)

func TestEachTaskOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 5} {
		p := New(workers)
		for _, n := range []int{0, 1, 2, 7, 1000} {
			done := make([]atomic.Int32, n)
			busy := make([]atomic.Bool, p.Workers())
			p.Run(n, func(worker, i int) {
				if busy[worker].Swap(true) {
					t.Errorf("worker %d has two tasks", worker)
				}
				done[i].Add(1)
				busy[worker].Store(false)
			})
			for i := range done {
				if done[i].Load() != 1 {
					t.Fatalf("%d workers: task %d of %d ran %d times", workers, i, n, done[i].Load())
				}
			}
		}
		p.Close()
	}
}

// TestPanic: it reaches the caller, and the pool works on.
func TestPanic(t *testing.T) {
	p := New(3)
	defer p.Close()
	for range 50 {
		func() {
			defer func() {
				if cause := recover(); cause != "seven" {
					t.Fatalf("recovered %v", cause)
				}
			}()
			p.Run(20, func(_, i int) {
				if i == 7 {
					panic("seven")
				}
			})
		}()
		sum := atomic.Int64{}
		p.Run(20, func(_, i int) { sum.Add(int64(i)) })
		if sum.Load() != 190 {
			t.Fatalf("after a panic: %d", sum.Load())
		}
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	p := New(2)
	defer p.Close()
	task := func(int, int) {}
	if n := testing.AllocsPerRun(100, func() { p.Run(8, task) }); n > 0 {
		t.Errorf("%g allocations a run", n)
	}
}
