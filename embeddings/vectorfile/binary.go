package vectorfile

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"assay/embeddings"
	"assay/internal/fault"
	"assay/internal/progress"
)

const longestWord = 1 << 16 // bytes, in word2vec's binary

// readBinary reads word2vec's binary after its header; size is how many bytes
// follow that, if known, else negative.
func readBinary(ctx context.Context, in *bufio.Reader, l layout, size int64) (*embeddings.Table, Report, error) {
	announced, dim := l.words, l.dim
	least := int64(4*dim + 2)
	if size >= 0 && int64(announced) > (size+1)/least { // the last line end may be missing
		return nil, Report{}, fault.Usagef("its header announces %d words of %d dimensions, which take more than its %d bytes; it is truncated or no word2vec file", announced, dim, size)
	}
	bar := progress.Start(ctx, "read vectors", int64(announced), "words")
	defer bar.Done()
	b := newBuilder(l, 0)
	if size >= 0 {
		b.words, b.data = make([]string, 0, announced), make([]float32, 0, announced*dim)
	}
	raw, vector := make([]byte, 4*dim), make([]float32, dim)
	var word []byte
	for i := range announced {
		if i%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, b.report, err
			}
			bar.Add(4096)
		}
		var err error
		if word, err = readWord(in, word[:0]); err == nil {
			_, err = io.ReadFull(in, raw)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, b.report, fault.Usagef("it ends in word %d of the %d that its header announces; it is truncated, fetch it again", i+1, announced)
		case errors.Is(err, errLongWord):
			return nil, b.report, fault.Usagef("word %d is longer than %d bytes: it is no word2vec file, or damaged", i+1, longestWord)
		case err != nil:
			return nil, b.report, explain(err)
		}
		good := true
		for j := range vector {
			vector[j] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*j:]))
			good = good && finite(vector[j])
		}
		switch {
		case len(word) == 0:
			b.report.WrongColumns.add(int64(i+1), "")
		case !good:
			b.report.NotFinite.add(int64(i+1), string(word))
		default:
			b.add(string(word), vector, int64(i+1))
		}
	}
	if err := atEnd(in); err != nil {
		return nil, b.report, err
	}
	return b.table(embeddings.Mean)
}

// atEnd refuses what follows the last word: such a header is of another file, or
// announces another dimension. Read to its end, packed data proves its checksum.
func atEnd(in *bufio.Reader) error {
	for {
		switch c, err := in.ReadByte(); {
		case err == io.EOF:
			return nil
		case err != nil:
			return explain(err)
		case c != '\n':
			return fault.Usagef("bytes follow the last word that its header announces; the header has wrong numbers, or the file is damaged")
		}
	}
}

var errLongWord = errors.New("long word")

// readWord appends to dst the bytes up to a space; line ends before it are those
// of the word before.
func readWord(in *bufio.Reader, dst []byte) ([]byte, error) {
	for {
		c, err := in.ReadByte()
		switch {
		case err != nil:
			return dst, err
		case c == ' ':
			return dst, nil
		case c == '\n' && len(dst) == 0:
		case len(dst) == longestWord:
			return dst, errLongWord
		default:
			dst = append(dst, c)
		}
	}
}
