package catalog

import (
	"context"
	"database/sql"

	"assay/corpus"
)

// apply writes changed papers with their links and what is searched.
func (c *Catalog) apply(ctx context.Context, tx *sql.Tx, changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	var cats, authors []string
	for _, ch := range changes {
		if ch.paper != nil {
			cats = append(cats, ch.paper.Categories...)
			authors = append(authors, ch.paper.Authors...)
		}
	}
	catNo, err := c.numberCats(ctx, tx, cats)
	if err != nil {
		return err
	}
	authorNo, err := c.numberAuthors(ctx, tx, authors)
	if err != nil {
		return err
	}
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(no), 0) FROM papers").Scan(&last); err != nil {
		return err
	}
	added := newInserter(ctx, tx, "INSERT OR ROLLBACK INTO papers (no, id, title, abstract, created, updated) VALUES ", 6)
	written := make([]int64, len(changes)) // numbers; 0 for deletions
	next := last
	for i, ch := range changes {
		switch {
		case ch.paper == nil:
			err = drop(ctx, tx, ch.old)
		case ch.old != nil:
			written[i] = ch.old.no
			err = replace(ctx, tx, ch.old, ch.paper)
		default:
			next++
			written[i] = next
			p := ch.paper
			err = added.add(next, p.ID, p.Title, p.Abstract, nullDay(corpus.DayText(p.Created)), nullDay(corpus.DayText(p.Updated)))
		}
		if err != nil {
			return err
		}
	}
	if err := added.flush(); err != nil {
		return err
	}
	if err := link(ctx, tx, changes, written, catNo, authorNo); err != nil {
		return err
	}
	return c.enqueue(ctx, tx, changes, last, next)
}

// link writes the categories and authors of papers.
func link(ctx context.Context, tx *sql.Tx, changes []change, written []int64, catNo, authorNo map[string]int64) error {
	cats := newInserter(ctx, tx, "INSERT OR ROLLBACK INTO papers_cats (paper, position, cat) VALUES ", 3)
	authors := newInserter(ctx, tx, "INSERT OR ROLLBACK INTO papers_authors (paper, position, author) VALUES ", 3)
	for i, ch := range changes {
		if ch.paper == nil {
			continue
		}
		for pos, id := range ch.paper.Categories {
			if err := cats.add(written[i], int64(pos), catNo[id]); err != nil {
				return err
			}
		}
		for pos, name := range ch.paper.Authors {
			if err := authors.add(written[i], int64(pos), authorNo[name]); err != nil {
				return err
			}
		}
	}
	if err := cats.flush(); err != nil {
		return err
	}
	return authors.flush()
}

// drop removes a paper.
func drop(ctx context.Context, tx *sql.Tx, old *stored) error {
	if err := unlink(ctx, tx, old); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM papers WHERE no = ?", old.no)
	return err
}

func replace(ctx context.Context, tx *sql.Tx, old *stored, p *corpus.Paper) error {
	if err := unlink(ctx, tx, old); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE papers SET title = ?, abstract = ?, created = ?, updated = ? WHERE no = ?",
		p.Title, p.Abstract, nullDay(corpus.DayText(p.Created)), nullDay(corpus.DayText(p.Updated)), old.no)
	return err
}

// unlink removes a paper's links and what is searched of it.
func unlink(ctx context.Context, tx *sql.Tx, old *stored) error {
	for _, table := range []string{"papers_cats", "papers_authors"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE paper = ?", old.no); err != nil {
			return err
		}
	}
	return unindex(ctx, tx, old)
}
