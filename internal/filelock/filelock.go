// Package filelock takes exclusive locks on open files that the operating system
// gives back when the process ends, however it ends: flock on Unix, LockFileEx on
// Windows.
//
//	switch err := filelock.Try(f); {
//	case errors.Is(err, filelock.ErrHeld):
//		// another process works there
//	case errors.Is(err, errors.ErrUnsupported):
//		// nobody can be kept out here
//	}
//
// The libraries for this (gofrs/flock, rogpeppe/go-internal) open the file
// themselves, lock its first byte on Windows, which hides from other processes what
// the holder wrote there, and do not lock folders.
package filelock

import (
	"errors"
	"os"
)

// ErrHeld says that another open file, of this process or another, has the lock.
var ErrHeld = errors.New("another process has the lock")

// Try locks f, or says at once why it cannot: ErrHeld, or errors.ErrUnsupported where
// the system or the file system has no such locks. Network file systems that build
// these locks on others want f open for writing.
func Try(f *os.File) error { return tryLock(f) }

// Close unlocks f, which need not be locked, and closes it.
func Close(f *os.File) error {
	unlock(f)
	return f.Close()
}

// Leads reports whether path still leads to f: who removes a locked file may leave
// the next one with a lock on a file without a name.
func Leads(path string, f *os.File) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(held, named)
}
