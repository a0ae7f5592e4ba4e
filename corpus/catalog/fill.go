package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"assay/internal/atomicfile"
	"assay/internal/fault"
)

// staleAfter is when what a killed Fill left is removed.
const staleAfter = time.Hour

// Fill fills a catalog with many papers at once, and then its search index, and
// counts what the catalog holds then. A new catalog gets its name when all went
// well; a killed Fill leaves none. One that exists is locked, and what fill had
// written before an error or a kill stays: the same papers again do no harm.
func Fill(ctx context.Context, path string, fill func(c *Catalog) error) (Counts, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return fillOld(ctx, path, fill)
	}
	return fillNew(ctx, path, fill)
}

func fillOld(ctx context.Context, path string, fill func(c *Catalog) error) (n Counts, err error) {
	c, err := Open(ctx, path, Options{Create: true, Bulk: true})
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	release, err := c.Lock()
	if err != nil {
		return n, err
	}
	defer release()
	if err := fill(c); err != nil {
		return n, err
	}
	if err := c.Index(ctx); err != nil {
		return n, err
	}
	return c.Counts(ctx)
}

// fillNew fills a draft: a file of another name, which nobody reads and which is
// removed unless all goes well, so that it needs no log.
func fillNew(ctx context.Context, path string, fill func(c *Catalog) error) (n Counts, err error) {
	if _, err := locate(path, Options{Create: true}); err != nil {
		return n, err
	}
	draft, err := createDraft(path)
	if err != nil {
		return n, fault.Usagef("catalog: create %s: %w", path, err)
	}
	defer func() {
		for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
			if rerr := os.Remove(draft + suffix); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
				err = errors.Join(err, rerr)
			}
		}
	}()
	c, err := Open(ctx, draft, Options{Create: true, Bulk: true, draft: true})
	if err != nil {
		return n, err
	}
	c.path = path // as errors call it
	n, err = c.complete(ctx, fill)
	if err := errors.Join(err, c.Close()); err != nil {
		return n, err
	}
	return n, c.explain("create", publish(draft, path))
}

func createDraft(path string) (draft string, err error) {
	atomicfile.RemoveStale(path, staleAfter)
	f, err := os.CreateTemp(filepath.Dir(path), atomicfile.TempPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return "", err
	}
	return f.Name(), errors.Join(f.Chmod(0o644), f.Close())
}

// complete makes a whole catalog of a draft. The indexes of links are built when
// all links are there: from sorted entries they take a third of the time.
func (c *Catalog) complete(ctx context.Context, fill func(c *Catalog) error) (n Counts, err error) {
	indexes, err := c.dropIndexes(ctx)
	if err != nil {
		return n, c.explain("create", err)
	}
	if err := fill(c); err != nil {
		return n, err
	}
	for _, create := range indexes {
		if _, err := c.w.ExecContext(ctx, create); err != nil {
			return n, c.explain("create", err)
		}
	}
	if err := c.Index(ctx); err != nil {
		return n, err
	}
	if n, err = c.Counts(ctx); err != nil {
		return n, err
	}
	c.opt.draft = false
	return n, c.explain("create", c.journal(ctx))
}

// dropIndexes drops the indexes that no writer asks, and returns what makes them.
func (c *Catalog) dropIndexes(ctx context.Context) (create []string, err error) {
	err = c.update(ctx, func(tx *sql.Tx) error {
		var names []string
		err := eachRow(ctx, tx, "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('papers_cats', 'papers_authors')", nil, func(rows *sql.Rows) error {
			var name, text string
			err := rows.Scan(&name, &text)
			names, create = append(names, name), append(create, text)
			return err
		})
		for _, name := range names {
			if err == nil {
				_, err = tx.ExecContext(ctx, "DROP INDEX "+name)
			}
		}
		return err
	})
	return create, err
}

// publish gives a draft its name once it is on the disk.
func publish(draft, path string) error {
	// SQLite does not say whether closing brought the log into the file.
	if info, err := os.Stat(draft + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("its log could not be brought into it: the disk is full, or another program reads %s", draft)
	}
	f, err := os.OpenFile(draft, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fault.Usagef("catalog: create %s: another process made it meanwhile", path)
	}
	return atomicfile.Rename(draft, path)
}
