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

// documentPage is how many full texts are in memory at once.
const documentPage = 20

const documentColumns = "no, source, id, doi, arxiv_id, title, abstract, language, published, full_text"

// writeDocuments writes full texts; a later one of a batch replaces an earlier
// one, and their topics add up.
func (c *Catalog) writeDocuments(ctx context.Context, tx *sql.Tx, docs []*Document, w *Written) error {
	for _, d := range docs {
		var old *Document
		var no int64
		err := eachDocument(ctx, tx, "SELECT "+documentColumns+" FROM documents WHERE source = ? AND id = ?", []any{d.Source, d.ID}, func(n int64, o *Document) error {
			no, old = n, o
			return nil
		})
		if err != nil {
			return err
		}
		merged := *d
		merged.Topics = slices.Clone(d.Topics)
		if old != nil {
			merged.Topics = append(merged.Topics, old.Topics...)
		}
		slices.Sort(merged.Topics)
		merged.Topics = slices.Compact(merged.Topics)
		if old != nil && sameDocument(old, &merged) {
			continue
		}
		w.Documents++
		if err := c.writeDocument(ctx, tx, no, &merged); err != nil {
			return err
		}
	}
	return nil
}

func sameDocument(a, b *Document) bool {
	x, y := *a, *b
	x.Authors, y.Authors, x.Topics, y.Topics = nil, nil, nil, nil
	return x.DOI == y.DOI && x.ArxivID == y.ArxivID && x.Title == y.Title && x.Abstract == y.Abstract && x.FullText == y.FullText &&
		x.Language == y.Language && corpus.DayText(x.Published) == corpus.DayText(y.Published) && slices.Equal(a.Authors, b.Authors) && slices.Equal(a.Topics, b.Topics)
}

// writeDocument adds a document, or replaces that of number no unless it is 0.
func (c *Catalog) writeDocument(ctx context.Context, tx *sql.Tx, no int64, d *Document) error {
	err := tx.QueryRowContext(ctx, `INSERT INTO documents (no, source, id, doi, arxiv_id, title, abstract, language, published, full_text)
		VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, id) DO UPDATE SET doi = excluded.doi, arxiv_id = excluded.arxiv_id, title = excluded.title, abstract = excluded.abstract,
			language = excluded.language, published = excluded.published, full_text = excluded.full_text
		RETURNING no`, no, d.Source, d.ID, d.DOI, d.ArxivID, d.Title, d.Abstract, d.Language, nullDay(corpus.DayText(d.Published)), d.FullText).Scan(&no)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM documents_authors WHERE document = ?", no); err != nil {
		return err
	}
	authorNo, err := c.numberAuthors(ctx, tx, d.Authors)
	if err != nil {
		return err
	}
	authors := newInserter(ctx, tx, "INSERT INTO documents_authors (document, position, author) VALUES ", 3)
	for i, name := range d.Authors {
		if err := authors.add(no, int64(i), authorNo[name]); err != nil {
			return err
		}
	}
	if err := authors.flush(); err != nil {
		return err
	}
	for _, topic := range d.Topics {
		if _, err := tx.ExecContext(ctx, "INSERT INTO topics (name) VALUES (?) ON CONFLICT DO NOTHING", topic); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO documents_topics (document, topic) SELECT ?, no FROM topics WHERE name = ? ON CONFLICT DO NOTHING", no, topic)
		if err != nil {
			return err
		}
	}
	return nil
}

// Topics returns the topics of the catalog's documents, bytewise ascending.
func (c *Catalog) Topics(ctx context.Context) (list []string, err error) {
	list, err = topics(ctx, c.r)
	return list, c.explain("read", err)
}

func topics(ctx context.Context, q querier) (list []string, err error) {
	err = eachRow(ctx, q, "SELECT name FROM topics WHERE EXISTS (SELECT 1 FROM documents_topics WHERE topic = topics.no) ORDER BY name", nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		list = append(list, name)
		return err
	})
	return list, err
}

// Documents gives full texts in the order of source and id, those of the given topics,
// or all. A topic may be given as it was written or as its slug. They are those of
// one moment, as papers are.
func (c *Catalog) Documents(ctx context.Context, wanted []string) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		err := c.snapshot(ctx, func(tx *sql.Tx) error {
			where, args, err := topicClause(ctx, tx, wanted)
			if err != nil {
				return err
			}
			query := "SELECT " + documentColumns + " FROM documents WHERE (source, id) > (?, ?)" + where + " ORDER BY source, id LIMIT ?"
			for source, id := "", ""; ; {
				n := 0
				err := eachDocument(ctx, tx, query, append(append([]any{source, id}, args...), documentPage), func(_ int64, d *Document) error {
					n++
					source, id = d.Source, d.ID
					if !yield(d, nil) {
						return errStopped
					}
					return nil
				})
				if err != nil || n < documentPage {
					return err
				}
			}
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, c.explain("read", err))
		}
	}
}

// topicClause chooses the documents of topics that have the slug of a wanted one.
func topicClause(ctx context.Context, tx *sql.Tx, wanted []string) (string, []any, error) {
	if len(wanted) == 0 {
		return "", nil, nil
	}
	slugs := map[string]bool{}
	for _, w := range wanted {
		slugs[SlugOf(w)] = true
	}
	all, err := topics(ctx, tx)
	var args []any
	for _, name := range all {
		if slugs[SlugOf(name)] {
			args = append(args, name)
		}
	}
	return " AND no IN (SELECT document FROM documents_topics WHERE topic IN (SELECT no FROM topics WHERE name IN (" + marks(len(args)) + ")))", args, err
}

// eachDocument gives the documents of a query with their links, all of which are
// in memory at once.
func eachDocument(ctx context.Context, q querier, query string, args []any, fn func(no int64, d *Document) error) error {
	var order []int64
	byNo := map[int64]*Document{}
	err := eachRow(ctx, q, query, args, func(rows *sql.Rows) error {
		var d Document
		var no int64
		var published sql.NullString
		err := rows.Scan(&no, &d.Source, &d.ID, &d.DOI, &d.ArxivID, &d.Title, &d.Abstract, &d.Language, &published, &d.FullText)
		if err != nil {
			return err
		}
		d.Published, err = parseDay(published)
		order, byNo[no] = append(order, no), &d
		return err
	})
	if err != nil {
		return err
	}
	numbers := slices.Sorted(maps.Keys(byNo))
	for _, l := range []struct {
		query string
		list  func(d *Document) *[]string
	}{
		{"SELECT document, name FROM documents_authors JOIN authors ON no = author WHERE document IN (%s) ORDER BY document, position",
			func(d *Document) *[]string { return &d.Authors }},
		{"SELECT document, name FROM documents_topics JOIN topics ON no = topic WHERE document IN (%s) ORDER BY document, name",
			func(d *Document) *[]string { return &d.Topics }},
	} {
		err := each(ctx, q, l.query, numbers, func(rows *sql.Rows) error {
			var no int64
			var name string
			err := rows.Scan(&no, &name)
			list := l.list(byNo[no])
			*list = append(*list, name)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, no := range order {
		if err := fn(no, byNo[no]); err != nil {
			return err
		}
	}
	return nil
}
