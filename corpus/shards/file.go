package shards

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// shardWriter is a shard being written.
type shardWriter struct {
	name    string
	file    *os.File
	sealed  *sealWriter
	parquet *parquet.GenericWriter[any]
	rows    int64
}

func newShardWriter(dir string, number int, options []parquet.WriterOption) (*shardWriter, error) {
	name := fmt.Sprintf("shard-%05d.parquet", number)
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	sealed := newSealWriter(file)
	return &shardWriter{
		name:    name,
		file:    file,
		sealed:  sealed,
		parquet: parquet.NewGenericWriter[any](sealed, options...),
	}, nil
}

// append puts an encoded batch into the file.
func (s *shardWriter) append(b *batch) error {
	n, err := b.group.Commit()
	if err == nil && n != int64(b.rows()) {
		err = fmt.Errorf("%s: %d rows were written of %d", s.name, n, b.rows())
	}
	s.rows += n
	return s.cause(err)
}

// finish writes the footer, waits for the disk, and returns the shard's entry
// in the manifest with its block checksums.
func (s *shardWriter) finish() (ShardInfo, []byte, error) {
	err := s.cause(s.parquet.Close())
	if err == nil {
		err = s.file.Sync()
	}
	if err = errors.Join(err, s.file.Close()); err != nil {
		return ShardInfo{}, nil, err
	}
	digest, sums := s.sealed.seal()
	return ShardInfo{File: s.name, Rows: s.rows, Bytes: s.sealed.bytes, SHA256: digest}, sums, nil
}

// cause prefers what the system said to the encoder's account of it.
func (s *shardWriter) cause(err error) error {
	if err != nil && s.sealed.err != nil {
		return s.sealed.err
	}
	return err
}

// sealWriter computes a SHA-256 and block checksums of what passes through.
type sealWriter struct {
	w     io.Writer
	err   error // the first failure of w
	bytes int64
	sha   hash.Hash
	sums  []byte // of finished blocks
	crc   uint32 // of the block begun
	fill  int    // bytes of it
}

func newSealWriter(w io.Writer) *sealWriter {
	return &sealWriter{w: w, sha: sha256.New()}
}

func (s *sealWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil && s.err == nil {
		s.err = err
	}
	s.bytes += int64(n)
	s.sha.Write(p[:n])
	for b := p[:n]; len(b) > 0; {
		part := b[:min(len(b), checksumBlock-s.fill)]
		s.crc = crc32.Update(s.crc, castagnoli, part)
		if s.fill += len(part); s.fill == checksumBlock {
			s.endBlock()
		}
		b = b[len(part):]
	}
	return n, err
}

func (s *sealWriter) endBlock() {
	s.sums = binary.LittleEndian.AppendUint32(s.sums, s.crc)
	s.crc, s.fill = 0, 0
}

// seal returns the SHA-256 in hexadecimal and the block checksums.
func (s *sealWriter) seal() (digest string, sums []byte) {
	if s.fill > 0 {
		s.endBlock()
	}
	return hex.EncodeToString(s.sha.Sum(nil)), s.sums
}
