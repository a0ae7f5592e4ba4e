//go:build !amd64 || noasm

package kernels

// available lists what this machine can run, the fastest first.
func available() []*implementation { return []*implementation{&reference} }
