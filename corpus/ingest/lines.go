package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"assay/internal/fault"
	"assay/internal/packed"
)

// maxImportRecord bounds one record, so that a file without line breaks is an error
// and not the end of memory.
const maxImportRecord = 64 << 20 // bytes

// lineReader reads lines of any length up to a limit and counts them.
type lineReader struct {
	name  string
	r     *bufio.Reader
	back  []byte // lines that were given back, read before r
	line  int64  // the number of lines read
	began int64  // the line where the last record began
	limit int    // bytes a record
}

var errTooLong = errors.New("too long")

// appendLine appends the next line, with its line break, to dst. It returns
// io.EOF if there is none and errTooLong if dst grows by more than the limit.
func (l *lineReader) appendLine(dst []byte) ([]byte, error) {
	if len(l.back) > 0 {
		n := bytes.IndexByte(l.back, '\n') + 1
		if n == 0 {
			n = len(l.back)
		}
		dst = append(dst, l.back[:n]...)
		l.back = l.back[n:]
		l.line++
		return dst, nil
	}
	start := len(dst)
	for {
		piece, err := l.r.ReadSlice('\n')
		dst = append(dst, piece...)
		switch {
		case len(dst)-start > l.limit:
			return dst, errTooLong
		case err == nil, errors.Is(err, io.EOF) && len(dst) > start:
			l.line++
			return dst, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return dst, err
		}
	}
}

// giveBack lets lines be read again.
func (l *lineReader) giveBack(lines []byte, count int64) {
	l.back = append(bytes.Clone(lines), l.back...)
	l.line -= count
}

// fail places an error of reading at the line that was reached.
func (l *lineReader) fail(err error) error {
	switch {
	case errors.Is(err, errTooLong):
		return fault.Usagef("corpus: import: %s:%d: the line is longer than %d MiB; this is not the format named, or the file is corrupt",
			l.name, l.line+1, l.limit>>20)
	case errors.As(err, &tableError{}):
		return fault.Usagef("corpus: import: %s: %w; the file is damaged or beyond what this program reads, write or fetch it again", l.name, err)
	case errors.As(err, &packed.Error{}):
		return fault.Usagef("corpus: import: %s:%d: %w", l.name, l.line+1, err)
	}
	return fmt.Errorf("corpus: import: %s:%d: %w", l.name, l.line+1, err)
}

func trimLineEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b
}
