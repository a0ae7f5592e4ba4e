package experiments

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/baselines/golearn"
	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/synthetic"
	"assay/corpus/text"
	"assay/experiments/config"
	"assay/internal/multilabel"
	"assay/internal/rng"
	"assay/results/metrics"
	"assay/results/stats"
)

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
		j := must[applied](w.t)(applyTo(decision, scores, truth, []int32{0, 0, 0, 1, 1, 2, 2, 2, 2}, 3))
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

// measureFastText measures vectors that are trained here: skip-gram and CBOW.
func (w *world) measureFastText(f *figures) {
	for _, name := range []string{"naive_bayes gaussian", "random_forest deep"} {
		_, set := w.set(name)
		w.table(f, w.trial(name).Model.Embeddings, set.vectors.Path)
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

// stage measures what a part gives from what the parts before it gave.
type stage struct {
	part      string   // in the golden file of that name
	from      []string // parts before it
	tolerance float64
	measure   func(f *figures)
}

func (w *world) stages() []stage {
	const (
		averaging = 1e-5 // of float32, and of what learns from it
		training  = 1e-5 // that networks grow on other processors, 1e-6 in pure Go; another mask changes scores by percents
	)
	input := []string{"corpus", "shards", "text"}
	trained := slices.Clip(append(slices.Clone(input), "fasttext", "vectorfile", "vectors", "sequences"))
	network := slices.Clip(append(slices.Clone(trained), "words", "training", "cpu engine"))
	list := []stage{
		{"corpus", nil, 0, w.measureCorpus},
		{"shards", []string{"corpus"}, 0, w.measureShards},
		{"text", nil, 0, w.measureText},
		{"counts", input, 0, w.matrices("naive_bayes multinomial", "naive_bayes bernoulli")},
		{"tfidf", append(input, "counts"), 0, w.matrices("logistic_regression tfidf", "logistic_regression balanced")},
		{"words", input, 0, w.matrices("lstm words")},
		{"vectorfile", nil, 0, func(f *figures) { w.table(f, "glove", filepath.Join(w.dir, "glove.txt")) }},
		{"fasttext", append(input, "vectorfile"), averaging, w.measureFastText},
		{"vectors", append(input, "vectorfile", "fasttext"), averaging, w.matrices("naive_bayes gaussian", "logistic_regression vectors")},
		{"sequences", append(input, "vectorfile", "fasttext"), averaging, w.matrices("sha_rnn", "lstm vectors")},
		{"naive_bayes", append(trained, "counts"), averaging, w.scores("naive_bayes multinomial", "naive_bayes bernoulli", "naive_bayes gaussian")},
		{"logistic_regression", append(trained, "counts", "tfidf"), averaging,
			w.scores("logistic_regression tfidf", "logistic_regression balanced", "logistic_regression vectors")},
		{"random_forest", append(trained, "counts"), averaging, w.scores("random_forest bootstrap", "random_forest deep")},
		{"golearn", append(trained, "counts", "tfidf"), averaging, w.scores("golearn bayes", "golearn forest")},
		{"sha_rnn", network, training, w.scores("sha_rnn")},
		{"lstm", network, training, w.scores("lstm words", "lstm vectors")},
		{"training", append(network, "lstm"), training, w.scores("training")},
		{"metrics", nil, 0, w.measureMetrics},
		{"stats", nil, 0, w.measureStats},
	}
	if golearn.HaveLiblinear {
		list = append(list, stage{"liblinear", append(trained, "counts", "tfidf", "golearn"), averaging, w.scores("liblinear")})
	}
	return list
}

// What each part gives for the built-in sample stays as it is while its version does.
func TestPartsKeepTheirResults(t *testing.T) {
	w := newWorld(t)
	failed := map[string]bool{}
	tested := map[string]bool{"cpu engine": true} // by the networks that compute on it
	for _, c := range w.stages() {
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
	for part := range w.parts.Names() {
		if !tested[part] {
			t.Errorf("no golden results of %s", part)
		}
	}
}
