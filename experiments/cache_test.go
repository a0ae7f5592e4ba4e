package experiments

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestCacheMakesOnce(t *testing.T) {
	var s cache[int, int]
	var made atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		for key := range 3 {
			group.Go(func() {
				v, release, err := s.take(t.Context(), key, func() (int, error) {
					made.Add(1)
					return 10 * key, nil
				})
				if err != nil || v != 10*key {
					t.Errorf("key %d: %d, %v", key, v, err)
					return
				}
				release()
			})
		}
	}
	group.Wait()
	if made.Load() != 3 {
		t.Errorf("made %d times, want 3", made.Load())
	}
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	var s cache[string, int]
	made := 0
	take := func(key string) func() {
		_, release, err := s.take(t.Context(), key, func() (int, error) { made++; return made, nil })
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	a, b := take("a"), take("b")
	b()
	s.clear(nil)
	take("a")()
	if made != 2 {
		t.Errorf("a was made again while it was used")
	}
	take("b")()
	if made != 3 {
		t.Errorf("b was kept although nobody used it: made %d", made)
	}
	s.clear(func(key string) bool { return key != "b" })
	take("b")()
	if made != 3 {
		t.Error("b went although it was to stay")
	}
	a()
	s.clear(nil)
	take("a")()
	if made != 4 {
		t.Error("a stayed although nobody used it")
	}
}

// A failure is the maker's own: those that waited make it themselves.
func TestCacheAfterAFailure(t *testing.T) {
	var s cache[int, string]
	broken := errors.New("broken")
	began := make(chan struct{})
	fail := make(chan struct{})
	go func() {
		_, _, err := s.take(context.Background(), 1, func() (string, error) {
			close(began)
			<-fail
			return "", broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("the maker's error is %v", err)
		}
	}()
	<-began
	waiting := make(chan string)
	go func() {
		v, _, err := s.take(context.Background(), 1, func() (string, error) { return "whole", nil })
		if err != nil {
			t.Error(err)
		}
		waiting <- v
	}()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := s.take(ctx, 1, func() (string, error) { return "", nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a cancelled context: %v", err)
	}
	close(fail)
	if v := <-waiting; v != "whole" {
		t.Errorf("the one that waited has %q", v)
	}
}
