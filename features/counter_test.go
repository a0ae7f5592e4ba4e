package features

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"assay/internal/fault"
)

// fixture is what testdata/generate.py writes.
type fixture struct {
	Train, Other [][]string
	Counts       []struct {
		Options struct {
			CountOptions
			Name string `json:"name"`
		}
		Terms  []string
		Matrix CSR
	}
	TFIDF []struct {
		Options TFIDFOptions
		IDF     []float64
		Matrix  struct {
			Indptr  []int64
			Indices []int32
			Values  []float64
		}
	}
}

func readFixture(t testing.TB) *fixture {
	t.Helper()
	data, err := os.ReadFile("testdata/counts.json")
	if err != nil {
		t.Fatal(err)
	}
	f := new(fixture)
	if err := json.Unmarshal(data, f); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) papers() [][]string { return slices.Concat(f.Train, f.Other) }

// count counts papers, the first of them for training, in the given order with
// the given number of goroutines.
func count(t testing.TB, opt CountOptions, papers [][]string, train, workers int, order []int) (*Vocabulary, *CSR, error) {
	t.Helper()
	c := NewCounter(opt, len(papers))
	var wg sync.WaitGroup
	for k := range workers {
		w := c.Worker()
		wg.Go(func() {
			for n := k; n < len(order); n += workers {
				row := order[n]
				w.Add(row, papers[row], row < train)
			}
		})
	}
	wg.Wait()
	return c.Finish(t.Context())
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

func TestCountsEqualScikitLearn(t *testing.T) {
	f := readFixture(t)
	papers := f.papers()
	for _, c := range f.Counts {
		t.Run(c.Options.Name, func(t *testing.T) {
			v, x, err := count(t, c.Options.CountOptions, papers, len(f.Train), 2, inOrder(len(papers)))
			if err != nil {
				t.Fatal(err)
			}
			c.Matrix.Cols = len(c.Terms)
			if !slices.Equal(v.Terms(), c.Terms) {
				t.Errorf("terms  %q\nwanted %q", v.Terms(), c.Terms)
			}
			if !reflect.DeepEqual(x, &c.Matrix) {
				t.Errorf("matrix %v\nwanted %v", x, &c.Matrix)
			}
			if got := v.Transform(papers...); !reflect.DeepEqual(got, x) {
				t.Errorf("Transform %v\nwanted    %v", got, x)
			}
		})
	}
}

// madeUp draws papers from a vocabulary of words, capitals among them, whose
// frequencies fall as 1/rank.
func madeUp(papers, tokens, words int) [][]string {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 4, uint64(words-1))
	out := make([][]string, papers)
	for i := range out {
		for range tokens {
			w := fmt.Sprintf("word%d", zipf.Uint64())
			if r.IntN(10) == 0 {
				w = strings.ToUpper(w)
			}
			out[i] = append(out[i], w)
		}
	}
	return out
}

func TestCountsDoNotDependOnWorkersOrOrder(t *testing.T) {
	papers := madeUp(3000, 60, 4000)
	opt := CountOptions{NgramMax: 2, MinDocuments: 2, MaxFeatures: 3000}
	order := inOrder(len(papers))
	wantV, wantX, err := count(t, opt, papers, 2000, 1, order)
	if err != nil {
		t.Fatal(err)
	}
	if wantV.Len() != 3000 || wantX.Check() != nil {
		t.Fatalf("%d terms, %v", wantV.Len(), wantX.Check())
	}
	for _, workers := range []int{1, 2, 5} {
		r := rand.New(rand.NewPCG(3, uint64(workers)))
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		v, x, err := count(t, opt, papers, 2000, workers, order)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(v.Terms(), wantV.Terms()) || v.Hash() != wantV.Hash() || !reflect.DeepEqual(x, wantX) {
			t.Errorf("%d workers in another order gave another result", workers)
		}
	}
	if got := wantV.Transform(papers[:50]...); !reflect.DeepEqual(got, wantX.Select(inOrder(50))) {
		t.Error("Transform counts otherwise than the counter")
	}
}

func TestEqualTotalsFallToTheFirstTerms(t *testing.T) {
	papers := [][]string{{"dd", "cc", "bb", "aa", "bb"}, {"ee", "cc"}}
	v, _, err := count(t, CountOptions{MaxFeatures: 3}, papers, 2, 1, inOrder(2))
	if want := []string{"aa", "bb", "cc"}; err != nil || !slices.Equal(v.Terms(), want) {
		t.Errorf("terms %q, %v; want %q", v.Terms(), err, want)
	}
}

func TestPapersNeverAddedAreEmptyRows(t *testing.T) {
	_, x, err := count(t, CountOptions{}, [][]string{{"aa"}, {"bb"}, {"aa", "aa"}}, 3, 1, []int{2})
	want := &CSR{Cols: 1, Indptr: []int64{0, 0, 0, 1}, Indices: []int32{0}, Values: []float32{2}}
	if err != nil || !reflect.DeepEqual(x, want) {
		t.Errorf("got %v, %v; want %v", x, err, want)
	}
}

// A tokenizer may cut its tokens from memory that it uses again.
func TestTokensAreNotKept(t *testing.T) {
	c := NewCounter(CountOptions{}, 2)
	w := c.Worker()
	buf := []byte("Alpha beta gamma")
	text := unsafe.String(unsafe.SliceData(buf), len(buf))
	w.Add(0, []string{text[:5], text[6:10], text[11:]}, true)
	copy(buf, "delta Iota beta ")
	if _, ok := w.table.ids["Alpha"]; !ok {
		t.Error("the table's spelling of Alpha changed with the tokenizer's memory")
	}
	w.Add(1, []string{text[:5], text[6:10], text[11:15]}, true)
	v, x, err := c.Finish(t.Context())
	if want := []string{"alpha", "beta", "delta", "gamma", "iota"}; err != nil || !slices.Equal(v.Terms(), want) {
		t.Fatalf("terms %q, %v; want %q", v.Terms(), err, want)
	}
	if js, _ := x.Row(1); !slices.Equal(js, []int32{1, 2, 4}) {
		t.Errorf("the second paper has columns %v, want 1, 2 and 4", js)
	}
}

func TestCountErrors(t *testing.T) {
	word := [][]string{{"word"}, {"word"}}
	both := inOrder(2)
	for _, c := range []struct {
		name   string
		opt    CountOptions
		papers [][]string
		train  int
		order  []int
		want   string
	}{
		{"twice", CountOptions{}, word, 2, []int{0, 1, 0}, "paper 0 was added twice"},
		{"no training papers", CountOptions{}, word, 0, both, "no term is left: the training papers have 0 distinct terms"},
		{"too rare", CountOptions{MinDocuments: 3}, word, 2, both, "have 1 distinct terms, none of them in 3 papers"},
		{"n-grams reversed", CountOptions{NgramMin: 3, NgramMax: 2}, word, 2, both, "n-grams of 3 to 2"},
		{"negative minimum", CountOptions{MinDocuments: -1}, word, 2, both, "minimum of -1"},
		{"negative maximum", CountOptions{MaxFeatures: -1}, word, 2, both, "maximum of -1"},
		{"space in a token", CountOptions{NgramMax: 2}, [][]string{{"ab", "new york"}}, 1, []int{0}, `paper 0: token "new york" holds a space`},
	} {
		_, _, err := count(t, c.opt, c.papers, c.train, 1, c.order)
		if err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want a usage error with %q", c.name, err, c.want)
		}
	}
	c := NewCounter(CountOptions{}, 3)
	c.Worker().Add(3, nil, true)
	if _, _, err := c.Finish(t.Context()); err == nil || !strings.Contains(err.Error(), "paper 3 of 3") {
		t.Errorf("a paper out of range: error %v", err)
	}
	if _, _, err := c.Finish(t.Context()); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a second Finish: error %v", err)
	}
}

func TestFinishStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := NewCounter(CountOptions{}, 1)
	c.Worker().Add(0, []string{"word"}, true)
	if _, _, err := c.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestVocabularyFile(t *testing.T) {
	papers := readFixture(t).Train
	v, _, err := count(t, CountOptions{NgramMax: 2, Binary: true}, papers, len(papers), 1, inOrder(len(papers)))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := v.Save(&file); err != nil {
		t.Fatal(err)
	}
	data := file.Bytes()
	got, err := LoadVocabulary(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got.Hash() != v.Hash() || !slices.Equal(got.Terms(), v.Terms()) || !reflect.DeepEqual(got.Transform(papers...), v.Transform(papers...)) {
		t.Error("the vocabulary changed through Save and Load")
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 4
		if _, err := LoadVocabulary(bytes.NewReader(bad)); !fault.IsUsage(err) {
			t.Fatalf("byte %d changed: error %v", i, err)
		}
		if _, err := LoadVocabulary(bytes.NewReader(data[:i])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut after %d bytes: error %v", i, err)
		}
	}
	column, ok := v.Index("spectral gap")
	if !ok || v.Terms()[column] != "spectral gap" {
		t.Errorf("Index = %d, %t", column, ok)
	}
	if _, ok := v.Index("Spectral"); ok {
		t.Error("Index found a term that is not in lower case")
	}
}

func TestHashTellsHowTermsAreCounted(t *testing.T) {
	papers := [][]string{{"aa", "bb"}}
	seen := map[string]bool{}
	for _, opt := range []CountOptions{{}, {Binary: true}, {NgramMax: 2}, {MaxFeatures: 1}} {
		v, _, err := count(t, opt, papers, 1, 1, []int{0})
		if err != nil {
			t.Fatal(err)
		}
		seen[v.Hash()] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d hashes for 4 vocabularies", len(seen))
	}
}

// BenchmarkCount counts papers of 200 tokens that stream from two goroutines,
// as from a tokenizer.
func BenchmarkCount(b *testing.B) {
	const papers, tokens, workers = 20_000, 200, 2
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 100_000)
	for i := range words {
		words[i] = fmt.Sprintf("word%d", i)
	}
	text := make([]int32, papers*tokens)
	for i := range text { // about as many rare words as abstracts hold
		text[i] = int32(math.Pow(float64(len(words)), r.Float64())) - 1
	}
	var adding time.Duration
	for b.Loop() {
		start := time.Now()
		c := NewCounter(CountOptions{}, papers)
		var wg sync.WaitGroup
		for k := range workers {
			w := c.Worker()
			wg.Go(func() {
				paper := make([]string, tokens)
				for row := k; row < papers; row += workers {
					for i, id := range text[row*tokens : (row+1)*tokens] {
						paper[i] = words[id]
					}
					w.Add(row, paper, row%20 != 0)
				}
			})
		}
		wg.Wait()
		adding += time.Since(start)
		if _, _, err := c.Finish(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(papers*b.N)/adding.Seconds(), "papers-added/s")
	b.ReportMetric(float64(papers*b.N)/b.Elapsed().Seconds(), "papers/s")
}
