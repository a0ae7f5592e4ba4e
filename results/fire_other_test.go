//go:build !unix

package results

var fireModes map[string]func(dir string) error
