package experiments

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/baselines/golearn"
	"assay/classifier"
	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/synthetic"
	"assay/corpus/text"
	"assay/embeddings"
	"assay/embeddings/vectorfile"
	"assay/experiments/config"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
	"assay/networks"
	"assay/results/metrics"
	"assay/results/stats"
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

// matrices adds what features give.
func (w *world) matrices(f *figures, models ...string) {
	for _, model := range models {
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
}

// scores adds those that models give the test papers.
func (w *world) scores(f *figures, models ...string) {
	ctx := context.Background()
	for _, name := range models {
		d, set := w.set(name)
		t := w.trial(name)
		model := must[classifier.Classifier](w.t)(newClassifier(t.Model, d.taxonomy, networks.Run{Seed: t.Seed, Workers: 2}))
		part := func(p corpus.Part) classifier.Dataset { return classifier.Dataset{X: set.Rows[p], Y: d.labels[p]} }
		if err := model.Fit(ctx, part(corpus.Train), part(corpus.Validation)); err != nil {
			w.t.Fatal(err)
		}
		numbers(f, name, must[*multilabel.Scores](w.t)(model.Scores(ctx, set.Rows[corpus.Test])).Data)
	}
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

// difficult are texts with what the cleaning and the tokenizer have rules for.
var difficult = []string{
	"We study $p$-adic $\\mathbb{R}^d$ and $$E=mc^2$$; see \\cite{foo} and http://arxiv.org/abs/0704.0001v2.",
	"Don't e-mail o'neil@example.org, it's U.S.-based (i.e. non-trivial), isn't it?",
	"Schr\\\"odinger's   equation -- a 3.5-sigma, 10^{-3} GeV/c^2 \"excess\"... etc.",
	"Erdős–Rényi graphs, naïve Bayes, 量子力学 and Ωmega_0 \\alpha+\\beta\n\n with  spaces",
	"I'll can't won't we're they've 1,000.5 1990s 5th #tag @home C++ TCP/IP state-of-the-art",
}

func (w *world) measureCorpus(f *figures) {
	for _, name := range []string{"arxiv", "arxiv-2019", "topics:cs.LG,cs.CV,stat.ML"} {
		t := must[*corpus.Taxonomy](w.t)(corpus.LookupTaxonomy(name))
		f.text(name, "%v %v", t.Categories, t.GroupOf())
		var labels strings.Builder
		for p := range synthetic.Papers(synthetic.Options{Papers: 500, Seed: 1}) {
			found, _ := t.Labels(p)
			fmt.Fprintln(&labels, found)
		}
		for _, id := range []string{"math-ph", "math.MP", "cs.SY", "eess.SY", "cmp-lg", "cs.CL", "q-alg", "alg-geom", "astro-ph", "stat.TH", "math.ST", "supr-con", "nothing"} {
			found, _ := t.Labels(&corpus.Paper{Categories: []string{id, "cs.LG"}})
			fmt.Fprintln(&labels, id, found)
		}
		f.text(name+" labels", "%s", labels.String())
	}
	for _, s := range []corpus.Split{{Validation: 0.05, Test: 0.05, Key: "assay"}, {Validation: 0.3, Test: 0.2, Key: "other"}} {
		var sides []corpus.Part
		for i := range 2000 {
			sides = append(sides, s.Of(fmt.Sprintf("%04d.%05d", 1501+i%12, i)))
		}
		f.text("sides "+s.Key, "%v", sides)
	}
}

func (w *world) measureShards(f *figures) {
	for _, n := range []int64{1, 100, 1700, 3999} {
		f.text(fmt.Sprint("draw ", n), "%v", must[[]int64](w.t)(w.corpus.Sample(n, uint64(n))))
	}
	dir := filepath.Join(w.dir, "twins")
	out := must[*shards.Writer](w.t)(shards.Create(dir, shards.WriterOptions{}))
	for i := range 300 {
		p := &corpus.Paper{ID: fmt.Sprintf("%04d.%05d", 1501+i%7, i), Title: "A  title", Abstract: fmt.Sprint("text ", i%170), Categories: []string{"cs.LG"}}
		if err := out.Add(p); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := out.Commit(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	c := must[*shards.Corpus](w.t)(shards.Open(dir))
	defer c.Close()
	rows := must[[]int64](w.t)(c.Sample(0, 1))
	d := must[*shards.Division](w.t)(c.Divide(context.Background(), corpus.Split{Validation: 0.2, Test: 0.2, Key: "k"}, rows, 2))
	f.text("division", "%v %+v %d", d.Parts, d.SameText, d.Moved)
}

func (w *world) measureText(f *figures) {
	reader := text.NewTokenizer().Worker()
	for i, s := range difficult {
		f.text(fmt.Sprint("difficult ", i), "%q", reader.AppendPaper(nil, s, s))
	}
	all := sha256.New()
	for p := range synthetic.Papers(synthetic.Options{Papers: 500, Seed: 1}) {
		fmt.Fprintf(all, "%q\n", reader.AppendPaper(nil, p.Title, p.Abstract))
	}
	f.text("synthetic", "%x", all.Sum(nil))
}

// scored are scores of 60 papers for 9 labels, and their labels.
func scored() (*multilabel.Scores, *multilabel.Matrix) {
	r := rng.New(5, "scored")
	scores, truth := multilabel.NewScores(60, 9), multilabel.New(9)
	for i := range 60 {
		var labels []int32
		for c := range 9 {
			carries := r.Float64() < 0.25
			if carries {
				labels = append(labels, int32(c))
			}
			x := r.Float64()
			if carries {
				x = (x + 0.6) / 1.6
			}
			scores.Row(i)[c] = min(max(x, 0.01), 0.99)
		}
		truth.Append(labels)
	}
	return scores, truth
}

func (w *world) measureMetrics(f *figures) {
	scores, truth := scored()
	numbers(f, "loss", must[[]float64](w.t)(metrics.LossByPaper(scores, truth)))
	for _, name := range []string{"fixed:0.5", "fixed:0.3", "tuned", "top:1", "top:3"} {
		rule := must[metrics.Rule](w.t)(metrics.ParseRule(name))
		decision := must[metrics.Decision](w.t)(rule.Fit(scores, truth))
		j := must[judged](w.t)(judgeScores(decision, scores, truth, []int32{0, 0, 0, 1, 1, 2, 2, 2, 2}, 3))
		all, master, err := j.reports(scores)
		if err != nil {
			w.t.Fatal(err)
		}
		f.text(name, "%+v %+v %+v", decision, all, master)
		papers, masters, err := j.papers()
		if err != nil {
			w.t.Fatal(err)
		}
		numbers(f, name, slices.Concat(papers.F1, masters.F1))
	}
}

func (w *world) measureStats(f *figures) {
	r := rng.New(5, "stats")
	columns := make([][]float64, 3)
	for i := range columns {
		for range 200 {
			columns[i] = append(columns[i], r.Float64())
		}
	}
	sample := must[*stats.Resampled](w.t)(stats.Resample(columns, stats.Resamples, stats.Seed()))
	var ends []float64
	for i := range columns {
		interval := sample.Estimate(i).Interval(stats.Level)
		ends = append(ends, interval.Low, interval.High)
	}
	numbers(f, "intervals", ends)
}

// What each part gives for the built-in sample stays as it is while its version does.
func TestPartsKeepTheirResults(t *testing.T) {
	w := newWorld(t)
	input := []string{"corpus", "shards", "text"}
	trained := append(slices.Clone(input), "fasttext", "vectorfile", "vectors", "sequences")
	network := append(slices.Clone(trained), "words", "training", "cpu engine")
	const rounding = 2e-4 // that networks grow on other processors; another mask changes scores by percents
	failed := map[string]bool{}
	tested := map[string]bool{}
	for _, c := range []struct {
		part      string   // in the file of that name
		from      []string // parts before it
		tolerance float64
		measure   func(f *figures)
	}{
		{"corpus", nil, 0, w.measureCorpus},
		{"shards", []string{"corpus"}, 0, w.measureShards},
		{"text", nil, 0, w.measureText},
		{"counts", input, 0, func(f *figures) { w.matrices(f, "naive_bayes multinomial", "naive_bayes bernoulli") }},
		{"tfidf", append(input, "counts"), 0, func(f *figures) { w.matrices(f, "logistic_regression tfidf", "logistic_regression balanced") }},
		{"words", input, 0, func(f *figures) { w.matrices(f, "lstm words") }},
		{"vectorfile", nil, 0, func(f *figures) { w.table(f, "glove", filepath.Join(w.dir, "glove.txt")) }},
		{"fasttext", append(input, "vectorfile"), 1e-5, func(f *figures) {
			for _, name := range []string{"naive_bayes gaussian", "random_forest deep"} { // skipgram and cbow
				_, set := w.set(name)
				w.table(f, w.trial(name).Model.Embeddings, set.vectors.Path)
			}
		}},
		{"vectors", append(input, "vectorfile", "fasttext"), 1e-5, func(f *figures) { w.matrices(f, "naive_bayes gaussian", "logistic_regression vectors") }},
		{"sequences", append(input, "vectorfile", "fasttext"), 1e-5, func(f *figures) { w.matrices(f, "sha_rnn", "lstm vectors") }},
		{"naive_bayes", append(trained, "counts"), 1e-5, func(f *figures) {
			w.scores(f, "naive_bayes multinomial", "naive_bayes bernoulli", "naive_bayes gaussian")
		}},
		{"logistic_regression", append(trained, "counts", "tfidf"), 1e-5, func(f *figures) {
			w.scores(f, "logistic_regression tfidf", "logistic_regression balanced", "logistic_regression vectors")
		}},
		{"random_forest", append(trained, "counts"), 1e-5, func(f *figures) { w.scores(f, "random_forest bootstrap", "random_forest deep") }},
		{"golearn", append(trained, "counts", "tfidf"), 1e-5, func(f *figures) { w.scores(f, "golearn bayes", "golearn forest") }},
		{"liblinear", append(trained, "counts", "tfidf", "golearn"), 1e-5, func(f *figures) {
			if !golearn.HaveLiblinear {
				w.t.Skip("liblinear needs cgo")
			}
			w.scores(f, "liblinear")
		}},
		{"sha_rnn", network, rounding, func(f *figures) { w.scores(f, "sha_rnn") }},
		{"lstm", network, rounding, func(f *figures) { w.scores(f, "lstm words", "lstm vectors") }},
		{"training", append(network, "lstm"), rounding, func(f *figures) { w.scores(f, "training") }},
		{"metrics", nil, 0, w.measureMetrics},
		{"stats", nil, 0, w.measureStats},
	} {
		t.Run(c.part, func(t *testing.T) {
			tested[c.part] = true
			for _, before := range c.from {
				if failed[before] {
					failed[c.part] = true
					t.Skipf("follows from %s, which changed", before)
				}
			}
			w.t = t
			f := &figures{parts: config.Parts{}, tolerance: c.tolerance, bits: sha256.New()}
			for _, part := range append(slices.Clone(c.from), c.part) {
				if v, ok := w.parts[part]; ok {
					f.parts[part] = v
				}
			}
			c.measure(f)
			if err := f.keep(filepath.Join("testdata", "parts", c.part+".txt"), exact(), *update); err != nil {
				failed[c.part] = true
				t.Error(err)
			}
		})
	}
	tested["cpu engine"] = true // by the networks that compute on it
	for part := range maps.Keys(w.parts) {
		if !tested[part] {
			t.Errorf("no golden results of %s", part)
		}
	}
}
