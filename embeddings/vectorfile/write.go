package vectorfile

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/internal/progress"
)

// Write writes the vectors to a file, whole or not at all. Format FastText needs
// a FastText model.
func Write(ctx context.Context, path string, format Format, v embeddings.Vectors) error {
	var fillErr error
	err := atomicfile.Write(path, func(w io.Writer) error {
		fillErr = write(ctx, w, format, v)
		return fillErr
	})
	switch {
	case err == nil:
		return nil
	case fault.IsUsage(err):
		return fault.Usagef("vectors: write %s: %w", path, err)
	}
	return fmt.Errorf("vectors: write %s: %w", path, err)
}

func write(ctx context.Context, w io.Writer, format Format, v embeddings.Vectors) error {
	switch format {
	case FastText:
		m, ok := v.(*fasttext.Model)
		if !ok {
			return fault.Usagef("only a FastText model has the n-grams that its .bin needs; write .vec")
		}
		return m.Write(w)
	case Vec:
		return WriteVec(ctx, w, v)
	case Word2vec:
		return writeWords(ctx, w, v, true, appendBinary)
	case GloVe:
		return writeWords(ctx, w, v, false, appendText)
	}
	return fault.Usagef("unknown format %q", format)
}

// WriteVec writes vectors as fastText's .vec: a header, then a word and its
// numbers a line, with the fewest digits that tell each float32 from the next.
// A word with white space is a usage error: no reader could tell where it ends.
func WriteVec(ctx context.Context, w io.Writer, v embeddings.Vectors) error {
	return writeWords(ctx, w, v, true, appendText)
}

func writeWords(ctx context.Context, w io.Writer, v embeddings.Vectors, header bool, appendVector func([]byte, []float32) []byte) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if header {
		if _, err := fmt.Fprintf(out, "%d %d\n", v.Len(), v.Dim()); err != nil {
			return err
		}
	}
	bar := progress.Start(ctx, "write vectors", int64(v.Len()), "words")
	defer bar.Done()
	vector := make([]float32, v.Dim())
	var line []byte
	for i := range v.Len() {
		if i%4096 == 0 {
			bar.Add(4096)
		}
		word := v.Word(i)
		if word == "" || strings.ContainsAny(word, " \t\r\n") && header || strings.ContainsAny(word, "\r\n") {
			return fault.Usagef("word %d, %q, is empty or holds white space, which the format cannot hold", i+1, brief(word))
		}
		if err := errors.Join(ctx.Err(), v.Vector(vector, i)); err != nil {
			return err
		}
		line = append(appendVector(append(line[:0], word...), vector), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func appendText(dst []byte, vector []float32) []byte {
	for _, v := range vector {
		dst = strconv.AppendFloat(append(dst, ' '), float64(v), 'g', -1, 32)
	}
	return dst
}

func appendBinary(dst []byte, vector []float32) []byte {
	dst = append(dst, ' ')
	for _, v := range vector {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	return dst
}
