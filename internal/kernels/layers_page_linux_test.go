package kernels

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The loops of layers keep to their slices, which here all end where memory does.
func TestLayerLoopsKeepWithinMemory(t *testing.T) {
	page := os.Getpagesize()
	atEnd := func(t *testing.T, n int) []float32 {
		size := (4*n/page + 1) * page
		b, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Munmap(b) })
		if err := unix.Mprotect(b[size:], unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
		return unsafe.Slice((*float32)(unsafe.Pointer(&b[size-4*n])), n)
	}
	withLoops(t, func(t *testing.T) {
		for _, loop := range layerLoopCases() {
			for _, n := range []int{1, 7, 8, 9, 15, 16, 17, 31, 33, 47, 63, 65, 72, 148, 255} {
				var x [][]float32
				for _, multiple := range loop.multiples {
					x = append(x, atEnd(t, multiple*n))
				}
				loop.single(x)
			}
		}
	})
}
