package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"assay/classifier"
)

func (s *suite) cancelledBefore(t testing.TB) error {
	c, err := s.fitted(t, 2)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Scores(ctx, s.test.X); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("Scores with a cancelled context: error %v, want the context's", err)
	}
	if _, err := s.scoresOf(t, c); err != nil {
		return fmt.Errorf("a cancelled Scores left the classifier unfit for use: %w", err)
	}
	if err := c.Fit(ctx, s.train, s.test); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("Fit with a cancelled context: error %v, want the context's", err)
	}
	if err := s.isUnfitted(t, c); err != nil {
		return err
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if err := s.make(2).Fit(late, s.train, s.test); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("Fit after its deadline: error %v, want the context's", err)
	}
	return nil
}

// isUnfitted checks the state that a cancelled Fit must leave.
func (s *suite) isUnfitted(t testing.TB, c classifier.Classifier) error {
	if _, err := c.Scores(t.Context(), s.test.X); !errors.Is(err, classifier.ErrNotFitted) {
		return fmt.Errorf("Scores after a cancelled Fit: error %v, want ErrNotFitted", err)
	}
	return nil
}

// cancelledAtEachCheck cancels when the classifier looks at its context for
// the 1st, 2nd, 3rd, 5th, … time, so that every place that looks is tried.
func (s *suite) cancelledAtEachCheck(t testing.TB) error {
	for k := int64(1); k < 1<<20; k += k/2 + 1 {
		ctx, cancel := context.WithCancel(t.Context())
		watched := &countdown{Context: ctx, cancel: cancel}
		watched.left.Store(k)
		c := s.make(2)
		err := c.Fit(watched, s.train, s.test)
		done := ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			if _, err := s.scoresOf(t, c); err != nil {
				return fmt.Errorf("after a Fit that returned no error: %w", err)
			}
			if done {
				return nil
			}
		case !errors.Is(err, context.Canceled):
			return fmt.Errorf("Fit cancelled at look %d: error %v, want the context's", k, err)
		default:
			if err := s.isUnfitted(t, c); err != nil {
				return fmt.Errorf("cancelled at look %d: %w", k, err)
			}
		}
	}
	return nil
}

// countdown cancels itself after it has been looked at some number of times.
type countdown struct {
	context.Context
	left   atomic.Int64
	cancel context.CancelFunc
}

func (c *countdown) tick() {
	if c.left.Add(-1) == 0 {
		c.cancel()
	}
}

func (c *countdown) Err() error {
	c.tick()
	return c.Context.Err()
}

func (c *countdown) Done() <-chan struct{} {
	c.tick()
	return c.Context.Done()
}

// cancelledWhileFitting cancels a longer Fit from outside and measures how
// soon it returns.
func (s *suite) cancelledWhileFitting(t testing.TB) error {
	big := s.data("big", 12*s.opts.Papers, 8*usualFeatures)
	for _, delay := range []time.Duration{time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond} {
		ctx, cancel := context.WithCancel(t.Context())
		c := s.make(2)
		result := make(chan error, 1)
		go func() {
			result <- guard(func() error { return c.Fit(ctx, big, classifier.Dataset{}) })
		}()
		time.Sleep(delay)
		cancel()
		start := time.Now()
		var err error
		select {
		case err = <-result:
		case <-time.After(s.opts.CancelWithin):
			return fmt.Errorf("Fit had not returned %v after it was cancelled", s.opts.CancelWithin)
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("Fit cancelled after %v returned %v later: error %v, want the context's", delay, time.Since(start), err)
		}
		if _, err := c.Scores(t.Context(), big.X); !errors.Is(err, classifier.ErrNotFitted) {
			return fmt.Errorf("Scores after a cancelled Fit: error %v, want ErrNotFitted", err)
		}
	}
	return nil
}
