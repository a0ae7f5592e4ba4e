package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"assay/internal/fault"
)

// View opens a catalog for reading, and for writing only where its schema must be brought
// up to date first, for the time of use.
func View(ctx context.Context, path string, use func(*Catalog) error) error {
	for _, opt := range []Options{{ReadOnly: true}, {}} {
		c, err := Open(ctx, path, opt)
		if err == nil {
			err = errors.Join(use(c), c.Close())
		}
		if !errors.Is(err, ErrOutdated) {
			return err
		}
	}
	return fmt.Errorf("corpus: %s cannot be brought up to date", path)
}

// Path returns the file as Open got it.
func (c *Catalog) Path() string { return c.path }

// querier is a database or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Open opens a catalog and brings it to this program's schema. A file that is
// missing (without Create), that is no catalog or is one of a later program is a
// usage error. Where ReadOnly is asked for and the schema is older, the error wraps
// ErrOutdated.
func Open(ctx context.Context, path string, opt Options) (_ *Catalog, err error) {
	file, err := locate(path, opt)
	if err != nil {
		return nil, err
	}
	c := &Catalog{path: path, file: file, opt: opt, authors: newNames(1 << 17), cats: newNames(1 << 12)}
	if opt.draft { // which is empty, and nobody else's
		c.authors.limit = 1 << 19
		c.authors.all, c.cats.all = true, true
	}
	defer func() {
		if err != nil {
			err = errors.Join(c.explain("open", err), c.Close())
		}
	}()
	if opt.ReadOnly {
		return c, c.openReadOnly(ctx)
	}
	// Large pages take an import a tenth less time, and what is read much, text, whole.
	params := []string{"_txlock=immediate", "_pragma=page_size(16384)", "_pragma=busy_timeout(60000)", "_pragma=cache_size(-65536)", "_pragma=wal_autocheckpoint(1000)"}
	switch {
	case opt.draft:
		params = append(params, "_pragma=synchronous(OFF)", "_pragma=foreign_keys(0)")
	case opt.Bulk:
		// Links are between rows of one transaction, whose numbers are the catalog's
		// own: looking each up once more costs a sixth of the time.
		params = append(params, "_pragma=synchronous(NORMAL)", "_pragma=foreign_keys(0)")
	default:
		params = append(params, "_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)")
	}
	c.w, err = connect(file, params...)
	if err != nil {
		return c, err
	}
	c.w.SetMaxOpenConns(1)
	if err := c.migrate(ctx); err != nil {
		return c, err
	}
	c.r, err = connect(file, "_pragma=busy_timeout(10000)", "_query_only=1")
	return c, err
}

// openReadOnly opens for reading alone.
func (c *Catalog) openReadOnly(ctx context.Context) (err error) {
	if c.r, err = connect(c.file, "mode=ro", "_pragma=busy_timeout(10000)"); err != nil {
		return err
	}
	id, err := identify(ctx, c.r)
	if codeOf(err) == codeCantOpen {
		// In a folder that nobody may write, readers cannot share a memory map with a
		// writer. Without a log beside the file there is no writer.
		if _, missing := os.Stat(c.file + "-wal"); errors.Is(missing, fs.ErrNotExist) {
			if err := c.r.Close(); err != nil {
				return err
			}
			if c.r, err = connect(c.file, "mode=ro", "immutable=1"); err != nil {
				return err
			}
			id, err = identify(ctx, c.r)
		}
	}
	if err != nil {
		return err
	}
	if err := id.check(c.path); err != nil {
		return err
	}
	if id.version < int64(len(migrations)) {
		return fmt.Errorf("catalog: %s has schema %d, today's is %d: %w", c.path, id.version, len(migrations), ErrOutdated)
	}
	return nil
}

// locate finds the file and says what is wrong with the path.
func locate(path string, opt Options) (string, error) {
	if path == "" {
		return "", fault.Usagef("catalog: no file is named")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && opt.Create && !opt.ReadOnly:
		if link, err := os.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
			return "", fault.Usagef("catalog: create %s: it is a link to a file that is missing", path)
		}
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return "", fault.Usagef("catalog: create %s: %w", path, err)
		}
	case errors.Is(err, fs.ErrNotExist):
		return "", fault.Usagef("catalog: open %s: no such file; a harvest or `assay corpus import --db %s` makes one", path, path)
	case err != nil:
		return "", fault.Usagef("catalog: open %s: %w", path, err)
	case info.IsDir():
		return "", fault.Usagef("catalog: open %s: it is a folder; name a SQLite file", path)
	case !info.Mode().IsRegular():
		return "", fault.Usagef("catalog: open %s: it is no ordinary file", path)
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", fault.Usagef("catalog: open %s: %w", path, err)
		}
	}
	file, err := filepath.Abs(path)
	if err != nil {
		return "", fault.Usagef("catalog: open %s: %w", path, err)
	}
	return file, nil
}

// connect makes a pool of connections by parameters that SQLite or its driver
// defines; each pragma once, because the driver applies them in an order of its
// own. It does not open a file yet.
func connect(file string, params ...string) (*sql.DB, error) {
	slashed := filepath.ToSlash(file)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/…
	}
	params = append([]string{"_dqs=0", "_error_rc=1", "_pragma=trusted_schema(0)", "_pragma=temp_store(MEMORY)"}, params...)
	return sql.Open("sqlite", "file://"+(&url.URL{Path: slashed}).EscapedPath()+"?"+strings.Join(params, "&"))
}

// Close closes the file. Of papers still being read the rest is an error.
func (c *Catalog) Close() error {
	var err error
	if c.r != nil {
		err = c.r.Close()
	}
	if c.w != nil {
		// The last connection brings what is in the log into the file.
		err = errors.Join(err, c.w.Close())
	}
	return c.explain("close", err)
}

// update does fn in a transaction of the writing connection.
func (c *Catalog) update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if c.w == nil {
		return fault.Usagef("catalog: %s is open for reading alone", c.path)
	}
	tx, err := c.w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		_ = tx.Rollback() // after a commit it does nothing; else the first error says what is wrong
	}()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
