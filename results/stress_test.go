//go:build unix

package results

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The store under stress: many processes over few trials, killed, stopped, and
// left to themselves. A process works like the program does: it claims a trial,
// goes on from its checkpoint, appends a record a step, and keeps predictions
// and a model. What each step gives depends on the one before, so that a step
// lost, done twice, or mixed up with another's shows in the end.
//
//	ASSAY_STRESS=1 go test -run Stress -timeout 30m -v ./results
//
// is the long form. ASSAY_STRESS_SEED repeats the draws of an earlier call, whose
// seed each test prints.

// long says whether this is the long form.
func long() bool { return os.Getenv("ASSAY_STRESS") != "" }

// stressRandom draws what a test does at random.
func stressRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ASSAY_STRESS_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("ASSAY_STRESS_SEED: %v", err)
		}
	}
	t.Logf("ASSAY_STRESS_SEED=%d draws the same again", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// checkStress reads all that can be read of the store after workers died: whole or
// absent, and in order. It returns how many trials are done.
func checkStress(t *testing.T, s *Store, trials int, witness string) (done int) {
	t.Helper()
	runs, problems, err := s.List(context.Background(), "exp")
	must(t, err)
	for _, p := range problems { // killed between the folder and its first record
		if text := p.Err.Error(); !strings.HasPrefix(text, "has no run.json") && !strings.Contains(text, "has only just begun") {
			t.Errorf("not read: %v", p)
		}
	}
	for _, run := range runs {
		checkStressRun(t, s, run)
		if run.State == Done {
			done++
		}
	}
	for i := range trials {
		text, err := os.ReadFile(filepath.Join(witness, stressTrial(i)+".done"))
		if lines := strings.Count(string(text), "\n"); err == nil && lines > 1 {
			t.Errorf("trial %s was done %d times", stressTrial(i), lines)
		}
	}
	return done
}

func checkStressRun(t *testing.T, s *Store, run Run) {
	t.Helper()
	records, err := s.Metrics("exp", run.Trial)
	if err != nil {
		t.Errorf("%v", err)
	}
	value := uint64(0)
	for i, record := range records {
		var at struct {
			Step  int
			Value uint64
		}
		must(t, json.Unmarshal(record, &at))
		value = stressValue(run.Trial, value, i+1)
		if at.Step != i+1 || at.Value != value {
			t.Fatalf("trial %s: record %d is %s, want value %d", run.Trial, i, record, value)
		}
	}
	if state, err := loadState(filepath.Join(s.Path("exp", run.Trial), checkpointFolder, "state")); err != nil || state.Step > len(records) && run.State != Done {
		t.Errorf("trial %s: checkpoint at step %d, %v; %d records", run.Trial, state.Step, err, len(records))
	}
	if run.State != Done {
		return
	}
	if err := s.Verify(run); err != nil {
		t.Error(err)
	}
	if len(records) != stressSteps || len(run.Files) != 3 || run.Stages[0].Seconds != float64(value) {
		t.Errorf("trial %s is done with %d records, files %v, stages %v, want value %d", run.Trial, len(records), run.Files, run.Stages, value)
	}
	if p, err := s.Predictions(run); err != nil || !reflect.DeepEqual(p, stressPredictions(value)) {
		t.Errorf("trial %s: predictions %v, %v", run.Trial, p, err)
	}
}

// Processes by the dozen claim few trials, fail, give up, and are killed: never
// are two inside one, none is done twice, and in the end all are done, each with
// the records of one undisturbed attempt.
func TestStressManyProcesses(t *testing.T) {
	r := stressRandom(t)
	const trials = 16
	processes, kills := 64, 30
	switch {
	case long():
		kills = 200
	case testing.Short(): // under the race detector
		processes, kills = 16, 10
	}
	killed, died, stores := 0, 0, 0
	for killed < kills {
		s, witness := newStore(t), t.TempDir()
		k, d := stressAtOnce(t, r, processes, kills-killed, s, stressOptions{Trials: trials, Witness: witness, Unruly: true, Pause: 20 * time.Millisecond})
		killed, died, stores = killed+k, died+d, stores+1
		if done := checkStress(t, s, trials, witness); done != trials {
			t.Fatalf("%d of %d trials are done", done, trials)
		}
	}
	t.Logf("%d processes at a time, %d times over %d trials; %d killed from outside, %d died in all", processes, stores, trials, killed, died)
}

// stressAtOnce keeps so many processes working until all is done, and kills some.
func stressAtOnce(t *testing.T, r *rand.Rand, processes, kills int, s *Store, opt stressOptions) (killed, died int) {
	t.Helper()
	type ended struct {
		cmd *exec.Cmd
		err error
	}
	ends := make(chan ended)
	living := map[*exec.Cmd]bool{} // true: not yet killed
	start := func() {
		opt.Seed = r.Uint64()
		cmd := startStress(t, "stress", s.dir, opt)
		living[cmd] = true
		go func() { ends <- ended{cmd, cmd.Wait()} }()
	}
	for range processes {
		start()
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for len(living) > 0 {
		select {
		case e := <-ends:
			delete(living, e.cmd)
			if out := e.cmd.Stdout.(*strings.Builder).String(); out != "" {
				t.Errorf("a worker says: %s", out)
			}
			if e.err != nil { // killed, by itself or from here
				died++
				start()
			}
		case <-tick.C:
			run, err := s.Run("exp", stressTrial(r.IntN(opt.Trials)))
			for cmd, healthy := range living {
				if healthy && killed < kills && err == nil && run.State == Running && cmd.Process.Pid == run.Provenance.PID {
					killed++
					living[cmd] = false
					_ = cmd.Process.Kill()
				}
			}
		}
	}
	return killed, died
}

// A process alone is killed at random moments: after each kill all that it left
// can be read, and the next takes over where the checkpoint stands.
func TestStressKilledAtRandomPoints(t *testing.T) {
	r := stressRandom(t)
	kills := 30
	if long() {
		kills = 200
	}
	const trials = 4
	s, witness := newStore(t), t.TempDir()
	killed, stores := 0, 1
	for killed < kills {
		cmd := startStress(t, "stress", s.dir, stressOptions{Seed: r.Uint64(), Trials: trials, Witness: witness, Alone: true, Pause: 2 * time.Millisecond})
		after := time.AfterFunc(time.Duration(r.IntN(150_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		after.Stop()
		if out := cmd.Stdout.(*strings.Builder).String(); out != "" {
			t.Fatalf("after %d kills a worker says: %s", killed, out)
		}
		if done := checkStress(t, s, trials, witness); err == nil && done != trials {
			t.Fatalf("after %d kills %d of %d trials are done", killed, done, trials)
		}
		if err == nil { // all done: begin anew
			s, witness, stores = newStore(t), t.TempDir(), stores+1
			continue
		}
		killed++
	}
	t.Logf("%d kills over %d stores of %d trials", killed, stores, trials)
}
