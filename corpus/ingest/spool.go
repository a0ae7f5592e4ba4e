package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"assay/internal/atomicfile"
)

// spool keeps what was read from a pipe, for a second reading. Its file has no
// name once it is open, so that a killed process leaves nothing behind.
type spool struct {
	file   *os.File
	unlink bool          // the name could not be removed while the file is open
	zstd   *zstd.Encoder // nil where the bytes came packed
}

// newSpool creates a spool in dir. With pack it packs what it is given.
func newSpool(dir string, pack bool) (*spool, error) {
	f, err := os.CreateTemp(dir, atomicfile.TempPrefix+"import-*")
	if err != nil {
		return nil, fmt.Errorf("corpus: import: spool: %w", err)
	}
	sp := &spool{file: f, unlink: os.Remove(f.Name()) != nil}
	if pack {
		sp.zstd, err = zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("corpus: import: spool: %w", err), sp.close())
		}
	}
	return sp, nil
}

func (sp *spool) packed() bool { return sp.zstd != nil }

func (sp *spool) Write(p []byte) (int, error) {
	w := io.Writer(sp.file)
	if sp.zstd != nil {
		w = sp.zstd
	}
	n, err := w.Write(p)
	if err != nil {
		err = fmt.Errorf("keep a copy for a second reading: %w", err)
	}
	return n, err
}

// flush ends the writing.
func (sp *spool) flush() error {
	if sp.zstd == nil {
		return nil
	}
	if err := sp.zstd.Close(); err != nil {
		return fmt.Errorf("corpus: import: spool: %w", err)
	}
	return nil
}

// section returns what the spool's file holds.
func (sp *spool) section() (*io.SectionReader, error) {
	info, err := sp.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("corpus: import: spool: %w", err)
	}
	return io.NewSectionReader(sp.file, 0, info.Size()), nil
}

func (sp *spool) close() error {
	err := sp.file.Close()
	if sp.unlink {
		err = errors.Join(err, os.Remove(sp.file.Name()))
	}
	return err
}
