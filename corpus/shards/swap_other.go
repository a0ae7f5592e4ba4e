//go:build !linux

package shards

import (
	"errors"
	"os"
)

// swapFolders always fails: no exchange of two names is known here.
func swapFolders(a, b string) error {
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: errors.ErrUnsupported}
}
