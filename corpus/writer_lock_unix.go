//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package corpus

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFolder takes the lock on a folder that the system gives back when this
// process ends, however it ends. The error says that another process holds it
// or that the folder is gone. Where the file system has no such locks, both
// results are nil.
func lockFolder(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(err, f.Close())
	case err != nil:
		return nil, f.Close()
	}
	// The folder may have been removed between opening and locking it.
	held, err := f.Stat()
	if err == nil {
		var named os.FileInfo
		if named, err = os.Lstat(path); err == nil && !os.SameFile(held, named) {
			err = os.ErrNotExist
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
