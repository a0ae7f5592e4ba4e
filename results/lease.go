package results

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"assay/internal/atomicfile"
)

// How a run's folder is held by one writer, on one machine or on many that
// share a file system, without a server.
//
// A lease is a file lease-N beside the run's files. It says who holds the
// folder and ends in "held" or "free". The lease with the highest N counts.
//
//   - To claim is to create lease-N+1, whole and exclusively (a hard link), where
//     lease-N is free or stale; of many claimants one succeeds.
//   - Whoever created a lease looks again: where a higher one exists by then, it
//     withdraws. Lower ones are removed. As the highest is never removed before
//     run.json says done, N only grows, and no late claimant can slip in under a
//     number that was used before.
//   - The holder rewrites the file's last byte every beat, through the descriptor
//     it opened, which lets the file server's clock stamp it. A claimant compares
//     that stamp with the stamp of a file that it has just written itself, so the
//     clocks of machines need not agree.
//   - A lease is stale when its process is dead, where the claimant can see that
//     (same machine since the same boot, same process space), or when it was not
//     renewed for as long as leaseTiming.stale: also a stopped process loses it.
//     A stamp that lies as far in the future counts as stale, too.
//   - A holder that finds a higher lease, or another file or none in the place of
//     its own, has lost the folder and writes no more. It looks at every beat and
//     before every record.
//   - Between that look and the write any time may pass, if the process is stopped
//     there. So a file is begun under a temporary name before the look and renamed
//     after it, and who takes a folder over removes all temporary files before
//     reading anything: the rename of a holder that was stopped finds nothing.
//     What it appends goes into a file that has lost its name: the new holder
//     appends to a copy. What it removes, it moves into a temporary folder first.
type leaseTiming struct{ beat, stale time.Duration }

func defaultTiming() leaseTiming {
	return leaseTiming{beat: 10 * time.Second, stale: 2 * time.Minute}
}

const (
	leasePrefix = "lease-"
	leaseHeld   = "held\n"
	leaseFree   = "free\n"
	leaseTemp   = atomicfile.TempPrefix + leasePrefix
)

// lease is one that this process holds.
type lease struct {
	dir    string
	number int
	timing leaseTiming
	file   *os.File
	info   os.FileInfo // of file, as it was claimed
	state  int64       // offset of "held\n"

	lost atomic.Pointer[error] // why, once it is
	stop chan struct{}
	done chan struct{}
}

// acquireLease takes the folder's lease, or fails with an error that is
// ErrClaimed and names the holder.
func acquireLease(ctx context.Context, dir string, me holder, t leaseTiming) (*lease, error) {
	file, info, err := writeLease(dir, me)
	if err != nil {
		return nil, err
	}
	temp, state := file.Name(), info.Size()-int64(len(leaseHeld))
	number, err := tryLeases(ctx, dir, temp, info.ModTime(), t)
	if rerr := os.Remove(temp); err == nil && rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
		err = rerr
	}
	if err != nil {
		// It may have got its name before something failed.
		_, _ = file.WriteAt([]byte(leaseFree), state)
		_ = file.Close()
		return nil, err
	}
	return &lease{dir: dir, number: number, timing: t, file: file, info: info, state: state}, nil
}

// tryLeases gives temp the name of the folder's next lease and returns its number.
func tryLeases(ctx context.Context, dir, temp string, now time.Time, t leaseTiming) (int, error) {
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		current, err := newestLease(dir)
		if err != nil {
			return 0, err
		}
		number := 1
		if current != nil {
			if current.live(now, t) {
				age := max(0, now.Sub(current.beat)).Round(time.Second)
				return 0, fmt.Errorf("%w: %s holds it since %s (last sign of life %s ago)", ErrClaimed,
					current.holder, current.holder.Since.Format(time.RFC3339), age)
			}
			number = current.number + 1
		}
		if won, err := takeLease(dir, temp, number); won || err != nil {
			return number, err
		}
		// Another was faster: see whether it lives.
	}
}

// takeLease gives temp the name of the lease with this number, if that is free
// and, once taken, the highest; then it removes those below.
func takeLease(dir, temp string, number int) (bool, error) {
	if created, err := atomicfile.Link(temp, leasePath(dir, number)); !created {
		return false, err
	}
	highest, err := highestLease(dir)
	if err == nil && highest == number {
		return true, removeLeasesBelow(dir, number)
	}
	if rerr := os.Remove(leasePath(dir, number)); err == nil && !errors.Is(rerr, fs.ErrNotExist) {
		err = rerr
	}
	return false, err
}

func removeLeasesBelow(dir string, number int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if n, ok := leaseNumber(e.Name()); ok && n < number {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// keep renews the lease until release; onLost is called once if it is lost, and
// check says why.
func (l *lease) keep(onLost func()) {
	l.stop, l.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(l.done)
		tick := time.NewTicker(l.timing.beat)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
			}
			if l.renew() != nil {
				onLost()
				return
			}
		}
	}()
}

// renew stamps the lease if it is still this process's. A stamp that fails, on a
// full disk perhaps, is tried again at the next beat.
func (l *lease) renew() error {
	if err := l.check(); err != nil {
		return err
	}
	if _, err := l.file.WriteAt([]byte("\n"), l.state+int64(len(leaseHeld))-1); err == nil {
		_ = l.file.Sync()
	}
	return nil
}

// check looks whether the lease is still the highest and still the file that was
// claimed; otherwise the error is ErrLost and says how. Once lost, it stays lost.
func (l *lease) check() error {
	if reason := l.lost.Load(); reason != nil {
		return *reason
	}
	err := l.look()
	if err != nil {
		l.lost.Store(&err)
	}
	return err
}

// look is check without remembering the answer. If the file system does not answer, the
// lease counts as held: nothing is known then.
func (l *lease) look() error {
	highest, err := highestLease(l.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s was removed", ErrLost, l.dir)
	case err != nil:
		return nil
	case highest > l.number:
		who := "another process"
		if r, err := readLease(l.dir, highest); err == nil && r.holder.Host != "" {
			who = r.holder.String()
		}
		return fmt.Errorf("%w: %s took it over, having seen no sign of life for %s", ErrLost, who, l.timing.stale)
	}
	path := leasePath(l.dir, l.number)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, l.info) {
		return fmt.Errorf("%w: %s was removed", ErrLost, path)
	}
	return nil
}

// release ends the lease: its file is marked free, or removed where the run is
// done and nobody will claim it again.
func (l *lease) release(remove bool) error {
	if l.stop != nil {
		close(l.stop)
		<-l.done
	}
	var err error
	switch {
	case l.check() != nil:
	case remove:
		err = os.Remove(leasePath(l.dir, l.number))
	default:
		_, err = l.file.WriteAt([]byte(leaseFree), l.state)
	}
	return firstError(err, l.file.Close())
}
