package experiments

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/baselines/golearn"
	"assay/classifier"
	"assay/corpus"
	"assay/embeddings"
	"assay/embeddings/vectorfile"
	"assay/experiments/config"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
	"assay/networks"
)

// partsConfig uses every part, in several ways.
const partsConfig = `name = "parts"
[corpus]
path = "synthetic"
sample = 500
[split]
validation = 0.2
test = 0.2
[embeddings.skipgram]
train = true
deterministic = true
dimensions = 8
buckets = 2000
epochs = 2
[embeddings.cbow]
train = true
deterministic = true
model = "cbow"
papers = "all"
max_n = 0
dimensions = 8
epochs = 1
[embeddings.glove]
file = "GLOVE"
[features.counts]
min_documents = 2
[features.bigrams]
kind = "counts"
terms = "tokens"
ngrams = [1, 2]
max_features = 600
[features.plain]
kind = "tfidf"
sublinear = false
min_documents = 3
[features.standard]
kind = "vectors"
standardize = true
[features.sequences]
max_tokens = 40
[features.words]
max_tokens = 40
max_words = 500
[[model]]
name = "naive_bayes multinomial"
kind = "naive_bayes"
alpha = 0.5
[[model]]
name = "naive_bayes bernoulli"
kind = "naive_bayes"
variant = "bernoulli"
fit_prior = false
features = "bigrams"
[[model]]
name = "naive_bayes gaussian"
kind = "naive_bayes"
variant = "gaussian"
features = "standard"
embeddings = "skipgram"
[[model]]
name = "logistic_regression tfidf"
kind = "logistic_regression"
[[model]]
name = "logistic_regression balanced"
kind = "logistic_regression"
c = 0.3
class_weight = "balanced"
features = "plain"
[[model]]
name = "logistic_regression vectors"
kind = "logistic_regression"
features = "vectors"
embeddings = "glove"
[[model]]
name = "random_forest bootstrap"
kind = "random_forest"
trees = 4
[[model]]
name = "random_forest deep"
kind = "random_forest"
trees = 3
bootstrap = false
min_leaf = 2
min_split = 5
max_depth = 9
max_features = "log2"
features = "standard"
embeddings = "cbow"
[[model]]
name = "golearn bayes"
kind = "naive_bayes"
backend = "golearn"
[[model]]
name = "golearn forest"
kind = "random_forest"
backend = "golearn"
trees = 2
features = "vectors"
embeddings = "skipgram"
[[model]]
name = "sha_rnn"
kind = "sha_rnn"
embeddings = "skipgram"
layers = 2
hidden = 8
boom = 16
dropout = 0.1
epochs = 2
learning_rate = 0.01
[[model]]
name = "lstm words"
kind = "lstm"
hidden = 8
dimensions = 6
epochs = 2
learning_rate = 0.01
[[model]]
name = "lstm vectors"
kind = "lstm"
hidden = 8
embeddings = "glove"
freeze_embedding = true
spatial_dropout = 0.1
epochs = 1
[[model]]
name = "training"
kind = "lstm"
hidden = 6
dimensions = 5
batch_size = 24
epochs = 5
learning_rate = 0.02
schedule = "cosine"
warmup = 0.2
clip_norm = 0.5
early_stopping = "loss"
patience = 1
keep = "loss"
`

// liblinear is of golearn, where the program was built with cgo.
const liblinear = `[[model]]
name = "liblinear"
kind = "logistic_regression"
backend = "golearn"
`

// world is an opened experiment that uses every part.
type world struct {
	*Session
	t     *testing.T
	parts config.Parts // all
	dir   string
}

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	glove := filepath.Join(dir, "glove.txt")
	var b strings.Builder
	r := rng.New(3, "glove")
	for _, word := range []string{"we", "the", "a", "of", "in", "for", "and", "model", "data", "show", "method", "results", "learning", "theory", "field", "galaxies"} {
		fmt.Fprintf(&b, "%s %.4f %.4f %.4f %.4f\n", word, r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64())
	}
	if err := os.WriteFile(glove, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(partsConfig, "GLOVE", glove, 1)
	if golearn.HaveLiblinear {
		source += liblinear
	}
	cfg := mustParse(t, source)
	cfg.Results.Path = filepath.Join(dir, "results")
	s, err := Open(context.Background(), cfg, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &world{Session: s, t: t, parts: cfg.Parts(), dir: dir}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

// trial returns that of the model of a name.
func (w *world) trial(name string) Trial {
	for _, t := range w.Trials() {
		if t.Model.Name == name {
			return t
		}
	}
	w.t.Fatalf("no model %q", name)
	return Trial{}
}

// set returns the features that a model learns from.
func (w *world) set(model string) (*dataset, *featureSet) {
	ctx := context.Background()
	d, release, err := w.hold(ctx, w.trial(model), 2)
	if err != nil {
		w.t.Fatal(err)
	}
	defer release()
	set, release, err := w.features(ctx, d, w.trial(model), 2)
	if err != nil {
		w.t.Fatal(err)
	}
	defer release()
	return d, set
}

// matrices measures the features that models learn from.
func (w *world) matrices(models ...string) func(*figures) {
	return func(f *figures) {
		for _, model := range models {
			w.matrix(f, model)
		}
	}
}

func (w *world) matrix(f *figures, model string) {
	_, set := w.set(model)
	if v := set.Vocabulary(); v != nil {
		f.text(model+" vocabulary", "%q", v.Terms())
	}
	for part, m := range set.Rows {
		name := fmt.Sprintf("%s %v", model, corpus.Part(part))
		switch m := m.(type) {
		case *features.CSR:
			f.text(name+" places", "%d %v %v", m.Cols, m.Indptr, m.Indices)
			numbers(f, name, m.Values)
		case *features.Dense:
			numbers(f, name, m.Data)
		case *features.Sequences:
			f.text(name+" ids", "%v", m.Papers)
			if m.Embedding != nil {
				numbers(f, name+" vectors", m.Embedding.Data)
			}
		default:
			w.t.Fatalf("%s: a matrix of type %T", name, m)
		}
	}
}

// scores measures those that models give the test papers.
func (w *world) scores(models ...string) func(*figures) {
	return func(f *figures) {
		for _, name := range models {
			w.score(f, name)
		}
	}
}

func (w *world) score(f *figures, name string) {
	ctx := context.Background()
	d, set := w.set(name)
	t := w.trial(name)
	model := must[classifier.Classifier](w.t)(newClassifier(t.Model, d.taxonomy, networks.Run{Seed: t.Seed, Workers: 2}))
	part := func(p corpus.Part) classifier.Dataset { return classifier.Dataset{X: set.Rows[p], Y: d.labels[p]} }
	if err := model.Fit(ctx, part(corpus.Train), part(corpus.Validation)); err != nil {
		w.t.Fatal(err)
	}
	numbers(f, name, must[*multilabel.Scores](w.t)(model.Scores(ctx, set.Rows[corpus.Test])).Data)
}

// table adds the vectors of a table and those that it gives words that it may lack.
func (w *world) table(f *figures, name, path string) {
	v, _, err := vectorfile.Open(context.Background(), path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer v.Close()
	var words []string
	all := make([]float32, 0, v.Len()*v.Dim())
	x := make([]float32, v.Dim())
	for i := range v.Len() {
		words = append(words, v.Word(i))
		if err := v.Vector(x, i); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, x...)
	}
	f.text(name+" words", "%q", words)
	for _, word := range []string{"The", "galaxy", "supersymmetrical", "-EQN-"} {
		match := must[embeddings.Match](w.t)(v.Lookup(x, word))
		f.text(name+" "+word, "%d", match)
		all = append(all, x...)
	}
	numbers(f, name, all)
}
