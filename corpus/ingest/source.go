package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"assay/internal/fault"
	"assay/internal/packed"
)

// sources is what an import reads: files, pipes and standard input, each of
// them plain, compressed, or a zip of such. It can be read more than once; what
// cannot be opened twice is spooled on the first reading.
type sources struct {
	paths   []string
	stdin   io.Reader
	tempDir string                 // where spools lie
	member  func(name string) bool // which members of a zip hold records
	// table opens a file that holds a table of records instead of text. It is nil
	// where the format is one of text.
	table func(name string, at *io.SectionReader) (io.ReadCloser, error)

	seen    []identity     // by position in paths, from the first reading
	spools  map[int]*spool // by position in paths
	skipped []string       // zip members without records, from the last reading
}

// identity tells whether a file was replaced between two readings.
type identity struct {
	size     int64
	modified time.Time
}

// stream is one text: decompressed, and known to be neither empty nor binary.
type stream struct {
	name string // path, path/member or stdin: what errors call it
	kind string // how it was packed, "plain" if it was not
	*bufio.Reader
}

const streamBuffer = 1 << 20 // bytes

// each calls f with every text of every source in order, and stops at the
// first error.
func (s *sources) each(ctx context.Context, f func(*stream) error) error {
	s.skipped = nil
	for i := range s.paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.read(ctx, i, f); err != nil {
			return err
		}
	}
	return nil
}

// close releases the spools.
func (s *sources) close() error {
	var errs []error
	for _, sp := range s.spools {
		errs = append(errs, sp.close())
	}
	return errors.Join(errs...)
}

func (s *sources) read(ctx context.Context, i int, f func(*stream) error) (err error) {
	name := s.paths[i]
	if name == "-" {
		name = "stdin"
	}
	if sp := s.spools[i]; sp != nil {
		return s.readSpool(name, sp, f)
	}
	file, once, err := s.open(i)
	if err != nil {
		return err
	}
	if c, ok := file.(io.Closer); ok && s.paths[i] != "-" {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	if once {
		return s.readOnce(ctx, i, name, file, f)
	}
	section, err := s.section(i, name, file.(*os.File))
	if err != nil {
		return err
	}
	return s.readSection(name, section, f)
}

// open returns the reader of source i and whether it can be read only once.
func (s *sources) open(i int) (r io.Reader, once bool, err error) {
	var file *os.File
	if s.paths[i] == "-" {
		f, ok := s.stdin.(*os.File)
		if !ok {
			return s.stdin, true, nil
		}
		file = f
	} else if file, err = os.Open(s.paths[i]); err != nil {
		return nil, false, fault.Usagef("corpus: import: %w", err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fault.Usagef("corpus: import: %s is a folder; name the files in it", s.paths[i])
	}
	if err != nil {
		if s.paths[i] != "-" {
			err = errors.Join(err, file.Close())
		}
		return nil, false, err
	}
	return file, !info.Mode().IsRegular(), nil
}

// section returns the whole of a regular file, or what standard input has left
// of it, and fails if it is not the file of the first reading.
func (s *sources) section(i int, name string, file *os.File) (*io.SectionReader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("corpus: import: %w", err)
	}
	var start int64
	if s.paths[i] == "-" {
		if start, err = file.Seek(0, io.SeekCurrent); err != nil {
			return nil, fmt.Errorf("corpus: import: %w", err)
		}
	}
	if s.seen == nil {
		s.seen = make([]identity, len(s.paths))
	}
	now := identity{info.Size(), info.ModTime()}
	if first := s.seen[i]; first != (identity{}) && first != now {
		return nil, errChanged(name)
	}
	s.seen[i] = now
	return io.NewSectionReader(file, start, max(0, info.Size()-start)), nil
}

func errChanged(name string) error {
	return fault.Usagef("corpus: import: %s changed while it was read; import again when nothing writes to it", name)
}

// readOnce reads a pipe, and spools it on the way.
func (s *sources) readOnce(ctx context.Context, i int, name string, r io.Reader, f func(*stream) error) error {
	in := bufio.NewReaderSize(newInterruptible(ctx, r), streamBuffer)
	head, err := in.Peek(packed.SniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("corpus: import: %s: %w", name, err)
	}
	kind := packed.Sniff(head)
	sp, err := newSpool(s.tempDir, kind == packed.Plain && s.table == nil)
	if err != nil {
		return err
	}
	if s.spools == nil {
		s.spools = make(map[int]*spool)
	}
	s.spools[i] = sp
	if kind == packed.Zip || s.table != nil {
		if _, err := io.Copy(sp, in); err != nil {
			return fmt.Errorf("corpus: import: %s: %w", name, err)
		}
		return s.readSpool(name, sp, f)
	}
	if err := readStream(name, kind, io.TeeReader(in, sp), f); err != nil {
		return err
	}
	return sp.flush()
}

func (s *sources) readSpool(name string, sp *spool, f func(*stream) error) error {
	section, err := sp.section()
	if err != nil {
		return err
	}
	if !sp.packed() {
		return s.readSection(name, section, f)
	}
	r, stop, err := packed.Unpack(packed.Zstd, section)
	if err != nil {
		return fmt.Errorf("corpus: import: %s: %w", name, err)
	}
	defer stop()
	return readStream(name, packed.Plain, r, f)
}

func (s *sources) readSection(name string, section *io.SectionReader, f func(*stream) error) error {
	head := make([]byte, packed.SniffBytes)
	n, err := section.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("corpus: import: %s: %w", name, err)
	}
	kind := packed.Sniff(head[:n])
	if kind == packed.Zip {
		return s.readZip(name, section, f)
	}
	if s.table != nil {
		return s.readTable(name, kind, section, f)
	}
	return readStream(name, kind, section, f)
}

// readStream unpacks r and hands it to f if it is text.
func readStream(name string, kind packed.Kind, r io.Reader, f func(*stream) error) error {
	text, stop, err := packed.Unpack(kind, r)
	if err != nil {
		return fault.Usagef("corpus: import: %s: %w", name, err)
	}
	defer stop()
	st := &stream{name: name, kind: kind.String(), Reader: bufio.NewReaderSize(text, streamBuffer)}
	head, err := st.Peek(packed.SniffBytes)
	if len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return fault.Usagef("corpus: import: %s is empty", name)
		}
		return (&lineReader{name: name}).fail(err)
	}
	if bytes.HasPrefix(head, parquetMagic) {
		return fault.Usagef("corpus: import: %s holds Parquet data; use the format parquet", name)
	}
	if what := packed.NotText(head); what != "" {
		return fault.Usagef("corpus: import: %s holds %s; give a text, plain or packed as .gz, .xz, .zst or .zip", name, what)
	}
	if bytes.HasPrefix(head, byteOrderMark) {
		if _, err := st.Discard(len(byteOrderMark)); err != nil {
			return fmt.Errorf("corpus: import: %s: %w", name, err)
		}
	}
	return f(st)
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// interruptible reads from a reader that may block for ever, such as a pipe,
// and returns when the context ends.
type interruptible struct {
	ctx    context.Context
	chunks chan chunk
	rest   []byte
	err    error
}

type chunk struct {
	data []byte
	err  error
}

func newInterruptible(ctx context.Context, r io.Reader) *interruptible {
	in := &interruptible{ctx: ctx, chunks: make(chan chunk, 1)}
	go func() {
		for {
			buf := make([]byte, 1<<17)
			n, err := r.Read(buf)
			select {
			case in.chunks <- chunk{buf[:n], err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return in
}

func (in *interruptible) Read(p []byte) (int, error) {
	for len(in.rest) == 0 {
		if in.err != nil {
			return 0, in.err
		}
		select {
		case c := <-in.chunks:
			in.rest, in.err = c.data, c.err
		case <-in.ctx.Done():
			return 0, in.ctx.Err()
		}
	}
	n := copy(p, in.rest)
	in.rest = in.rest[n:]
	return n, nil
}
