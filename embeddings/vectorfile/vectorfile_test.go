package vectorfile

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"assay/embeddings"
	"assay/internal/fault"
	"assay/internal/testenv"
)

func readString(t testing.TB, s string) (*embeddings.Table, Report, error) {
	t.Helper()
	return read(context.Background(), strings.NewReader(s), int64(len(s)), int64(len(s)))
}

// rows writes a table as "word: numbers" lines.
func rows(v *embeddings.Table) string {
	var b strings.Builder
	for i := range v.Len() {
		fmt.Fprintf(&b, "%s: %v\n", v.Word(i), v.Row(i))
	}
	return b.String()
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		format     Format
		rule       embeddings.DocumentRule
	}{
		"glove":            {"the 0.1 -2e-3\ncat 3 4\n", "the: [0.1 -0.002]\ncat: [3 4]\n", GloVe, embeddings.Mean},
		"no last line end": {"the 1 2\ncat 3 4", "the: [1 2]\ncat: [3 4]\n", GloVe, embeddings.Mean},
		"header":           {"2 2\nthe 1 2\ncat 3 4\n", "the: [1 2]\ncat: [3 4]\n", Vec, embeddings.UnitMean},
		"header, 1 dim":    {"2 1\n7 1\ncat 3\n", "7: [1]\ncat: [3]\n", Vec, embeddings.UnitMean},
		"line ends":        {"\ufeff2 2 \r\nthe\t1 2 \r\n\r\ncat 3 4\t\r\n", "the: [1 2]\ncat: [3 4]\n", Vec, embeddings.UnitMean},
		"numbers as words": {"7 0.1 0.2\n8 3 4\n", "7: [0.1 0.2]\n8: [3 4]\n", GloVe, embeddings.Mean},
		"spaces in words":  {"the 1 2\n. . . 3 4\nat name@x.org 5 6\n", "the: [1 2]\n. . .: [3 4]\nat name@x.org: [5 6]\n", GloVe, embeddings.Mean},
	} {
		v, report, err := readString(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if have := rows(v); have != c.want || report.Format != c.format || v.Documents() != c.rule || report.Words != v.Len() {
			t.Errorf("%s: %+v\n%s want\n%s", name, report, have, c.want)
		}
		if report.WrongColumns.Lines+report.Duplicates.Lines+report.NotFinite.Lines != 0 {
			t.Errorf("%s: something was left out: %+v", name, report)
		}
	}
}

// What is left out is counted with its line, across chunks.
func TestLeftOut(t *testing.T) {
	var b strings.Builder
	line := 0
	add := func(format string, args ...any) int {
		fmt.Fprintf(&b, format+"\n", args...)
		line++
		return line
	}
	fill := func(prefix string) {
		for i := range 60_000 {
			add("%s%d %d 1.5 -2", prefix, i, i)
		}
	}
	fill("a")
	short := add("short 1 2")
	fill("b")
	add("long 1 2 3 4")
	twice := add("a7 9 9 9")
	nan := add("nan 1 nan 2")
	add("inf 1 +Inf 2")
	add("big 1 1e39 2")
	fill("c")
	add("word 1 x 2")
	add("b7 9 9 9")
	v, report, err := readString(t, b.String())
	if err != nil {
		t.Fatal(err)
	}
	want := Report{Format: GloVe, Words: 180_000, Dim: 3,
		WrongColumns: Dropped{3, int64(short), "short"}, Duplicates: Dropped{2, int64(twice), "a7"}, NotFinite: Dropped{3, int64(nan), "nan"}}
	if report != want {
		t.Errorf("report\n%+v, want\n%+v", report, want)
	}
	for i, word := range map[int]string{7: "a7", 60_000: "b0", 179_999: "c59999"} {
		if v.Word(i) != word || v.Row(i)[2] != -2 {
			t.Errorf("word %d is %s %v, want %s", i, v.Word(i), v.Row(i), word)
		}
	}
}

func TestBinary(t *testing.T) {
	vector := func(values ...float32) string {
		var b []byte
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return string(b)
	}
	nan := float32(math.NaN())
	for _, end := range []string{"", "\n"} {
		text := "4 2\nthe " + vector(1, 2) + end + "é " + vector(3, 4) + end + "the " + vector(5, 6) + end + "no " + vector(1, nan) + end
		v, report, err := readString(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if have := rows(v); have != "the: [1 2]\né: [3 4]\n" || report.Format != Word2vec || report.Duplicates.First != 3 || report.NotFinite.Word != "no" {
			t.Errorf("%+v\n%s", report, have)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "it is empty",
		" \n \n":                                "it is empty",
		strings.Repeat("1 ", headBytes):         "its first line is longer than 1 MiB",
		"hello\n":                               "it holds text, and line 1 is no word with its numbers",
		"\x7fELF\x02\x01\x00\x00\n":             "it holds binary data",
		"3 2\nthe 1 2\ncat 3 4\n":               "announces 3 words and 2 lines follow; it is truncated",
		"3 2\nthe \x00\x00\x80?\x00\x00\x80?\n": "announces 3 words of 2 dimensions, which take more than its 13 bytes",
		"the 1 2\nthe" + strings.Repeat("x", 2*mostLine+2*chunkBytes): "a line is longer than 16 MiB",
		"3 2\n":         "announces 3 words and nothing follows",
		"the nan nan\n": "1 of its 1 lines hold no vector of 2 dimensions: 1 hold a value that is not finite",
	} {
		_, _, err := readString(t, text)
		if !fault.IsUsage(err) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.30q: error %v, want %q", text, err, want)
		}
	}
	binaryTooShort := "2 2\nthe \x00\x00\x80?\x00\x00\x80?\nab"
	if _, _, err := read(context.Background(), strings.NewReader(binaryTooShort), -1, 0); err == nil || !strings.Contains(err.Error(), "ends in word 2 of the 2") {
		t.Errorf("cut binary of unknown size: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := read(ctx, strings.NewReader(strings.Repeat("a 1 2\n", 1e6)), -1, 0); err == nil {
		t.Error("a cancelled context reads on")
	}
}

// Plain, packed, of each format: what is written reads back as it was.
func TestWriteAndOpen(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words, data := []string{}, []float32{}
	for i := range 500 {
		words = append(words, fmt.Sprintf("wörd%d", i))
		for range 7 {
			data = append(data, float32(r.NormFloat64())*float32(math.Pow(10, float64(r.IntN(60)-30))))
		}
	}
	v, err := embeddings.NewTable(7, words, data, embeddings.Mean)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	check := func(path string, format Format) {
		t.Helper()
		back, report, err := Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		if rows(back.(*embeddings.Table)) != rows(v) || report.Format != format {
			t.Errorf("%s: %+v reads back otherwise", path, report)
		}
	}
	for _, format := range []Format{Vec, Word2vec, GloVe} {
		path := filepath.Join(dir, string(format))
		if err := Write(context.Background(), path, format, v); err != nil {
			t.Fatal(err)
		}
		check(path, format)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var packed, archive, xzed, zstded bytes.Buffer
		gz := gzip.NewWriter(&packed)
		_, _ = gz.Write(content)
		xw, err := xz.NewWriter(&xzed)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = xw.Write(content)
		zw, err := zstd.NewWriter(&zstded)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = zw.Write(content)
		z := zip.NewWriter(&archive)
		readme, _ := z.Create("README")
		_, _ = readme.Write([]byte("vectors"))
		member, _ := z.Create(map[Format]string{Vec: "vectors.vec", Word2vec: "vectors.bin", GloVe: "vectors.txt"}[format])
		_, _ = member.Write(content)
		if gz.Close() != nil || z.Close() != nil || xw.Close() != nil || zw.Close() != nil {
			t.Fatal("packing failed")
		}
		for suffix, content := range map[string][]byte{".gz": packed.Bytes(), ".zip": archive.Bytes(), ".xz": xzed.Bytes(), ".zst": zstded.Bytes()} {
			if err := os.WriteFile(path+suffix, content, 0o644); err != nil {
				t.Fatal(err)
			}
			check(path+suffix, format)
		}
		if err := os.WriteFile(path+".gz", packed.Bytes()[:packed.Len()/2], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(context.Background(), path+".gz"); !fault.IsUsage(err) || !strings.Contains(err.Error(), "truncated") {
			t.Errorf("half a gz: %v", err)
		}
	}
	if err := Write(context.Background(), filepath.Join(dir, "x.bin"), FastText, v); !fault.IsUsage(err) {
		t.Errorf("a table as .bin: %v", err)
	}
	spaced, _ := embeddings.NewTable(1, []string{"a b"}, []float32{1}, embeddings.Mean)
	if err := Write(context.Background(), filepath.Join(dir, "x.vec"), Vec, spaced); !fault.IsUsage(err) {
		t.Errorf("a word with a space as .vec: %v", err)
	}
	for _, left := range []string{"x.bin", "x.vec"} {
		if _, err := os.Stat(filepath.Join(dir, left)); err == nil {
			t.Errorf("%s exists though writing it failed", left)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "nosuch")} {
		if _, _, err := Open(context.Background(), path); !fault.IsUsage(err) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// What a zip's directory says of a size is no reason to allocate it, and a packed
// fastText model is told from other bytes.
func TestPackedClaims(t *testing.T) {
	open := func(name string, content []byte) error {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, err := Open(context.Background(), path)
		return err
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	text := bytes.Repeat([]byte("the 1 2\n"), 4*chunkBytes/8) // more than is looked at first
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: "vectors.txt", Method: zip.Store, CRC32: crc32.ChecksumIEEE(text),
		CompressedSize64: uint64(len(text)), UncompressedSize64: 1 << 60,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open("v.zip", archive.Bytes()); err != nil && !fault.IsUsage(err) {
		t.Errorf("a zip that claims 2^60 bytes: %v", err)
	}
	var packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	_, _ = gz.Write([]byte("\xba\x16\x4f\x2f\x0c\x00\x00\x00 and more"))
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open("m.bin.gz", packed.Bytes()); !fault.IsUsage(err) || !strings.Contains(err.Error(), "unpack it first") {
		t.Errorf("a packed model: %v", err)
	}
}

func TestRealGloVe(t *testing.T) {
	v, report, err := Open(context.Background(), testenv.SharedData(t, "glove/glove.6B.100d.top2604.txt"))
	if err != nil || report != (Report{Format: GloVe, Words: 2604, Dim: 100}) {
		t.Fatalf("%+v, %v", report, err)
	}
	dst := make([]float32, 100)
	if _, err := v.Lookup(dst, "the"); err != nil || dst[0] != -0.038194 || dst[99] != 0.27062 {
		t.Errorf("the: %v … %v, %v", dst[0], dst[99], err)
	}
}

func checkFloat(t *testing.T, s string) {
	t.Helper()
	want, err := strconv.ParseFloat(s, 32)
	valid := err == nil || math.IsInf(want, 0)
	have, ok := parseFloat([]byte(s))
	if ok != valid || ok && math.Float32bits(have) != math.Float32bits(float32(want)) && have == have {
		t.Errorf("%q: %v %t, want %v %t", s, have, ok, float32(want), valid)
	}
}

func TestParseFloat(t *testing.T) {
	for _, s := range []string{"", "-", "+", ".", "-.", "1.", ".5", "-0", "0.0", "1e5", "1e", "1e400", "nan", "-Inf", "0x1p-3", "1_0", "1..2", "--1",
		"16777217", "16777219", "8388608.5", "0.000000000000000000000000000000000000001", "1.00000005960464477539", "3.4028236e38", "00000000000000000000001"} {
		checkFloat(t, s)
	}
	r := rand.New(rand.NewPCG(3, 4))
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	for range n {
		switch r.IntN(4) {
		case 0:
			checkFloat(t, strconv.FormatFloat(r.NormFloat64(), 'f', r.IntN(9), 64))
		case 1: // just between two float32, and one digit off
			f := math.Float32frombits(r.Uint32() >> 1)
			mid := (float64(f) + float64(math.Nextafter32(f, math.MaxFloat32))) / 2
			checkFloat(t, strconv.FormatFloat(mid, 'f', -1, 64))
			checkFloat(t, strconv.FormatFloat(mid, 'g', 14+r.IntN(4), 64))
		case 2:
			checkFloat(t, fmt.Sprintf("%d.%d", r.IntN(1<<24+1000), r.Uint64()>>r.IntN(64)))
		case 3: // whole numbers that are exact in float64 and halfway in float32
			checkFloat(t, strconv.FormatInt(int64(r.IntN(1<<27))*2+1, 10))
		}
	}
}

func FuzzFloat(f *testing.F) {
	f.Add("-0.038194")
	f.Fuzz(checkFloat)
}

// fuzzRead reads any bytes; what can be read can be written and read again.
func fuzzRead(t *testing.T, data []byte) {
	for _, size := range []int64{int64(len(data)), -1} {
		v, report, err := read(context.Background(), bytes.NewReader(data), size, max(size, 0))
		if err != nil {
			if !fault.IsUsage(err) {
				t.Fatalf("not a usage error: %v", err)
			}
			continue
		}
		if v.Len() != report.Words || v.Len() == 0 {
			t.Fatalf("%d words, report %+v", v.Len(), report)
		}
		var b bytes.Buffer
		if err := WriteVec(context.Background(), &b, v); err != nil {
			if !fault.IsUsage(err) {
				t.Fatal(err)
			}
			continue
		}
		back, again, err := read(context.Background(), bytes.NewReader(b.Bytes()), int64(b.Len()), int64(b.Len()))
		if err != nil || rows(back) != rows(v) {
			t.Fatalf("%q, written as\n%q,\nreads back otherwise: %+v, %v", data, b.String(), again, err)
		}
		b.Reset()
		if err := write(context.Background(), &b, Word2vec, v); err != nil {
			t.Fatal(err)
		}
		back, again, err = read(context.Background(), bytes.NewReader(b.Bytes()), int64(b.Len()), int64(b.Len()))
		if again.Format == Vec && v.Dim() < 4 {
			continue // floats that are digits are text
		}
		if err != nil || !same(back, v) {
			t.Fatalf("%q, written as binary\n%q,\nreads back otherwise: %+v, %v", data, b.String(), again, err)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"the 0.1 2\ncat 3 4\n", "2 2\nthe 1 2\ncat 3 4\n", ". . . 1 2\r\n", "a nan 1\nb 1 2 3\n",
		"# comment 3\nthe 1 2\nb 3 4\n", "\u00a0 1\n\u2028\u0085 2\n", "3 2\na 1 2\nb 1\nc 4 5\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(fuzzRead)
}

func FuzzWord2vec(f *testing.F) {
	f.Add([]byte("1 1\nthe \x00\x00\x80?\n"))
	f.Add([]byte("1 2\nthe !<\n\xbf\n\xd2R\xd9\n"))
	f.Add([]byte("2 2\nthe \x00\x00\x80?\x00\x00\x80?a \x00\x00\x80?\x00\x00\x80?"))
	f.Fuzz(func(t *testing.T, data []byte) {
		// What follows the header is what word2vec's reader gets.
		fuzzRead(t, slices.Concat([]byte("2 2\n"), data))
		fuzzRead(t, data)
	})
}
