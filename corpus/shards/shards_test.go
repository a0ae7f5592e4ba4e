package shards

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/internal/rng"
)

// made returns n papers of about the given number of words an abstract, with
// every kind of field: empty, long, not ASCII, unknown days, days before 1970.
func made(n, words int) []corpus.Paper {
	r := rng.New(1, "corpus", "test papers")
	vocabulary := make([]string, 4000)
	for i := range vocabulary {
		vocabulary[i] = word(r)
	}
	// Squaring makes low ranks frequent, roughly as in prose.
	text := func(n int) string {
		var b strings.Builder
		for range n {
			u := r.Float64()
			b.WriteString(vocabulary[int(u*u*u*4000)])
			b.WriteByte(' ')
		}
		return b.String()
	}
	categories := []string{"math.GT", "cs.LG", "stat.ML", "hep-th", "q-bio.NC", "physics.comp-ph"}
	papers := make([]corpus.Paper, n)
	for i := range papers {
		p := &papers[i]
		p.ID = fmt.Sprintf("%04d.%05d", i/100_000, i%100_000)
		p.Title = text(r.IntN(12))
		p.Abstract = text(r.IntN(2*words + 1))
		for range r.IntN(4) {
			p.Categories = append(p.Categories, categories[r.IntN(len(categories))])
		}
		for range r.IntN(5) {
			p.Authors = append(p.Authors, "Ünal "+vocabulary[r.IntN(4000)])
		}
		if r.IntN(8) > 0 {
			p.Created = time.Unix(int64(r.IntN(40_000)-5_000)*86_400, 0).UTC()
			p.Updated = p.Created.AddDate(0, 0, r.IntN(400))
		}
		switch i % 500 {
		case 7:
			p.Abstract += strings.Repeat(p.Title+"$α_β$", 400) // more than a page
		case 11:
			p.Authors = append(p.Authors, "", strings.Repeat("long", 5000))
		}
	}
	return papers
}

func word(r *rand.Rand) string {
	b := make([]byte, 2+r.IntN(9))
	for i := range b {
		b[i] = "etaoinshrdlucmfwypvbgk"[int(r.Float64()*r.Float64()*22)]
	}
	return string(b)
}

// write makes a corpus of papers and returns its folder.
func write(t testing.TB, papers []corpus.Paper, options WriterOptions) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "corpus")
	writeTo(t, dir, papers, options)
	return dir
}

func writeTo(t testing.TB, dir string, papers []corpus.Paper, options WriterOptions) *Manifest {
	t.Helper()
	w, err := Create(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for i := range papers {
		if err := w.Add(&papers[i]); err != nil {
			t.Fatal(err)
		}
	}
	m, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func opened(t testing.TB, dir string) *Corpus {
	t.Helper()
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// scanned returns the papers of rows as Scan finds them.
func scanned(c *Corpus, rows []int64, opt ReadOptions) ([]corpus.Paper, error) {
	got := make([]corpus.Paper, len(rows))
	err := c.Scan(context.Background(), rows, opt, func(_, pos int, p *corpus.Paper) error {
		if got[pos].ID != "" {
			return fmt.Errorf("position %d came twice", pos)
		}
		got[pos] = *p
		return nil
	})
	return got, err
}

func picked(papers []corpus.Paper, rows []int64) []corpus.Paper {
	var out []corpus.Paper
	for _, row := range rows {
		out = append(out, papers[row])
	}
	return out
}

// same compares papers and reports the first difference.
func same(t *testing.T, what string, got, want []corpus.Paper) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d papers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: paper %d is\n%.300v\nwant\n%.300v", what, i, got[i], want[i])
		}
	}
}

// Whatever the shards and the workers, the draw and the papers are the same.
func TestDrawAndPapersAreIndependentOfShardsAndWorkers(t *testing.T) {
	papers := made(12_000, 12)
	var draw []int64
	for _, shardRows := range []int{0, 1_999, 9_000} {
		c := opened(t, write(t, papers, WriterOptions{ShardRows: shardRows, Workers: 3}))
		if c.Rows() != 12_000 {
			t.Fatalf("%d rows", c.Rows())
		}
		for _, n := range []int64{777, 0} {
			rows, err := c.Sample(n, 5)
			if err != nil {
				t.Fatal(err)
			}
			if n == 777 {
				if draw == nil {
					draw = rows
				}
				if !reflect.DeepEqual(rows, draw) {
					t.Fatalf("%d rows a shard: another draw", shardRows)
				}
			}
			for _, workers := range []int{1, 3} {
				got, err := scanned(c, rows, ReadOptions{Workers: workers})
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("%d rows a shard, %d drawn, %d workers", shardRows, n, workers), got, picked(papers, rows))
			}
		}
	}
}

func TestPapersKeepTheirOrder(t *testing.T) {
	papers := made(2_000, 12)
	c := opened(t, write(t, papers, WriterOptions{ShardRows: 700}))
	rows, err := c.Sample(900, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []corpus.Paper
	for p, err := range c.Papers(t.Context(), rows) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *p)
	}
	same(t, "papers", got, picked(papers, rows))
	for range c.Papers(t.Context(), rows) {
		break // must neither panic nor go on
	}
}

func TestScanReadsTheColumnsAsked(t *testing.T) {
	papers := made(600, 12)
	c := opened(t, write(t, papers, WriterOptions{}))
	rows, _ := c.Sample(0, 0)
	for _, columns := range []Columns{ColumnTitle, ColumnCategories | ColumnUpdated, TextColumns, ColumnAuthors | ColumnCreated} {
		got := make([]corpus.Paper, len(rows))
		err := c.Scan(t.Context(), rows, ReadOptions{Columns: columns}, func(_, pos int, p *corpus.Paper) error {
			got[pos] = *p
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := make([]corpus.Paper, len(papers))
		for i, p := range papers {
			if columns&ColumnID != 0 {
				want[i].ID = p.ID
			}
			if columns&ColumnTitle != 0 {
				want[i].Title = p.Title
			}
			if columns&ColumnAbstract != 0 {
				want[i].Abstract = p.Abstract
			}
			if columns&ColumnCategories != 0 {
				want[i].Categories = p.Categories
			}
			if columns&ColumnAuthors != 0 {
				want[i].Authors = p.Authors
			}
			if columns&ColumnCreated != 0 {
				want[i].Created = p.Created
			}
			if columns&ColumnUpdated != 0 {
				want[i].Updated = p.Updated
			}
		}
		same(t, fmt.Sprintf("columns %b", columns), got, want)
	}
}

// A draw of few papers must read little: the pages it needs, not the shards.
func TestSampleReadsOnlyThePagesItNeeds(t *testing.T) {
	papers := made(12_000, 90)
	c := opened(t, write(t, papers, WriterOptions{ShardRows: 6_000}))
	var size int64
	touched := make(map[[2]int64]bool) // blocks, by shard
	for i, s := range c.shards {
		s.observe = func(off, n int64) {
			for block := off / s.block; block*s.block < off+n; block++ {
				touched[[2]int64{int64(i), block}] = true
			}
		}
		size += s.info.Bytes
	}
	rows, err := c.Sample(20, 3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := scanned(c, rows, ReadOptions{Workers: 1, Columns: TextColumns})
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Abstract != papers[rows[0]].Abstract {
		t.Fatal("another paper was read")
	}
	bytes := int64(len(touched)) * checksumBlock
	share := float64(bytes) / float64(size)
	t.Logf("20 of 12,000 papers: %d of %d bytes, %.1f %%", bytes, size, 100*share)
	if share > 0.25 {
		t.Errorf("20 of 12,000 papers took %.0f %% of the shards' bytes", 100*share)
	}
}

func TestScanStops(t *testing.T) {
	papers := made(5_000, 5)
	c := opened(t, write(t, papers, WriterOptions{ShardRows: 2_000}))
	rows, _ := c.Sample(0, 0)
	boom := errors.New("boom")
	for _, workers := range []int{1, 4} {
		err := c.Scan(t.Context(), rows, ReadOptions{Workers: workers}, func(_, pos int, _ *corpus.Paper) error {
			if pos == 1234 || pos > 3000 {
				return fmt.Errorf("at %d: %w", pos, boom)
			}
			return nil
		})
		if !errors.Is(err, boom) || err.Error() != "at 1234: boom" {
			t.Errorf("%d workers: error %v, want that of position 1234", workers, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err := c.Scan(ctx, rows, ReadOptions{Workers: 1}, func(_, _ int, _ *corpus.Paper) error {
		seen++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || seen == len(rows) {
		t.Errorf("cancelled after the first paper: %d read, error %v", seen, err)
	}
	for p, err := range c.Papers(ctx, rows) {
		if p != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: paper %v, error %v", p, err)
		}
	}
	for _, bad := range [][]int64{{3, 3}, {4, 2}, {-1}, {5_000}} {
		if err := c.Scan(t.Context(), bad, ReadOptions{}, func(_, _ int, _ *corpus.Paper) error { return nil }); err == nil {
			t.Errorf("rows %v were read", bad)
		}
	}
}

func TestReadAfterCloseFails(t *testing.T) {
	c, err := Open(write(t, made(50, 5), WriterOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := scanned(c, []int64{0}, ReadOptions{}); err == nil {
			t.Error("a closed corpus was read")
		}
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
