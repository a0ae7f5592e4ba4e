package runners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/experiments"
	"assay/results"
)

const small = `name = "small"
seeds = [1, 2]
[corpus]
path = "synthetic"
sample = 400
[split]
validation = 0.2
test = 0.2
[[model]]
name = "NB"
kind = "naive_bayes"
[[model]]
name = "bernoulli"
kind = "naive_bayes"
variant = "bernoulli"
`

func open(t *testing.T, dir string) *experiments.Session {
	t.Helper()
	cfg, err := experiments.Parse(small, "small.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Results.Path = dir
	s, err := experiments.Open(t.Context(), cfg, experiments.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestLocalRunsOnceAndReusesAfterwards(t *testing.T) {
	dir := t.TempDir()
	for _, again := range []bool{false, true} {
		s := open(t, dir)
		var seen []uint64
		outcomes, err := Local(t.Context(), s, LocalOptions{Report: func(done, total int, o Outcome) {
			if done != len(seen)+1 || total != 4 {
				t.Errorf("reported %d of %d after %d", done, total, len(seen))
			}
			seen = append(seen, o.Trial.Seed)
		}})
		if err != nil || len(outcomes) != 4 {
			t.Fatalf("%d outcomes, %v", len(outcomes), err)
		}
		// Trials of one seed follow each other: they share the papers.
		if seen[0] != seen[1] || seen[2] != seen[3] {
			t.Errorf("seeds in the order %v", seen)
		}
		for i, o := range outcomes {
			if o.Trial.ID != s.Trials[i].ID || o.Run.State != results.Done || o.Reused != again {
				t.Errorf("outcome %d: trial %s, state %s, reused %t (want %t)", i, o.Trial.ID, o.Run.State, o.Reused, again)
			}
		}
	}
}

// A trial that cannot be claimed fails alone, in one line.
func TestLocalGoesOnAfterAFailure(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	blocked := s.Trials[1]
	folder := s.Store().Path("small", blocked.ID)
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o644); err != nil { // a file where the folder goes
		t.Fatal(err)
	}
	outcomes, err := Local(t.Context(), s, LocalOptions{})
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), blocked.ID) {
		t.Errorf("error %v, want one line naming %s", err, blocked.ID)
	}
	for i, o := range outcomes {
		if failed := o.Err != nil; failed != (i == 1) {
			t.Errorf("trial %d: error %v", i, o.Err)
		}
	}
}

func TestLocalStopsWhenCancelled(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	ran := 0
	_, err := Local(ctx, s, LocalOptions{Report: func(int, int, Outcome) {
		ran++
		cancel()
	}})
	if err == nil || ran != 1 {
		t.Errorf("ran %d trials after the cancellation, error %v", ran, err)
	}
	runs, problems, err := s.Store().List(t.Context(), "small")
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	for _, r := range runs {
		if r.State == results.Running {
			t.Errorf("trial %s is left running", r.Trial)
		}
	}
}

// A trial that another holds is no failure: the rest runs, and the error says
// that the command resumes.
func TestLocalNamesTrialsThatRunElsewhere(t *testing.T) {
	s := open(t, t.TempDir())
	held := s.Trials[1]
	w, err := s.Store().Claim(t.Context(), results.Run{Experiment: "small", Trial: held.ID})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	outcomes, err := Local(t.Context(), s, LocalOptions{})
	if !errors.Is(err, ErrBusy) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), held.ID) {
		t.Errorf("error %v, want one line of ErrBusy naming %s", err, held.ID)
	}
	for i, o := range outcomes {
		if busy := errors.Is(o.Err, results.ErrClaimed); busy != (i == 1) || !busy && o.Run.State != results.Done {
			t.Errorf("trial %d: state %s, error %v", i, o.Run.State, o.Err)
		}
	}
}
