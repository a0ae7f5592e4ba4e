package graph

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// Networks are trained one after another in a process: nothing of a closed one
// may stay.
func TestClosedMachinesAreCollected(t *testing.T) {
	const n = 3
	gone := make(chan int, n)
	for i := range n {
		toy := newToy()
		runtime.AddCleanup(toy.chain[1].(*linear), func(i int) { gone <- i }, i)
		m, err := New(toy.chain, toy.loss, classes)
		if err != nil {
			t.Fatal(err)
		}
		mustStep(t, m, newBatch(3, 2))
		mustEval(t, m, newBatch(2, 2))
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
		if _, _, err := m.Step(newBatch(3, 2)); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("a step of a closed machine: error %v", err)
		}
	}
	deadline := time.After(5 * time.Second)
	for left := n; left > 0; {
		runtime.GC()
		select {
		case <-gone:
			left--
		case <-deadline:
			t.Fatalf("%d of %d closed machines are still in memory", left, n)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
