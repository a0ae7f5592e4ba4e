package experiments

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"assay/corpus"
	"assay/embeddings/fasttext"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/results"
)

const onVectors = `name = "v"
[corpus]
path = "synthetic"
sample = 500
[split]
validation = 0.2
test = 0.2
[embeddings.fasttext]
train = true
dimensions = 12
buckets = 1000
epochs = 2
deterministic = true
[features.scaled]
kind = "vectors"
standardize = true
[[model]]
name = "LR"
kind = "logistic_regression"
embeddings = "fasttext"
features = "scaled"
[[model]]
name = "NB"
kind = "naive_bayes"
variant = "gaussian"
embeddings = "fasttext"
`

func vectorSession(t *testing.T, dir, text string, overrides ...string) *Session {
	t.Helper()
	cfg := mustParse(t, text, overrides...)
	cfg.Results.Path = dir
	s, err := Open(context.Background(), cfg, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// cached lists the vectors in the cache with their times.
func cached(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "cache", "embeddings", "*.bin"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		out[p] = info.ModTime().String()
	}
	return out
}

// Vectors are trained once for equal text and options, by another session, too;
// damaged ones are trained again, to the same bits where that is promised.
func TestVectorsAreTrainedOnce(t *testing.T) {
	dir := t.TempDir()
	s := vectorSession(t, dir, onVectors)
	lr, nb := mustRun(t, s, 0), mustRun(t, s, 1)
	first := cached(t, dir)
	if len(first) != 1 || lr.Vectors == nil || nb.Vectors.SHA256 != lr.Vectors.SHA256 || !lr.Vectors.Exact {
		t.Fatalf("%v in the cache; %+v and %+v", first, lr.Vectors, nb.Vectors)
	}
	if v := lr.Vectors; v.Dim != 12 || v.CoveredTokens != v.Tokens || v.SubwordTokens == 0 || v.Distinct < 100 || v.Words < 100 {
		t.Errorf("vectors %+v", v)
	}
	if lr.Results[1].All.SampleF1 < 0.05 {
		t.Errorf("tuned F1 on vectors is %.3f", lr.Results[1].All.SampleF1)
	}
	again := vectorSession(t, dir, onVectors, "model.LR.c=2")
	mustRun(t, again, 0)
	if now := cached(t, dir); !reflect.DeepEqual(now, first) {
		t.Errorf("trained again: %v, before %v", now, first)
	}
	for path := range first {
		if err := os.Truncate(path, 1000); err != nil {
			t.Fatal(err)
		}
	}
	damaged := vectorSession(t, dir, onVectors, "model.LR.c=3")
	if run := mustRun(t, damaged, 0); run.Vectors.SHA256 != lr.Vectors.SHA256 {
		t.Error("trained again, deterministic vectors have other bits")
	}
	mustRun(t, vectorSession(t, dir, onVectors, "embeddings.fasttext.window=3"), 0)
	if now := cached(t, dir); len(now) != 2 {
		t.Errorf("another window: %d tables in the cache, want 2", len(now))
	}
}

// The text of held-out papers teaches no vector, unless all papers are asked for.
func TestOnlyTrainingPapersTeachVectors(t *testing.T) {
	c := writeCorpus(t, 400, 0)
	text := strings.Replace(onVectors, "sample = 500\n", "", 1)
	for papers, heldOut := range map[string]bool{"train": false, "all": true} {
		dir := t.TempDir()
		s := vectorSession(t, dir, text, "corpus.path="+c.Path(), "embeddings.fasttext.min_count=1", "embeddings.fasttext.papers="+papers)
		run := mustRun(t, s, 1)
		m, err := fasttext.Open(run.Vectors.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		data, _ := learnt(t, s, s.Trials()[1])
		for p, ids := range data.ids {
			for _, id := range ids {
				_, known := m.Index("word" + id[len(id)-5:])
				if want := heldOut || corpus.Part(p) == corpus.Train; known != want {
					t.Fatalf("papers = %s: the word of %s paper %s has a vector: %t", papers, corpus.Part(p), id, known)
				}
			}
		}
	}
}

func writeGloVe(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "glove.txt")
	if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file's content is part of a trial's identity, its place is not; a run says
// how much of the text the vectors cover.
func TestVectorsFromAFile(t *testing.T) {
	text := strings.Replace(onVectors, `train = true
dimensions = 12
buckets = 1000
epochs = 2
deterministic = true`, `file = "x"`, 1)
	glove := "the 1 2 3\nof 2 1 0\nof 2 1 0\nand 0 1 1\nmodel 3 1 2\nproof 0 0 1\n"
	a, b, c := writeGloVe(t, glove), writeGloVe(t, glove), writeGloVe(t, glove+"we 1 1 1\n")
	id := func(path string) string {
		return vectorSession(t, t.TempDir(), text, "embeddings.fasttext.file="+path).Trials()[0].ID
	}
	if id(a) != id(b) || id(a) == id(c) {
		t.Errorf("trials %s, %s of a copy, %s of other vectors", id(a), id(b), id(c))
	}
	dir := t.TempDir()
	run := mustRun(t, vectorSession(t, dir, text, "embeddings.fasttext.file="+a), 0)
	if v := run.Vectors; v.Format != "glove" || v.Words != 5 || v.LeftOut != 1 || v.CoveredTokens == 0 || v.CoveredTokens > v.Tokens/2 || !v.Exact {
		t.Errorf("vectors %+v", v)
	}
	if w := strings.Join(run.Warnings, "; "); !strings.Contains(w, "the vectors fasttext cover") || !strings.Contains(w, "lines left out of") {
		t.Errorf("warnings %q", w)
	}
	cfg := mustParse(t, text, "embeddings.fasttext.file=/nosuch/glove.txt")
	if _, err := Open(context.Background(), cfg, Options{}); !fault.IsUsage(err) || !strings.Contains(err.Error(), "/nosuch/glove.txt") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestVectorFaults(t *testing.T) {
	model := func(more string) string { return minimal + more }
	for text, want := range map[string]string{
		model("variant = \"gaussian\"\n"):                                                        `features "vectors" need word vectors; name them (declared: none; add [embeddings.fasttext] with train = true)`,
		model("embeddings = \"x\"\n[embeddings.x]\ntrain = true\n"):                              `embeddings: features "counts" are counts, which need no word vectors`,
		model("features = \"vectors\"\n"):                                                        `this model learns from counts or tfidf, not from vectors`,
		model("variant = \"gaussian\"\nfeatures = \"tfidf\"\n"):                                  `this model learns from vectors, not from tfidf`,
		model("variant = \"gaussian\"\nembeddings = \"glov\"\n[embeddings.glove]\nfile=\"f\"\n"): `no [embeddings.glov]; did you mean "glove"?; declared: glove`,
		model("[embeddings.x]\n"):                                                                `embeddings.x: give either file = "…" or train = true`,
		model("[embeddings.x]\ntrain = true\nfile = \"f\"\n"):                                    `embeddings.x: give either file = "…" or train = true`,
		model("[embeddings.x]\nfile = \"f\"\nepochs = 3\n"):                                      `unknown key "epochs" in [embeddings.x]`,
		model("[embeddings.x]\ntrain = true\nmin_n = 9\n"):                                       `min_n: want 1 to max_n = 6, have 9`,
		model("[embeddings.x]\ntrain = true\nwindow = 0\n"):                                      `window`,
		model("[features.y]\nkind = \"vectors\"\nngrams = [1, 2]\n"):                             `unknown key "ngrams" in [features.y]`,
	} {
		if _, err := config.Parse(text, "t.toml", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nerror %v\nwant %s", strings.TrimPrefix(text, minimal), err, want)
		}
	}
	var run results.Vectors
	if text := fmt.Sprint(run.Coverage()); !strings.Contains(text, "0.0 % of the tokens") {
		t.Errorf("coverage of nothing: %s", text)
	}
}
