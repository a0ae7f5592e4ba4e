package catalog

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"assay/corpus"
	"assay/internal/fault"
)

// Write writes a batch in one transaction, durable when it returns. Days are
// compared as days: a record of the same day as the one that is there replaces it.
// What is the same is not written again.
func (c *Catalog) Write(ctx context.Context, b Batch) (w Written, err error) {
	if err := b.check(); err != nil {
		return w, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	err = c.update(ctx, func(tx *sql.Tx) error {
		w = Written{}
		if err := c.writePapers(ctx, tx, b, &w); err != nil {
			return err
		}
		if err := c.writeDocuments(ctx, tx, b.Documents, &w); err != nil {
			return err
		}
		return writeMarks(ctx, tx, b.Marks)
	})
	if err != nil {
		c.authors.clear() // some of the numbers may be of names that are not in the file
		c.cats.clear()
		return Written{}, c.explain("write", err)
	}
	return w, nil
}

// check refuses what could not be read back as it was written.
func (b *Batch) check() error {
	for _, p := range b.Papers {
		if p == nil || p.ID == "" {
			return fault.Usagef("catalog: write: a paper without an id")
		}
		texts := append(append([]string{p.ID, p.Title, p.Abstract}, p.Categories...), p.Authors...)
		if err := checkRecord("paper", p.ID, texts, p.Created, p.Updated); err != nil {
			return err
		}
	}
	for _, d := range b.Deleted {
		if d.ID == "" {
			return fault.Usagef("catalog: write: a deletion without an id")
		}
		if err := checkRecord("deletion", d.ID, []string{d.ID}, d.Day); err != nil {
			return err
		}
	}
	for _, d := range b.Documents {
		if d == nil || d.ID == "" || d.Source == "" {
			return fault.Usagef("catalog: write: a document without a source or an id")
		}
		texts := append(append([]string{d.Source, d.ID, d.DOI, d.ArxivID, d.Title, d.Abstract, d.FullText, d.Language}, d.Authors...), d.Topics...)
		if err := checkRecord("document", d.ID, texts, d.Published); err != nil {
			return err
		}
	}
	return nil
}

func checkRecord(kind, id string, texts []string, days ...time.Time) error {
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return fault.Usagef("catalog: write: %s %q has text that is not UTF-8", kind, id)
		}
	}
	for _, t := range days {
		if year := t.UTC().Year(); year < 1 || year > 9999 {
			return fault.Usagef("catalog: write: %s %q has a date in the year %d; want 1 to 9999", kind, id, year)
		}
	}
	return nil
}

// stored is a paper as the file has it.
type stored struct {
	no int64
	corpus.Paper
	updated string
	queued  bool // not in the search index yet
}

// change is what becomes of one id.
type change struct {
	paper *corpus.Paper // the batch's; nil to delete
	old   *stored       // nil to add
}

// writePapers decides about each id by days alone, so that the order in a batch
// matters for records of the same day only.
func (c *Catalog) writePapers(ctx context.Context, tx *sql.Tx, b Batch, w *Written) error {
	newest := make(map[string]*corpus.Paper, len(b.Papers))
	deleted := make(map[string]string, len(b.Deleted))
	for _, p := range b.Papers {
		if q := newest[p.ID]; q == nil || corpus.DayText(p.Updated) >= corpus.DayText(q.Updated) {
			newest[p.ID] = p
		}
	}
	w.Unchanged += len(b.Papers) - len(newest)
	ids := slices.AppendSeq(make([]string, 0, len(newest)+len(b.Deleted)), maps.Keys(newest))
	for _, d := range b.Deleted {
		deleted[d.ID] = max(deleted[d.ID], corpus.DayText(d.Day))
		if newest[d.ID] == nil {
			ids = append(ids, d.ID)
		}
	}
	slices.Sort(ids) // near ids lie near each other in the file
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return nil
	}
	old, err := loadStored(ctx, tx, ids)
	if err != nil {
		return err
	}
	tombs, err := loadTombs(ctx, tx, ids)
	if err != nil {
		return err
	}
	var changes []change
	for _, id := range ids {
		day, gone := deleted[id]
		tomb, was := tombs[id]
		p, o := newest[id], old[id]
		best := ""
		fresh := p != nil && (o == nil || corpus.DayText(p.Updated) >= o.updated)
		switch {
		case fresh:
			best = corpus.DayText(p.Updated)
		case o != nil:
			best = o.updated
		}
		dead := (gone || was) && best <= max(day, tomb)
		if p != nil && (dead || !fresh || o != nil && samePaper(p, &o.Paper)) {
			w.Unchanged++
			fresh = false
		}
		switch {
		case dead || p == nil && o == nil:
			if o != nil {
				w.Removed++
				changes = append(changes, change{old: o})
			}
			if gone && (!was || day > tomb) {
				err = setTomb(ctx, tx, id, max(day, tomb))
			}
		case fresh && o == nil:
			w.Added++
			changes = append(changes, change{paper: p})
		case fresh:
			w.Replaced++
			changes = append(changes, change{paper: p, old: o})
		}
		if err == nil && was && !dead {
			_, err = tx.ExecContext(ctx, "DELETE FROM deletions WHERE id = ?", id)
		}
		if err != nil {
			return err
		}
	}
	return c.apply(ctx, tx, changes)
}

func samePaper(a, b *corpus.Paper) bool {
	return a.Title == b.Title && a.Abstract == b.Abstract && corpus.DayText(a.Created) == corpus.DayText(b.Created) && corpus.DayText(a.Updated) == corpus.DayText(b.Updated) &&
		slices.Equal(a.Categories, b.Categories) && slices.Equal(a.Authors, b.Authors)
}

// loadStored returns the papers of ids that the file has.
func loadStored(ctx context.Context, tx *sql.Tx, ids []string) (map[string]*stored, error) {
	found := map[string]*stored{}
	byNo := map[int64]*corpus.Paper{}
	err := each(ctx, tx, `SELECT no, id, title, abstract, created, updated, no IN (SELECT paper FROM papers_text_queue)
		FROM papers WHERE id IN (%s)`, ids, func(rows *sql.Rows) error {
		var s stored
		var created, updated sql.NullString
		err := rows.Scan(&s.no, &s.ID, &s.Title, &s.Abstract, &created, &updated, &s.queued)
		if err != nil {
			return err
		}
		if s.Created, err = parseDay(created); err != nil {
			return err
		}
		if s.Updated, err = parseDay(updated); err != nil {
			return err
		}
		s.updated = updated.String
		found[s.ID], byNo[s.no] = &s, &s.Paper
		return nil
	})
	if err != nil || len(found) == 0 {
		return found, err
	}
	return found, loadLinks(ctx, tx, byNo)
}

// loadTombs returns the days of the deletions of ids.
func loadTombs(ctx context.Context, tx *sql.Tx, ids []string) (map[string]string, error) {
	tombs := map[string]string{}
	var any bool
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM deletions)").Scan(&any); err != nil || !any {
		return tombs, err
	}
	return tombs, each(ctx, tx, "SELECT id, coalesce(day, '') FROM deletions WHERE id IN (%s)", ids, func(rows *sql.Rows) error {
		var id, day string
		err := rows.Scan(&id, &day)
		tombs[id] = day
		return err
	})
}

func setTomb(ctx context.Context, tx *sql.Tx, id, day string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO deletions (id, day) VALUES (?, ?) ON CONFLICT DO UPDATE SET day = excluded.day", id, nullDay(day))
	return err
}

func writeMarks(ctx context.Context, tx *sql.Tx, marks []Mark) error {
	for _, m := range marks {
		var err error
		if m.State == "" {
			_, err = tx.ExecContext(ctx, "DELETE FROM marks WHERE source = ? AND key = ?", m.Source, m.Key)
		} else {
			_, err = tx.ExecContext(ctx, "INSERT INTO marks (source, key, state) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state",
				m.Source, m.Key, m.State)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
