//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package harvest

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock that the system gives back when the process ends, however
// it ends; errHeld where another has it. File systems without locks give none.
func tryLock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return errHeld
	case errors.Is(err, unix.EINTR):
		return errHeld
	}
	return nil
}

func unlock(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_UN) }
