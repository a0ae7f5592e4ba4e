package experiments

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"assay/corpus"
	"assay/predictor"
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
	if err := os.WriteFile(s.Store().ModelPath(run.Experiment, run.Trial, predictor.ModelFile), []byte("x"), 0o644); err != nil {
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
