//go:build !unix

package results

var stressModes map[string]func(dir string) error
