//go:build unix

package results

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay/internal/atomicfile"
	"assay/internal/multilabel"
)

// The store under fire: many processes over few trials, killed, stopped, and
// left to themselves. A process works like the program does: it claims a trial,
// goes on from its checkpoint, appends a record a step, and keeps predictions
// and a model. What each step gives depends on the one before, so that a step
// lost, done twice, or mixed up with another's shows in the end.
//
//	ASSAY_FIRE=1 go test -run Fire -timeout 30m -v ./results
//
// is the long form. ASSAY_FIRE_SEED repeats the draws of an earlier call, whose
// seed each test prints.

// fireModes are what a process does, by the name of its mode.
var fireModes = map[string]func(dir string) error{"fire": fireWorker, "loop": loopWorker}

// long says whether this is the long form.
func long() bool { return os.Getenv("ASSAY_FIRE") != "" }

// fireRandom draws what a test does at random.
func fireRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ASSAY_FIRE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("ASSAY_FIRE_SEED: %v", err)
		}
	}
	t.Logf("ASSAY_FIRE_SEED=%d draws the same again", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// fireOptions tell a worker what to do; they travel in its environment.
type fireOptions struct {
	Seed    uint64
	Trials  int
	Witness string        // folder of locks and notes beside the store
	Alone   bool          // no other worker is about: nothing may be claimed by another
	Unruly  bool          // fails, gives up and dies now and then
	Pause   time.Duration // the longest between two steps
	Stale   time.Duration // 0: as usual
}

const (
	fireEnv   = "ASSAY_RESULTS_TEST_FIRE"
	fireSteps = 24
	fireEvery = 5 // steps a checkpoint
)

func fireTrial(i int) string { return fmt.Sprintf("t%02d", i) }

// fireValue is what a step of a trial gives, after the value before.
func fireValue(trial string, before uint64, step int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d %d", trial, before, step)
	return h.Sum64() >> 12 // exact as a float64
}

// firePredictions are those of a trial whose last value is given.
func firePredictions(value uint64) Predictions {
	scores := multilabel.NewScores(3, 3)
	r := rand.New(rand.NewPCG(value, 1))
	for i := range scores.Data {
		scores.Data[i] = r.Float64()
	}
	p := samplePredictions()
	p.Scores = scores
	return p
}

// fireState is a checkpoint: the step that it stands behind, and its value.
type fireState struct {
	Step  int
	Value uint64
}

func (s fireState) save(w *RunWriter, more string) error {
	path, err := w.Checkpoint("state")
	if err != nil {
		return err
	}
	return w.because(atomicfile.Write(path, func(out io.Writer) error {
		if err := w.Usable(); err != nil {
			return err
		}
		err := binary.Write(out, binary.LittleEndian, []uint64{uint64(s.Step), s.Value, uint64(s.Step) ^ s.Value})
		if err == nil {
			_, err = io.WriteString(out, more)
		}
		return err
	}))
}

func loadState(path string) (s fireState, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	var v [3]uint64
	if len(data) != 24 {
		return s, fmt.Errorf("checkpoint of %d bytes", len(data))
	}
	err = binary.Read(bytes.NewReader(data), binary.LittleEndian, v[:])
	if err == nil && v[0]^v[1] != v[2] {
		err = fmt.Errorf("damaged checkpoint")
	}
	return fireState{int(v[0]), v[1]}, err
}

// startFire starts a worker.
func startFire(t *testing.T, mode, dir string, opt fireOptions) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(opt)
	must(t, err)
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), helperEnv+"="+mode, fireEnv+"="+string(text))
	cmd.Stdout = new(strings.Builder)
	cmd.Stderr = cmd.Stdout
	must(t, cmd.Start())
	return cmd
}

func fireSetup(dir string) (*Store, fireOptions, error) {
	var opt fireOptions
	if err := json.Unmarshal([]byte(os.Getenv(fireEnv)), &opt); err != nil {
		return nil, opt, err
	}
	s, err := OpenStore(dir)
	if err == nil && opt.Stale > 0 {
		s.timing = leaseTiming{beat: opt.Stale / 10, stale: opt.Stale}
	}
	return s, opt, err
}

// fireWorker works until every trial is done. What it returns is printed, and a
// violation.
func fireWorker(dir string) error {
	s, opt, err := fireSetup(dir)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(opt.Seed, 2))
	done := map[string]bool{}
	for len(done) < opt.Trials {
		name := fireTrial(r.IntN(opt.Trials))
		if done[name] {
			continue
		}
		claim := s.Claim
		if s.Resumable("exp", name, "state") && (!opt.Unruly || r.IntN(10) > 0) {
			claim = s.Resume
		}
		w, err := claim(context.Background(), trial(name))
		switch {
		case errors.Is(err, ErrFinished):
			done[name] = true
			continue
		case errors.Is(err, ErrClaimed) && !opt.Alone:
			time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond)
			continue
		case err != nil:
			return err
		}
		if err := fireAttempt(w, name, opt, r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// fireAttempt is one attempt at a trial, inside a lock that has nothing to do
// with leases and that the kernel opens when its holder dies.
func fireAttempt(w *RunWriter, name string, opt fireOptions, r *rand.Rand) error {
	lock, err := os.OpenFile(filepath.Join(opt.Witness, name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("two holders at a time: %w", err)
	}
	mine := fmt.Appendf(nil, "%d %d", os.Getpid(), r.Uint64())
	if err := w.WriteConfig(mine); err != nil {
		return err
	}
	value, giveUp, err := fireWork(w, name, opt, r)
	if err != nil {
		return err
	}
	// Who was inside alone finds what it wrote.
	if got, err := os.ReadFile(filepath.Join(w.Dir(), configFile)); err != nil || !bytes.Equal(got, mine) {
		return fmt.Errorf("the configuration is another's: %q, %v", got, err)
	}
	if err := lock.Close(); err != nil {
		return err
	}
	if giveUp {
		return []func() error{w.Close, w.Interrupt, func() error { return w.Fail(errors.New("on purpose")) }}[r.IntN(3)]()
	}
	run := w.Run()
	run.Stages = []Stage{{Name: "fit", Seconds: float64(value)}}
	if err := w.Finish(run); err != nil {
		return err
	}
	return note(filepath.Join(opt.Witness, name+".done"), strconv.Itoa(os.Getpid())+"\n")
}

// note appends a line in one call.
func note(path, line string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// fireWork goes on from the checkpoint; giveUp says that the attempt ends early.
func fireWork(w *RunWriter, name string, opt fireOptions, r *rand.Rand) (value uint64, giveUp bool, err error) {
	state, err := loadState(filepath.Join(w.Dir(), checkpointFolder, "state"))
	if err == nil {
		err = w.Rewind(int64(state.Step))
	}
	stop := -1
	if opt.Unruly && r.IntN(2) == 0 {
		stop = r.IntN(2 * fireSteps)
	}
	for step := state.Step + 1; step <= fireSteps && err == nil; step++ {
		time.Sleep(time.Duration(r.Float64() * float64(opt.Pause)))
		value := fireValue(name, state.Value, step)
		err = w.Append(map[string]any{"kind": "step", "step": step, "value": value})
		if state = (fireState{step, value}); err == nil && step%fireEvery == 0 {
			err = state.save(w, "")
		}
		if err == nil && step%7 == 0 {
			err = w.Progress([]Stage{{Name: "fit", Seconds: float64(step)}})
		}
		if step != stop {
			continue
		}
		if r.IntN(2) == 0 {
			return 0, true, err
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	if err == nil {
		err = w.WritePredictions(firePredictions(state.Value))
	}
	if err == nil {
		err = w.WriteModel("m.bin", func(out io.Writer) error {
			_, err := out.Write(bytes.Repeat([]byte(name), 1000))
			return err
		})
	}
	return state.Value, false, err
}

// checkFire reads all that can be read of the store after workers died: whole or
// absent, and in order. It returns how many trials are done.
func checkFire(t *testing.T, s *Store, trials int, witness string) (done int) {
	t.Helper()
	runs, problems, err := s.List(context.Background(), "exp")
	must(t, err)
	for _, p := range problems { // killed between the folder and its first record
		if text := p.Err.Error(); !strings.HasPrefix(text, "has no run.json") && !strings.Contains(text, "has only just begun") {
			t.Errorf("not read: %v", p)
		}
	}
	for _, run := range runs {
		checkFireRun(t, s, run)
		if run.State == Done {
			done++
		}
	}
	for i := range trials {
		text, err := os.ReadFile(filepath.Join(witness, fireTrial(i)+".done"))
		if lines := strings.Count(string(text), "\n"); err == nil && lines > 1 {
			t.Errorf("trial %s was done %d times", fireTrial(i), lines)
		}
	}
	return done
}

func checkFireRun(t *testing.T, s *Store, run Run) {
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
		value = fireValue(run.Trial, value, i+1)
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
	if len(records) != fireSteps || len(run.Files) != 3 || run.Stages[0].Seconds != float64(value) {
		t.Errorf("trial %s is done with %d records, files %v, stages %v, want value %d", run.Trial, len(records), run.Files, run.Stages, value)
	}
	if p, err := s.Predictions(run); err != nil || !reflect.DeepEqual(p, firePredictions(value)) {
		t.Errorf("trial %s: predictions %v, %v", run.Trial, p, err)
	}
}

// Processes by the dozen claim few trials, fail, give up, and are killed: never
// are two inside one, none is done twice, and in the end all are done, each with
// the records of one undisturbed attempt.
func TestFireManyProcesses(t *testing.T) {
	r := fireRandom(t)
	kills := 30
	if long() {
		kills = 200
	}
	const processes, trials = 64, 16
	killed, died, stores := 0, 0, 0
	for killed < kills {
		s, witness := newStore(t), t.TempDir()
		k, d := fireAtOnce(t, r, processes, kills-killed, s, fireOptions{Trials: trials, Witness: witness, Unruly: true, Pause: 20 * time.Millisecond})
		killed, died, stores = killed+k, died+d, stores+1
		if done := checkFire(t, s, trials, witness); done != trials {
			t.Fatalf("%d of %d trials are done", done, trials)
		}
	}
	t.Logf("%d processes at a time, %d times over %d trials; %d killed from outside, %d died in all", processes, stores, trials, killed, died)
}

// fireAtOnce keeps so many processes working until all is done, and kills some.
func fireAtOnce(t *testing.T, r *rand.Rand, processes, kills int, s *Store, opt fireOptions) (killed, died int) {
	t.Helper()
	type ended struct {
		cmd *exec.Cmd
		err error
	}
	ends := make(chan ended)
	living := map[*exec.Cmd]bool{} // true: not yet killed
	start := func() {
		opt.Seed = r.Uint64()
		cmd := startFire(t, "fire", s.dir, opt)
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
			run, err := s.Run("exp", fireTrial(r.IntN(opt.Trials)))
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
func TestFireKilledAtRandomPoints(t *testing.T) {
	r := fireRandom(t)
	kills := 30
	if long() {
		kills = 200
	}
	const trials = 4
	s, witness := newStore(t), t.TempDir()
	killed, stores := 0, 1
	for killed < kills {
		cmd := startFire(t, "fire", s.dir, fireOptions{Seed: r.Uint64(), Trials: trials, Witness: witness, Alone: true, Pause: 2 * time.Millisecond})
		after := time.AfterFunc(time.Duration(r.IntN(150_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		after.Stop()
		if out := cmd.Stdout.(*strings.Builder).String(); out != "" {
			t.Fatalf("after %d kills a worker says: %s", killed, out)
		}
		if done := checkFire(t, s, trials, witness); err == nil && done != trials {
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
