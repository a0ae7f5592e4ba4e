// Package export writes papers for other programs: as TSV with a column a category, as
// JSON lines, or as shards; those of a corpus, or a selection of a catalog's.
//
//	e, err := export.Select(ctx, c, export.Selection{Categories: []string{"cs.LG"}})
//	err = export.JSONLines(w, e.Papers(ctx))
package export

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/internal/fault"
	"assay/internal/progress"
	"assay/internal/suggest"
)

// Selection says what of a catalog is exported. Full texts have topics, papers categories
// and days of change.
type Selection struct {
	Categories []string  // papers that carry one of these; none: all
	Since      time.Time // papers changed on this day or later; zero: all
	Documents  bool      // full texts instead of papers
	Topics     []string  // full texts of one of these; none: all
}

// Export is an export of a catalog under way.
type Export struct {
	Written int64            // papers so far
	LeftOut map[string]int64 // by reason

	from   *catalog.Catalog
	want   Selection
	topics []string         // slugs of all of the catalog's, where full texts are wanted
	table  *corpus.Taxonomy // columns; papers without a label are left out; nil: none are
}

// Select compares what is wanted with what the catalog has. A category or topic that no
// paper has is a usage error.
func Select(ctx context.Context, c *catalog.Catalog, want Selection) (*Export, error) {
	e := &Export{LeftOut: map[string]int64{}, from: c, want: want}
	if !want.Documents {
		known, err := c.Categories(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range want.Categories {
			if !slices.Contains(known, id) {
				return nil, fault.Usagef("corpus export: no paper of %s carries the category %q%s", c.Path(), id, suggest.Hint(id, known))
			}
		}
		return e, nil
	}
	topics, err := c.Topics(ctx)
	if err != nil {
		return nil, err
	}
	e.topics = slugs(topics)
	for _, t := range want.Topics {
		if slug := catalog.SlugOf(t); !slices.Contains(e.topics, slug) {
			return nil, fault.Usagef("corpus export: no document of %s has the topic %q%s", c.Path(), t, suggest.Hint(slug, e.topics))
		}
	}
	return e, nil
}

// Columns makes the export one of papers with a label of the taxonomy, for a table. Without
// a taxonomy it is that of the article, or for full texts that of the topics wanted.
func (e *Export) Columns(t *corpus.Taxonomy) (_ *corpus.Taxonomy, err error) {
	switch {
	case t != nil:
	case !e.want.Documents:
		t, err = corpus.LookupTaxonomy("arxiv-2019")
	default:
		columns := e.topics
		if len(e.want.Topics) > 0 {
			columns = slugs(e.want.Topics)
		}
		if len(columns) < 2 {
			return nil, fault.Usagef("corpus export: tsv needs a column a topic, and at least 2; %s has %d of those asked for: name more --topic, or a --taxonomy", e.from.Path(), len(columns))
		}
		t, err = corpus.LookupTaxonomy("topics:" + strings.Join(columns, ","))
	}
	e.table = t
	return t, err
}

// slugs returns the slugs of topics, distinct and ascending.
func slugs(topics []string) (list []string) {
	for _, t := range topics {
		if s := catalog.SlugOf(t); s != "" {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Papers yields what is selected, in the order of the ids, and counts it. That there is
// nothing is an error: no format could be read back.
func (e *Export) Papers(ctx context.Context) iter.Seq2[*corpus.Paper, error] {
	return func(yield func(*corpus.Paper, error) bool) {
		total, err := e.total(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		bar := progress.Start(ctx, "export", total, "papers")
		defer bar.Done()
		papers := e.from.Papers(ctx, catalog.Query{Categories: e.want.Categories, Since: e.want.Since})
		if e.want.Documents {
			papers = e.fromDocuments(e.from.Documents(ctx, e.want.Topics))
		}
		for p, err := range papers {
			if err == nil {
				bar.Add(1)
				if e.table != nil {
					if labels, _ := e.table.Labels(p); len(labels) == 0 {
						e.LeftOut[e.table.LeftOut()]++
						continue
					}
				}
				e.Written++
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
		if e.Written == 0 {
			things := "paper"
			if e.want.Documents {
				things = "document"
			}
			yield(nil, fault.Usagef("corpus export: there is nothing to write: %s has no such %s%s", e.from.Path(), things, e.LeftOutText(" to write; left out: ")))
		}
	}
}

// total is how many papers there are to look at; 0 where only a query can tell.
func (e *Export) total(ctx context.Context) (int64, error) {
	if len(e.want.Categories)+len(e.want.Topics) > 0 || !e.want.Since.IsZero() {
		return 0, nil
	}
	n, err := e.from.Counts(ctx)
	if e.want.Documents {
		return n.Documents, err
	}
	return n.Papers, err
}

// fromDocuments makes papers of full texts.
func (e *Export) fromDocuments(docs iter.Seq2[*catalog.Document, error]) iter.Seq2[*corpus.Paper, error] {
	return func(yield func(*corpus.Paper, error) bool) {
		for d, err := range docs {
			if err != nil {
				yield(nil, err)
				return
			}
			p := &corpus.Paper{ID: d.Source + ":" + d.ID, Title: d.Title, Abstract: d.FullText, Categories: slugs(d.Topics), Authors: d.Authors, Created: d.Published}
			switch {
			case strings.TrimSpace(d.FullText) == "":
				e.LeftOut["without a full text"]++
			case len(p.Categories) == 0:
				e.LeftOut["without a topic"]++
			case !yield(p, nil):
				return
			}
		}
	}
}

// LeftOutText lists after head what was left out and why, or is empty.
func (e *Export) LeftOutText(head string) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(e.LeftOut)) {
		parts = append(parts, fmt.Sprintf("%d %s", e.LeftOut[reason], reason))
	}
	if len(parts) == 0 {
		return ""
	}
	return head + strings.Join(parts, ", ")
}
