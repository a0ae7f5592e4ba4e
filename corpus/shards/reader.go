package shards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"assay/internal/fault"
	"assay/internal/progress"
)

// Corpus is a corpus on disk, open for reading. Its methods are safe for
// concurrent use, except that Close ends the others.
type Corpus struct {
	dir      string
	manifest *Manifest
	shards   []*shard // at least one
}

// Open opens the corpus in the folder dir. It reads the manifest and compares
// the length of each shard with it; the shards are mapped later, when a row of
// theirs is read. A folder that is missing, holds no whole corpus, or was
// changed is an error that says so.
func Open(dir string) (*Corpus, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	sums, err := readChecksums(dir, m)
	if err != nil {
		return nil, err
	}
	c := &Corpus{dir: dir, manifest: m}
	var first int64
	for _, info := range m.Shards {
		path := filepath.Join(dir, info.File)
		stat, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fault.Usagef("corpus: %s: the shard is missing; restore the file or import the corpus again", path)
		case err != nil:
			return nil, fault.Usagef("corpus: open: %w", err)
		case stat.Size() != info.Bytes:
			return nil, fault.Usagef("corpus: %s: the shard has %d bytes, and the manifest says %d; restore the file or import the corpus again", path, stat.Size(), info.Bytes)
		}
		n := 4 * m.Checksums.blocks(info.Bytes)
		c.shards = append(c.shards, &shard{
			info: info, path: path, first: first,
			sums: sums[:n:n], block: m.Checksums.Block,
		})
		first += info.Rows
		sums = sums[n:]
	}
	return c, nil
}

// readChecksums reads the block checksums of all shards.
func readChecksums(dir string, m *Manifest) ([]byte, error) {
	path := filepath.Join(dir, m.folder, m.Checksums.File)
	sums, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Usagef("corpus: open: %w; restore the file or import the corpus again", err)
	}
	var want int64
	for _, s := range m.Shards {
		want += 4 * m.Checksums.blocks(s.Bytes)
	}
	digest := sha256.Sum256(sums)
	if int64(len(sums)) != want || hex.EncodeToString(digest[:]) != m.Checksums.SHA256 {
		return nil, fault.Usagef("corpus: %s is damaged; restore the file or import the corpus again", path)
	}
	return sums, nil
}

// Close releases the shards. Calls that still read fail.
func (c *Corpus) Close() error {
	var errs []error
	for _, s := range c.shards {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// Manifest returns the manifest, which must not be changed.
func (c *Corpus) Manifest() *Manifest { return c.manifest }

// Rows returns the number of papers.
func (c *Corpus) Rows() int64 { return c.manifest.Rows }

// Hash returns the corpus hash: equal hashes mean equal shards.
func (c *Corpus) Hash() string { return c.manifest.Hash }

// Path returns the folder as Open got it.
func (c *Corpus) Path() string { return c.dir }

// shardOf returns the position of the shard that holds a global row.
func (c *Corpus) shardOf(row int64) int {
	return sort.Search(len(c.shards), func(i int) bool { return c.shards[i].first > row }) - 1
}

// Verify reads every shard in full and compares its SHA-256 with the manifest.
// The error names the first shard that differs and its first damaged bytes.
func (c *Corpus) Verify(ctx context.Context) error {
	var total int64
	for _, s := range c.shards {
		total += s.info.Bytes
	}
	bar := progress.Start(ctx, "verify", total, "bytes")
	defer bar.Done()
	for _, s := range c.shards {
		if err := s.verify(ctx, bar); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("corpus: verify %s: %w", c.dir, ctx.Err())
			}
			return s.damaged("%w", err)
		}
	}
	return nil
}

// verify reads the file itself, not the map, so that it sees what is stored.
func (s *shard) verify(ctx context.Context, bar progress.Bar) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close() // opened for reading: nothing can be lost
	sha := sha256.New()
	buf := make([]byte, max(1<<20/s.block, 1)*s.block)
	var off int64
	var first error // damaged block
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(f, buf)
		if n > 0 && first == nil && off+int64(n) <= s.info.Bytes {
			first = s.check(buf[:n], off)
		}
		sha.Write(buf[:n])
		off += int64(n)
		bar.Add(int64(n))
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return err
		}
	}
	switch {
	case off != s.info.Bytes:
		return fmt.Errorf("the file has %d bytes, and the manifest says %d", off, s.info.Bytes)
	case first != nil:
		return first
	case hex.EncodeToString(sha.Sum(nil)) != s.info.SHA256:
		return errors.New("the SHA-256 differs from the manifest's")
	}
	return nil
}
