package harvest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"assay/internal/fault"
	"assay/internal/filelock"
	"assay/internal/format"
)

// farthest is how far ahead the time in a pace file may be. A later one was written by
// a clock that was wrong, and is not believed.
const farthest = 24 * time.Hour

// pace says when the next request may begin. Its file, one line, is locked while
// a request is under way and tells other processes, at the same time or later:
//
//	2026-03-01T09:30:00.000000000Z idle 12345
//
// It holds the earliest time of the next request, whether one is under way, and the process.
// If the line says "asking" and nobody holds the lock, the process died during its request.
// When that ended is not known, so the pause begins now.
type pace struct {
	path  string
	pause time.Duration

	mu   sync.Mutex
	next time.Time // by this process's knowledge
}

// longRest says that the service asked an earlier process for a long rest.
type longRest struct {
	left time.Duration
	path string
}

func (e *longRest) Error() string {
	return fmt.Sprintf("it was asked to be left alone for %s more (%s remembers it)", format.About(e.left), e.path)
}

func newPace(path string, pause time.Duration) *pace { return &pace{path: path, pause: pause} }

// rest lets no request of this process begin before d has passed. It also writes that to
// the file for other processes, but only if it gets the lock: a process that holds it
// is asking the service right now, and will be told to rest itself.
func (p *pace) rest(d time.Duration) {
	next := time.Now().Add(d)
	p.mu.Lock()
	if next.After(p.next) {
		p.next = next
	}
	p.mu.Unlock()
	if p.path == "" || d <= p.pause {
		return
	}
	f, err := p.open()
	if err != nil {
		return
	}
	defer filelock.Close(f)
	if tryLock(f) == nil {
		if s := readPace(f); s.whole && !s.asking && next.After(s.next) {
			_ = writePace(f, next, false)
		}
	}
}

// turn waits until a request may begin. The caller calls release when the request has
// ended, with the pause until the next one.
func (p *pace) turn(ctx context.Context, note func(string)) (waited time.Duration, release func(time.Duration) error, err error) {
	began := time.Now()
	told := false
	for {
		p.mu.Lock()
		d := time.Until(p.next)
		p.mu.Unlock()
		if err := sleep(ctx, d); err != nil {
			return time.Since(began), nil, err
		}
		if p.path == "" {
			return time.Since(began), p.release, nil
		}
		f, err := p.lock(ctx, note)
		if err != nil {
			return time.Since(began), nil, err
		}
		left, err := p.left(f)
		switch {
		case err == nil && left <= 0:
			return time.Since(began), func(pause time.Duration) error {
				_ = p.release(pause)
				err := writePace(f, time.Now().Add(pause), false)
				return p.wrap(errors.Join(err, filelock.Close(f)))
			}, nil
		case err == nil && left > patience:
			err = &longRest{left, p.path}
		}
		if err := errors.Join(err, filelock.Close(f)); err != nil {
			return time.Since(began), nil, err
		}
		if !told && left > 2*p.pause+time.Second {
			told = true
			note("waiting " + format.About(left) + " as an earlier request was told")
		}
		p.mu.Lock()
		p.next = time.Now().Add(left)
		p.mu.Unlock()
	}
}

func (p *pace) release(pause time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if next := time.Now().Add(pause); next.After(p.next) {
		p.next = next
	}
	return nil
}

// left reads from a locked file how long to wait still. If there is nothing to wait for, it
// writes to the file that a request is under way.
func (p *pace) left(f *os.File) (time.Duration, error) {
	now := time.Now()
	s := readPace(f)
	if s.empty || s.whole && !s.asking && !s.next.After(now) {
		return 0, p.wrap(writePace(f, now, true))
	}
	if !s.whole || s.asking || s.next.Sub(now) > farthest {
		s.next = now.Add(p.pause)
		if err := writePace(f, s.next, false); err != nil {
			return 0, p.wrap(err)
		}
	}
	return s.next.Sub(now), nil
}

func (p *pace) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fault.Usage(fmt.Errorf("harvest: pace file: %w", err))
}

func (p *pace) open() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return nil, p.wrap(err)
	}
	f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE, 0o600)
	return f, p.wrap(err)
}

// tryLock locks the file. On a file system without locks it does nothing: then two processes
// may ask at the same moment, but each still keeps the pause that the other has written.
func tryLock(f *os.File) error {
	if err := filelock.Try(f); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// lock opens the file and waits until no other process holds it.
func (p *pace) lock(ctx context.Context, note func(string)) (*os.File, error) {
	const poll, silent = 50 * time.Millisecond, 20
	f, err := p.open()
	if err != nil {
		return nil, err
	}
	for n := 0; ; n++ {
		err := tryLock(f)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, filelock.ErrHeld) {
			return nil, p.wrap(errors.Join(err, f.Close()))
		}
		if n == silent {
			note("waiting for another process, which asks the same service")
		}
		if err := sleep(ctx, poll); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
}

type paceState struct {
	next         time.Time
	asking       bool
	whole, empty bool
}

const paceLayout = "2006-01-02T15:04:05.000000000Z"

func readPace(f *os.File) (s paceState) {
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 256))
	if err != nil {
		return s
	}
	s.empty = len(data) == 0
	words := strings.Fields(string(data))
	if len(words) != 3 || words[1] != "idle" && words[1] != "asking" {
		return s
	}
	if s.next, err = time.Parse(paceLayout, words[0]); err == nil {
		s.asking, s.whole = words[1] == "asking", true
	}
	return s
}

// writePace writes a time, farthest from now at most. All lines have one length and are written
// by one call, so that a killed process leaves the old line or the new one, never a mixture.
func writePace(f *os.File, next time.Time, asking bool) error {
	if most := time.Now().Add(farthest); next.After(most) {
		next = most
	}
	what := "idle"
	if asking {
		what = "asking"
	}
	line := fmt.Sprintf("%s %-6s %-10s\n", next.UTC().Format(paceLayout), what, strconv.Itoa(os.Getpid()))
	if _, err := f.WriteAt([]byte(line), 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(line)))
}

func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// PaceFile returns the file that remembers the last request to a host, for
// Options.PaceFile: one in the user's cache, whatever the requests are for. arXiv's servers
// share one, since arXiv's rule counts requests to all of them. For a server on this machine,
// to which no rest is owed, and for a user without a cache it is the file beside.
func PaceFile(host, beside string) string {
	if OnThisMachine(host) {
		return beside
	}
	host = strings.ToLower(host)
	if strings.HasSuffix(host, ".arxiv.org") {
		host = "arxiv.org"
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return beside
	}
	dir := filepath.Join(cache, "assay")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return beside
	}
	return filepath.Join(dir, "pace-"+strings.NewReplacer(":", "_", "/", "_", `\`, "_", "%", "_").Replace(host))
}

// OnThisMachine reports whether a host is this machine.
func OnThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
