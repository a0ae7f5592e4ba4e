package results

import (
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readRunFile reads a run's record and checks that it is whole.
func readRunFile(dir string) (Run, error) {
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	data, err := b.read(filepath.Join(dir, runFile))
	if err != nil {
		return Run{}, err
	}
	r, err := b.decodeRun(data)
	if err != nil {
		return Run{}, fmt.Errorf("%s %w", runFile, err)
	}
	return r, nil
}

// buffer is memory that reading one record after another needs again and again.
type buffer struct{ text, compact []byte }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// decodeRun checks a sealed record and decodes it. Nothing of the run lies in
// the buffer.
func (b *buffer) decodeRun(data []byte) (Run, error) {
	b.compact = appendCompact(b.compact[:0], data)
	body, err := cutSeal(b.compact)
	if err != nil { // the slow decoder has the better error message
		if body, err = unsealJSON(data); err != nil {
			return Run{}, err
		}
	}
	var r Run
	err = json.Unmarshal(body, &r, runOptions)
	return r, err
}

// runOptions leave out what the checksum has shown: that the record is the one
// which was encoded. Numbers of type any stay as they are written.
var runOptions = json.JoinOptions(
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
		if dec.PeekKind() != '0' {
			return errors.ErrUnsupported // as without this function
		}
		text, err := dec.ReadValue()
		*v = jsonv1.Number(text)
		return err
	})),
)

// read returns the file's content, which lies in the buffer.
func (b *buffer) read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b.text = b.text[:0]
	for {
		b.text = slices.Grow(b.text, 1<<13)
		n, err := f.Read(b.text[len(b.text):cap(b.text)])
		b.text = b.text[:len(b.text)+n]
		if err == io.EOF {
			return b.text, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// appendCompact appends JSON without the white space between its tokens. It does
// not look at the syntax.
func appendCompact(dst, data []byte) []byte {
	from := 0 // of what is not appended yet
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = endOfString(data, i)
		case ' ', '\n', '\t', '\r':
			dst = append(dst, data[from:i]...)
			for i+1 < len(data) && isSpace(data[i+1]) {
				i++
			}
			from = i + 1
		}
	}
	return append(dst, data[from:]...)
}

// endOfString returns where the string ends that begins at i, or the last byte.
func endOfString(data []byte, i int) int {
	for i++; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return min(i, len(data)-1)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
