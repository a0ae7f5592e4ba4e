package experiments

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"assay/baselines/bayes"
	"assay/baselines/logistic"
	"assay/classifier"
	"assay/corpus"
	"assay/corpus/text"
	"assay/features"
	"assay/results"
	"assay/results/metrics"
)

const two = `name = "two"
[corpus]
path = "synthetic"
sample = 500
[split]
validation = 0.2
test = 0.2
[[model]]
name = "LR"
kind = "logistic_regression"
[[model]]
name = "NB"
kind = "naive_bayes"
`

func session(t *testing.T, dir string, overrides ...string) *Session {
	t.Helper()
	cfg := mustParse(t, two, overrides...)
	cfg.Results.Path = dir
	s, err := Open(context.Background(), cfg, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mustRun(t *testing.T, s *Session, i int) results.Run {
	t.Helper()
	run, reused, err := s.Run(context.Background(), s.Trials()[i], 0)
	if err != nil || reused || run.State != results.Done {
		t.Fatalf("trial %d: state %s, reused %t, %v", i, run.State, reused, err)
	}
	return run
}

// loadFile decodes a file of a run's model folder.
func loadFile(t *testing.T, s *Session, run results.Run, name string, load func(*os.File) error) {
	t.Helper()
	f, err := os.Open(s.Store().ModelPath(run.Experiment, run.Trial, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := load(f); err != nil {
		t.Fatal(err)
	}
}

// The files of the model folder score the test papers as the run did.
func TestSavedModelScoresPapersAgain(t *testing.T) {
	s := session(t, t.TempDir())
	for i, model := range []classifier.Classifier{
		logistic.New(logistic.Options{}),
		bayes.NewMultinomial(bayes.Options{}),
	} {
		run := mustRun(t, s, i)
		var vocabulary *features.Vocabulary
		loadFile(t, s, run, ModelFile, func(f *os.File) error { return model.Load(f) })
		loadFile(t, s, run, VocabularyFile, func(f *os.File) (err error) {
			vocabulary, err = features.LoadVocabulary(f)
			return err
		})
		want, err := s.Store().Predictions(run)
		if err != nil {
			t.Fatal(err)
		}
		position := map[string]int{}
		for j, id := range want.IDs {
			position[id] = j
		}
		rows, err := s.corpus.Sample(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		tokens := make([][]string, len(want.IDs))
		tokenizer := text.NewTokenizer().Worker()
		for p, err := range s.corpus.Papers(context.Background(), rows) {
			if err != nil {
				t.Fatal(err)
			}
			if j, isTest := position[p.ID]; isTest {
				tokens[j] = tokenizer.AppendPaper(nil, p.Title, p.Abstract)
			}
		}
		x := vocabulary.Transform(tokens...)
		if s.Trials()[i].Model.Features == "tfidf" {
			loadFile(t, s, run, TFIDFFile, func(f *os.File) error {
				weights, err := features.LoadTFIDF(f)
				if err == nil {
					x, err = weights.Transform(x, 1)
				}
				return err
			})
		}
		got, err := model.Scores(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want.Scores) {
			t.Errorf("%s: the saved model scores the test papers otherwise than the run did", run.Model.Name)
		}
	}
}

// The stored predictions and decisions give the stored metrics again.
func TestStoredPredictionsGiveTheMetrics(t *testing.T) {
	s := session(t, t.TempDir())
	run := mustRun(t, s, 0)
	p, err := s.Store().Predictions(run)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := learnt(t, s, s.Trials()[0])
	if !reflect.DeepEqual(p.IDs, d.ids[corpus.Test]) || !reflect.DeepEqual(p.Truth, d.labels[corpus.Test]) {
		t.Error("the predictions are not of the test papers")
	}
	for _, res := range run.Results {
		predicted, err := res.Decision.Apply(p.Scores)
		if err != nil {
			t.Fatal(err)
		}
		again, err := metrics.Evaluate(predicted, p.Truth, p.Scores)
		if err != nil {
			t.Fatal(err)
		}
		loss, err := metrics.Loss(p.Scores, p.Truth)
		if err != nil {
			t.Fatal(err)
		}
		again.Loss = &loss
		if !reflect.DeepEqual(again, res.All) {
			t.Errorf("rule %s: stored %+v, again %+v", res.Decision.Rule, res.All, again)
		}
	}
}

// A finished trial whose files were changed is not taken for done.
func TestDamagedRunIsNotReused(t *testing.T) {
	s := session(t, t.TempDir())
	run := mustRun(t, s, 1)
	if _, reused, err := s.Run(context.Background(), s.Trials()[1], 0); err != nil || !reused {
		t.Fatalf("second call: reused %t, %v", reused, err)
	}
	if err := os.WriteFile(s.Store().ModelPath(run.Experiment, run.Trial, ModelFile), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Run(context.Background(), s.Trials()[1], 0)
	if err == nil || !strings.Contains(err.Error(), "remove "+s.Store().Path(run.Experiment, run.Trial)) {
		t.Errorf("error %v, want one that says what to remove", err)
	}
}

// A trial that another process holds is named as such.
func TestClaimedTrialIsBusy(t *testing.T) {
	dir := t.TempDir()
	s := session(t, dir)
	w, err := s.Store().Claim(context.Background(), s.record(s.Trials()[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, _, err := s.Run(context.Background(), s.Trials()[0], 0); !errors.Is(err, results.ErrClaimed) {
		t.Errorf("error %v, want ErrClaimed", err)
	}
}

// A cancelled trial is left interrupted, and runs again.
func TestCancelledTrialResumes(t *testing.T) {
	s := session(t, t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := s.Run(ctx, s.Trials()[0], 0); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	mustRun(t, s, 0)
}
