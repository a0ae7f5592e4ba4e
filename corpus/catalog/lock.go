package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"assay/internal/fault"
	"assay/internal/filelock"
)

// lockSuffix ends the name of the file that a harvester locks. It is a file of its
// own: SQLite's locks would be lost if the catalog itself were opened and closed.
const lockSuffix = ".lock"

// Lock makes this process the only harvester of the catalog until release or
// the process's end; another one is an ErrForNow that says who holds it. The system
// gives the lock back when the process ends, however it ends.
func (c *Catalog) Lock() (release func(), err error) {
	path := c.file + lockSuffix
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fault.Usagef("catalog: lock %s: %w", c.path, err)
		}
		if err := filelock.Try(f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			who := holder(f)
			_ = f.Close() // only read
			if errors.Is(err, filelock.ErrHeld) {
				return nil, passing{fmt.Errorf("catalog: %s is being filled by %s; wait for it, or end it", c.path, who)}
			}
			return nil, fmt.Errorf("catalog: lock %s: %w", c.path, err)
		}
		// The holder before may have removed the file between the two steps above.
		if !filelock.Leads(path, f) {
			_ = f.Close() // nothing was written
			continue
		}
		if err := sign(f); err != nil {
			return nil, errors.Join(c.explain("lock", err), os.Remove(path), f.Close())
		}
		return func() {
			removeLock(f, path)
		}, nil
	}
}

// sign writes into the lock who holds it.
func sign(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(fmt.Appendf(nil, "process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339)), 0)
	return err
}

// holder returns what the holder wrote.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 500))
	if who := strings.TrimSpace(string(text)); err == nil && who != "" {
		return who
	}
	return "another process"
}

// removeLock gives the lock back.
func removeLock(f *os.File, path string) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		_ = f.Truncate(0) // where open files cannot be removed, the file stays, empty
	}
	_ = filelock.Close(f)
}
