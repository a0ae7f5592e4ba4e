package fasttext

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"assay/internal/fault"
	"assay/internal/mmap"
)

// The format of the official program's models (.bin), version 12 of fastText
// 0.9.2, all numbers little-endian: magic and version; 12 int32 and a float64 of
// arguments; the dictionary; and twice a byte that says whether a matrix is
// quantized, with the matrix: rows and columns as int64, then its float32.
const (
	fileMagic   = 793712314
	fileVersion = 12
)

// The official program's numbers for models and losses.
const (
	modelCBOW = 1 + iota
	modelSkipgram
	modelSupervised
)

const lossNegative = 2

// arguments are those of the official program, in the order of the file.
type arguments struct {
	Dim, Window, Epochs, MinCount, Negatives, WordNgrams, Loss, Model, Buckets, MinN, MaxN, RateUpdates int32
	SubSampling                                                                                         float64
}

// arguments returns what the file says of the options. What assay does not have
// comes from the file that the model was read from, or is the official default.
func (m *Model) arguments() arguments {
	if m.read != nil {
		return *m.read
	}
	o := m.options
	a := arguments{
		Dim: int32(o.Dim), Window: int32(o.Window), Epochs: int32(o.Epochs), MinCount: int32(o.MinCount),
		Negatives: int32(o.Negatives), WordNgrams: 1, Loss: lossNegative, Model: modelSkipgram,
		Buckets: int32(m.dict.buckets), MinN: int32(o.MinN), MaxN: int32(o.MaxN), RateUpdates: 100, SubSampling: o.SubSampling,
	}
	if o.Model == CBOW {
		a.Model = modelCBOW
	}
	return a
}

// options returns the options that the arguments tell; the file knows neither
// the learning rate nor the seed.
func (a *arguments) options() Options {
	o := Options{
		Model: Skipgram, Dim: int(a.Dim), Window: int(a.Window), Epochs: int(a.Epochs), MinCount: int(a.MinCount),
		MinN: int(a.MinN), MaxN: int(a.MaxN), Buckets: int(a.Buckets), Negatives: int(a.Negatives), SubSampling: a.SubSampling,
	}
	if a.Model == modelCBOW {
		o.Model = CBOW
	}
	return o
}

// IsModel reports whether a file that begins with these bytes is a model of the
// official program.
func IsModel(head []byte) bool {
	return len(head) >= 4 && binary.LittleEndian.Uint32(head) == fileMagic
}

// Open maps a model file of the official program, or of Write, into memory: only
// the rows that are asked for are read. A file that is damaged, quantized or
// supervised is a usage error that says so; a value that is not a number is
// found by the lookup that meets it.
func Open(path string) (*Model, error) {
	f, err := mmap.Open(path)
	if err != nil {
		return nil, fault.Usagef("fasttext: open model: %w", err)
	}
	m, err := openSource(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return m, nil
}

// source is a file, mapped.
type source interface {
	io.ReaderAt
	Size() int64
	Path() string
	View(off, n int64, fn func(b []byte) error) error
	Close() error
}

func openSource(src source) (*Model, error) {
	r := &fileReader{src: src, r: bufio.NewReaderSize(io.NewSectionReader(src, 0, src.Size()), 1<<16)}
	m := r.model()
	if r.err != nil {
		return nil, fault.Usagef("fasttext: %s: %w", src.Path(), r.err)
	}
	return m, nil
}

// fileReader reads the fields of a file; the first error sticks.
type fileReader struct {
	src source
	r   *bufio.Reader
	at  int64
	err error
}

// errShort says that the file ends inside a field.
var errShort = errors.New("the file ends too early; it is truncated, fetch or train it again")

func (r *fileReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// get reads a number or a struct of them.
func (r *fileReader) get(v any) {
	if r.err != nil {
		return
	}
	switch err := binary.Read(r.r, binary.LittleEndian, v); err {
	case nil:
		r.at += int64(binary.Size(v))
	case io.EOF, io.ErrUnexpectedEOF:
		r.err = errShort
	default:
		r.err = err
	}
}

// left is how many bytes come after what was read.
func (r *fileReader) left() int64 { return r.src.Size() - r.at }

func (r *fileReader) model() *Model {
	var head struct{ Magic, Version int32 }
	var a arguments
	if r.get(&head); r.err == errShort || r.err == nil && head.Magic != fileMagic {
		r.err = errors.New("it is no fastText model (.bin)")
	}
	if head.Version != 11 && head.Version != fileVersion {
		r.fail("it is of version %d; only 11 and 12 are known", head.Version)
	}
	r.get(&a)
	if a.Model == modelSupervised {
		r.fail("it is a supervised model, whose vectors serve its labels; give one trained by skipgram or cbow")
	}
	if a.Model != modelCBOW && a.Model != modelSkipgram || a.Dim < 1 || a.Buckets < 0 || a.MinN < 0 || a.MaxN < 0 || a.MaxN > 0 && a.Buckets == 0 {
		r.fail("its arguments make no sense (model %d, dim %d, bucket %d, minn %d, maxn %d); it is damaged", a.Model, a.Dim, a.Buckets, a.MinN, a.MaxN)
	}
	d := r.dictionary(&a)
	if r.err != nil {
		return nil
	}
	m := &Model{options: a.options(), dict: d, read: &a}
	input := r.matrix("input", int64(d.Len())+int64(a.Buckets), int64(a.Dim))
	output := r.matrix("output", int64(d.Len()), int64(a.Dim))
	if n := r.left(); n != 0 {
		r.fail("%d bytes follow the model; it is damaged", n)
	}
	if r.err != nil {
		return nil
	}
	input.owner = true
	m.input, m.output = input, output
	return m
}

// leastEntry is how many bytes a word takes at least: one of its own, NUL, count
// and kind.
const leastEntry = 1 + 1 + 8 + 1

func (r *fileReader) dictionary(a *arguments) *Dictionary {
	var head struct {
		Size, Words, Labels int32
		Tokens, Pruned      int64
	}
	r.get(&head)
	switch {
	case r.err != nil:
		return nil
	case head.Pruned > -1:
		r.fail("its n-grams are pruned, as quantizing does; give the model before that")
	case head.Words < 1 || head.Labels < 0 || int64(head.Size) != int64(head.Words)+int64(head.Labels):
		r.fail("its dictionary announces %d entries, %d words and %d labels; it is damaged", head.Size, head.Words, head.Labels)
	case int64(head.Size) > r.left()/leastEntry:
		r.err = errShort
	}
	if r.err != nil {
		return nil
	}
	words, counts := make([]string, head.Words), make([]int64, head.Words)
	for i := range words {
		words[i], counts[i] = r.entry(i, kindWord)
	}
	d := newDictionary(words, counts, head.Tokens, int(a.MinN), int(a.MaxN), int(a.Buckets))
	// A word's row is its place in the dictionary, which holds the labels last.
	d.labels = make([]label, head.Labels)
	for i := range d.labels {
		d.labels[i].text, d.labels[i].count = r.entry(len(words)+i, kindLabel)
	}
	if r.err == nil && len(d.index) != len(words) {
		r.fail("%d words of its dictionary stand twice; it is damaged", len(words)-len(d.index))
	}
	return d
}

// The kinds of a dictionary's entries.
const (
	kindWord = iota
	kindLabel
)

// entry reads entry i of the dictionary, which must be of the kind.
func (r *fileReader) entry(i int, kind byte) (text string, count int64) {
	if r.err != nil {
		return "", 0
	}
	text, err := r.r.ReadString(0)
	var tail [9]byte
	if err == nil {
		_, err = io.ReadFull(r.r, tail[:])
	}
	if err != nil {
		r.err = errShort
		return "", 0
	}
	r.at += int64(len(text) + len(tail))
	text = strings.TrimSuffix(text, "\x00")
	if tail[8] != kind {
		r.fail("entry %d of its dictionary, %q, is of kind %d, where one of kind %d (0 words, 1 labels) belongs; it is damaged", i+1, brief(text), tail[8], kind)
	}
	return text, int64(binary.LittleEndian.Uint64(tail[:8]))
}

// brief shortens a word for a message.
func brief(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// matrix reads where a matrix lies; its values stay on disk.
func (r *fileReader) matrix(name string, rows, cols int64) *mappedMatrix {
	var quantized bool
	var size struct{ Rows, Cols int64 }
	if r.get(&quantized); quantized {
		r.fail("its %s vectors are quantized (.ftz), which assay does not read; give the model before that", name)
	}
	r.get(&size)
	if r.err != nil {
		return nil
	}
	if size.Rows != rows || size.Cols != cols {
		r.fail("its %s matrix is (%d, %d), where (%d, %d) belongs to its dictionary and arguments; it is damaged", name, size.Rows, size.Cols, rows, cols)
		return nil
	}
	if rows > r.left()/4/cols { // both are at least 1
		r.err = errShort
		return nil
	}
	m := &mappedMatrix{src: r.src, offset: r.at, rows: rows, cols: int(cols)}
	r.at += 4 * rows * cols
	r.r.Reset(io.NewSectionReader(r.src, r.at, r.left()))
	return m
}
