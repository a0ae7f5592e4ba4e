package runners

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay/experiments"
	"assay/experiments/config"
	"assay/internal/fault"
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
	return openText(t, small, dir)
}

func openText(t *testing.T, text, dir string) *experiments.Session {
	t.Helper()
	cfg, err := config.Parse(text, "small.toml", nil)
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
		outcomes, err := Local(t.Context(), s, LocalOptions{Jobs: 1, Report: func(done, total int, o Outcome) {
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
			if o.Trial.ID != s.Trials()[i].ID || o.Run.State != results.Done || o.Reused != again {
				t.Errorf("outcome %d: trial %s, state %s, reused %t (want %t)", i, o.Trial.ID, o.Run.State, o.Reused, again)
			}
		}
	}
}

// A trial that cannot be claimed fails alone, in one line.
func TestLocalGoesOnAfterAFailure(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	blocked := s.Trials()[1]
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
	_, err := Local(ctx, s, LocalOptions{Jobs: 1, Report: func(int, int, Outcome) {
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
	held := s.Trials()[1]
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

const halving = `name = "halving"
seeds = [1, 2]
[corpus]
path = "synthetic"
sample = 400
[split]
validation = 0.2
test = 0.2
[decision]
rules = ["tuned"]
[[model]]
name = "RF"
kind = "random_forest"
trees = 9
[model.sweep]
method = "asha"
trials = 9
min_leaf = { min = 1, max = 60 }
max_depth = { min = 1, max = 12 }
`

// One and several at once run the same trials with the same results.
func TestLocalAtOnceIsTheSame(t *testing.T) {
	var want []string
	for _, opt := range []LocalOptions{{Jobs: 1}, {Jobs: 4, Workers: 1}, {Jobs: 3, Memory: 1}} {
		s := openText(t, halving, t.TempDir())
		outcomes, err := Local(t.Context(), s, opt)
		if err != nil {
			t.Fatal(err)
		}
		if n := overlaps(outcomes); (n > 0) != (opt.Jobs == 4) {
			t.Errorf("%d at once, memory %d: %d trials began before another had ended", opt.Jobs, opt.Memory, n)
		}
		var got []string
		for i, o := range outcomes {
			if o.Run.State != results.Done || o.Job.Number != i {
				t.Fatalf("job %d: %s, %v", i, o.Run.State, o.Err)
			}
			numbers, err := json.Marshal(o.Run.Results)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, o.Trial.ID+" "+string(numbers))
		}
		if len(got) != 2*(9+3+1) {
			t.Fatalf("%d jobs, want 26", len(got))
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d at once, memory %d: other trials or results", opt.Jobs, opt.Memory)
		}
	}
}

// overlaps counts the trials that began while another ran.
func overlaps(outcomes []Outcome) int {
	n := 0
	for i, a := range outcomes {
		for j, b := range outcomes {
			if i != j && a.Run.Started.After(b.Run.Started) && a.Run.Started.Before(b.Run.Finished) {
				n++
				break
			}
		}
	}
	return n
}

// Jobs run one by one by their numbers, as a batch system does, in an order that
// has nothing to do with theirs.
func TestOneByOneIsTheSame(t *testing.T) {
	whole := openText(t, halving, t.TempDir())
	outcomes, err := Local(t.Context(), whole, LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	done := map[int]Outcome{}
	waited := 0
	for len(done) < len(outcomes) {
		s := openText(t, halving, dir) // a process each
		n := r.IntN(len(outcomes))
		o, err := One(t.Context(), s, n, 1)
		switch {
		case errors.Is(err, ErrWaiting):
			waited++
		case err != nil:
			t.Fatal(err)
		default:
			if before, ran := done[n]; ran != o.Reused || ran && before.Trial.ID != o.Trial.ID {
				t.Errorf("job %d: reused %t, ran before %t", n, o.Reused, ran)
			}
			done[n] = o
		}
	}
	for n, o := range outcomes {
		if done[n].Trial.ID != o.Trial.ID {
			t.Errorf("job %d is %s, in one process %s", n, done[n].Trial.ID, o.Trial.ID)
		}
	}
	if waited == 0 {
		t.Error("no job had to wait")
	}
	s := openText(t, halving, dir)
	for _, n := range []int{-2, 26} {
		if _, err := One(t.Context(), s, n, 1); !fault.IsUsage(err) || !strings.Contains(err.Error(), "from 0 to 25") {
			t.Errorf("job %d: error %v", n, err)
		}
	}
}

// Two schedulers on one sweep: each trial is run once.
func TestTwoSchedulersShareTheWork(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	var mu sync.Mutex
	ran := map[string]int{}
	for range 2 {
		s := openText(t, halving, dir)
		group.Go(func() {
			for {
				outcomes, err := Local(t.Context(), s, LocalOptions{Jobs: 2})
				mu.Lock()
				for _, o := range outcomes {
					if o.Err == nil && o.Trial.ID != "" && !o.Reused {
						ran[o.Trial.ID]++
					}
				}
				mu.Unlock()
				if !errors.Is(err, ErrBusy) {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	group.Wait()
	for trial, n := range ran {
		if n != 1 {
			t.Errorf("trial %s ran %d times", trial, n)
		}
	}
	if len(ran) != 26 {
		t.Errorf("%d trials ran, want 26", len(ran))
	}
}

func TestBudgetOfHours(t *testing.T) {
	dir := t.TempDir()
	s := openText(t, strings.Replace(halving, "trials = 9", "trials = 9\nhours = 1e-9", 1), dir)
	outcomes, err := Local(t.Context(), s, LocalOptions{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, o := range outcomes {
		if o.Trial.ID != "" {
			ran++
		}
	}
	if ran != 1 {
		t.Errorf("%d trials ran, want the first alone", ran)
	}
	again := openText(t, strings.Replace(halving, "trials = 9", "trials = 9\nhours = 1e-9", 1), dir)
	if o, err := One(t.Context(), again, outcomes[0].Job.Number, 1); err != nil || !o.Reused {
		t.Errorf("what is done costs nothing: reused %t, %v", o.Reused, err)
	}
	if _, err := One(t.Context(), again, 5, 1); !errors.Is(err, ErrSpent) || !strings.Contains(err.Error(), "RF") {
		t.Errorf("error %v, want ErrSpent", err)
	}
}

// A trial that could not be tried decides nothing.
func TestErrorsOutsideARunDecideNothing(t *testing.T) {
	s := openText(t, halving, t.TempDir())
	blocked := s.Jobs[3].Trial
	folder := s.Store().Path("halving", blocked.ID)
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	outcomes, err := Local(t.Context(), s, LocalOptions{Jobs: 2})
	if err == nil {
		t.Error("no error")
	}
	for _, o := range outcomes {
		if o.Job.Rung > 0 && slices.Contains(o.Job.Needs, 3) && o.Trial.ID != "" {
			t.Errorf("job %d was decided without job 3", o.Job.Number)
		}
	}
}
