package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"assay/internal/atomicfile"
	"assay/internal/fault"
)

// The functions below change the folder of a run. Only the process that holds the
// folder's lease may do so, but it can be paused between checking the lease and making
// the change, for so long that another process takes the folder over. Each change is
// therefore made in a way that cannot touch the new holder's files: see leaseTiming.

// replace writes a file of the run's folder, whole or not at all.
func (w *RunWriter) replace(name string, fill func(io.Writer) error) error {
	err := atomicfile.Write(filepath.Join(w.dir, filepath.FromSlash(name)), func(out io.Writer) error {
		if err := w.lease.check(); err != nil {
			return err
		}
		return fill(out)
	})
	return w.because(err)
}

func (w *RunWriter) replaceBytes(name string, data []byte) error {
	return w.replace(name, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
}

// Because returns why something that a run needed has failed, in one line: where
// the folder was lost in the meantime, that is the reason, and errors.Is(err,
// ErrLost) holds.
func (w *RunWriter) Because(err error) error {
	if err == nil {
		return nil
	}
	if lost := w.lease.check(); lost != nil {
		return fmt.Errorf("results: run %s: %w", w.name, lost)
	}
	return missing(w.dir, oneLineError(err))
}

// because is Because for an error that will get its context from the caller.
func (w *RunWriter) because(err error) error {
	if err == nil {
		return nil
	}
	if lost := w.lease.check(); lost != nil {
		return lost
	}
	// Of joined errors the first is the cause; those after it come from cleaning up.
	for {
		several, ok := err.(interface{ Unwrap() []error })
		if !ok || len(several.Unwrap()) == 0 {
			return missing(w.dir, err)
		}
		err = several.Unwrap()[0]
	}
}

// missing adds to an error about a file that does not exist in dir that the folder was
// probably removed: dir was made a moment ago.
func missing(dir string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), dir) {
		return err
	}
	return fmt.Errorf("%w: was the folder removed?", err)
}

// oneLineError returns an error of one line with the same causes.
func oneLineError(err error) error {
	if text := err.Error(); strings.ContainsAny(text, "\n\r") {
		return &lineError{fault.Line(text), err}
	}
	return err
}

type lineError struct {
	text  string
	cause error
}

func (e *lineError) Error() string { return e.text }
func (e *lineError) Unwrap() error { return e.cause }

// makeFolder makes a folder inside the run's folder. It does not make the run's folder:
// if that is missing, somebody has removed the run, and the error says so.
func (w *RunWriter) makeFolder(name string) error {
	if err := os.Mkdir(filepath.Join(w.dir, name), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return w.because(err)
	}
	return nil
}

// remove removes files and folders of the run's folder, as far as they are there.
func (w *RunWriter) remove(names ...string) error {
	var there []string
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(w.dir, name)); err == nil {
			there = append(there, name)
		}
	}
	if len(there) == 0 {
		return nil
	}
	away, err := os.MkdirTemp(w.dir, atomicfile.TempPrefix+"removed-*")
	if err == nil {
		err = w.lease.check()
	}
	for _, name := range there {
		if err == nil {
			err = os.Rename(filepath.Join(w.dir, name), filepath.Join(away, name))
		}
	}
	if err == nil {
		err = os.RemoveAll(away)
	}
	return w.because(err)
}

// removeTemporaries removes the temporary files of earlier holders of the folder. One
// that was only paused then finds nothing to rename, and its change fails. A temporary
// lease of a process that is alive stays: it is claiming the folder just now.
func (w *RunWriter) removeTemporaries() error {
	err := filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !strings.HasPrefix(e.Name(), atomicfile.TempPrefix) {
			return err
		}
		if strings.HasPrefix(e.Name(), leaseTemp) {
			r, err := readLeaseFile(path, 0)
			if err != nil || r.live(w.lease.info.ModTime(), w.lease.timing) {
				return nil
			}
		}
		if err := w.lease.check(); err != nil {
			return err // the temporary files are another's
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if e.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return w.because(err)
}

// openLog opens log.txt to append to it. It replaces the file by a copy first: an earlier
// holder that was only paused may still have the old one open, and would write into it.
func (w *RunWriter) openLog() error {
	path := filepath.Join(w.dir, logFile)
	text, err := os.ReadFile(path)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = w.replaceBytes(logFile, text)
	}
	if err == nil {
		w.log, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	}
	return w.because(err)
}

// logWriter writes to log.txt as long as this process holds the folder, and drops lines
// afterwards.
type logWriter struct{ w *RunWriter }

func (l logWriter) Write(line []byte) (int, error) {
	if l.w.lease.check() != nil {
		return len(line), nil
	}
	return l.w.log.Write(line)
}
