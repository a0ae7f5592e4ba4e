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
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay/internal/atomicfile"
	"assay/internal/multilabel"
)

// stressModes are what a process does, by the name of its mode.
var stressModes = map[string]func(dir string) error{"stress": stressWorker, "loop": loopWorker}

// stressOptions tell a worker what to do; they travel in its environment.
type stressOptions struct {
	Seed    uint64
	Trials  int
	Witness string        // folder of locks and notes beside the store
	Alone   bool          // no other worker is about: nothing may be claimed by another
	Unruly  bool          // fails, gives up and dies now and then
	Pause   time.Duration // the longest between two steps
	Stale   time.Duration // 0: as usual
}

const (
	stressEnv   = "ASSAY_RESULTS_TEST_STRESS"
	stressSteps = 24
	stressEvery = 5 // steps a checkpoint
)

func stressTrial(i int) string { return fmt.Sprintf("t%02d", i) }

// stressValue is what a step of a trial gives, after the value before.
func stressValue(trial string, before uint64, step int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d %d", trial, before, step)
	return h.Sum64() >> 12 // exact as a float64
}

// stressPredictions are those of a trial whose last value is given.
func stressPredictions(value uint64) Predictions {
	scores := multilabel.NewScores(3, 3)
	r := rand.New(rand.NewPCG(value, 1))
	for i := range scores.Data {
		scores.Data[i] = r.Float64()
	}
	p := samplePredictions()
	p.Scores = scores
	return p
}

// stressState is a checkpoint: the step that it stands behind, and its value.
type stressState struct {
	Step  int
	Value uint64
}

func (s stressState) save(w *RunWriter, more string) error {
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

func loadState(path string) (s stressState, err error) {
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
	return stressState{int(v[0]), v[1]}, err
}

// startStress starts a worker.
func startStress(t *testing.T, mode, dir string, opt stressOptions) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(opt)
	must(t, err)
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), helperEnv+"="+mode, stressEnv+"="+string(text))
	cmd.Stdout = new(strings.Builder)
	cmd.Stderr = cmd.Stdout
	must(t, cmd.Start())
	return cmd
}

func stressSetup(dir string) (*Store, stressOptions, error) {
	var opt stressOptions
	if err := json.Unmarshal([]byte(os.Getenv(stressEnv)), &opt); err != nil {
		return nil, opt, err
	}
	s, err := OpenStore(dir)
	if err == nil && opt.Stale > 0 {
		s.timing = leaseTiming{beat: opt.Stale / 10, stale: opt.Stale}
	}
	return s, opt, err
}

// stressWorker works until every trial is done. What it returns is printed, and a
// violation.
func stressWorker(dir string) error {
	s, opt, err := stressSetup(dir)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(opt.Seed, 2))
	done := map[string]bool{}
	for len(done) < opt.Trials {
		name := stressTrial(r.IntN(opt.Trials))
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
		if err := stressAttempt(w, name, opt, r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// stressAttempt is one attempt at a trial, inside a lock that has nothing to do
// with leases and that the kernel opens when its holder dies.
func stressAttempt(w *RunWriter, name string, opt stressOptions, r *rand.Rand) error {
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
	value, giveUp, err := stressWork(w, name, opt, r)
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

// stressWork goes on from the checkpoint; giveUp says that the attempt ends early.
func stressWork(w *RunWriter, name string, opt stressOptions, r *rand.Rand) (value uint64, giveUp bool, err error) {
	state, err := loadState(filepath.Join(w.Dir(), checkpointFolder, "state"))
	if err == nil {
		err = w.Rewind(int64(state.Step))
	}
	stop := -1
	if opt.Unruly && r.IntN(2) == 0 {
		stop = r.IntN(2 * stressSteps)
	}
	for step := state.Step + 1; step <= stressSteps && err == nil; step++ {
		time.Sleep(time.Duration(r.Float64() * float64(opt.Pause)))
		value := stressValue(name, state.Value, step)
		err = w.Append(map[string]any{"kind": "step", "step": step, "value": value})
		if state = (stressState{step, value}); err == nil && step%stressEvery == 0 {
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
		err = w.WritePredictions(stressPredictions(state.Value))
	}
	if err == nil {
		err = w.WriteModel("m.bin", func(out io.Writer) error {
			_, err := out.Write(bytes.Repeat([]byte(name), 1000))
			return err
		})
	}
	return state.Value, false, err
}
