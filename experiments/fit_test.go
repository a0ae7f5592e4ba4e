package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"assay/classifier"
	"assay/corpus"
	"assay/networks/training"
	"assay/results"
)

// Beginning anew is the way out of a checkpoint that is of no use, and of
// nothing else.
func TestAdvice(t *testing.T) {
	reason := errors.New("reason")
	for _, c := range []struct {
		err    error
		advice bool
	}{
		{&training.CheckpointError{Err: reason}, true},
		{&training.NotFiniteError{Step: 3, Where: "gru", What: "NaN"}, false},
		{reason, false},
	} {
		err := fmt.Errorf("networks: %w", c.err)
		got := advise(err)
		if !errors.Is(got, c.err) || strings.Contains(got.Error(), "--resume=false") != c.advice || !c.advice && got.Error() != err.Error() {
			t.Errorf("%v becomes %v", err, got)
		}
	}
}

// learnt returns what a trial learns from.
func learnt(t *testing.T, s *Session, trial Trial) (*dataset, *featureSet) {
	t.Helper()
	data, giveBack, err := s.hold(t.Context(), trial, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer giveBack()
	set, giveSet, err := s.features(t.Context(), data, trial, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer giveSet()
	return data, set
}

// A training whose folder was lost writes no checkpoint into it: another may
// have one there.
func TestLostFolderGetsNoCheckpoint(t *testing.T) {
	s := vectorSession(t, t.TempDir(), network)
	trial := s.Trials()[0]
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	data, set := learnt(t, s, trial)
	w, err := s.Store().Claim(ctx, s.record(trial))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	how, err := s.tie(trial, w, s.workers, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	how.Record = func(any) error {
		return errors.Join(
			os.WriteFile(filepath.Join(w.Dir(), "lease-9"), []byte("{}\nheld\n"), 0o644),
			os.WriteFile(how.Checkpoint.Path, []byte("another's"), 0o644),
		)
	}
	model, err := newClassifier(trial.Model, data.taxonomy, how)
	if err != nil {
		t.Fatal(err)
	}
	err = model.Fit(ctx, classifier.Dataset{X: set.Rows[corpus.Train], Y: data.labels[corpus.Train]}, classifier.Dataset{})
	if !errors.Is(err, results.ErrLost) {
		t.Errorf("error %v, want ErrLost", err)
	}
	if got, err := os.ReadFile(how.Checkpoint.Path); string(got) != "another's" {
		t.Errorf("the checkpoint is of %d bytes, %v", len(got), err)
	}
}

// A user's own GOGC stays where it asks for less memory.
func TestCollectMore(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for users, want := range map[int]int{100: 20, 20: 20, 7: 7, 0: 0, -1: 20} {
		debug.SetGCPercent(users)
		s := &Session{}
		undo, other := s.collectMore(), s.collectMore()
		undo()
		during := debug.SetGCPercent(want)
		other()
		if after := debug.SetGCPercent(100); during != want || after != users {
			t.Errorf("GOGC %d is %d, want %d, and %d afterwards", users, during, want, after)
		}
	}
}
