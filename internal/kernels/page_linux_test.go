package kernels

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// No kernel reads or writes behind the end of a slice, not even masked: here
// every slice ends where memory does.
func TestNothingBehindTheEnd(t *testing.T) {
	page := os.Getpagesize()
	atEnd := func(n int) []float32 {
		size := (4*n/page + 1) * page
		b, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Munmap(b) })
		if err := unix.Mprotect(b[size:], unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return nil
		}
		return unsafe.Slice((*float32)(unsafe.Pointer(&b[size-4*n])), n)
	}
	for _, cols := range []int{1, 3, 7, 8, 9, 15, 16, 17, 100, 112, 113, 300} {
		m, x, y := atEnd(3*cols), atEnd(cols), atEnd(cols)
		rows := []int32{2, 0, 2}
		dst, alpha := atEnd(len(rows)), atEnd(len(rows))
		for _, impl := range available() {
			impl.dot(x, y)
			impl.axpy(y, 2, x)
			impl.scale(x, 2)
			impl.dotRows(dst, x, m, cols, rows)
			impl.sumRows(y, m, cols, rows)
			impl.addRows(m, cols, rows, x)
			impl.updateRows(m, cols, rows, alpha, x, y)
			impl.prefetch(m, cols, cols, rows)
		}
	}
}
