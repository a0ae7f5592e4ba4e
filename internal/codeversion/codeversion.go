// Package codeversion names the program that runs, so that a result can say
// which code it comes from.
package codeversion

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime"
	"sync"

	"assay/internal/buildinfo"
)

// Get identifies the running program: the commit it was built from if
// the build knew it and the tree was clean, else the SHA-256 of the executable
// itself, so that two programs of one version are the same code; with the
// toolchain and the platform, since compilers round sums of products differently.
var Get = sync.OnceValue(func() string {
	platform := " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	if build := buildinfo.Read(); build.Revision != "" && !build.Dirty {
		return "git:" + build.Revision + platform
	}
	if sum, err := hashExecutable(); err == nil {
		return "sha256:" + sum + platform
	}
	return "unknown" + platform
})

func hashExecutable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
