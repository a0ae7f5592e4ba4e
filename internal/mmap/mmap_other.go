//go:build !unix || aix || solaris || illumos

package mmap

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// File is a file open for reading.
type File struct {
	path    string
	size    int64
	file    *os.File
	buffers sync.Pool // of *[]byte
}

// Open opens the file at path.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("mmap: %s is not a regular file", path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &File{path: path, size: info.Size(), file: file}, nil
}

func (f *File) view(off, n int64, fn func([]byte) error) error {
	buf, _ := f.buffers.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer f.buffers.Put(buf)
	if int64(cap(*buf)) < n {
		*buf = make([]byte, n)
	}
	b := (*buf)[:n]
	_, err := f.file.ReadAt(b, off)
	switch {
	case errors.Is(err, os.ErrClosed):
		return fmt.Errorf("mmap: %s: %w", f.path, ErrClosed)
	case errors.Is(err, io.EOF) && n > 0:
		return fmt.Errorf("mmap: %s: within bytes %d to %d: %w", f.path, off, off+n, ErrFault)
	case err != nil && n > 0:
		return fmt.Errorf("mmap: %w", err)
	}
	return guarded(f.path, off, b, fn)
}

// Forget does nothing here: no pages are mapped.
func (f *File) Forget(off, n int64) {}

// Close closes the file.
func (f *File) Close() error {
	if err := f.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
