package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// Each bad input has a one-line answer that says what is wrong and where, and
// the exit code of wrong input.
func TestBadInputs(t *testing.T) {
	dir := t.TempDir()
	papers := writePapers(t, dir, 300)
	good, err := os.ReadFile(papers)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lines := bytes.SplitAfter(good, []byte("\n"))
	cutLine := append(append([]byte{}, bytes.Join(lines[:4], nil)...), lines[4][:len(lines[4])/2]...)
	noCategory := []byte(`{"id":"1001.0001","title":"T","abstract":"A","categories":"cs.XX"}` + "\n")
	corpusDir := importPapers(t, 300)
	small := experiment(t, corpusDir)
	config := func(edit func(string) string) string {
		text, err := os.ReadFile(small)
		if err != nil {
			t.Fatal(err)
		}
		return file("edited.toml", []byte(edit(string(text))))
	}
	out := func() string { return filepath.Join(t.TempDir(), "out") }
	importing := func(path string) []string {
		return []string{"corpus", "import", "--format", "kaggle", path, "--out", out()}
	}
	for _, c := range []struct {
		name string
		args []string
		want []string // parts of the message
	}{
		{"empty file", importing(file("empty.jsonl", nil)), []string{"empty.jsonl", "is empty"}},
		{"binary file", importing(file("binary", []byte("\x7fELF\x02\x01\x01\x00\x00\x80\xff\xfe"))), []string{"binary"}},
		{"truncated gzip", importing(file("cut.gz", half(gzipped(t, good)))), []string{"cut.gz", "truncated"}},
		{"truncated xz", importing(file("cut.xz", half(xzipped(t, good)))), []string{"cut.xz", "truncated"}},
		{"half a line", importing(file("half.jsonl", cutLine)), []string{"half.jsonl:5", "--skip-bad"}},
		{"only unknown categories", importing(file("nocat.jsonl", noCategory)), []string{"1 without a known category"}},
		{"missing file", importing(filepath.Join(dir, "absent.jsonl")), []string{"absent.jsonl", "no such file"}},
		{"a folder as input", importing(dir), []string{"folder"}},
		{"unknown format", []string{"corpus", "import", "--format", "kagle", papers, "--out", out()}, []string{`"kaggle"`}},
		{"no format", []string{"corpus", "import", papers, "--out", out()}, []string{"format"}},
		{"target in use", []string{"corpus", "import", "--format", "kaggle", papers, "--out", corpusDir}, []string{"--overwrite"}},
		{"missing corpus", []string{"run", small, "--set", "corpus.path=" + filepath.Join(dir, "none"), "--results", out()}, []string{"no such folder", "assay corpus import"}},
		{"corpus is a file", []string{"corpus", "info", papers}, []string{"papers.jsonl", "folder"}},
		{"unknown experiment", []string{"run", "quickstrat"}, []string{`did you mean "quickstart"?`}},
		{"unknown key", []string{"run", config(func(s string) string { return s + "tress = 3\n" })}, []string{"edited.toml:19", `unknown key "tress"`, `did you mean "trees"?`}},
		{"unknown override", []string{"run", small, "--set", "corpus.pth=x"}, []string{"--set corpus.pth=x", `did you mean "path"?`}},
		{"sample too large", []string{"run", small, "--set", "corpus.sample=1000", "--results", out()}, []string{"1000", "300"}},
		{"too many trees", []string{"run", small, "--set", "model.RF.trees=9223372036854775807"}, []string{"trees", "out of range"}},
		{"too many workers", []string{"run", small, "--workers", "10000000", "--results", out()}, []string{"10000000 workers"}},
		{"more labels than there are", []string{"run", small, "--set", `decision.rules=["top:9223372036854775807"]`}, []string{"more labels than the 148"}},
		{"unknown table format", []string{"run", small, "--format", "markdwon", "--results", out()}, []string{`did you mean "markdown"?`}},
		{"unknown verb", []string{"rnu"}, []string{`unknown command "rnu"`}},
		{"unknown flag", []string{"run", "quickstart", "--wrokers", "2"}, []string{"--wrokers"}},
		{"no argument", []string{"run"}, []string{"usage: assay run CONFIG"}},
		{"table of nothing", []string{"table", small, "--results", filepath.Join(dir, "no-results")}, []string{"no-results", "folder that a run wrote to"}},
		{"vectors of nothing", []string{"embed", "info", filepath.Join(dir, "none.bin")}, []string{"none.bin", "no such file"}},
		{"vectors of prose", []string{"embed", "info", file("prose.txt", []byte("hello world\n"))}, []string{"prose.txt", "no word with its numbers"}},
		{"truncated vectors", []string{"embed", "info", file("cut.vec", []byte("3 2\na 1 2\n"))}, []string{"cut.vec", "announces 3 words", "truncated"}},
		{"vectors of two dimensions", []string{"embed", "info", file("mixed.txt", []byte("a 1 2\nb 3 4\nc 5 6\nd 1 2\n"+strings.Repeat("e 1 2 3\n", 4)))}, []string{"mixed.txt", "agree on no dimension", "line 5"}},
		{"mostly no vectors", []string{"embed", "info", file("half.txt", []byte(strings.Repeat("a 1 2\n", 5)+"d 1\n"+strings.Repeat("e nan 1\n", 4)))}, []string{"half.txt", "5 of its 10 lines", "line 6", "line 7"}},
		{"a binary's wrong header", []string{"embed", "info", file("lies.bin", []byte("1 1\na \x00\x00\x80?b \x00\x00\x80?"))}, []string{"lies.bin", "bytes follow the last word"}},
		{"truncated model", []string{"embed", "info", file("cut.bin", []byte("\xba\x16\x4f\x2f\x0c\x00\x00\x00abc"))}, []string{"cut.bin", "truncated"}},
		{"neighbours of no word", []string{"embed", "neighbours", file("few.txt", []byte("a 1 2\nb 2 1\n")), "zebra"}, []string{`"zebra" has no vector`}},
		{"vectors of a too rare text", []string{"embed", "train", corpusDir, "--out", out(), "--min-count", "100000"}, []string{"min_count = 100000", "lower it"}},
		{"window of nothing", []string{"embed", "train", corpusDir, "--out", out(), "--window", "0"}, []string{"window = 0"}},
		{"vectors into no folder", []string{"embed", "train", corpusDir, "--out", filepath.Join(dir, "none", "v.bin")}, []string{"cannot be written"}},
		{"n-grams out of text", []string{"embed", "convert", file("few2.txt", []byte("a 1 2\nb 2 1\n")), out(), "--format", "fasttext"}, []string{"n-grams"}},
		{"target without a format", []string{"embed", "convert", file("few3.txt", []byte("a 1 2\nb 2 1\n")), out()}, []string{"--format"}},
		{"golearn cannot serve the size", []string{"run", small, "--results", out(), "--set", "model.RF.backend=golearn", "--set", "model.RF.max_core_hours=0.001"}, []string{"golearn", "native"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, message, code := call(t, nil, c.args...)
			if code != exitUsage {
				t.Errorf("code %d, want %d; stdout %q; message %q", code, exitUsage, stdout, message)
			}
			if strings.Contains(message, "\n") {
				t.Errorf("more than one line:\n%s", message)
			}
			for _, want := range c.want {
				if !strings.Contains(message, want) {
					t.Errorf("message %q does not say %q", message, want)
				}
			}
		})
	}
}

func half(data []byte) []byte { return data[:len(data)/2] }

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func xzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A flipped byte in a shard is found when it is read, and named.
func TestCorruptShardStopsTheRun(t *testing.T) {
	corpusDir := importPapers(t, 300)
	shards, err := filepath.Glob(filepath.Join(corpusDir, "*.parquet"))
	if err != nil || len(shards) == 0 {
		t.Fatalf("no shard in %s: %v", corpusDir, err)
	}
	data, err := os.ReadFile(shards[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []struct {
		name string
		data func() []byte
	}{
		{"truncated", func() []byte { return data[:len(data)-100] }},
		{"flipped", func() []byte {
			b := bytes.Clone(data)
			b[len(b)/3] ^= 0x10
			return b
		}},
	} {
		if err := os.WriteFile(shards[0], damage.data(), 0o644); err != nil {
			t.Fatal(err)
		}
		_, message, code := call(t, nil, "run", experiment(t, corpusDir), "--results", t.TempDir())
		if code == 0 || !strings.Contains(message, filepath.Base(shards[0])) {
			t.Errorf("%s shard: code %d, message %q; want the shard's name", damage.name, code, message)
		}
	}
}

func TestReadOnlyResultsFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	_, message, code := call(t, nil, "run", "quickstart", "--results", dir)
	if code != exitUsage || !strings.Contains(message, "permission denied") {
		t.Errorf("code %d, message %q", code, message)
	}
}

// Writing to a full device ends in one line, and leaves nothing behind.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	err = run(t.Context(), []string{"corpus", "sample", importPapers(t, 300), "--out", "-"}, nil, full, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error %v, want no space left on device", err)
	}
}
