package fasttext

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// allocate returns n zeros outside the garbage collector's heap, in huge pages
// where the system has them: rows are read all over the matrix, and with small
// pages each would cost a walk of the page table.
func allocate(n int) (data []float32, free func() error, err error) {
	if n == 0 {
		return nil, func() error { return nil }, nil
	}
	b, err := unix.Mmap(-1, 0, 4*n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, nil, fmt.Errorf("fasttext: allocate %d MiB for vectors: %w", n>>18, err)
	}
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // advice only
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), n), func() error { return unix.Munmap(b) }, nil
}
