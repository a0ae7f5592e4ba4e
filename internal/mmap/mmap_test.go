package mmap

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/iotest"
)

func temp(t testing.TB, n int) (string, []byte) {
	t.Helper()
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path, data
}

func open(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestReadAtIsAReader(t *testing.T) {
	for _, n := range []int{0, 1, 4095, 4096, 4097, 70_000} {
		path, data := temp(t, n)
		f := open(t, path)
		if f.Size() != int64(n) {
			t.Fatalf("size %d, want %d", f.Size(), n)
		}
		if err := iotest.TestReader(io.NewSectionReader(f, 0, f.Size()), data); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
		f.Forget(0, f.Size())
		got := make([]byte, n)
		if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes after Forget differ (%v)", n, err)
		}
	}
}

func TestBoundsAndMissingFiles(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was mapped")
	}
	path, _ := temp(t, 100)
	f := open(t, path)
	for _, c := range [][2]int64{{-1, 1}, {0, 101}, {100, 1}, {101, 0}, {5, -1}, {1 << 62, 1 << 62}} {
		if err := f.View(c[0], c[1], func([]byte) error { return nil }); err == nil {
			t.Errorf("view of %d bytes at %d of 100 was allowed", c[1], c[0])
		}
	}
	if n, err := f.ReadAt(make([]byte, 10), 95); n != 5 || err != io.EOF {
		t.Errorf("read across the end: %d, %v", n, err)
	}
	if _, err := f.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("negative offset was read")
	}
}

// A file that shrinks under the map must give an error, whether the bytes are
// copied by the runtime or read by assembly.
func TestTruncationIsAnError(t *testing.T) {
	const size, keep = 256 << 10, 10_000
	path, data := temp(t, size)
	f := open(t, path)
	if err := os.Truncate(path, keep); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 100), 100_000); !errors.Is(err, ErrFault) {
		t.Errorf("copy: error %v, want ErrFault", err)
	}
	if _, err := f.ReadAt(make([]byte, size), 0); !errors.Is(err, ErrFault) {
		t.Errorf("copy from the part that is left on: error %v, want ErrFault", err)
	}
	err := f.View(0, size, func(b []byte) error {
		crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
		return nil
	})
	if !errors.Is(err, ErrFault) {
		t.Errorf("checksum: error %v, want ErrFault", err)
	}
	got := make([]byte, 4096)
	if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, data[:4096]) {
		t.Errorf("the part that is left: %v", err)
	}
}

func TestOtherPanicsPass(t *testing.T) {
	path, _ := temp(t, 100)
	f := open(t, path)
	defer func() {
		if r := recover(); r != "mine" {
			t.Errorf("recovered %v, want mine", r)
		}
	}()
	_ = f.View(0, 1, func([]byte) error { panic("mine") })
}

func TestCloseWhileReading(t *testing.T) {
	path, data := temp(t, 1<<16)
	f := open(t, path)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			p := make([]byte, len(data))
			for {
				_, err := f.ReadAt(p, 0)
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil || !bytes.Equal(p, data) {
					t.Errorf("read while closing: %v", err)
					return
				}
			}
		})
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := f.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func BenchmarkReadAt16K(b *testing.B) {
	path, data := temp(b, 16<<20)
	f := open(b, path)
	p := make([]byte, 16<<10)
	b.SetBytes(int64(len(p)))
	for i := 0; b.Loop(); i++ {
		if _, err := f.ReadAt(p, int64(i*len(p)%len(data))); err != nil {
			b.Fatal(err)
		}
	}
}
