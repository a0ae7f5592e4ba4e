package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWriteReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, want := range []string{"first", "second, longer", ""} {
		if err := WriteBytes(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Fatalf("read %q, %v; want %q", got, err, want)
		}
	}
}

func TestFailedWriteLeavesOldContentAndNoTemporary(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	err := Write(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("error %v, want boom", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("content %q after a failed write, want old", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v (%v), want f alone", entries, err)
	}
}

func TestRemoveStale(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "v.bin")
	old, young, other := filepath.Join(dir, TempPrefix+"v.bin-1"), filepath.Join(dir, TempPrefix+"v.bin-2"), filepath.Join(dir, TempPrefix+"w.bin-1")
	for _, name := range []string{path, old, young, other} {
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if name != young {
			if err := os.Chtimes(name, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	RemoveStale(path, time.Hour)
	for name, want := range map[string]bool{path: true, old: false, young: true, other: true} {
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", name, err == nil, want)
		}
	}
}

// Of several processes that create one file one succeeds, and the others change nothing.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	won := make(chan string, 8)
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			mine := strings.Repeat("x", i)
			switch created, err := Create(path, []byte(mine)); {
			case err != nil:
				t.Error(err)
			case created:
				won <- mine
			}
		})
	}
	running.Wait()
	if len(won) != 1 {
		t.Fatalf("%d of 8 have created the file", len(won))
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != <-won {
		t.Errorf("the file holds %q (%v), not what its creator wrote", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v (%v), want f alone", entries, err)
	}
}
