// Package guard keeps a library's panic from ending the program.
//
//	err := guard.Call("the Parquet library", func() error { return file.Read() })
package guard

import "fmt"

// Call calls fn. If fn panics, the error says that the library, as named, failed.
func Call(library string, fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s failed: %v", library, r)
		}
	}()
	return fn()
}

// Parquet calls fn, which uses the Parquet library: it panics on some damaged files.
func Parquet(fn func() error) error { return Call("the Parquet library", fn) }
