package catalog

import (
	"context"
	"database/sql"
	"fmt"

	"assay/internal/fault"
)

// A word of the title weighs as much as titleWeight words of the abstract.
const titleWeight = 4

// snippetWords is how long a snippet is.
const snippetWords = 24

// Search finds papers by title and abstract, best first, papers of one score by
// id; at most limit of them. Words must all be there, in any form of their
// letters' case and accents; OR between two words makes them alternatives, "…" is a
// phrase, neur* the beginning of a word, and -word leaves out. A query without a word to
// look for is a usage error. Papers that wait for the search index are put into it
// first; where that cannot be, because the catalog is open for reading alone, the
// error wraps ErrOutdated.
func (c *Catalog) Search(ctx context.Context, query string, limit int) ([]Hit, error) {
	match, err := parseQuery(query)
	if err != nil {
		return nil, err
	}
	if limit < 1 {
		return nil, fault.Usagef("catalog: search: a limit of %d papers; want at least 1", limit)
	}
	if c.opt.ReadOnly {
		if n, err := c.waiting(ctx); err != nil || n > 0 {
			if err == nil {
				err = fmt.Errorf("catalog: %s has %d papers that wait for the search index: %w", c.path, n, ErrOutdated)
			}
			return nil, c.explain("search", err)
		}
	} else if err := c.Index(ctx); err != nil {
		return nil, err
	}
	var hits []Hit
	err = c.snapshot(ctx, func(tx *sql.Tx) error {
		hits, err = findHits(ctx, tx, match, limit)
		return err
	})
	return hits, c.explain("search", err)
}

// findHits first ranks, then makes snippets of the best alone, which needs their text.
func findHits(ctx context.Context, tx *sql.Tx, match string, limit int) ([]Hit, error) {
	type ranked struct {
		no    int64
		score float64
	}
	var best []ranked
	err := eachRow(ctx, tx, fmt.Sprintf(`SELECT no, score FROM (SELECT rowid AS found, bm25(papers_text, %d, 1) AS score FROM papers_text WHERE papers_text MATCH ?)
		JOIN papers ON no = found ORDER BY score, id LIMIT ?`, titleWeight), []any{match, limit}, func(rows *sql.Rows) error {
		var r ranked
		err := rows.Scan(&r.no, &r.score)
		best = append(best, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, 0, len(best))
	for _, r := range best {
		papers, err := readPapers(ctx, tx, "SELECT no, id, title, abstract, created, updated FROM papers WHERE no = ?", []any{r.no})
		if err != nil {
			return nil, err
		}
		h := Hit{Paper: papers[0], Score: -r.score} // the join above found it
		err = tx.QueryRowContext(ctx, fmt.Sprintf("SELECT snippet(papers_text, -1, '[', ']', '…', %d) FROM papers_text WHERE papers_text MATCH ? AND rowid = ?", snippetWords),
			match, r.no).Scan(&h.Snippet)
		if err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	return hits, nil
}
