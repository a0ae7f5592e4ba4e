package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"assay/corpus"
)

// names remembers the numbers of the names met most recently, in two
// generations: when the younger is full it becomes the older, and what was met
// in neither is asked of the file again. So memory is bounded by twice the limit.
type names struct {
	limit      int
	young, old map[string]int64
	all        bool // the file has no other names, so that it need not be asked
}

func newNames(limit int) names {
	return names{limit: limit, young: map[string]int64{}, old: map[string]int64{}}
}

func (n *names) get(name string) (int64, bool) {
	if no, ok := n.young[name]; ok {
		return no, true
	}
	no, ok := n.old[name]
	if ok {
		n.put(name, no)
	}
	return no, ok
}

func (n *names) put(name string, no int64) {
	if len(n.young) >= n.limit {
		n.all = n.all && len(n.old) == 0
		n.old, n.young = n.young, make(map[string]int64, n.limit/4)
	}
	n.young[strings.Clone(name)] = no // not the buffer that the name is a part of
}

func (n *names) clear() { *n = newNames(n.limit) }

// number returns the numbers of all distinct names of a table, adding those that
// it lacks by add, which gets them with their new numbers in the order of names.
func number(ctx context.Context, tx *sql.Tx, known *names, table, column string, wanted []string, add func(first int64, missing []string) error) (map[string]int64, error) {
	found := make(map[string]int64, len(wanted))
	var ask []string
	for _, name := range wanted {
		if _, ok := found[name]; ok {
			continue
		}
		no, ok := known.get(name)
		found[name] = no
		if !ok {
			ask = append(ask, name)
		}
	}
	if len(ask) == 0 {
		return found, nil
	}
	slices.Sort(ask) // near names lie near each other in the file
	if known.all {
		return addNames(ctx, tx, known, table, found, ask, add)
	}
	err := each(ctx, tx, "SELECT no, "+column+" FROM "+table+" WHERE "+column+" IN (%s)", ask, func(rows *sql.Rows) error {
		var no int64
		var name string
		if err := rows.Scan(&no, &name); err != nil {
			return err
		}
		found[name] = no
		known.put(name, no)
		return nil
	})
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(ask, func(name string) bool { return found[name] != 0 })
	if len(missing) == 0 {
		return found, nil
	}
	return addNames(ctx, tx, known, table, found, missing, add)
}

// addNames numbers names that a table lacks.
func addNames(ctx context.Context, tx *sql.Tx, known *names, table string, found map[string]int64, missing []string, add func(first int64, missing []string) error) (map[string]int64, error) {
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(no), 0) FROM "+table).Scan(&last); err != nil {
		return nil, err
	}
	for i, name := range missing {
		found[name] = last + 1 + int64(i)
		known.put(name, last+1+int64(i))
	}
	return found, add(last+1, missing)
}

// numberAuthors returns the numbers of authors' names.
func (c *Catalog) numberAuthors(ctx context.Context, tx *sql.Tx, wanted []string) (map[string]int64, error) {
	return number(ctx, tx, &c.authors, "authors", "name", wanted, func(first int64, missing []string) error {
		in := newInserter(ctx, tx, "INSERT OR ROLLBACK INTO authors (no, name) VALUES ", 2)
		for i, name := range missing {
			if err := in.add(first+int64(i), name); err != nil {
				return err
			}
		}
		return in.flush()
	})
}

// numberCats returns the numbers of categories. A new one gets the name and the
// master category that arXiv has for it.
func (c *Catalog) numberCats(ctx context.Context, tx *sql.Tx, wanted []string) (map[string]int64, error) {
	return number(ctx, tx, &c.cats, "cats", "id", wanted, func(first int64, missing []string) error {
		t, err := corpus.LookupTaxonomy("arxiv")
		if err != nil {
			return err
		}
		for i, id := range missing {
			var name, master any
			if label, outcome := t.Resolve(id); label >= 0 {
				group := t.Groups[t.Categories[label].Group]
				if outcome == corpus.ListedID || outcome == corpus.RenamedID {
					name = t.Categories[label].Name
				}
				_, err := tx.ExecContext(ctx, "INSERT INTO master_cats (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING", group.ID, group.Name)
				if err != nil {
					return err
				}
				master = group.ID
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO cats (no, id, name, master_cat) VALUES (?, ?, ?, (SELECT no FROM master_cats WHERE id = ?))",
				first+int64(i), id, name, master)
			if err != nil {
				return fmt.Errorf("category %s: %w", id, err)
			}
		}
		return nil
	})
}
