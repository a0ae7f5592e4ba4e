// Package configs holds the experiments that come with the binary, so that
// `assay run quickstart` needs no checkout.
package configs

import (
	"embed"
	"path"
	"strings"
)

//go:embed *.toml
var files embed.FS

// Names returns the names of the embedded experiments in order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
	}
	return names
}

// Text returns the TOML of the embedded experiment of that name.
func Text(name string) (string, bool) {
	data, err := files.ReadFile(name + ".toml")
	return string(data), err == nil
}
