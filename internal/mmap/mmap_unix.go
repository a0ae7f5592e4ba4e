//go:build unix && !aix && !solaris && !illumos

package mmap

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// File is a file mapped for reading.
type File struct {
	path string
	size int64

	mu     sync.RWMutex // held for reading while data is in use
	data   []byte       // nil for an empty file
	closed bool
}

// Open maps the file at path. The descriptor is closed before Open returns:
// open maps cost address space, not descriptors.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // opened for reading: nothing can be lost
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("mmap: %s is not a regular file", path)
	}
	f := &File{path: path, size: info.Size()}
	if f.size == 0 {
		return f, nil
	}
	if int64(int(f.size)) != f.size {
		return nil, fmt.Errorf("mmap: %s: %d bytes do not fit this machine's address space", path, f.size)
	}
	f.data, err = unix.Mmap(int(file.Fd()), 0, int(f.size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: map %s: %w", path, err)
	}
	return f, nil
}

func (f *File) view(off, n int64, fn func([]byte) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return fmt.Errorf("mmap: %s: %w", f.path, ErrClosed)
	}
	return guarded(f.path, off, f.data[off:off+n:off+n], fn)
}

// Forget tells the system that the n bytes from off on will not be read again
// soon, so that they no longer count as memory of this process. Reading them
// later is right, only slower.
func (f *File) Forget(off, n int64) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	// Whole pages only: the ones at the edges may serve a neighbour.
	page := int64(os.Getpagesize())
	lo := (max(off, 0) + page - 1) / page * page
	hi := min(off+n, f.size) / page * page
	if f.closed || lo >= hi {
		return
	}
	// Advice that is refused costs memory, nothing else.
	_ = unix.Madvise(f.data[lo:hi], unix.MADV_DONTNEED)
}

// Close unmaps the file once no View or ReadAt uses it.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.data == nil {
		return nil
	}
	data := f.data
	f.data = nil
	if err := unix.Munmap(data); err != nil {
		return fmt.Errorf("mmap: unmap %s: %w", f.path, err)
	}
	return nil
}
