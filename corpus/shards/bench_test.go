package shards

import (
	"fmt"
	"os"
	"testing"

	"assay/corpus"
)

// benchCorpus returns the corpus that ASSAY_BENCH_CORPUS names, or one of
// generated papers as long as real ones.
func benchCorpus(b *testing.B) string {
	if dir := os.Getenv("ASSAY_BENCH_CORPUS"); dir != "" {
		return dir
	}
	return write(b, made(20_000, 145), WriterOptions{})
}

// BenchmarkScan reads whole corpora, as training does.
func BenchmarkScan(b *testing.B) {
	dir := benchCorpus(b)
	for _, columns := range []struct {
		name string
		set  Columns
	}{{"text", TextColumns}, {"all", AllColumns}, {"categories", ColumnCategories}} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", columns.name, workers), func(b *testing.B) {
				draw(b, dir, 0, ReadOptions{Workers: workers, Columns: columns.set})
			})
		}
	}
}

// BenchmarkDraw opens a corpus and reads a tenth and a thousandth of it.
func BenchmarkDraw(b *testing.B) {
	dir := benchCorpus(b)
	for _, share := range []int64{10, 1000} {
		b.Run(fmt.Sprintf("1of%d", share), func(b *testing.B) {
			draw(b, dir, share, ReadOptions{Columns: TextColumns})
		})
	}
}

// BenchmarkDivide parts a whole corpus, twins and all.
func BenchmarkDivide(b *testing.B) {
	c, err := Open(benchCorpus(b))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	rows, err := c.Sample(0, 0)
	if err != nil {
		b.Fatal(err)
	}
	split := corpus.Split{Validation: 0.05, Test: 0.05, Key: "assay"}
	papers := 0
	for b.Loop() {
		if _, err := c.Divide(b.Context(), split, rows, 2); err != nil {
			b.Fatal(err)
		}
		papers += len(rows)
	}
	b.ReportMetric(float64(papers)/b.Elapsed().Seconds(), "papers/s")
}

func draw(b *testing.B, dir string, share int64, opt ReadOptions) {
	b.ReportAllocs()
	papers := 0
	for b.Loop() {
		c, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		n := int64(0)
		if share > 0 {
			n = c.Rows() / share
		}
		rows, err := c.Sample(n, 42)
		if err != nil {
			b.Fatal(err)
		}
		papers += len(rows)
		if err := c.Scan(b.Context(), rows, opt, func(_, _ int, _ *corpus.Paper) error { return nil }); err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(papers)/b.Elapsed().Seconds(), "papers/s")
}
