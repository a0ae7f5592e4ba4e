// Package mmap reads files through read-only memory maps without the two ways
// in which a map can hurt: a page that can no longer be read (the file was
// truncated, a disk or a network failed) is an error instead of a signal that
// ends the process, and no slice outlives the map it points into.
//
//	f, err := mmap.Open(path)
//	n, err := f.ReadAt(p, offset)
//
// Where the platform has no map that Go can guard, the same calls read the
// file instead.
package mmap

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// ErrFault says that mapped bytes could not be read: the file is shorter than
// it was when it was opened, or the storage under it failed.
var ErrFault = errors.New("mapped pages cannot be read: the file was truncated or its storage failed")

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("memory map is closed")

// Size returns the length of the file, in bytes, when it was opened.
func (f *File) Size() int64 { return f.size }

// Path returns the name that the file was opened by.
func (f *File) Path() string { return f.path }

// ReadAt implements io.ReaderAt. It is safe for concurrent use.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("mmap: %s: read at negative offset %d", f.path, off)
	}
	if off >= f.size {
		if len(p) == 0 {
			return 0, nil
		}
		return 0, io.EOF
	}
	n := min(int64(len(p)), f.size-off)
	err := f.View(off, n, func(b []byte) error {
		copy(p, b)
		return nil
	})
	if err != nil {
		return 0, err
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// View calls fn with the n bytes from off on. The slice is valid during the
// call only and must not be written. If the bytes cannot be read while fn
// runs, fn is cut short and View returns an error that wraps ErrFault. It is
// safe for concurrent use; fn must not call Close.
func (f *File) View(off, n int64, fn func(b []byte) error) error {
	if off < 0 || n < 0 || off > f.size || n > f.size-off {
		return fmt.Errorf("mmap: %s: bytes %d to %d lie outside a file of %d bytes", f.path, off, off+n, f.size)
	}
	return f.view(off, n, fn)
}

// guarded calls fn(b), and turns a fault on an address of b into ErrFault.
// Every other panic passes on.
func guarded(path string, off int64, b []byte, fn func([]byte) error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		r := recover()
		if r == nil {
			return
		}
		// The runtime's fault errors carry the address; other panics do not.
		fault, ok := r.(interface {
			runtime.Error
			Addr() uintptr
		})
		if !ok || !within(b, fault.Addr()) {
			panic(r)
		}
		at := off + int64(fault.Addr()-uintptr(unsafe.Pointer(unsafe.SliceData(b))))
		err = fmt.Errorf("mmap: %s: at byte %d: %w", path, at, ErrFault)
	}()
	return fn(b)
}

func within(b []byte, addr uintptr) bool {
	base := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return addr >= base && addr-base < uintptr(len(b))
}
