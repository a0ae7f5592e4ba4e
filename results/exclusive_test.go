package results

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestExclusive(t *testing.T) {
	s, err := CreateStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var inside, times atomic.Int32
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			err := s.Exclusive(t.Context(), "work", func(context.Context) error {
				if inside.Add(1) != 1 {
					t.Error("two at the same time")
				}
				time.Sleep(20 * time.Millisecond)
				inside.Add(-1)
				times.Add(1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if times.Load() != 4 {
		t.Errorf("done %d times, want 4", times.Load())
	}
	broken := errors.New("broken")
	if err := s.Exclusive(t.Context(), "work", func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Exclusive(t.Context(), "work", func(context.Context) error {
		time.AfterFunc(50*time.Millisecond, cancel)
		return s.Exclusive(ctx, "work", func(context.Context) error { t.Error("entered twice"); return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a cancelled context: %v", err)
	}
	if err := s.Exclusive(t.Context(), "../work", nil); err == nil {
		t.Error("a name that leaves the folder is taken")
	}
}

// Whoever was taken for dead is told.
func TestExclusiveIsLost(t *testing.T) {
	s, err := CreateStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.timing = leaseTiming{beat: 5 * time.Millisecond, stale: time.Hour}
	err = s.Exclusive(t.Context(), "work", func(ctx context.Context) error {
		dir := s.dir + "/cache/locks/work"
		if err := os.WriteFile(dir+"/lease-000009", []byte("{}\nheld\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Second):
			return nil
		}
	})
	if !errors.Is(err, ErrLost) {
		t.Errorf("error %v, want ErrLost", err)
	}
}
