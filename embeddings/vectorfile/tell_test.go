package vectorfile

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/embeddings"
	"assay/internal/fault"
)

// randomWord is of any bytes but those that end a word.
func randomWord(r *rand.Rand) string {
	word := make([]byte, 1+r.IntN(12))
	for i := range word {
		for word[i] = byte(r.Uint32()); strings.IndexByte(" \t\r\n", word[i]) >= 0; word[i]++ {
		}
	}
	return string(word)
}

// entries is the body of a binary file of word2vec.
func entries(words []string, data []float32, dim int, end string) string {
	var b []byte
	for i, word := range words {
		b = append(append(b, word...), ' ')
		for _, v := range data[i*dim : (i+1)*dim] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		b = append(b, end...)
	}
	return string(b)
}

// No float is taken for a line end, of whatever dimension, with or without line
// ends between the words, and cut anywhere the file is refused.
func TestRandomBinary(t *testing.T) {
	files := uint64(1000)
	if testing.Short() {
		files = 200
	}
	for seed := range files {
		r := rand.New(rand.NewPCG(seed, 18))
		dim, n := 1+r.IntN(300), 1+r.IntN(8)
		if seed < 100 {
			dim = 2 + int(seed)%4 // where the fewest bytes tell
		}
		var words []string
		var data []float32
		for i := range n {
			words = append(words, fmt.Sprintf("%s%d", randomWord(r), i))
			for range dim {
				data = append(data, float32(r.NormFloat64()))
			}
		}
		want, err := embeddings.NewTable(dim, words, data, embeddings.Mean)
		if err != nil {
			t.Fatal(err)
		}
		var own bytes.Buffer
		if err := write(context.Background(), &own, Word2vec, want); err != nil {
			t.Fatal(err)
		}
		header := fmt.Sprintf("%d %d\n", n, dim)
		if own.String() != header+entries(words, data, dim, "\n") {
			t.Fatalf("seed %d: the file is not what the format says", seed)
		}
		for _, end := range []string{"\n", ""} {
			file := header + entries(words, data, dim, end)
			cut := len(header) + r.IntN(len(file)-len(header)-1)
			size, left := int64(len(file)), int64(cut)
			if r.IntN(2) == 0 {
				size, left = -1, -1 // as of packed files
			}
			v, report, err := read(context.Background(), strings.NewReader(file), size, 0)
			if err != nil || report.Format != Word2vec || !same(v, want) {
				t.Fatalf("seed %d, %d words of %d dimensions, line end %q, size %d: %+v, %v", seed, n, dim, end, size, report, err)
			}
			if _, report, err := read(context.Background(), strings.NewReader(file[:cut]), left, 0); !fault.IsUsage(err) {
				t.Fatalf("seed %d, cut to %d of %d bytes: %+v, %v", seed, cut, len(file), report, err)
			}
		}
	}
}

// same reports whether two tables hold the same words and vectors.
func same(a, b *embeddings.Table) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if a.Word(i) != b.Word(i) || !slices.Equal(a.Row(i), b.Row(i)) {
			return false
		}
	}
	return true
}

// A header that lies is an error that says in what.
func TestLyingHeaders(t *testing.T) {
	words, data := []string{"a", "b", "c"}, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	body, text := entries(words, data, 4, ""), "a 1 2 3 4\nb 5 6 7 8\nc 9 10 11 12\n"
	for file, want := range map[string]string{
		"2 4\n" + body:          "bytes follow the last word that its header announces",
		"3 2\n" + body:          "bytes follow the last word",
		"4 4\n" + body:          "announces 4 words of 4 dimensions, which take more than its 54 bytes",
		"3 5\n" + body:          "which take more than its 54 bytes",
		"0 4\n" + body:          "bytes follow the last word",
		"3 70000\n" + body:      "its header announces 70000 dimensions; at most 60000 are read",
		"0 4\n":                 "it holds no words",
		"0 4\n\n":               "it holds no words",
		"4 4\n" + text:          "announces 4 words and 3 lines follow",
		"3 3\n" + text:          "its header announces 3 dimensions, and most of its first 3 lines have 4",
		"3 50\n" + text:         "its header announces 50 dimensions, and most of its first 3 lines have 4",
		"\ufeff4 4\n" + body:    "which take more than its 54 bytes",
		"3 4\n" + body + "\x00": "bytes follow the last word",
	} {
		if _, report, err := readString(t, file); !fault.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", file, report, err, want)
		}
	}
}

// Floats that look like letters: the file's end tells.
func TestBinaryOfLetters(t *testing.T) {
	letters := func(s string) float32 { return math.Float32frombits(binary.LittleEndian.Uint32([]byte(s))) }
	words, data := []string{"the", "cat"}, []float32{letters("!<x?"), letters("a b>"), letters("y z="), letters("++z>")}
	for _, end := range []string{"", "\n"} {
		v, report, err := readString(t, "2 2\n"+entries(words, data, 2, end))
		if err != nil || report.Format != Word2vec || !slices.Equal(v.Row(1), data[2:]) {
			t.Errorf("line end %q: %+v, %v", end, report, err)
		}
	}
}

// One line says nothing about a file, whichever it is.
func TestDimensionByVote(t *testing.T) {
	many := strings.Repeat("%s 1 2 3\n", 200)
	for i := range 200 {
		many = strings.Replace(many, "%s", fmt.Sprintf("w%d", i), 1)
	}
	for name, c := range map[string]struct {
		text      string
		words     int
		first     string
		at        int64
		firstWord string
	}{
		"short first line":  {"the 1 2\n" + many, 200, "w0", 1, "the"},
		"comment":           {"# comment 3\n" + many, 200, "w0", 1, "#"},
		"prose first":       {"Vectors of Stanford, public domain\n\n" + many, 200, "w0", 1, "Vectors"},
		"short, of three":   {"the 1 2\nb 1 2 3\nc 4 5 6\n", 2, "b", 1, "the"},
		"short last line":   {many + "the 1", 200, "w0", 201, "the"},
		"no-break space":    {".\u00a0.\u00a0. 1 2 3\n" + many, 201, ".\u00a0.\u00a0.", 0, ""},
		"only such":         {"\u00a0 1 2 3\nthe 4 5 6\n", 2, "\u00a0", 0, ""},
		"next line":         {"\u0085 1 2 3\nthe 4 5 6\n", 2, "\u0085", 0, ""},
		"line separator":    {"\u2028 1 2 3\nthe 4 5 6\n", 2, "\u2028", 0, ""},
		"form feed":         {"\f 1 2 3\nthe 4 5 6\n", 2, "\f", 0, ""},
		"number and space":  {"7\u00a05 1 2 3\nthe 4 5 6\n", 2, "7\u00a05", 0, ""},
		"header like words": {"7\u00a05 3\nthe 4\n", 2, "7\u00a05", 0, ""},
		"carriage returns":  {"the 1 2 3\r\ncat 4 5 6\r\n", 2, "the", 0, ""},
		"spaces in words":   {". . . 1 2 3\nat name@domain.com 1 2 3\nthe 4 5 6\n", 3, ". . .", 0, ""},
	} {
		v, report, err := readString(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := Dropped{First: c.at, Word: c.firstWord}
		if c.at > 0 {
			want.Lines = 1
		}
		if v.Len() != c.words || v.Word(0) != c.first || report.Format != GloVe || report.WrongColumns != want {
			t.Errorf("%s: %d words from %q, %+v", name, v.Len(), v.Word(0), report)
		}
	}
}

// What is left out of a file may not be much of it.
func TestTooMuchLeftOut(t *testing.T) {
	lines := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+"\n", i)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ text, want string }{
		"tie":             {"# comment 3\nthe 1 2 3\n", "its first 2 lines agree on no dimension: 1 have 1 numbers (from line 1 on), 1 have 3 (from line 2 on)"},
		"no majority":     {"a 1 2\n\nb 1 2\nc 1 2 3\nd 1\ne\n", "its first 5 lines agree on no dimension: 2 have 2 numbers (from line 1 on), 1 have 3 (from line 4 on)"},
		"two files":       {lines("a%d 1 2", 900) + lines("b%d 1 2 3", 100), `100 of its 1000 lines hold no vector of 2 dimensions: 100 are no word with 2 numbers (the first is line 901, "b0")`},
		"not finite":      {lines("a%d 1 2", 100) + lines("b%d 1 nan", 4), `4 of its 104 lines hold no vector of 2 dimensions: 4 hold a value that is not finite (the first is line 101, "b0")`},
		"both":            {lines("a%d 1 2", 100) + "x\n" + lines("b%d 1 nan", 4), `5 of its 105 lines hold no vector of 2 dimensions: 1 are no word with 2 numbers (the first is line 101, "x"), 4 hold`},
		"half":            {"a 1 2\nb 1 nan\n", "1 of its 2 lines hold no vector"},
		"under a header":  {"1000 2\n" + lines("a%d 1 2", 900) + lines("b%d 1 2 3", 100), `100 of its 1000 lines hold no vector of 2 dimensions: 100 are no word with 2 numbers (the first is line 902, "b0")`},
		"binary":          {"2 1\na \x00\x00\xc0\x7fb \x00\x00\xc0\x7f", `2 of its 2 words hold no vector of 1 dimensions: 2 hold a value that is not finite (the first is word 1, "a")`},
		"a pickle":        {"\x80\x04\x95\x10\x00\nabc", "it holds a Python pickle, as gensim's save makes them"},
		"UTF-16":          {"\xff\xfet\x00h\x00e\x00 \x001\x00\n\x00", "it holds UTF-16 text"},
		"prose":           {"Some words.\nOther words of 1999\nEnd.\n", "line 1 is no word with its numbers"},
		"prose, a header": {"2 100\nSome words.\nOther words.\n", "line 2 is no word with its numbers"},
	} {
		if _, report, err := readString(t, c.text); !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %+v, %v; want %q", name, report, err, c.want)
		}
	}
	// A few lines of a small file, and 1 % of a large one, are only counted. A word
	// that came before is not lost.
	for name, text := range map[string]string{
		"few":   lines("a%d 1 2", 10) + lines("b%d 1 2 3", 3),
		"1 %":   lines("a%d 1 2", 990) + lines("b%d 1 2 3", 10),
		"twice": lines("a%d 1 2", 100) + lines("a%d 1 2", 100),
	} {
		v, report, err := readString(t, text)
		if err != nil || v.Len()+report.WrongColumns.Lines+report.Duplicates.Lines != strings.Count(text, "\n") {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// Of a zip with several files, that of vectors is read if there is one alone.
func TestZipOfSeveral(t *testing.T) {
	binary := "1 2\nthe " + strings.Repeat("\x00\x00\x80?", 2)
	for want, files := range map[string]map[string]string{
		"word2vec": {"README": "vectors", "model.bin": binary, "__MACOSX/model.bin": ""},
		"glove":    {"model.txt": "the 1 2\n", "model.bin": binary},
		"it holds 2 files, and not exactly one .txt, .vec or .bin among them": {"README": "vectors", "meta.json": "{}"},
		"it holds 3 files, and not exactly one .txt, .vec or .bin among them": {"README": "vectors", "a.bin": binary, "b.bin": binary},
		"it holds several files of vectors (a.txt, b.vec)":                    {"a.txt": "the 1 2\n", "b.vec": "1 1\nthe 1\n"},
	} {
		var archive bytes.Buffer
		z := zip.NewWriter(&archive)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write([]byte(files[name]))
		}
		path := filepath.Join(t.TempDir(), "vectors.zip")
		if err := errors.Join(z.Close(), os.WriteFile(path, archive.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
		_, report, err := Open(context.Background(), path)
		if err == nil && string(report.Format) != want || err != nil && (!fault.IsUsage(err) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %+v, %v; want %s", files, report, err, want)
		}
	}
}
