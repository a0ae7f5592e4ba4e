package features

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"assay/embeddings"
)

func wordTable(t testing.TB, rule embeddings.DocumentRule) *embeddings.Table {
	t.Helper()
	v, err := embeddings.NewTable(2, []string{"east", "north", "zero"}, []float32{4, 0, 0, 3, 0, 0}, rule)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDocumentVectors(t *testing.T) {
	for _, c := range []struct {
		rule   embeddings.DocumentRule
		tokens string
		want   [2]float32
	}{
		{embeddings.Mean, "east north EAST nowhere", [2]float32{8. / 3, 1}}, // a word without a vector counts nowhere
		{embeddings.Mean, "east zero", [2]float32{2, 0}},
		{embeddings.Mean, "nowhere", [2]float32{}},
		{embeddings.UnitMean, "east north north nowhere", [2]float32{1. / 3, 2. / 3}},
		{embeddings.UnitMean, "east zero", [2]float32{1, 0}}, // as get_sentence_vector leaves zero vectors out
		{embeddings.UnitMean, "", [2]float32{}},
	} {
		z := NewVectorizer(wordTable(t, c.rule), 2)
		if err := z.Worker().Add(1, strings.Fields(c.tokens)); err != nil {
			t.Fatal(err)
		}
		out, _ := z.Finish()
		if have := [2]float32(out.Row(1)); !(math.Abs(float64(have[0]-c.want[0]))+math.Abs(float64(have[1]-c.want[1])) <= 1e-6) || out.Row(0)[0] != 0 {
			t.Errorf("rule %d, %q: %v, want %v", c.rule, c.tokens, have, c.want)
		}
	}
	z := NewVectorizer(wordTable(t, embeddings.Mean), 2)
	if z.Worker().Add(2, nil) == nil || z.Worker().Add(-1, nil) == nil {
		t.Error("a paper out of range is no error")
	}
}

// papers are random texts of words, some of them unknown.
func papers(n int) [][]string {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([][]string, n)
	for i := range out {
		for range r.IntN(30) {
			out[i] = append(out[i], []string{"east", "north", "zero", "West", "EAST", fmt.Sprint("w", r.IntN(50))}[r.IntN(6)])
		}
	}
	return out
}

// Which worker has which paper changes nothing.
func TestVectorsAndSequencesByAnyWorkers(t *testing.T) {
	text := papers(200)
	var dense, ids string
	for _, workers := range []int{1, 2, 3} {
		z, q := NewVectorizer(wordTable(t, embeddings.UnitMean), len(text)), NewSequencer(wordTable(t, embeddings.UnitMean), len(text), 20)
		vectors, sequences := make([]*VectorWorker, workers), make([]*SequenceWorker, workers)
		for i := range workers {
			vectors[i], sequences[i] = z.Worker(), q.Worker()
		}
		for i := range text {
			row := (i * 7) % len(text) // any order
			if err := vectors[i%workers].Add(row, text[row]); err != nil {
				t.Fatal(err)
			}
			if err := sequences[i%workers].Add(row, text[row]); err != nil {
				t.Fatal(err)
			}
		}
		out, coverage := z.Finish()
		s, _, err := q.Finish(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		a, b := fmt.Sprint(out.Data, coverage), fmt.Sprint(s.Papers, s.Words, s.Embedding.Data)
		if dense == "" {
			dense, ids = a, b
		} else if a != dense || b != ids {
			t.Errorf("%d workers give another result", workers)
		}
		distinct := map[string]bool{}
		tokens := int64(0)
		for _, p := range text {
			tokens += int64(len(p))
			for _, w := range p {
				distinct[w] = true
			}
		}
		haveTokens, haveWords := coverage.Totals()
		if haveTokens != tokens || haveWords != int64(len(distinct)) || coverage.Words[embeddings.Exact] != 3 || coverage.Words[embeddings.LowerCase] != 1 {
			t.Errorf("coverage %+v of %d tokens, %d words", coverage, tokens, len(distinct))
		}
	}
}

func TestSequences(t *testing.T) {
	text := papers(300)
	v := wordTable(t, embeddings.Mean)
	q := NewSequencer(v, len(text), 25)
	w := q.Worker()
	for row, tokens := range text {
		if err := w.Add(row, tokens); err != nil {
			t.Fatal(err)
		}
	}
	s, _, err := q.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 2)
	kept, long, lost := 0, 0, int64(0)
	for row, tokens := range text {
		ids := s.Row(row)
		kept += len(ids)
		if len(tokens) > 25 {
			long++
			lost += int64(len(tokens) - 25)
		}
		if len(ids) != min(len(tokens), 25) {
			t.Fatalf("paper %d has %d of %d tokens", row, len(ids), len(tokens))
		}
		for i, id := range ids {
			match, _ := v.Lookup(want, tokens[i])
			if !slices.Equal(s.Embedding.Row(int(id)), want) || (match == embeddings.Missing) != (id == MissingID) {
				t.Fatalf("%s is number %d, %v, want %v", tokens[i], id, s.Embedding.Row(int(id)), want)
			}
		}
	}
	if cutPapers, cutTokens := q.Cut(); cutPapers != long || cutTokens != lost || long == 0 {
		t.Errorf("%d papers lost %d tokens, want %d and %d", cutPapers, cutTokens, long, lost)
	}
	seen, padding := map[int]bool{}, 0
	batches := s.Batches(16, 1)
	for _, batch := range batches {
		longest := 0
		for _, row := range batch {
			if seen[row] {
				t.Errorf("paper %d is in two batches", row)
			}
			seen[row] = true
			longest = max(longest, len(s.Row(row)))
		}
		for _, row := range batch {
			padding += longest - len(s.Row(row))
		}
	}
	if len(seen) != len(text) || padding > kept/10 {
		t.Errorf("%d papers in batches; %d tokens of padding for %d", len(seen), padding, kept)
	}
	if fmt.Sprint(batches) == fmt.Sprint(s.Batches(16, 2)) || fmt.Sprint(batches) != fmt.Sprint(s.Batches(16, 1)) {
		t.Error("batches do not follow the seed")
	}
	picked := s.Select([]int{5, 2})
	if &picked.Row(1)[0] != &s.Row(2)[0] {
		t.Error("Select copies: the papers of a large corpus fit once into memory")
	}
	if n, cols := picked.Dims(); n != 2 || cols != s.Embedding.Rows || !slices.Equal(picked.Row(1), s.Row(2)) {
		t.Errorf("Select gives %d papers of %d words", n, cols)
	}
}

func TestStandardizer(t *testing.T) {
	m := &Dense{Rows: 3, Cols: 3, Data: []float32{1, 5, 0, 2, 5, 0, 6, 5, 3}}
	s := NewStandardizer()
	s.Fit(m)
	var file bytes.Buffer
	if err := s.Save(&file); err != nil {
		t.Fatal(err)
	}
	back, err := LoadStandardizer(&file)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Transform(m); err != nil {
		t.Fatal(err)
	}
	// sklearn.preprocessing.StandardScaler().fit_transform([[1,5,0],[2,5,0],[6,5,3]])
	want := []float32{-0.9258201, 0, -0.70710678, -0.46291005, 0, -0.70710678, 1.38873015, 0, 1.41421356}
	for i, v := range m.Data {
		if !(math.Abs(float64(v-want[i])) <= 1e-6) {
			t.Errorf("value %d is %g, want %g", i, v, want[i])
		}
	}
	if err := s.Transform(&Dense{Rows: 1, Cols: 1, Data: []float32{1}}); err == nil {
		t.Error("another width is no error")
	}
}
