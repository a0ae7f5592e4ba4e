package shards

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makeOld turns a corpus into what earlier programs wrote: the manifest and the
// checksums beside the shards.
func makeOld(t *testing.T, dir string) {
	t.Helper()
	private := filepath.Join(dir, privateFolder)
	text := string(readFile(t, filepath.Join(private, manifestFile)))
	old := strings.Replace(text, `"`+checksumsFile+`"`, `"`+oldChecksumsFile+`"`, 1)
	if old == text {
		t.Fatalf("the manifest does not name its checksums: %s", text)
	}
	for _, err := range []error{
		os.WriteFile(filepath.Join(dir, manifestFile), []byte(old), 0o644),
		os.Rename(filepath.Join(private, checksumsFile), filepath.Join(dir, oldChecksumsFile)),
		os.RemoveAll(private),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestOldLayout reads a corpus of the old layout, in full and by sample, and
// replaces it by a new one, of which nothing old is left. The layout is no part
// of the hash.
func TestOldLayout(t *testing.T) {
	papers := made(900, 20)
	parent := t.TempDir()
	dir := filepath.Join(parent, "c")
	made := writeTo(t, dir, papers, WriterOptions{ShardRows: 400})
	makeOld(t, dir)
	old := []string{oldChecksumsFile, manifestFile, "shard-00000.parquet", "shard-00001.parquet", "shard-00002.parquet"}
	if got := filesIn(t, dir); !slices.Equal(got, old) {
		t.Fatalf("the old corpus has the files %q", got)
	}
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(t.Context()); err != nil || c.Hash() != made.Hash {
		t.Errorf("hash %s, want %s; %v", c.Hash(), made.Hash, err)
	}
	rows, err := c.Sample(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := scanned(c, rows, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "old layout", got, papers)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	if _, err := Create(dir, WriterOptions{}); err == nil || !strings.Contains(err.Error(), "a corpus exists there") {
		t.Errorf("the old corpus was not seen: %v", err)
	}
	again := writeTo(t, dir, papers, WriterOptions{ShardRows: 900, Overwrite: true})
	want := []string{filepath.Join(privateFolder, checksumsFile), filepath.Join(privateFolder, manifestFile), "shard-00000.parquet"}
	if got := filesIn(t, dir); !slices.Equal(got, want) {
		t.Errorf("the new corpus has the files %q, want %q", got, want)
	}
	if c := opened(t, dir); c.Hash() != again.Hash || c.Rows() != 900 {
		t.Errorf("%d rows, hash %s", c.Rows(), c.Hash())
	}
	if left := names(t, parent); len(left) != 1 {
		t.Errorf("beside it lies %v", left)
	}
}

// TestOverwriteSparesStrangersInside: what lies in the private folder and is no
// corpus's is not removed either.
func TestOverwriteSparesStrangersInside(t *testing.T) {
	dir := write(t, made(20, 3), WriterOptions{})
	note := filepath.Join(dir, privateFolder, "notes.txt")
	if err := os.WriteFile(note, []byte("keep"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Create(dir, WriterOptions{Overwrite: true})
	if err == nil || !strings.Contains(err.Error(), "holds __assay__/notes.txt, which is no part of a corpus") {
		t.Errorf("got %v", err)
	}
}
