package fasttext

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"assay/internal/fault"
)

// Write writes the model in the official program's format (.bin). A model that
// Open has read is written back byte for byte, where its version is 12.
func (m *Model) Write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	a := m.arguments()
	d := m.dict
	put := func(v any) error { return binary.Write(out, binary.LittleEndian, v) }
	if err := put([]int32{fileMagic, fileVersion}); err != nil {
		return writeError(err)
	}
	if err := put(&a); err != nil {
		return writeError(err)
	}
	words, labels := int32(d.Len()), int32(len(d.labels))
	if err := put(struct {
		Size, Words, Labels int32
		Tokens, Pruned      int64
	}{words + labels, words, labels, d.tokens, -1}); err != nil {
		return writeError(err)
	}
	var entry []byte
	putEntry := func(text string, count int64, kind byte) error {
		entry = append(append(entry[:0], text...), 0)
		entry = append(binary.LittleEndian.AppendUint64(entry, uint64(count)), kind)
		_, err := out.Write(entry)
		return err
	}
	for i, word := range d.words {
		if !fit(word) && m.read == nil {
			return fault.Usagef("fasttext: write model: word %d, %q, holds white space or NUL", i, brief(word))
		}
		if err := putEntry(word, d.counts[i], kindWord); err != nil {
			return writeError(err)
		}
	}
	for _, l := range d.labels {
		if err := putEntry(l.text, l.count, kindLabel); err != nil {
			return writeError(err)
		}
	}
	if err := writeMatrix(out, m.input, int64(d.Len()+d.buckets), int64(m.Dim())); err != nil {
		return writeError(err)
	}
	if err := writeMatrix(out, m.output, int64(d.Len()), int64(m.Dim())); err != nil {
		return writeError(err)
	}
	return writeError(out.Flush())
}

func writeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("fasttext: write model: %w", err)
}

func writeMatrix(out *bufio.Writer, m matrix, rows, cols int64) error {
	if err := binary.Write(out, binary.LittleEndian, struct {
		Quantized  bool
		Rows, Cols int64
	}{false, rows, cols}); err != nil {
		return err
	}
	var raw []byte
	return m.all(func(data []float32) error {
		raw = raw[:0]
		for _, v := range data {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		_, err := out.Write(raw)
		return err
	})
}
