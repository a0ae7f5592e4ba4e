package catalog

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"maps"
	"slices"

	"assay/corpus"
)

// pageRows is how many papers are read at once.
const pageRows = 500

// Mark returns a mark's state, "" where there is none.
func (c *Catalog) Mark(ctx context.Context, source, key string) (state string, err error) {
	err = c.r.QueryRowContext(ctx, "SELECT state FROM marks WHERE source = ? AND key = ?", source, key).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return state, c.explain("read", err)
}

// Marks returns a source's marks in the order of their keys, bytewise.
func (c *Catalog) Marks(ctx context.Context, source string) (list []Mark, err error) {
	err = eachRow(ctx, c.r, "SELECT key, state FROM marks WHERE source = ? ORDER BY key", []any{source}, func(rows *sql.Rows) error {
		m := Mark{Source: source}
		err := rows.Scan(&m.Key, &m.State)
		list = append(list, m)
		return err
	})
	return list, c.explain("read", err)
}

// MarksBeginning returns the marks of all sources whose keys begin so, in the order of
// sources and keys, bytewise.
func (c *Catalog) MarksBeginning(ctx context.Context, key string) (list []Mark, err error) {
	err = eachRow(ctx, c.r, "SELECT source, key, state FROM marks WHERE substr(key, 1, length(?1)) = ?1 ORDER BY source, key", []any{key}, func(rows *sql.Rows) error {
		var m Mark
		err := rows.Scan(&m.Source, &m.Key, &m.State)
		list = append(list, m)
		return err
	})
	return list, c.explain("read", err)
}

// Counts counts.
func (c *Catalog) Counts(ctx context.Context) (n Counts, err error) {
	err = c.r.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM papers),
		(SELECT count(*) FROM cats WHERE EXISTS (SELECT 1 FROM papers_cats WHERE cat = cats.no)),
		(SELECT count(*) FROM authors WHERE EXISTS (SELECT 1 FROM papers_authors WHERE author = authors.no)
			OR EXISTS (SELECT 1 FROM documents_authors WHERE author = authors.no)),
		(SELECT count(*) FROM deletions), (SELECT count(*) FROM documents),
		(SELECT count(*) FROM topics WHERE EXISTS (SELECT 1 FROM documents_topics WHERE topic = topics.no))`).
		Scan(&n.Papers, &n.Categories, &n.Authors, &n.Deleted, &n.Documents, &n.Topics)
	return n, c.explain("count", err)
}

// Categories returns the ids of the categories that a paper carries, bytewise ascending.
func (c *Catalog) Categories(ctx context.Context) (list []string, err error) {
	err = eachRow(ctx, c.r, "SELECT id FROM cats WHERE EXISTS (SELECT 1 FROM papers_cats WHERE cat = cats.no) ORDER BY id", nil, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, c.explain("read", err)
}

// Papers gives papers in the order of their ids, bytewise: the same papers
// come in the same order however they were harvested. They are those of one
// moment, whatever is written meanwhile, and the caller's to keep. The last pair
// has the error, if any.
func (c *Catalog) Papers(ctx context.Context, q Query) iter.Seq2[*corpus.Paper, error] {
	return func(yield func(*corpus.Paper, error) bool) {
		err := c.snapshot(ctx, func(tx *sql.Tx) error {
			for after := ""; ; {
				page, err := q.page(ctx, tx, after)
				if err != nil || len(page) == 0 {
					return err
				}
				for _, p := range page {
					if !yield(p, nil) {
						return errStopped
					}
				}
				after = page[len(page)-1].ID
			}
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, c.explain("read", err))
		}
	}
}

// errStopped ends a loop that its caller broke out of.
var errStopped = errors.New("stopped")

// snapshot reads the file as it is at one moment. The connection is given back
// also where fn panics, as a loop over papers may.
func (c *Catalog) snapshot(ctx context.Context, fn func(tx *sql.Tx) error) (err error) {
	tx, err := c.r.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() {
		if rerr := tx.Rollback(); err == nil && !errors.Is(rerr, sql.ErrTxDone) { // done: by the end of ctx
			err = rerr
		}
	}()
	return fn(tx)
}

// page returns the next papers after an id.
func (q Query) page(ctx context.Context, tx *sql.Tx, after string) ([]*corpus.Paper, error) {
	where, args := "id > ?", []any{after}
	if !q.Since.IsZero() {
		where += " AND updated >= ?"
		args = append(args, corpus.DayText(q.Since))
	}
	if len(q.Categories) > 0 {
		where += " AND EXISTS (SELECT 1 FROM papers_cats WHERE paper = papers.no AND cat IN (SELECT no FROM cats WHERE id IN (" + marks(len(q.Categories)) + ")))"
		for _, id := range q.Categories {
			args = append(args, id)
		}
	}
	return readPapers(ctx, tx, "SELECT no, id, title, abstract, created, updated FROM papers WHERE "+where+" ORDER BY id LIMIT ?", append(args, pageRows))
}

// readPapers returns the papers of a query, with their links.
func readPapers(ctx context.Context, q querier, query string, args []any) (page []*corpus.Paper, err error) {
	byNo := map[int64]*corpus.Paper{}
	err = eachRow(ctx, q, query, args, func(rows *sql.Rows) error {
		var no int64
		var p corpus.Paper
		var created, updated sql.NullString
		if err := rows.Scan(&no, &p.ID, &p.Title, &p.Abstract, &created, &updated); err != nil {
			return err
		}
		var err1, err2 error
		p.Created, err1 = parseDay(created)
		p.Updated, err2 = parseDay(updated)
		page = append(page, &p)
		byNo[no] = &p
		return errors.Join(err1, err2)
	})
	if err != nil || len(page) == 0 {
		return nil, err
	}
	return page, loadLinks(ctx, q, byNo)
}

// loadLinks fills in the categories and authors of papers by their numbers.
func loadLinks(ctx context.Context, q querier, byNo map[int64]*corpus.Paper) error {
	numbers := slices.Sorted(maps.Keys(byNo))
	err := each(ctx, q, "SELECT paper, id FROM papers_cats JOIN cats ON cats.no = cat WHERE paper IN (%s) ORDER BY paper, position", numbers, func(rows *sql.Rows) error {
		var no int64
		var id string
		err := rows.Scan(&no, &id)
		byNo[no].Categories = append(byNo[no].Categories, id)
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, q, "SELECT paper, name FROM papers_authors JOIN authors ON authors.no = author WHERE paper IN (%s) ORDER BY paper, position", numbers, func(rows *sql.Rows) error {
		var no int64
		var name string
		err := rows.Scan(&no, &name)
		byNo[no].Authors = append(byNo[no].Authors, name)
		return err
	})
}
