package filelock_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"assay/internal/filelock"
)

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // mostly closed already
	return f
}

func TestOneHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	holder, other := open(t, path), open(t, path)
	if err := filelock.Try(holder); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no locks here:", err)
	} else if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.WriteString("mine"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := filelock.Try(other); !errors.Is(err, filelock.ErrHeld) {
			t.Fatalf("a lock that is held: %v", err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("others read %q, %v of a locked file", text, err)
	}
	if err := filelock.Close(holder); err != nil {
		t.Fatal(err)
	}
	if err := filelock.Try(other); err != nil {
		t.Errorf("a lock given back: %v", err)
	}
}

// A lock that fails must not pass for one that was taken, nor for one that cannot be.
func TestFailureIsNoLock(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "lock"))
	if errors.Is(filelock.Try(f), errors.ErrUnsupported) {
		t.Skip("no locks here")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := filelock.Try(f); err == nil || errors.Is(err, filelock.ErrHeld) || errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a closed file: %v", err)
	}
}

func TestLeads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	f := open(t, path)
	if !filelock.Leads(path, f) {
		t.Error("the file's own path does not lead to it")
	}
	if runtime.GOOS == "windows" {
		return // where open files are not removed
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if filelock.Leads(path, f) {
		t.Error("a removed path leads to the file")
	}
	open(t, path)
	if filelock.Leads(path, f) {
		t.Error("another file of the name is taken for the first")
	}
}
