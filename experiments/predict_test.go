package experiments

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/baselines/golearn"
	"assay/internal/multilabel"
	"assay/predictor"
	"assay/results"
)

// everyKind has a model of each kind and backend, on each kind of features.
const everyKind = `name = "every"
[corpus]
path = "synthetic"
sample = 400
[split]
validation = 0.2
test = 0.2
[decision]
rules = ["fixed:0.5", "tuned", "top:2"]
[embeddings.trained]
train = true
dimensions = 12
buckets = 1000
epochs = 1
deterministic = true
[embeddings.file]
file = "FILE"
[features.grams]
kind = "counts"
terms = "tokens"
ngrams = [1, 2]
min_documents = 2
max_features = 3000
[features.scaled]
kind = "vectors"
standardize = true
[features.short]
kind = "sequences"
max_tokens = 40
[features.few]
kind = "words"
max_words = 500
max_tokens = 30
[[model]]
name = "multinomial"
kind = "naive_bayes"
[[model]]
name = "bernoulli on n-grams"
kind = "naive_bayes"
variant = "bernoulli"
features = "grams"
[[model]]
name = "gaussian"
kind = "naive_bayes"
variant = "gaussian"
embeddings = "trained"
[[model]]
name = "logistic"
kind = "logistic_regression"
[[model]]
name = "logistic on scaled vectors"
kind = "logistic_regression"
features = "scaled"
embeddings = "file"
[[model]]
name = "forest"
kind = "random_forest"
trees = 5
[[model]]
name = "forest on vectors"
kind = "random_forest"
trees = 5
features = "vectors"
embeddings = "trained"
[[model]]
name = "golearn bayes"
kind = "naive_bayes"
backend = "golearn"
[[model]]
name = "golearn logistic"
kind = "logistic_regression"
backend = "golearn"
[[model]]
name = "golearn forest"
kind = "random_forest"
backend = "golearn"
trees = 2
features = "vectors"
embeddings = "trained"
[[model]]
name = "sha-rnn"
kind = "sha_rnn"
hidden = 6
boom = 8
epochs = 1
embeddings = "trained"
[[model]]
name = "sha-rnn on glove, cut"
kind = "sha_rnn"
hidden = 6
boom = 8
epochs = 1
features = "short"
embeddings = "file"
[[model]]
name = "sha-rnn without mask"
kind = "sha_rnn"
mask_padding = false
hidden = 6
boom = 8
epochs = 1
embeddings = "trained"
[[model]]
name = "lstm"
kind = "lstm"
hidden = 6
dimensions = 5
epochs = 1
features = "few"
[[model]]
name = "lstm on vectors"
kind = "lstm"
hidden = 6
epochs = 1
embeddings = "trained"
[[model]]
name = "lstm on frozen vectors"
kind = "lstm"
hidden = 6
epochs = 1
freeze_embedding = true
embeddings = "trained"
`

// A copy of the model folder alone, elsewhere, gives the test papers the scores that
// the run has stored, to the bit, whatever they are batched with.
func TestModelFolderPredictsAsTheRunDid(t *testing.T) {
	file := writeGloVe(t, "the 1 2 3\nof 2 1 0\nand 0 1 1\nmodel 3 1 2\nproof 0 0 1\nquantum 1 1 0\n")
	for _, fields := range []string{"title+abstract", "abstract", "title"} {
		s := vectorSession(t, t.TempDir(), everyKind, "corpus.text="+fields, "embeddings.file.file="+file)
		test := testPapers(t, s)
		for i, trial := range s.Trials() {
			name := trial.Model.Name
			if fields != "title+abstract" && !slices.Contains([]string{"logistic", "gaussian", "sha-rnn", "lstm"}, name) {
				continue // the fields are read before the features are made
			}
			if name == "golearn logistic" && !golearn.HaveLiblinear {
				continue
			}
			t.Run(fields+"/"+name, func(t *testing.T) { samePredictions(t, s, mustRun(t, s, i), test) })
		}
	}
}

// Topics exclude each other, and have names of their own.
func TestModelFolderPredictsTopics(t *testing.T) {
	s := vectorSession(t, t.TempDir(), twoTopics, "model.N.output=softmax")
	p := samePredictions(t, s, mustRun(t, s, 0), testPapers(t, s))
	if len(p.Categories) != 2 || p.Categories[0] != (predictor.Category{ID: "cs.LG", Name: "Machine Learning"}) {
		t.Errorf("categories %+v", p.Categories)
	}
}

// testPapers returns all papers of the session's corpus by id.
func testPapers(t *testing.T, s *Session) map[string]predictor.Paper {
	t.Helper()
	rows, err := s.corpus.Sample(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]predictor.Paper{}
	for p, err := range s.corpus.Papers(context.Background(), rows) {
		if err != nil {
			t.Fatal(err)
		}
		all[p.ID] = predictor.Paper{ID: p.ID, Title: p.Title, Abstract: p.Abstract}
	}
	return all
}

func samePredictions(t *testing.T, s *Session, run results.Run, papers map[string]predictor.Paper) *predictor.Predictor {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(s.Store().ModelPath(run.Experiment, run.Trial, predictor.ModelFile)))); err != nil {
		t.Fatal(err)
	}
	want, err := s.Store().Predictions(run)
	if err != nil {
		t.Fatal(err)
	}
	var in []predictor.Paper
	for _, id := range want.IDs {
		in = append(in, papers[id])
	}
	if strings.Contains(run.Model.Name, "without mask") {
		// The run read a paper on into the padding of its batch. Prediction scores it
		// without: it has scores of its own, and they are not the stored ones.
		want.Scores = scoresAlone(t, dir, in)
	}
	var loaded *predictor.Predictor
	for _, c := range []struct{ workers, batch int }{{2, len(in)}, {1, 7}, {3, 1}} {
		p, err := predictor.Load(os.DirFS(dir), c.workers)
		if err != nil {
			t.Fatal(err)
		}
		loaded = p
		decision, err := p.Decision("")
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(in); at += c.batch {
			batch := in[at:min(at+c.batch, len(in))]
			all, err := p.Predict(context.Background(), batch, decision, len(p.Categories))
			if err != nil {
				t.Fatal(err)
			}
			for i, one := range all {
				holdTo(t, run, want, at+i, one, p)
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return loaded
}

// scoresAlone scores each paper by itself.
func scoresAlone(t *testing.T, dir string, papers []predictor.Paper) *multilabel.Scores {
	t.Helper()
	p, err := predictor.Load(os.DirFS(dir), 1)
	if err != nil {
		t.Fatal(err)
	}
	all := multilabel.NewScores(len(papers), len(p.Categories))
	for i := range papers {
		one, err := p.Scores(context.Background(), papers[i:i+1])
		if err != nil {
			t.Fatal(err)
		}
		copy(all.Row(i), one.Row(0))
	}
	return all
}

// holdTo holds a prediction to the stored scores of test paper i.
func holdTo(t *testing.T, run results.Run, want results.Predictions, i int, one predictor.Prediction, p *predictor.Predictor) {
	t.Helper()
	scores := map[string]float64{}
	for _, c := range one.Categories {
		scores[c.ID] = c.Probability
	}
	if !slices.IsSortedFunc(one.Categories, func(a, b predictor.Scored) int { return cmp.Compare(b.Probability, a.Probability) }) {
		t.Errorf("paper %s: %+v are not in order", want.IDs[i], one.Categories)
	}
	for c, label := range want.Labels {
		got, stored := scores[label], want.Scores.Row(i)[c]
		if math.Float64bits(got) != math.Float64bits(stored) {
			t.Errorf("%s: paper %s, %s: %v, stored %v", run.Model.Name, want.IDs[i], label, got, stored)
			return
		}
	}
	for _, r := range run.Results {
		d, err := p.Decision(r.Decision.Rule.String())
		if err != nil || d != r.Decision {
			have, _ := json.Marshal(d)
			t.Errorf("decision %s of rule %s, %v", have, r.Decision.Rule, err)
		}
	}
}

// A model that was not saved, and one of a program that kept no predictor.
func TestRunsWithoutPredictor(t *testing.T) {
	s := session(t, t.TempDir(), "results.save_models=false")
	run := mustRun(t, s, 0)
	if _, err := os.Stat(filepath.Dir(s.Store().ModelPath(run.Experiment, run.Trial, predictor.ModelFile))); !os.IsNotExist(err) {
		t.Errorf("a model folder: %v", err)
	}
}
