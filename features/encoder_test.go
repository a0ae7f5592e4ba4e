package features

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"assay/corpus"
	"assay/embeddings"
	"assay/internal/fault"
)

// setOf makes the set of a spec of some synthetic papers, and returns those of the
// test part.
func setOf(t *testing.T, spec Spec, v embeddings.Vectors, workers int) (*Set, []corpus.Paper) {
	t.Helper()
	c, rows, papers := corpusOf(t, 300)
	var places Places
	var test []corpus.Paper
	for i := range rows {
		part := corpus.Part(min(i%5, 2))
		places[part] = append(places[part], i)
		if part == corpus.Test {
			test = append(test, papers[i])
		}
	}
	pass := Pass{Corpus: c, Rows: rows, Fields: spec.Fields, Workers: workers}
	if v != nil {
		set, err := Embed(context.Background(), pass, spec, v, places, true)
		if err != nil {
			t.Fatal(err)
		}
		return set, test
	}
	collector := NewCollector([]Spec{spec}, len(rows))
	add := make([]func(int, []string, bool), workers)
	for i := range add {
		add[i] = collector.Worker()
	}
	err := pass.Each(context.Background(), func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
		add[worker](pos, tokens(), pos%5 == 0)
		return nil
	})
	if err = errors.Join(err, collector.Finish(context.Background(), places)); err != nil {
		t.Fatal(err)
	}
	set, err := collector.Set(spec, workers)
	if err != nil {
		t.Fatal(err)
	}
	return set, test
}

// files saves an encoder into memory.
func files(t *testing.T, e *Encoder) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := e.Save(func(name string, save func(io.Writer) error) error {
		var b bytes.Buffer
		err := save(&b)
		out[name] = &fstest.MapFile{Data: b.Bytes()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// plain are the rows of a matrix as a test can compare them: numbers of words mean
// what their vectors are, or their words.
func plain(m Matrix) any {
	s, ok := m.(*Sequences)
	if !ok {
		return m
	}
	out := make([][]any, len(s.Papers))
	for i := range s.Papers {
		for _, id := range s.Row(i) {
			if len(s.Embedding.Data) > 0 {
				out[i] = append(out[i], s.Words[id], append([]float32{}, s.Embedding.Row(int(id))...))
			} else {
				out[i] = append(out[i], s.Words[id], id)
			}
		}
	}
	return out
}

var specs = map[string]Spec{
	"counts":    {Kind: KindCounts, Count: CountOptions{NgramMax: 2, NgramMin: 1, MinDocuments: 2}},
	"tfidf":     {Kind: KindTFIDF, Fields: Title, Count: CountOptions{Words: true}, Sublinear: true},
	"words":     {Kind: KindWords, Fields: Abstract, Words: WordOptions{MaxWords: 50, MaxTokens: 20, Words: true}},
	"vectors":   {Kind: KindVectors, Standardize: true},
	"sequences": {Kind: KindSequences, MaxTokens: 30},
}

func someVectors(t *testing.T, kind Kind) embeddings.Vectors {
	if kind != KindVectors && kind != KindSequences {
		return nil
	}
	v, err := embeddings.NewTable(2, []string{"the", "of", "model", "we"}, []float32{1, 2, 3, 1, 0, 1, 5, 4}, embeddings.UnitMean)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever batch a paper is in, its row is that of its set.
func TestEncoderMakesTheRowsOfItsSet(t *testing.T) {
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			set, test := setOf(t, spec, someVectors(t, spec.Kind), 2)
			if other, _ := setOf(t, spec, someVectors(t, spec.Kind), 3); !reflect.DeepEqual(set.Rows, other.Rows) {
				t.Error("the number of workers changes the set")
			}
			e, err := LoadEncoder(files(t, set.Encoder))
			if err != nil {
				t.Fatal(err)
			}
			want := plain(set.Rows[corpus.Test])
			for _, workers := range []int{1, 4} {
				got, err := e.Encode(context.Background(), test, workers)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(plain(got), want) {
					t.Errorf("%d workers: the encoder makes other rows", workers)
				}
			}
			for i := range test {
				one, err := e.Encode(context.Background(), test[i:i+1], 0)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := plain(one), plain(selectOne(set.Rows[corpus.Test], i)); !reflect.DeepEqual(got, want) {
					t.Fatalf("paper %d alone: %v, want %v", i, got, want)
				}
			}
			if x, err := e.Encode(context.Background(), []corpus.Paper{{}}, 1); err != nil {
				t.Errorf("an empty paper: %v, %v", x, err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := e.Encode(ctx, test, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
		})
	}
}

func selectOne(m Matrix, row int) Matrix {
	switch m := m.(type) {
	case *CSR:
		return m.Select([]int{row})
	case *Dense:
		return m.Select([]int{row})
	}
	return m.(*Sequences).Select([]int{row})
}

// A fixed encoder numbers words as the set does, and needs no vectors.
func TestFixedEncoder(t *testing.T) {
	set, test := setOf(t, specs["sequences"], someVectors(t, KindSequences), 2)
	folder := files(t, set.Encoder.Fixed())
	if _, there := folder[VectorsFile]; there {
		t.Error("it keeps vectors")
	}
	e, err := LoadEncoder(folder)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Encode(context.Background(), test, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, want := x.(*Sequences), set.Rows[corpus.Test].(*Sequences)
	if !reflect.DeepEqual(got.Papers, want.Papers) || !reflect.DeepEqual(got.Words, want.Words) || got.Embedding.Cols != 2 {
		t.Error("it numbers papers otherwise")
	}
	if !strings.Contains(e.Loss(), "words of its papers; others have none") {
		t.Error(e.Loss())
	}
}

func TestEncoderRefusesFiles(t *testing.T) {
	for name, spec := range specs {
		set, _ := setOf(t, spec, someVectors(t, spec.Kind), 1)
		whole := files(t, set.Encoder)
		for file := range whole {
			for _, damage := range []func(fstest.MapFS){
				func(m fstest.MapFS) { delete(m, file) },
				func(m fstest.MapFS) { m[file] = &fstest.MapFile{Data: whole[file].Data[:len(whole[file].Data)/2]} },
				func(m fstest.MapFS) { m[file] = &fstest.MapFile{Data: []byte("{")} },
			} {
				folder := fstest.MapFS{}
				for n, f := range whole {
					folder[n] = f
				}
				damage(folder)
				if _, err := LoadEncoder(folder); !fault.IsUsage(err) || !strings.Contains(err.Error(), file) {
					t.Errorf("%s, %s damaged: %v", name, file, err)
				}
			}
		}
	}
	for text, want := range map[string]string{
		`{"version":9,"kind":"counts"}`:                               "version 9",
		`{"version":1,"kind":"rhythms"}`:                              `kind "rhythms"`,
		`{"version":1,"kind":"counts","parts":{"text":9,"counts":1}}`: "version 9 of text, this program has 1",
		`{"version":1,"kind":"counts"}`:                               "of counts",
	} {
		_, err := LoadEncoder(fstest.MapFS{EncoderFile: {Data: []byte(text)}})
		if !fault.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	other, _ := setOf(t, Spec{Kind: KindTFIDF, Count: CountOptions{MinDocuments: 4}}, nil, 1)
	set, _ := setOf(t, specs["tfidf"], nil, 1)
	mixed := files(t, set.Encoder)
	mixed[VocabularyFile] = files(t, other.Encoder)[VocabularyFile]
	if _, err := LoadEncoder(mixed); !fault.IsUsage(err) || !strings.Contains(err.Error(), "different models") {
		t.Errorf("files of two models: %v", err)
	}
}
