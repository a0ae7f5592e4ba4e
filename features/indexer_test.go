package features

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay/corpus"
	"assay/internal/fault"
)

// numbered numbers papers, the first train of them training papers, on so many
// workers in a random order.
func numbered(t testing.TB, opt WordOptions, papers [][]string, train, workers int, seed uint64) (*Vocabulary, *Sequences, WordCoverage) {
	t.Helper()
	n := NewIndexer(opt, len(papers))
	order := rand.New(rand.NewPCG(seed, 0)).Perm(len(papers))
	var wait sync.WaitGroup
	for k := range workers {
		w := n.Worker()
		wait.Go(func() {
			for i := k; i < len(order); i += workers {
				w.Add(order[i], papers[order[i]], order[i] < train)
			}
		})
	}
	wait.Wait()
	v, s, c, err := n.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return v, s, c
}

func TestIndexer(t *testing.T) {
	papers := [][]string{
		strings.Fields("The net learns , the deep-net learns"),
		strings.Fields("a Vision net"),
		strings.Fields("the unseen net held vision"), // no training paper
		nil,
	}
	for _, c := range []struct {
		opt      WordOptions
		terms    string
		want     [][]int32
		coverage WordCoverage
	}{
		{WordOptions{Words: true}, "deep learns net the vision",
			[][]int32{{5, 4, 3, 5, 2, 4, 3}, {6, 4}, {5, 1, 4, 1, 6}, {}}, WordCoverage{14, 12, 7, 5, 0, 0}},
		// net and the lead; of deep and vision, once each, deep comes first.
		{WordOptions{Words: true, MaxWords: 4}, "deep learns net the",
			[][]int32{{5, 4, 3, 5, 2, 4, 3}, {1, 4}, {5, 1, 4, 1, 1}, {}}, WordCoverage{14, 10, 7, 4, 0, 0}},
		{WordOptions{}, "deep-net learns net the vision",
			[][]int32{{5, 4, 3, 5, 2, 3}, {6, 4}, {5, 1, 4, 1, 6}, {}}, WordCoverage{13, 11, 7, 5, 0, 0}},
		// What is cut teaches the vocabulary, but is not covered.
		{WordOptions{Words: true, MaxTokens: 3}, "deep learns net the vision",
			[][]int32{{5, 4, 3}, {6, 4}, {5, 1, 4}, {}}, WordCoverage{8, 7, 5, 4, 2, 6}},
	} {
		v, s, coverage := numbered(t, c.opt, papers, 2, 2, 1)
		if got := strings.Join(v.Terms(), " "); got != c.terms || !slices.Equal(s.Words[2:], v.Terms()) || s.Words[0]+s.Words[1] != "" {
			t.Errorf("%+v: vocabulary %q, want %q; words %q", c.opt, got, c.terms, s.Words)
		}
		if !reflect.DeepEqual(s.Papers, c.want) || coverage != c.coverage {
			t.Errorf("%+v: papers %v, %+v,\nwant %v, %+v", c.opt, s.Papers, coverage, c.want, c.coverage)
		}
		if rows, cols := s.Dims(); rows != 4 || cols != v.Len()+2 || s.Embedding.Cols != 0 || s.Embedding.Data != nil {
			t.Errorf("%+v: %d papers, %d numbers, %+v", c.opt, rows, cols, s.Embedding)
		}
	}
}

// prose is papers with few frequent words and many rare ones, in both cases.
func prose(n int, seed uint64) [][]string {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([][]string, n)
	for i := range out {
		for range r.IntN(40) {
			word := fmt.Sprintf("w%d", int(r.ExpFloat64()*20))
			switch r.IntN(8) {
			case 0:
				word = strings.ToUpper(word)
			case 1:
				word += "-" + word
			case 2:
				word = []string{",", "É", "ÉTÉ", "x", "(2)"}[r.IntN(5)]
			}
			out[i] = append(out[i], word)
		}
	}
	return out
}

// Workers and their order change nothing, and a new paper is numbered as the old
// ones were, by a vocabulary read from its file.
func TestIndexerMetamorphic(t *testing.T) {
	papers := prose(300, 7)
	for _, opt := range []WordOptions{{Words: true}, {Words: true, MaxWords: 25, MaxTokens: 9}, {MaxWords: 60}, {MaxTokens: 1}} {
		v, s, coverage := numbered(t, opt, papers, 200, 1, 1)
		for workers := 1; workers <= 4; workers++ {
			v2, s2, coverage2 := numbered(t, opt, papers, 200, workers, uint64(workers))
			if v2.Hash() != v.Hash() || !reflect.DeepEqual(s2, s) || coverage2 != coverage {
				t.Errorf("%+v: %d workers change the result", opt, workers)
			}
		}
		var file bytes.Buffer
		if err := v.Save(&file); err != nil {
			t.Fatal(err)
		}
		read, err := LoadVocabulary(&file)
		if err != nil {
			t.Fatal(err)
		}
		var tokens, known int64
		for i, p := range papers {
			got := read.IDs(p, opt.MaxTokens)
			if !slices.Equal(got, s.Row(i)) {
				t.Fatalf("%+v: paper %d is numbered %v, but new %v", opt, i, s.Row(i), got)
			}
			tokens += int64(len(got))
			for _, id := range got {
				if id != MissingID {
					known++
				}
			}
		}
		if coverage.Tokens != tokens || coverage.KnownTokens != known || known == 0 || opt.MaxWords > 0 && v.Len() != opt.MaxWords {
			t.Errorf("%+v: coverage %+v, counted %d of %d; %d words", opt, coverage, known, tokens, v.Len())
		}
	}
}

// The vocabulary is that of the counter with as many features.
func TestIndexerAgreesWithCounter(t *testing.T) {
	papers := prose(200, 3)
	for _, words := range []bool{true, false} {
		v, s, _ := numbered(t, WordOptions{Words: words, MaxWords: 40}, papers, 150, 3, 1)
		c := NewCounter(CountOptions{Words: words, MaxFeatures: 40}, len(papers))
		w := c.Worker()
		for i, p := range papers {
			w.Add(i, p, i < 150)
		}
		want, x, err := c.Finish(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(v.Terms(), want.Terms()) {
			t.Fatalf("words = %t: %q, but the counter has %q", words, v.Terms(), want.Terms())
		}
		for i := range papers {
			counts := make([]float32, 40)
			for _, id := range s.Row(i) {
				if id != MissingID {
					counts[id-firstWordID]++
				}
			}
			columns, values := x.Row(i)
			for k, j := range columns {
				counts[j] -= values[k]
			}
			if slices.ContainsFunc(counts, func(v float32) bool { return v != 0 }) {
				t.Fatalf("words = %t: paper %d counts differ by %v", words, i, counts)
			}
		}
	}
}

func TestIndexerFaults(t *testing.T) {
	fail := func(name, want string, do func(*Indexer)) {
		t.Helper()
		n := NewIndexer(WordOptions{Words: true}, 2)
		do(n)
		_, _, _, err := n.Finish(context.Background())
		if err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
	word := []string{"word"}
	fail("a paper too many", "features: words: paper 2 of 2", func(n *Indexer) { n.Worker().Add(2, word, true) })
	fail("a negative one", "features: words: paper -1 of 2", func(n *Indexer) { n.Worker().Add(-1, word, true) })
	fail("one twice", "features: words: paper 0 was added twice", func(n *Indexer) {
		w := n.Worker()
		w.Add(0, nil, true)
		w.Add(0, word, true)
	})
	fail("no training paper", "features: words: no word is left: the training papers hold none of two characters or more: draw more papers",
		func(n *Indexer) { n.Worker().Add(0, word, false) })
	n := NewIndexer(WordOptions{}, 1)
	n.Worker().Add(0, word, true)
	if _, _, _, err := n.Finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := n.Finish(context.Background()); err == nil || err.Error() != "features: words: Finish was called twice" {
		t.Errorf("finished twice: %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	n = NewIndexer(WordOptions{}, 1)
	n.Worker().Add(0, word, true)
	if _, _, _, err := n.Finish(cancelled); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFields(t *testing.T) {
	p := &corpus.Paper{Title: "On\n$x$", Abstract: "We  prove it."}
	for f, want := range map[Fields]string{
		TitleAndAbstract: "-TITLE_START- On -EQN- -TITLE_END- -ABSTRACT_START- We prove it. -ABSTRACT_END-",
		Abstract:         "We prove it.",
		Title:            "On -EQN-",
	} {
		if got := string(f.AppendText([]byte("x "), p)); got != "x "+want {
			t.Errorf("%s: %q, want %q", f, got, "x "+want)
		}
	}
}

func BenchmarkIndexer(b *testing.B) {
	papers := prose(2000, 1)
	tokens := 0
	for _, p := range papers {
		tokens += len(p)
	}
	for b.Loop() {
		numbered(b, WordOptions{Words: true, MaxWords: 50, MaxTokens: 250}, papers, 1500, 1, 1)
	}
	b.ReportMetric(float64(tokens*b.N)/b.Elapsed().Seconds(), "tokens/s")
}
