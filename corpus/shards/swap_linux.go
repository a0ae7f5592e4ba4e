package shards

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// swapFolders exchanges the names of two folders in one step. The error wraps
// errors.ErrUnsupported where the file system cannot.
func swapFolders(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		err = errors.ErrUnsupported
	}
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
}
