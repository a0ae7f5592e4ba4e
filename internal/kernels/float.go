package kernels

import "unsafe"

// Float is what the kernels of the networks compute in: float32 in training,
// float64 where gradients are checked.
type Float interface{ float32 | float64 }

// single returns x as float32, and whether T is that.
func single[T Float](x []T) ([]float32, bool) {
	var zero T
	if unsafe.Sizeof(zero) != 4 {
		return nil, false
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x)), true
}
