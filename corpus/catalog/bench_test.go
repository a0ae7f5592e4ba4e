package catalog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"assay/corpus"
	"assay/corpus/shards"
)

// realCorpus holds the 100,000 real papers, imported.
func realPapers(b *testing.B) []*corpus.Paper {
	dir := os.Getenv("ASSAY_REAL_CORPUS")
	if dir == "" {
		b.Skip("ASSAY_REAL_CORPUS names no corpus of real papers")
	}
	c, err := shards.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	rows, err := c.Sample(0, 0)
	if err != nil {
		b.Fatal(err)
	}
	var list []*corpus.Paper
	for p, err := range c.Papers(context.Background(), rows) {
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, clone(p))
	}
	return list
}

// Filling a new catalog with real papers, authors and links, as an import does,
// but for the search index.
func BenchmarkWrite(b *testing.B) {
	papers, ctx := realPapers(b), context.Background()
	for b.Loop() {
		c, err := Open(ctx, filepath.Join(b.TempDir(), "c.db"), Options{Create: true, Bulk: true, draft: true})
		if err != nil {
			b.Fatal(err)
		}
		_, err = c.complete(ctx, func(c *Catalog) error {
			writeAll(b, c, papers)
			_, err := c.w.ExecContext(ctx, "DELETE FROM papers_text_queue")
			return err
		})
		if err := errors.Join(err, c.Close(), publish(c.file, c.file+".done")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}

// Filling a catalog that exists.
func BenchmarkWriteBulk(b *testing.B) {
	papers := realPapers(b)
	for b.Loop() {
		c := openFile(b, filepath.Join(b.TempDir(), "c.db"), Options{Create: true, Bulk: true})
		writeAll(b, c, papers)
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}

// The way not taken: a statement a row, each its own transaction.
func BenchmarkSingleInserts(b *testing.B) {
	papers, c := realPapers(b)[:200], open(b, Options{})
	exec := func(query string, args ...any) {
		if _, err := c.w.Exec(query, args...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		b.StopTimer()
		for _, table := range []string{"papers_text_queue", "papers_cats", "papers_authors", "papers", "authors", "cats"} {
			exec("DELETE FROM " + table)
		}
		b.StartTimer()
		for _, p := range papers {
			exec("INSERT INTO papers (id, title, abstract, created, updated) VALUES (?, ?, ?, ?, ?)",
				p.ID, p.Title, p.Abstract, nullDay(corpus.DayText(p.Created)), nullDay(corpus.DayText(p.Updated)))
			for i, id := range p.Categories {
				exec("INSERT INTO cats (id) VALUES (?) ON CONFLICT DO NOTHING", id)
				exec("INSERT INTO papers_cats SELECT papers.no, ?, cats.no FROM papers, cats WHERE papers.id = ? AND cats.id = ?", i, p.ID, id)
			}
			for i, name := range p.Authors {
				exec("INSERT INTO authors (name) VALUES (?) ON CONFLICT DO NOTHING", name)
				exec("INSERT INTO papers_authors SELECT papers.no, ?, authors.no FROM papers, authors WHERE papers.id = ? AND name = ?", i, p.ID, name)
			}
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}

func writeAll(b *testing.B, c *Catalog, papers []*corpus.Paper) {
	for i := 0; i < len(papers); i += 5000 {
		write(b, c, Batch{Papers: papers[i:min(i+5000, len(papers))]})
	}
}

// The search index over them.
func BenchmarkIndex(b *testing.B) {
	papers, ctx := realPapers(b), context.Background()
	for b.Loop() {
		b.StopTimer()
		c := open(b, Options{Bulk: true})
		writeAll(b, c, papers)
		b.StartTimer()
		if err := c.Index(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}

// Reading them in the order of ids.
func BenchmarkPapers(b *testing.B) {
	papers := realPapers(b)
	c := open(b, Options{Bulk: true})
	writeAll(b, c, papers)
	for b.Loop() {
		if n := len(papersOf(b, c, Query{})); n != len(papers) {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}
