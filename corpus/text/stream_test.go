package text

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"
)

func TestStreamKeepsOrder(t *testing.T) {
	papers := syntheticPapers(5*batchSize + 7)
	rules := NewTokenizer()
	for _, workers := range []int{0, 1, 2, 7} {
		w := rules.Worker()
		i := 0
		for p, err := range Stream(context.Background(), rules, all(papers), appendPaper, workers) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Paper != papers[i] {
				t.Fatalf("%d workers: paper %d is out of order", workers, i)
			}
			if want := w.AppendPaper(nil, papers[i].Title, papers[i].Abstract); !slices.Equal(p.Tokens, want) {
				t.Fatalf("%d workers: paper %d: got %q, want %q", workers, i, p.Tokens, want)
			}
			i++
		}
		if i != len(papers) {
			t.Errorf("%d workers: %d papers of %d", workers, i, len(papers))
		}
	}
}

func TestStreamOfNothing(t *testing.T) {
	for range Stream(context.Background(), NewTokenizer(), all(nil), appendPaper, 2) {
		t.Error("a paper")
	}
}

func TestStreamEndsWithError(t *testing.T) {
	broken := errors.New("line 3 is cut off")
	for _, n := range []int{0, 5, batchSize, 3*batchSize + 1} {
		source := func(yield func(paper, error) bool) {
			for _, p := range syntheticPapers(n) {
				if !yield(p, nil) {
					return
				}
			}
			yield(paper{}, broken)
		}
		read := 0
		var last error
		for _, err := range Stream(context.Background(), NewTokenizer(), source, appendPaper, 2) {
			if last != nil {
				t.Fatal("it goes on after the error")
			}
			if last = err; err == nil {
				read++
			}
		}
		if read != n || last != broken {
			t.Errorf("%d papers, then %v; want %d", read, last, n)
		}
	}
}

func TestStreamStops(t *testing.T) {
	t.Run("early", func(t *testing.T) {
		ended := false
		source := func(yield func(paper, error) bool) {
			endless(t)(yield)
			time.Sleep(20 * time.Millisecond)
			ended = true
		}
		for range Stream(context.Background(), NewTokenizer(), source, appendPaper, 2) {
			break
		}
		if !ended {
			t.Error("the source still runs")
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		n := 0
		var last error
		for _, err := range Stream(ctx, NewTokenizer(), endless(t), appendPaper, 2) {
			if n++; n == 1000 {
				cancel()
			}
			last = err
		}
		if n != 1001 || !errors.Is(last, context.Canceled) {
			t.Errorf("%d papers, then %v", n, last)
		}
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		n := 0
		for _, err := range Stream(ctx, NewTokenizer(), endless(t), appendPaper, 2) {
			if n++; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("%d papers", n)
		}
	})
}

// TestStreamIsBounded has a source run ahead of a consumer that waits.
func TestStreamIsBounded(t *testing.T) {
	const workers = 2
	read := make(chan int, 1)
	source := func(yield func(paper, error) bool) {
		n := 0
		for yield(paper{Title: "x"}, nil) {
			n++
		}
		read <- n
	}
	for range Stream(context.Background(), NewTokenizer(), source, appendPaper, workers) {
		time.Sleep(50 * time.Millisecond)
		break
	}
	if n := <-read; n > (2*workers+2)*batchSize {
		t.Errorf("%d papers were read ahead", n)
	}
}

// endless yields papers for as long as they are asked for.
func endless(t *testing.T) iter.Seq2[paper, error] {
	papers := syntheticPapers(100)
	return func(yield func(paper, error) bool) {
		for i := 0; yield(papers[i%len(papers)], nil); i++ {
			if i > 1_000_000 {
				t.Error("nobody stops the source")
				return
			}
		}
	}
}
