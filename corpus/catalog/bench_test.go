package catalog

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"assay/corpus"
)

// realCorpus holds the 100,000 real papers, imported.
func realPapers(b *testing.B) []*corpus.Paper {
	dir := os.Getenv("ASSAY_REAL_CORPUS")
	if dir == "" {
		b.Skip("ASSAY_REAL_CORPUS names no corpus of real papers")
	}
	c, err := corpus.Open(dir)
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

// Filling a new catalog with real papers, authors and links, as an import does.
func BenchmarkWrite(b *testing.B) {
	papers, ctx := realPapers(b), context.Background()
	for b.Loop() {
		c, err := Open(ctx, filepath.Join(b.TempDir(), "c.db"), Options{Create: true, Bulk: true})
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; i < len(papers); i += 5000 {
			write(b, c, Batch{Papers: papers[i:min(i+5000, len(papers))]})
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}

// The search index over them.
func BenchmarkIndex(b *testing.B) {
	papers, ctx := realPapers(b), context.Background()
	for b.Loop() {
		b.StopTimer()
		c := open(b, Options{Bulk: true})
		for i := 0; i < len(papers); i += 5000 {
			write(b, c, Batch{Papers: papers[i:min(i+5000, len(papers))]})
		}
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
	for i := 0; i < len(papers); i += 5000 {
		write(b, c, Batch{Papers: papers[i:min(i+5000, len(papers))]})
	}
	for b.Loop() {
		if n := len(papersOf(b, c, Query{})); n != len(papers) {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}
