package shards

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/internal/atomicfile"
	"assay/internal/fault"
)

// The bytes on disk depend on the papers alone.
func TestSamePapersSameBytes(t *testing.T) {
	papers := made(12_000, 12) // three row groups
	var first map[string][]byte
	for _, workers := range []int{1, 4} {
		dir := write(t, papers, WriterOptions{Workers: workers, ShardRows: 10_000, Source: "test"})
		files := make(map[string][]byte)
		for _, name := range filesIn(t, dir) {
			files[name] = readFile(t, filepath.Join(dir, name))
		}
		if first == nil {
			first = files
			if len(first) != 4 {
				t.Fatalf("files %v", filesIn(t, dir))
			}
		}
		for name, want := range first {
			if !bytes.Equal(files[name], want) {
				t.Errorf("%d workers: %s differs", workers, name)
			}
		}
	}
	papers[11_999].Title += "."
	other := opened(t, write(t, papers, WriterOptions{ShardRows: 10_000}))
	if strings.Contains(string(first[filepath.Join(privateFolder, manifestFile)]), other.Hash()) {
		t.Error("another paper left the corpus hash as it was")
	}
}

// A row group ends early where its text is large, so that memory is bounded.
func TestLargePapersEndRowGroups(t *testing.T) {
	papers := made(6, 5)
	for i := range papers {
		papers[i].Abstract = strings.Repeat(fmt.Sprint(i), groupBytes/3)
	}
	c := opened(t, write(t, papers, WriterOptions{}))
	rows, _ := c.Sample(0, 0)
	got, err := scanned(c, rows, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "large papers", got, papers)
	if groups := len(c.shards[0].file.RowGroups()); groups != 2 {
		t.Errorf("%d row groups, want 2", groups)
	}
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// filesIn returns the paths of all files in a folder and below it.
func filesIn(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path[len(dir)+1:])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAddRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	w, err := Create(dir, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	good := corpus.Paper{ID: "1", Title: "t"}
	for want, p := range map[string]corpus.Paper{
		"has no id":            {Title: "t"},
		`"2": its text is not`: {ID: "2", Abstract: "a\xffb"},
		`"3": its text is not`: {ID: "3", Authors: []string{"\xc3"}},
		`"4": created in the`:  {ID: "4", Created: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		`"5": updated in the`:  {ID: "5", Updated: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
		`"6": 67108865 bytes`:  {ID: "6", Title: strings.Repeat("x", maxRecord)},
	} {
		if err := w.Add(&p); err == nil || !strings.Contains(err.Error(), want) || !fault.IsUsage(err) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := w.Add(&good); err != nil {
		t.Fatal(err)
	}
	if m, err := w.Commit(t.Context()); err != nil || m.Rows != 1 {
		t.Fatalf("commit: %+v, %v", m, err)
	}
	if err := w.Add(&good); err == nil {
		t.Error("a paper was added after Commit")
	}
	if _, err := w.Commit(t.Context()); err == nil {
		t.Error("a second Commit succeeded")
	}
	if err := w.Abort(); err != nil {
		t.Errorf("abort after commit: %v", err)
	}
	if c := opened(t, dir); c.Rows() != 1 {
		t.Errorf("%d rows", c.Rows())
	}
}

func TestNothingStaysOfAFailedWriter(t *testing.T) {
	papers := made(9_000, 3)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(*Writer) error{
		"abort":     func(w *Writer) error { return errors.Join(w.Abort(), errors.New("aborted")) },
		"cancelled": func(w *Writer) error { _, err := w.Commit(cancelled); return err },
		"no papers": func(w *Writer) error { w.rows, w.shardRows = 0, 0; _, err := w.Commit(t.Context()); return err },
		"disk gone": func(w *Writer) error {
			if err := w.shard.file.Close(); err != nil { // as if the disk refused
				return err
			}
			_, err := w.Commit(t.Context())
			return err
		},
		"filled meanwhile": func(w *Writer) error {
			if err := os.MkdirAll(filepath.Join(w.draft.dir, "sub"), 0o755); err != nil {
				return nil
			}
			_, err := w.Commit(t.Context())
			return errors.Join(err, os.RemoveAll(w.draft.dir))
		},
	} {
		parent := t.TempDir()
		w, err := Create(filepath.Join(parent, "c"), WriterOptions{ShardRows: 8_500})
		if err != nil {
			t.Fatal(err)
		}
		for i := range papers[:8_300] { // one row group is on its way
			if err := w.Add(&papers[i]); err != nil {
				t.Fatal(err)
			}
		}
		err = end(w)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		t.Logf("%s: %v", name, err)
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: not one line: %v", name, err)
		}
		if left := names(t, parent); len(left) > 0 {
			t.Errorf("%s: %v is left", name, left)
		}
	}
}

func TestCreateRefusesWhatItMustNotTouch(t *testing.T) {
	papers := made(20, 3)
	root := t.TempDir()
	file := filepath.Join(root, "file")
	foreign := filepath.Join(root, "foreign")
	mixed := filepath.Join(root, "mixed")
	writeTo(t, mixed, papers, WriterOptions{})
	for _, path := range []string{file, filepath.Join(foreign, "thesis.tex"), filepath.Join(mixed, "thesis.tex")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	corpus := filepath.Join(root, "corpus")
	writeTo(t, corpus, papers, WriterOptions{})
	for _, c := range []struct {
		dir       string
		overwrite bool
		want      string
	}{
		{file, true, "not a directory"},
		{foreign, true, "holds thesis.tex, which is no part of a corpus"},
		{foreign, false, "holds thesis.tex, which is no part of a corpus"},
		{mixed, true, "holds thesis.tex, which is no part of a corpus"},
		{corpus, false, "a corpus exists there"},
		{filepath.Join(file, "below"), false, "not a directory"},
		{"/", true, "root cannot be a corpus"},
	} {
		w, err := Create(c.dir, WriterOptions{Overwrite: c.overwrite})
		if err == nil {
			t.Errorf("%s was taken", c.dir)
			_ = w.Abort()
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want %q", c.dir, err, c.want)
		}
	}
	if _, err := Create(filepath.Join(root, "n"), WriterOptions{ShardRows: -1}); !fault.IsUsage(err) {
		t.Errorf("negative shard rows: %v", err)
	}
	if left := names(t, root); !slices.Equal(left, []string{"corpus", "file", "foreign", "mixed"}) {
		t.Errorf("folder holds %v", left)
	}
}

func TestCreateTakesNewEmptyAndLinkedFolders(t *testing.T) {
	root := t.TempDir()
	empty := filepath.Join(root, "empty")
	link := filepath.Join(root, "link")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("empty", link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	papers := made(20, 3)
	for _, dir := range []string{link, filepath.Join(root, "a", "b", "c") + "/"} {
		writeTo(t, dir, papers, WriterOptions{})
		if c := opened(t, dir); c.Rows() != 20 {
			t.Errorf("%s: %d rows", dir, c.Rows())
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
}

func TestOverwriteReplacesAtCommit(t *testing.T) {
	old, papers := made(50, 3), made(70, 3)
	parent := t.TempDir()
	dir := filepath.Join(parent, "c")
	first := writeTo(t, dir, old, WriterOptions{ShardRows: 20})
	w, err := Create(dir, WriterOptions{Overwrite: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range papers {
		if err := w.Add(&papers[i]); err != nil {
			t.Fatal(err)
		}
	}
	reader := opened(t, dir)
	if reader.Hash() != first.Hash {
		t.Error("the old corpus changed before Commit")
	}
	second, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c := opened(t, dir); c.Hash() != second.Hash || c.Rows() != 70 {
		t.Errorf("after Commit: %d rows", c.Rows())
	}
	if left := names(t, parent); len(left) != 1 {
		t.Errorf("folder holds %v", left)
	}
}

// A draft whose process lives is left alone; one whose process died is removed
// by the next import to the same place.
func TestDraftsOfDeadImportsAreSwept(t *testing.T) {
	papers := made(20, 3)
	parent := t.TempDir()
	dir := filepath.Join(parent, "c")
	stranger := filepath.Join(parent, atomicfile.TempPrefix+"c-notes")
	if err := os.Mkdir(stranger, 0o755); err != nil {
		t.Fatal(err)
	}
	live, err := Create(dir, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dead, err := Create(dir, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if dead.draft.lock == nil {
		t.Skip("no folder locks here")
	}
	dead.draft.unlock() // as the system does when a process ends
	if _, err := Open(dir); err == nil {
		t.Error("a corpus was opened before Commit")
	}
	writeTo(t, dir, papers, WriterOptions{})
	want := []string{filepath.Base(live.draft.path), filepath.Base(stranger), "c"}
	slices.Sort(want)
	if left := names(t, parent); !slices.Equal(left, want) {
		t.Errorf("folder holds %v, want %v", left, want)
	}
	if err := errors.Join(live.Abort(), dead.Abort()); err != nil {
		t.Error(err)
	}
}

// An import killed at any moment leaves a whole corpus or none.
func TestKilledImport(t *testing.T) {
	if dir := os.Getenv("ASSAY_TEST_IMPORT"); dir != "" {
		papers := made(3_000, 30)
		fmt.Println("begin")
		for {
			writeTo(t, dir, papers, WriterOptions{ShardRows: 1_000, Overwrite: true})
		}
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "c")
	whole := 0
	for i := range 8 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledImport$")
		child.Env = append(os.Environ(), "ASSAY_TEST_IMPORT="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i*11) * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // its error is the kill
		c, err := Open(dir)
		if err != nil {
			if _, serr := os.Stat(dir); serr == nil {
				t.Fatalf("a part of a corpus stands: %v", err)
			}
			continue
		}
		whole++
		if err := c.Verify(t.Context()); err != nil || c.Rows() != 3_000 {
			t.Fatalf("%d rows, %v", c.Rows(), err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	writeTo(t, dir, made(10, 3), WriterOptions{Overwrite: true})
	t.Logf("%d of 8 kills left a whole corpus", whole)
	if left := names(t, parent); len(left) != 1 {
		t.Errorf("the folder holds %v", left)
	}
}

func BenchmarkWrite(b *testing.B) {
	papers := made(20_000, 145)
	dir := b.TempDir()
	for i := 0; b.Loop(); i++ {
		writeTo(b, filepath.Join(dir, fmt.Sprint(i)), papers, WriterOptions{})
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}
