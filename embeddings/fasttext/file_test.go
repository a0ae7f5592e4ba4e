package fasttext

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/embeddings"
	"assay/internal/fault"
)

// bytesSource is a file in memory.
type bytesSource struct{ *bytes.Reader }

func (b bytesSource) Path() string { return "model.bin" }
func (b bytesSource) Close() error { return nil }
func (b bytesSource) View(off, n int64, fn func([]byte) error) error {
	data := make([]byte, n)
	if _, err := b.ReadAt(data, off); err != nil && n > 0 {
		return err
	}
	return fn(data)
}

func openBytes(data []byte) (*Model, error) { return openSource(bytesSource{bytes.NewReader(data)}) }

// tiny is a model of a few kilobytes.
func tiny(t testing.TB) []byte {
	opt := small()
	opt.Dim, opt.Buckets, opt.Epochs = 3, 10, 1
	m, _ := train(t, topics(30), opt)
	return written(t, m)
}

func TestWriteAndOpen(t *testing.T) {
	opt := small()
	m, _ := train(t, topics(300), opt)
	path := filepath.Join(t.TempDir(), "m.bin")
	if err := os.WriteFile(path, written(t, m), 0o644); err != nil {
		t.Fatal(err)
	}
	back, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	a, b := make([]float32, opt.Dim), make([]float32, opt.Dim)
	for word, want := range map[string]embeddings.Match{"sheaf": embeddings.Exact, "sheaves": embeddings.Subwords, "": embeddings.Subwords} {
		have, err := back.Lookup(a, word)
		if err != nil || have != want {
			t.Errorf("%q: %v, %v, want %v", word, have, err, want)
		}
		if _, err := m.Lookup(b, word); err != nil || !slices.Equal(a, b) {
			t.Errorf("%q: %v from the file, %v before (%v)", word, a, b, err)
		}
	}
	o := back.Options()
	o.LearningRate, o.Seed, o.Deterministic = opt.LearningRate, opt.Seed, opt.Deterministic // not in the file
	if o != opt {
		t.Errorf("options %+v, want %+v", o, opt)
	}
	if !bytes.Equal(written(t, back), written(t, m)) {
		t.Error("written again, the file has other bytes")
	}
	// The file is cut while it is open.
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := back.Lookup(a, "sheaf"); err == nil {
		t.Error("a lookup in a file cut short is no error")
	}
	if err := back.Close(); err != nil {
		t.Fatal(err)
	}
}

// Read from the file, the rows are those of the memory map.
func TestUnmappedModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.bin")
	if err := os.WriteFile(path, tiny(t), 0o644); err != nil {
		t.Fatal(err)
	}
	mapped, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer mapped.Close()
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Unmap(), m.Unmap()); err != nil {
		t.Fatal(err)
	}
	a, b := make([]float32, m.Dim()), make([]float32, m.Dim())
	for _, word := range []string{"sheaf", "sheaves", "", "of", "gamma"} {
		have, err := m.Lookup(a, word)
		want, err2 := mapped.Lookup(b, word)
		if err != nil || err2 != nil || have != want || !slices.Equal(a, b) {
			t.Errorf("%q: %v %v, %v, mapped %v %v, %v", word, have, a, err, want, b, err2)
		}
	}
	if !bytes.Equal(written(t, m), written(t, mapped)) {
		t.Error("written again, the file has other bytes")
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Lookup(a, "sheaf"); err == nil {
		t.Error("a lookup in a file cut short is no error")
	}
	if err := mapped.Unmap(); !fault.IsUsage(err) || !strings.Contains(err.Error(), "another size") {
		t.Errorf("a file cut short is opened again: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Lookup(a, "sheaf"); err == nil {
		t.Error("a lookup after Close is no error")
	}
}

func TestDamagedModels(t *testing.T) {
	whole := tiny(t)
	for n := range whole {
		if _, err := openBytes(whole[:n]); !fault.IsUsage(err) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(whole), err)
		}
	}
	at := func(field int) int { return 4 * field } // of the int32 fields at the start
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   string
	}{
		"foreign":     {func(b []byte) []byte { return []byte("hello, world, this is text") }, "it is no fastText model (.bin)"},
		"padded":      {func(b []byte) []byte { return append(b, 0) }, "1 bytes follow the model"},
		"new version": {func(b []byte) []byte { b[4] = 99; return b }, "version 99"},
		"supervised":  {func(b []byte) []byte { b[at(9)] = 3; return b }, "supervised"},
		"no dimension": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[at(2):], 0)
			return b
		}, "arguments make no sense"},
		"many buckets": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[at(10):], 1<<30)
			return b
		}, "input matrix is"},
		"many words": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[64:], 1<<30)
			binary.LittleEndian.PutUint32(b[68:], 1<<30)
			return b
		}, "the file ends too early"},
		"labels":  {func(b []byte) []byte { b[72] = 1; return b }, "17 words and 1 labels"},
		"unwords": {func(b []byte) []byte { b[68]++; copy(b[72:], "\xff\xff\xff\xff"); return b }, "18 words and -1 labels"},
		"label for a word": {func(b []byte) []byte {
			b = labelled(b)
			return bytes.Replace(b, []byte("\x00\x01__label__"), []byte("\x00\x00__label__"), 1)
		}, `"__label__fr", is of kind 0, where one of kind 1`},
		"word for a label": {func(b []byte) []byte {
			b[quantByte(b)-1] = 1
			return b
		}, "is of kind 1, where one of kind 0"},
		"pruned": {func(b []byte) []byte { copy(b[84:], make([]byte, 8)); return b }, "pruned"},
		"quantized": {func(b []byte) []byte {
			b[quantByte(b)] = 1
			return b
		}, "quantized"},
		"twice": {func(b []byte) []byte {
			return bytes.Replace(b, []byte("neutrino\x00"), []byte("lepton\x00\x00\x00"), 1)
		}, "dictionary"},
	} {
		_, err := openBytes(c.change(slices.Clone(whole)))
		if !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// labelled is the model with two labels after the words of its dictionary, as the
// official program leaves them there in every kind of model.
func labelled(whole []byte) []byte {
	entries := []byte("__label__fr\x00\x07\x00\x00\x00\x00\x00\x00\x00\x01__label__\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01")
	b := slices.Insert(slices.Clone(whole), quantByte(whole), entries...)
	b[64] += 2 // entries
	b[72] = 2  // labels
	return b
}

// Labels have no rows: words and n-grams keep theirs, and the file is written as it was.
func TestLabelsInDictionary(t *testing.T) {
	whole := tiny(t)
	plain, err := openBytes(whole)
	if err != nil {
		t.Fatal(err)
	}
	data := labelled(whole)
	m, err := openBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	if n, first := m.Labels(); n != 2 || first != "__label__fr" || m.Len() != plain.Len() {
		t.Errorf("%d words, %d labels, the first %q; want %d, 2, __label__fr", m.Len(), n, first, plain.Len())
	}
	a, b := make([]float32, m.Dim()), make([]float32, m.Dim())
	for _, word := range append(slices.Clone(plain.dict.words), "sheaves", "__label__fr", "") {
		have, err := m.Lookup(a, word)
		want, err2 := plain.Lookup(b, word)
		if err != nil || err2 != nil || have != want || !slices.Equal(a, b) {
			t.Errorf("%q: %v %v, %v, without labels %v %v, %v", word, have, a, err, want, b, err2)
		}
	}
	if _, ok := m.Index("__label__fr"); ok {
		t.Error("a label is a word")
	}
	if !bytes.Equal(written(t, m), data) {
		t.Error("written again, the file has other bytes")
	}
	for n := range data {
		if _, err := openBytes(data[:n]); !fault.IsUsage(err) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(data), err)
		}
	}
}

// quantByte finds the byte before the input matrix, whose size follows it.
func quantByte(b []byte) int {
	size := binary.LittleEndian.AppendUint64(nil, 17+10)
	return bytes.Index(b, binary.LittleEndian.AppendUint64(size, 3)) - 1
}

// A vector that is no vector is found when it is asked for.
func TestNotANumberInFile(t *testing.T) {
	data := tiny(t)
	from := quantByte(data) + 1 + 16
	for i := range 17 { // the first value of every word
		binary.LittleEndian.PutUint32(data[from+12*i:], 0x7fc00000)
	}
	m, err := openBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Lookup(make([]float32, 3), "sheaf"); !fault.IsUsage(err) || !strings.Contains(err.Error(), "no numbers") {
		t.Errorf("error %v", err)
	}
}

// The rows of a word are those that get_subwords of fastText 0.9.2 gives for a
// model of these words with minn 2, maxn 4 and 1000 buckets.
func TestRowsOfWords(t *testing.T) {
	words := []string{"sheaf", "neutrino", "Über", "中文字", "a", "</s>"}
	d := newDictionary(words, make([]int64, len(words)), 0, 2, 4, 1000)
	for word, want := range map[string][]int32{
		"sheaf": {0, 614, 134, 901, 500, 423, 982, 260, 891, 719, 929, 469, 345, 476, 214, 955},
		"é":     {633, 237, 787},
		"中文":    {172, 173, 537, 195, 519, 30},
		"x́y":   {519, 632, 935, 566, 345, 53, 171, 823, 828},
		"🙂":     {967, 427, 205},
		"ab":    {756, 514, 748, 952, 762, 567},
		"-EQN-": {896, 11, 10, 613, 640, 882, 313, 605, 484, 116, 199, 787, 282, 524, 952},
	} {
		if have := d.appendRows(nil, word); !slices.Equal(have, want) {
			t.Errorf("%q: rows %v, want %v", word, have, want)
		}
	}
	if have := d.appendRows(nil, EndOfSentence); len(have) != 1 {
		t.Errorf("the end of a sentence has n-grams: %v", have)
	}
}

func FuzzOpen(f *testing.F) {
	whole := tiny(f)
	f.Add(whole)
	f.Add(labelled(whole))
	f.Add(whole[:200])
	f.Add([]byte("text"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := openBytes(data)
		if err != nil {
			if !fault.IsUsage(err) {
				t.Fatalf("not a usage error: %v", err)
			}
			return
		}
		if m.Dim()*m.Len() > len(data) {
			t.Fatalf("%d words of %d dimensions in %d bytes", m.Len(), m.Dim(), len(data))
		}
		dst := make([]float32, m.Dim())
		for _, word := range []string{m.Word(0), "sheaf", "", "é"} {
			_, _ = m.Lookup(dst, word)
		}
		if err := m.Write(io.Discard); err != nil {
			t.Fatal(err)
		}
	})
}
