// Package hugepage makes slices that the system may keep in pages of 2 MiB: where
// a loop strides over megabytes, small pages cost a walk of the page table at
// every row.
//
//	gates := hugepage.Make[float32](times * papers * 1040)
package hugepage

import "unsafe"

// size is that of a huge page; smaller slices gain nothing.
const size = 2 << 20

// Make returns make([]T, n), with the system's leave to use huge pages where
// that is large enough. T must hold no pointers.
func Make[T any](n int) []T {
	s := make([]T, n)
	var zero T
	bytes := uintptr(n) * unsafe.Sizeof(zero)
	if bytes < 2*size {
		return s
	}
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	from := (begin + size - 1) / size * size
	to := (begin + bytes) / size * size
	advise(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), from-begin)), to-from))
	return s
}
