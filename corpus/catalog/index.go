package catalog

import (
	"context"
	"database/sql"

	"assay/internal/progress"
)

// indexAtOnce is how many papers Index puts into the search index a transaction.
const indexAtOnce = 5000

// unindex takes a paper out of the search index, or out of the queue for it.
func unindex(ctx context.Context, tx *sql.Tx, old *stored) (err error) {
	if old.queued {
		_, err = tx.ExecContext(ctx, "DELETE FROM papers_text_queue WHERE paper = ?", old.no)
	} else {
		_, err = tx.ExecContext(ctx, "INSERT INTO papers_text (papers_text, rowid, title, abstract) VALUES ('delete', ?, ?, ?)",
			old.no, old.Title, old.Abstract)
	}
	return err
}

// enqueue lets what was written be found: the papers numbered last+1 to next, and
// those replaced. In a bulk load they wait for Index.
func (c *Catalog) enqueue(ctx context.Context, tx *sql.Tx, changes []change, last, next int64) error {
	into := "papers_text (rowid, title, abstract) SELECT no, title, abstract"
	if c.opt.Bulk {
		into = "papers_text_queue (paper) SELECT no"
	}
	if next > last {
		if _, err := tx.ExecContext(ctx, "INSERT INTO "+into+" FROM papers WHERE no > ? AND no <= ?", last, next); err != nil {
			return err
		}
	}
	for _, ch := range changes {
		if ch.paper != nil && ch.old != nil {
			if _, err := tx.ExecContext(ctx, "INSERT INTO "+into+" FROM papers WHERE no = ?", ch.old.no); err != nil {
				return err
			}
		}
	}
	return nil
}

// waiting returns how many papers are not in the search index yet.
func (c *Catalog) waiting(ctx context.Context) (n int64, err error) {
	err = c.r.QueryRowContext(ctx, "SELECT count(*) FROM papers_text_queue").Scan(&n)
	return n, err
}

// Index lets Search find the papers of a bulk load, in several transactions: when
// it is stopped, another call goes on. It does nothing where none wait.
func (c *Catalog) Index(ctx context.Context) error {
	n, err := c.waiting(ctx)
	if err != nil || n == 0 {
		return c.explain("index", err)
	}
	bar := progress.Start(ctx, "index", n, "papers")
	defer bar.Done()
	for done := indexAtOnce; done == indexAtOnce; bar.Add(int64(done)) {
		c.mu.Lock()
		done, err = c.indexSome(ctx)
		c.mu.Unlock()
		if err != nil {
			return c.explain("index", err)
		}
	}
	return nil
}

func (c *Catalog) indexSome(ctx context.Context) (done int, err error) {
	err = c.update(ctx, func(tx *sql.Tx) error {
		var through sql.NullInt64
		err := tx.QueryRowContext(ctx, "SELECT max(paper), count(*) FROM (SELECT paper FROM papers_text_queue ORDER BY paper LIMIT ?)", indexAtOnce).
			Scan(&through, &done)
		if err != nil || done == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO papers_text (rowid, title, abstract)
			SELECT no, title, abstract FROM papers_text_queue JOIN papers ON no = paper WHERE paper <= ? ORDER BY paper`, through)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM papers_text_queue WHERE paper <= ?", through)
		return err
	})
	return done, err
}
