//go:build !linux

package fasttext

// allocate returns n zeros.
func allocate(n int) (data []float32, free func() error, err error) {
	return make([]float32, n), func() error { return nil }, nil
}
