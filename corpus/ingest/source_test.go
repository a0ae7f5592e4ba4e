package ingest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"assay/corpus"
	"assay/internal/fault"
)

// packers pack by other means than the importer unpacks, where there are any.
var packers = map[string]func(testing.TB, string) []byte{
	"gzip": func(t testing.TB, text string) []byte {
		return packWith(t, text, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
	},
	"xz": func(t testing.TB, text string) []byte {
		return packWith(t, text, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
	},
	"zstd": func(t testing.TB, text string) []byte {
		return packWith(t, text, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	},
	"zip": func(t testing.TB, text string) []byte { return packZip(t, "papers.txt", text) },
}

func packWith(t testing.TB, text string, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packZip(t testing.TB, namesAndTexts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(namesAndTexts); i += 2 {
		w, err := z.Create(namesAndTexts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, namesAndTexts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func someLines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(line(fmt.Sprint(i), fmt.Sprint("Paper ", i*i*7919%1000), "cs.LG"))
	}
	return b.String()
}

// importBytes imports data under a misleading name, as a file or from a pipe.
func importBytes(t testing.TB, dir string, data []byte, piped bool) ([]*corpus.Paper, *Summary, error) {
	t.Helper()
	opt := Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{"-"}, Stdin: pipe{bytes.NewReader(data)}, TempDir: dir, Workers: 1}
	if !piped {
		path := filepath.Join(dir, "papers.gz.xz")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		opt.Inputs, opt.Stdin = []string{path}, nil
	}
	sink := &memorySink{}
	s, err := Import(context.Background(), opt, sink)
	if left, globErr := filepath.Glob(filepath.Join(opt.TempDir, ".tmp*")); globErr != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, globErr)
	}
	return sink.papers, s, err
}

func TestPackings(t *testing.T) {
	dir := t.TempDir()
	text := someLines(0, 3000)
	for packing, pack := range packers {
		data := pack(t, text)
		for _, piped := range []bool{false, true} {
			papers, s, err := importBytes(t, dir, data, piped)
			if err != nil || len(papers) != 3000 || s.Sources[0].Packing != packing {
				t.Errorf("%s, piped %v: %d papers, %+v, %v", packing, piped, len(papers), s, err)
			}
			// Duplicates need a second reading, which a pipe has to have kept.
			if packing == "zip" {
				continue
			}
			twice := append(bytes.Clone(data), data...)
			papers, s, err = importBytes(t, dir, twice, piped)
			if err != nil || len(papers) != 3000 || s.Duplicates != 3000 {
				t.Errorf("%s twice, piped %v: %d papers, %+v, %v", packing, piped, len(papers), s, err)
			}
		}
	}
}

func TestRedirectedFile(t *testing.T) {
	f, err := os.Open(writeFile(t, "x", "skipped\n"+someLines(0, 9)+someLines(0, 9)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(int64(len("skipped\n")), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	sink := &memorySink{}
	s, err := Import(context.Background(), Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{"-"}, Stdin: f, TempDir: "/nowhere"}, sink)
	if err != nil || s.Kept != 9 || s.Duplicates != 9 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestZipMembers(t *testing.T) {
	dir := t.TempDir()
	inner := string(packers["xz"](t, someLines(10, 20)))
	data := packZip(t, "folder/", "", "readme.txt", "no record", "folder/b.jsonl", someLines(0, 10),
		"a.json.xz", inner, "__MACOSX/a.json", "junk", "table.tsv", archiveHeader)
	for _, piped := range []bool{false, true} {
		papers, s, err := importBytes(t, dir, data, piped)
		if err != nil {
			t.Fatal(err)
		}
		if len(papers) != 20 || papers[0].ID != "0" || papers[19].ID != "19" {
			t.Errorf("%d papers", len(papers))
		}
		name, _, _ := strings.Cut(s.Sources[0].Name, "/folder")
		want := fmt.Sprintf("[{%s/folder/b.jsonl zip 10} {%s/a.json.xz xz in zip 10}] [%s/readme.txt %s/table.tsv]", name, name, name, name)
		if got := fmt.Sprint(s.Sources, s.SkippedMembers); got != want {
			t.Errorf("sources\ngot  %s\nwant %s", got, want)
		}
	}
}

func TestZipFaults(t *testing.T) {
	dir := t.TempDir()
	for want, data := range map[string][]byte{
		`holds no member of the format's kind; it is empty`:                              packZip(t),
		`holds no member of the format's kind; it holds "a.txt", "b.tsv"`:                packZip(t, "a.txt", "a", "b.tsv", "b"),
		`stdin/a.json:2: missing title: paper "1"`:                                       packZip(t, "a.json", "\n"+`{"id":"1"}`),
		`stdin/a.json: a zip inside an archive is not read; unpack it first`:             packZip(t, "a.json", string(packZip(t, "b.json", "x"))),
		`stdin/a.json is empty`:                                                          packZip(t, "a.json", ""),
		`stdin/a.json.gz holds binary data; give a text`:                                 packZip(t, "a.json.gz", string(packers["gzip"](t, "a\x00b"))),
		`stdin/a.json.gz holds gzip data packed twice; give a text`:                      packZip(t, "a.json.gz", string(packers["gzip"](t, string(packers["gzip"](t, "x"))))),
		`the zip's directory cannot be read (zip: not a valid zip file); the file is tr`: []byte("PK\x03\x04 and then nothing of the kind"),
	} {
		_, _, err := importBytes(t, dir, data, true)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || !fault.IsUsage(err) {
			t.Errorf("got  %v\nwant …%s…", err, want)
		}
	}
}

// TestTruncated cuts packed files at every length: no cut may pass as whole.
func TestTruncated(t *testing.T) {
	dir := t.TempDir()
	for packing, pack := range packers {
		data := pack(t, someLines(0, 3))
		for n := 1; n < len(data); n++ {
			_, _, err := importBytes(t, dir, data[:n], n%2 == 0)
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s cut at %d of %d: %v", packing, n, len(data), err)
			}
		}
		long := pack(t, someLines(0, 16000))
		_, _, err := importBytes(t, dir, long[:len(long)*3/4], false)
		if packing == "zip" {
			continue // the directory stands at its end
		}
		want := fmt.Sprintf("the %s data ends too early; the file is truncated, fetch it again", packing)
		if err == nil || !strings.HasSuffix(err.Error(), want) || !fault.IsUsage(err) {
			t.Errorf("%s: got %v, want …%s", packing, err, want)
			continue
		}
		var at int
		if i := strings.LastIndex(err.Error(), ".gz.xz:"); i < 0 {
			t.Errorf("%s: no line in %v", packing, err)
		} else if _, e := fmt.Sscanf(err.Error()[i:], ".gz.xz:%d:", &at); e != nil || at < 8000 || at > 16000 {
			t.Errorf("%s: line %d reached in %v", packing, at, err)
		}
	}
}

// TestCorrupt flips each byte of packed files: what is imported all the same
// must be what was packed.
func TestCorrupt(t *testing.T) {
	dir := t.TempDir()
	for packing, pack := range packers {
		data := pack(t, someLines(0, 3))
		whole, _, err := importBytes(t, dir, data, false)
		if err != nil {
			t.Fatal(err)
		}
		survived := 0
		for i := range data {
			broken := bytes.Clone(data)
			broken[i] ^= 0x55
			papers, _, err := importBytes(t, dir, broken, false)
			if err == nil {
				survived++
				comparePapers(t, papers, whole)
			} else if strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q has several lines", packing, err)
			}
		}
		if survived > len(data)/3 {
			t.Errorf("%s: %d of %d corrupt files were imported", packing, survived, len(data))
		}
	}
}

func TestWindowTooLarge(t *testing.T) {
	dir := t.TempDir()
	// A zstd frame header that asks for a window of 1 GiB.
	data := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 0x01, 0x00, 0x00}
	_, _, err := importBytes(t, dir, data, false)
	if err == nil || !strings.Contains(err.Error(), "needs a window of more than 128 MiB") {
		t.Errorf("got %v", err)
	}
}
