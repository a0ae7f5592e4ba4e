package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"

	"assay/internal/fault"
	"assay/internal/guard"
	"assay/internal/packed"
)

// parquetFormat is a Parquet file, as pyarrow, pandas, polars, DuckDB, Spark or
// Hugging Face's datasets write it. Each of its rows is a record: an object of
// the kaggle format, in whose place errors name the number of the row.
type parquetFormat struct {
	kaggleFormat
	columns map[string]string // by field, as the caller named them
}

func (parquetFormat) member(extension string) bool { return tableExtension(extension) }

func tableExtension(extension string) bool {
	return extension == ".parquet" || extension == ".parq" || extension == ".pq"
}

// begin finds nothing before the first record.
func (f parquetFormat) begin(*lineReader) (recordParser, error) { return f, nil }

var parquetMagic = []byte("PAR1")

// open reads the footer of a Parquet file and returns its rows as lines.
func (f parquetFormat) open(name string, at *io.SectionReader) (io.ReadCloser, error) {
	if err := checkTable(name, at); err != nil {
		return nil, err
	}
	var file *parquet.File
	err := guard.Parquet(func() (err error) {
		// The indexes are for readers that look for single rows.
		file, err = parquet.OpenFile(at, at.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		return err
	})
	if err != nil {
		return nil, fault.Usagef("corpus: import: %s: footer: %w; the file is damaged or beyond what this program reads, write or fetch it again", name, err)
	}
	var rows *tableRows
	err = guard.Parquet(func() error {
		columns, err := chooseColumns(file.Root(), f.columns)
		if err == nil {
			rows = newTableRows(file, columns)
			err = rows.checkCodecs()
		}
		return err
	})
	if err != nil {
		return nil, fault.Usagef("corpus: import: %s: %w", name, err)
	}
	return rows, nil
}

// checkTable refuses what has not the first and the last bytes of a Parquet file.
func checkTable(name string, at *io.SectionReader) error {
	size := at.Size()
	if size == 0 {
		return fault.Usagef("corpus: import: %s is empty", name)
	}
	head := make([]byte, min(size, packed.SniffBytes))
	if _, err := at.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("corpus: import: %s: %w", name, err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PARE")):
		return fault.Usagef("corpus: import: %s is encrypted Parquet; write it without encryption", name)
	case !bytes.HasPrefix(head, parquetMagic):
		what := "text"
		if other := packed.NotText(head); other != "" {
			what = other
		}
		return fault.Usagef("corpus: import: %s is no Parquet file, it holds %s; name the format that it has (%s)", name, what, strings.Join(Formats(), ", "))
	}
	tail := make([]byte, 8) // the footer's length, then the magic bytes
	if size < 12 {
		tail = nil
	} else if _, err := at.ReadAt(tail, size-8); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("corpus: import: %s: %w", name, err)
	}
	if tail == nil || !bytes.Equal(tail[4:], parquetMagic) || int64(binary.LittleEndian.Uint32(tail)) > size-12 {
		return fault.Usagef("corpus: import: %s: the Parquet file has no footer; it is truncated or still being written, fetch it again", name)
	}
	return nil
}

// readTable reads a table, which needs all of it at hand: what is packed is
// unpacked into a spool.
func (s *sources) readTable(name string, kind packed.Kind, r io.Reader, f func(*stream) error) (err error) {
	at, ok := r.(*io.SectionReader)
	if !ok || kind != packed.Plain {
		content, stop, err := packed.Unpack(kind, r)
		if err != nil {
			return fault.Usagef("corpus: import: %s: %w", name, err)
		}
		defer stop()
		sp, err := newSpool(s.tempDir, false)
		if err != nil {
			return err
		}
		defer func() { _ = sp.close() }() // it has no name any more
		if _, err := io.Copy(sp, content); err != nil {
			if errors.As(err, &packed.Error{}) {
				return fault.Usagef("corpus: import: %s: %w", name, err)
			}
			return fmt.Errorf("corpus: import: %s: %w", name, err)
		}
		if at, err = sp.section(); err != nil {
			return err
		}
	}
	rows, err := s.table(name, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return f(&stream{name: name, kind: kind.String(), Reader: bufio.NewReaderSize(rows, streamBuffer)})
}

// tableFiles returns inputs with each folder replaced by the Parquet files in
// it and below it, in the order of their paths. Names that begin with "_" or "."
// are passed over, as by other readers of such folders.
func tableFiles(inputs []string) ([]string, error) {
	var files []string
	for _, input := range inputs {
		info, err := os.Stat(input)
		if input == "-" || err != nil || !info.IsDir() {
			files = append(files, input) // whatever is wrong is said when it is opened
			continue
		}
		before, others := len(files), ""
		err = filepath.WalkDir(input, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil || path == input:
				return err
			case strings.HasPrefix(e.Name(), "_") || strings.HasPrefix(e.Name(), "."):
				if e.IsDir() {
					return fs.SkipDir
				}
			case e.IsDir():
			case tableExtension(strings.ToLower(filepath.Ext(path))):
				files = append(files, path)
			default:
				others = "; it holds " + quote(e.Name())
			}
			return nil
		})
		if err != nil {
			return nil, fault.Usagef("corpus: import: %w", err)
		}
		if len(files) == before {
			return nil, fault.Usagef("corpus: import: there is no Parquet file (.parquet, .parq, .pq) in the folder %s%s", input, others)
		}
	}
	return files, nil
}
