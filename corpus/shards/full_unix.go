//go:build unix

package shards

import (
	"errors"
	"syscall"
)

// diskFull reports whether err says that no more can be stored.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
