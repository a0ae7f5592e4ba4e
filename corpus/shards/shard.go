package shards

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"

	"assay/internal/fault"
	"assay/internal/guard"
	"assay/internal/mmap"
)

// shard is one file of an open corpus. It is mapped, and its footer read, when
// the first of its rows is.
type shard struct {
	info  ShardInfo
	path  string
	first int64  // global row number of its first row
	sums  []byte // its block checksums
	block int64  // bytes a checksum

	once    sync.Once
	err     error // of opening
	mapped  *mmap.File
	file    *parquet.File
	starts  []int64        // row, in the shard, at which each row group starts; then the end
	leaves  [leafCount]int // index of each leaf column in the file
	observe func(off, n int64)
}

// open maps the shard and reads its footer, once.
func (s *shard) open() error {
	s.once.Do(func() {
		if err := guard.Parquet(s.load); err != nil {
			s.err = s.damaged("rows %d to %d: footer: %w", s.first, s.first+s.info.Rows-1, err)
		}
	})
	return s.err
}

// damaged returns an error about the shard and what to do.
func (s *shard) damaged(format string, args ...any) error {
	return fault.Usagef("corpus: %s: %w; restore the file or import the corpus again", s.path, fmt.Errorf(format, args...))
}

func (s *shard) load() error {
	mapped, err := mmap.Open(s.path)
	if err != nil {
		return err
	}
	s.mapped = mapped
	if mapped.Size() != s.info.Bytes {
		return fmt.Errorf("the file has %d bytes, and the manifest says %d", mapped.Size(), s.info.Bytes)
	}
	s.file, err = parquet.OpenFile(s, s.info.Bytes,
		parquet.SkipPageIndex(true), // read a column at a time, when it is needed
		parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	if s.file.NumRows() != s.info.Rows {
		return fmt.Errorf("the file has %d rows, and the manifest says %d", s.file.NumRows(), s.info.Rows)
	}
	s.starts = []int64{0}
	for _, g := range s.file.RowGroups() {
		s.starts = append(s.starts, s.starts[len(s.starts)-1]+g.NumRows())
	}
	if end := s.starts[len(s.starts)-1]; end != s.info.Rows {
		return fmt.Errorf("the row groups have %d rows, and the manifest says %d", end, s.info.Rows)
	}
	for i, path := range leafPaths() {
		leaf, ok := s.file.Schema().Lookup(path...)
		if !ok {
			return fmt.Errorf("the file has no column %q", path[0])
		}
		s.leaves[i] = leaf.ColumnIndex
	}
	return nil
}

// close unmaps the file. No row of the shard can be read afterwards.
func (s *shard) close() error {
	s.once.Do(func() { s.err = fmt.Errorf("corpus: %s: %w", s.path, mmap.ErrClosed) })
	if s.mapped == nil {
		return nil
	}
	return s.mapped.Close()
}

// group returns the row group that holds the shard's row.
func (s *shard) group(row int64) int {
	i, found := slices.BinarySearch(s.starts, row)
	if !found {
		i--
	}
	return i
}

// forget lets go of the memory under a row group.
func (s *shard) forget(group int) {
	g := &s.file.Metadata().RowGroups[group]
	s.mapped.Forget(g.FileOffset, g.TotalCompressedSize)
}

// ReadAt implements io.ReaderAt for the Parquet decoder. Every block that holds
// a byte asked for is checked, each time, so that no damaged byte passes: the
// checksums in the pages' headers do not cover the headers, the page index and
// the footer.
func (s *shard) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read at offset %d", off)
	}
	n := min(int64(len(p)), s.info.Bytes-off)
	if n <= 0 {
		return 0, io.EOF
	}
	lo := off / s.block * s.block
	hi := min((off+n+s.block-1)/s.block*s.block, s.info.Bytes)
	if s.observe != nil {
		s.observe(lo, hi-lo)
	}
	err := s.mapped.View(lo, hi-lo, func(b []byte) error {
		if err := s.check(b, lo); err != nil {
			return err
		}
		copy(p, b[off-lo:])
		return nil
	})
	if err != nil {
		return 0, err
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// check compares b, which starts at a block's start off, with the checksums.
func (s *shard) check(b []byte, off int64) error {
	for len(b) > 0 {
		part := b[:min(int64(len(b)), s.block)]
		if crc32.Checksum(part, castagnoli) != s.sum(off) {
			return &damage{off, int64(len(part))}
		}
		b = b[len(part):]
		off += int64(len(part))
	}
	return nil
}

// sum returns the checksum of the block that starts at byte off.
func (s *shard) sum(off int64) uint32 {
	return binary.LittleEndian.Uint32(s.sums[off/s.block*4:])
}

// damage is a block that differs from what was written.
type damage struct{ off, n int64 }

func (d *damage) Error() string {
	return fmt.Sprintf("bytes %d to %d are damaged", d.off, d.off+d.n-1)
}
