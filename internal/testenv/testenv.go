// Package testenv finds what some tests need and a machine may lack: real data
// and Python with a module. A test that lacks it is skipped, and says why.
//
//	path := testenv.SharedData(t, "arxiv/arxiv-100k.jsonl.xz")
package testenv

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// SharedData returns the path of a file of real data, or skips the test.
func SharedData(t testing.TB, name string) string {
	t.Helper()
	path := Shared(t, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("real data is absent: %v", err)
	}
	return path
}

// Shared returns the path that a file, or a pattern of files, of real data has: in shared/data
// beside the module. It may be absent.
func Shared(t testing.TB, name string) string {
	t.Helper()
	root, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("no folder above this has a go.mod")
		}
		root = filepath.Dir(root)
	}
	return filepath.Join(root, "..", "shared", "data", filepath.FromSlash(name))
}

// Python returns a Python that has the module, or skips the test: the one that
// ASSAY_PYTHON names, or else the path's python3.
func Python(t testing.TB, module string) string {
	t.Helper()
	path, err := exec.LookPath(cmp.Or(os.Getenv("ASSAY_PYTHON"), "python3"))
	if err == nil {
		err = exec.Command(path, "-c", "import "+module).Run()
	}
	if err != nil {
		t.Skipf("no Python with %s: name one in ASSAY_PYTHON (%v)", module, err)
	}
	return path
}
