package catalog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"assay/internal/atomicfile"
	"assay/internal/fault"
)

// staleAfter is when what a killed Fill left is removed.
const staleAfter = time.Hour

// Fill fills a catalog with many papers at once, and then its search index. A new
// catalog gets its name when all went well; a killed Fill leaves none. One that
// exists is locked, and what fill had written before an error or a kill stays: the
// same papers again do no harm.
func Fill(ctx context.Context, path string, fill func(c *Catalog) error) (err error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return fillOld(ctx, path, fill)
	}
	if _, err := locate(path, Options{Create: true}); err != nil {
		return err
	}
	atomicfile.RemoveStale(path, staleAfter)
	f, err := os.CreateTemp(filepath.Dir(path), atomicfile.TempPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return fault.Usagef("catalog: create %s: %w", path, err)
	}
	draft := f.Name()
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if rerr := os.Remove(draft + suffix); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
				err = errors.Join(err, rerr)
			}
		}
	}()
	if err := errors.Join(f.Chmod(0o644), f.Close()); err != nil {
		return fault.Usagef("catalog: create %s: %w", path, err)
	}
	c, err := Open(ctx, draft, Options{Create: true, Bulk: true})
	if err != nil {
		return err
	}
	c.path = path // as errors call it
	if err := errors.Join(c.fill(ctx, fill), c.Close()); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fault.Usagef("catalog: create %s: another process made it meanwhile", path)
	}
	return c.explain("create", atomicfile.Rename(draft, path))
}

func (c *Catalog) fill(ctx context.Context, fill func(c *Catalog) error) error {
	if err := fill(c); err != nil {
		return err
	}
	return c.Index(ctx)
}

func fillOld(ctx context.Context, path string, fill func(c *Catalog) error) (err error) {
	c, err := Open(ctx, path, Options{Create: true, Bulk: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	release, err := c.Lock()
	if err != nil {
		return err
	}
	defer release()
	return c.fill(ctx, fill)
}
