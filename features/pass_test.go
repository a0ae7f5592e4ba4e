package features

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/synthetic"
	"assay/corpus/text"
)

// corpusOf returns a corpus of so many synthetic papers, its rows and its papers.
func corpusOf(t testing.TB, n int) (*shards.Corpus, []int64, []corpus.Paper) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "papers")
	w, err := shards.Create(dir, shards.WriterOptions{Source: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for p := range synthetic.Papers(synthetic.Options{Papers: n, Seed: 1}) {
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	c, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	rows := make([]int64, n)
	for i := range rows {
		rows[i] = int64(i)
	}
	var papers []corpus.Paper
	for p, err := range c.Papers(context.Background(), rows) {
		if err != nil {
			t.Fatal(err)
		}
		papers = append(papers, *p)
	}
	return c, rows, papers
}

func TestPass(t *testing.T) {
	const n = 2*runRows + 700
	c, rows, papers := corpusOf(t, n)
	tokenizer := text.NewTokenizer().Worker()
	for _, fields := range []Fields{TitleAndAbstract, Title, Abstract} {
		want := make([][]string, n)
		for i := range papers {
			want[i] = tokenizer.AppendTokens(nil, fields.AppendText(nil, &papers[i]))
		}
		for _, workers := range []int{0, 1, 3} {
			pass := Pass{Corpus: c, Rows: rows[5:], Fields: fields, Workers: workers}
			i := 5
			for p, err := range pass.InOrder(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				if p.Paper.ID != papers[i].ID || !slices.Equal(p.Tokens, want[i]) {
					t.Fatalf("%s, %d workers, paper %d: %s %q, want %s %q", fields, workers, i, p.Paper.ID, p.Tokens, papers[i].ID, want[i])
				}
				i++
			}
			if i != n {
				t.Errorf("%s, %d workers: %d papers of %d", fields, workers, i, n)
			}
			got := make([][]string, n)
			err := pass.Each(context.Background(), func(_, pos int, p *corpus.Paper, tokens func() []string) error {
				if pos%3 > 0 { // the others do without tokens
					got[pos+5] = slices.Clone(tokens())
					if again := tokens(); !slices.Equal(again, got[pos+5]) {
						t.Errorf("paper %d: asked again %q, first %q", pos, again, got[pos+5])
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if got[i] != nil && !slices.Equal(got[i], want[i]) {
					t.Fatalf("%s, %d workers, paper %d: %q, want %q", fields, workers, i, got[i], want[i])
				}
			}
		}
	}
	for range (Pass{Corpus: c}).InOrder(context.Background()) {
		t.Error("a paper of none")
	}
}

func TestPassStops(t *testing.T) {
	c, rows, _ := corpusOf(t, 4*runRows)
	pass := Pass{Corpus: c, Rows: rows, Workers: 1}
	before := runtime.NumGoroutine()
	for _, at := range []int{0, 10, runRows - 1, runRows, 3*runRows + 5} {
		n := 0
		for range pass.Sentences(context.Background()) {
			if n++; n > at {
				break
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		n = 0
		var last error
		for _, err := range pass.InOrder(ctx) {
			if n++; n > at {
				cancel()
			}
			last = err
		}
		cancel()
		if n != at+2 || !errors.Is(last, context.Canceled) {
			t.Errorf("cancelled at paper %d: %d papers, then %v", at, n, last)
		}
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestPassEndsWithError: of a shard that is damaged at its end.
func TestPassEndsWithError(t *testing.T) {
	c, rows, _ := corpusOf(t, 3*runRows)
	path := filepath.Join(c.Path(), "shard-00000.parquet")
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
	var last error
	n := 0
	for _, err := range (Pass{Corpus: c, Rows: rows, Workers: 2}).InOrder(context.Background()) {
		if last != nil {
			t.Fatal("it goes on after the error")
		}
		if last = err; err == nil {
			n++
		}
	}
	if last == nil || n == len(rows) {
		t.Errorf("%d papers, then %v", n, last)
	}
}

// BenchmarkPass reads, cleans and tokenises in order, each time with empty memories.
func BenchmarkPass(b *testing.B) {
	c, rows, _ := corpusOf(b, 20_000)
	for b.Loop() {
		for _, err := range (Pass{Corpus: c, Rows: rows}).Sentences(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*len(rows))/b.Elapsed().Seconds(), "papers/s")
}
