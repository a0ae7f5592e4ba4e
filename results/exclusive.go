package results

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lockPause is how long Exclusive waits before it looks again.
const lockPause = 500 * time.Millisecond

// Exclusive does work that any number of processes, on any number of machines
// that share the store's file system, would otherwise do at the same time: the
// first does it, the others wait, and then do theirs, which finds what is there.
// name names a folder. The context that work gets also ends where the process
// did not renew its lease in time and another began the work.
func (s *Store) Exclusive(ctx context.Context, name string, work func(context.Context) error) error {
	if err := checkName("lock", name); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	dir, err := s.MakeFolder("cache", "locks", name)
	if err != nil {
		return fmt.Errorf("results: lock %s: %w", name, err)
	}
	l, err := acquireLease(ctx, dir, newHolder(), s.timing)
	for errors.Is(err, ErrClaimed) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPause):
		}
		l, err = acquireLease(ctx, dir, newHolder(), s.timing)
	}
	if err != nil {
		return fmt.Errorf("results: lock %s: %w", name, err)
	}
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.keep(func() { cancel(fmt.Errorf("results: lock %s: %w", name, ErrLost)) })
	err = work(working)
	if rerr := l.release(false); err == nil && rerr != nil {
		err = fmt.Errorf("results: lock %s: %w", name, rerr)
	}
	return err
}
