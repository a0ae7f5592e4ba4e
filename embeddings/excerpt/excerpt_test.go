package excerpt

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/internal/fault"
)

// reloaded saves and loads an excerpt.
func reloaded(t *testing.T, e *Excerpt) *Excerpt {
	t.Helper()
	var b bytes.Buffer
	if err := e.Save(&b); err != nil {
		t.Fatal(err)
	}
	back, err := Load(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if back.String() != e.String() || back.Documents() != e.Documents() {
		t.Errorf("back from the file: %s, want %s", back, e)
	}
	for n := 0; n < b.Len(); n += 1 + b.Len()/50 {
		if _, err := Load(bytes.NewReader(b.Bytes()[:n])); !fault.IsUsage(err) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	return back
}

// sameVectors holds the vectors of words to those of the whole table, to the bit.
func sameVectors(t *testing.T, e, v embeddings.Vectors, words ...string) {
	t.Helper()
	got, want := make([]float32, v.Dim()), make([]float32, v.Dim())
	for _, word := range words {
		have, err := e.Lookup(got, word)
		match, err2 := v.Lookup(want, word)
		if err != nil || err2 != nil || !slices.Equal(got, want) || (have == embeddings.Missing) != (match == embeddings.Missing) {
			t.Errorf("%q: %v (%v, %v), in the table %v (%v, %v)", word, got, have, err, want, match, err2)
		}
	}
}

func TestExcerptOfTable(t *testing.T) {
	const n = fewestWords + 500
	words, data := make([]string, n), make([]float32, 2*n)
	for i := range words {
		words[i], data[2*i] = fmt.Sprintf("w%d", i), float32(i)
	}
	v, err := embeddings.NewTable(2, words, data, embeddings.UnitMean)
	if err != nil {
		t.Fatal(err)
	}
	asked := []string{"W7", "w100400"} // the one in another spelling, the other rare
	vectors := []float32{7, 0, 100400, 0}
	for _, known := range [][]float32{nil, vectors} {
		e, err := Of(context.Background(), v, slices.Clone(asked), known)
		if err != nil {
			t.Fatal(err)
		}
		e = reloaded(t, e)
		sameVectors(t, e, v, "W7", "w100400", "w0", "w7", "W12", "nowhere")
		if e.Len() != fewestWords || !strings.HasPrefix(e.String(), "100000 words of a table of 100500; others have no vector") {
			t.Errorf("%d words: %s", e.Len(), e)
		}
		if match, _ := e.Lookup(make([]float32, 2), "w100401"); match != embeddings.Missing {
			t.Error("a rare word that no paper has is in the excerpt")
		}
	}
}

func TestExcerptOfFastText(t *testing.T) {
	opt := fasttext.DefaultOptions()
	opt.Dim, opt.Buckets, opt.Epochs, opt.Deterministic, opt.TempDir = 10, 2000, 2, true, t.TempDir()
	var sentences iter.Seq2[[]string, error] = func(yield func([]string, error) bool) {
		for range 50 {
			if !yield(strings.Fields("the sheaf of germs on a Scheme"), nil) {
				return
			}
		}
	}
	m, _, err := fasttext.Train(context.Background(), sentences, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	e, err := Of(context.Background(), m, []string{"sheaves", "Scheme"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e = reloaded(t, e)
	sameVectors(t, e, m, "sheaves", "Scheme", "the", "germs", fasttext.EndOfSentence) // of the papers, and of the table
	vector := make([]float32, 10)
	if match, err := e.Lookup(vector, "schemes"); match != embeddings.Subwords || err != nil || slices.Max(vector) == 0 {
		t.Errorf("a new word: %v, %v, %v", vector, match, err)
	}
	if !strings.Contains(e.String(), "character n-grams in 8 bits for others") {
		t.Error(e)
	}
}
