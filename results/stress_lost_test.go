//go:build unix

package results

import (
	"assay/internal/atomicfile"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// loopWorker claims the trial t and changes it in every way that there is, until
// it cannot; then it says why.
func loopWorker(dir string) error {
	s, opt, err := stressSetup(dir)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(opt.Seed, 3))
	for {
		claim := []func(context.Context, Run) (*RunWriter, error){s.Claim, s.Resume}[r.IntN(2)]
		w, err := claim(context.Background(), trial("t"))
		if err != nil {
			return err
		}
		fmt.Println("won")
		for range 20 {
			if err := loopStep(w, r); err != nil {
				return err
			}
		}
		if err := w.Interrupt(); err != nil {
			return err
		}
	}
}

func loopStep(w *RunWriter, r *rand.Rand) error {
	switch r.IntN(7) {
	case 0:
		return w.WriteConfig(make([]byte, r.IntN(10000)))
	case 1:
		return w.WritePredictions(samplePredictions())
	case 2:
		return w.WriteModel("m.bin", func(out io.Writer) error { _, err := out.Write(make([]byte, 5000)); return err })
	case 3:
		return w.Rewind(int64(r.IntN(100)))
	case 4:
		return w.Progress([]Stage{{Name: "fit", Seconds: r.Float64()}})
	case 5:
		return stressState{r.IntN(100), r.Uint64()}.save(w, "")
	}
	w.Log().Info("step")
	return w.Append(map[string]int{"step": r.IntN(100)})
}

// startLoop starts a worker that writes without end and waits until it writes.
func startLoop(t *testing.T, s *Store, r *rand.Rand, stale time.Duration) *exec.Cmd {
	t.Helper()
	cmd := startStress(t, "loop", s.dir, stressOptions{Seed: r.Uint64(), Stale: stale})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	deadline := time.Now().Add(20 * time.Second)
	for {
		run, err := s.Run("exp", "t")
		if err == nil && run.Provenance.PID == cmd.Process.Pid {
			return cmd
		}
		if time.Now().After(deadline) {
			t.Fatalf("no sign of the worker: %v, %v", run.Provenance, err)
		}
		time.Sleep(time.Millisecond)
	}
}

// snapshot is every file of a folder with what it holds. Leases are not among them, nor
// the draft of one: who was stopped while writing it removes it later, and nobody reads
// it.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if _, isLease := leaseNumber(e.Name()); !isLease && !strings.HasPrefix(e.Name(), atomicfile.TempPrefix+"lease-") {
			files[path] = fmt.Sprintf("%d bytes, %.12x", len(data), sha256.Sum256(data))
		}
		return err
	}))
	return files
}

// A process that is stopped, wherever it stands, for longer than a lease lasts
// loses its folder, and when it goes on it changes nothing there.
func TestStressStoppedHolderLosesItsFolder(t *testing.T) {
	r := stressRandom(t)
	const stale = 150 * time.Millisecond
	rounds := 12
	if long() {
		rounds = 200
	}
	for round := range rounds {
		s := newStore(t)
		cmd := startLoop(t, s, r, stale)
		s.timing = leaseTiming{beat: stale / 10, stale: stale}
		time.Sleep(time.Duration(r.IntN(20_000)) * time.Microsecond)
		must(t, cmd.Process.Signal(syscall.SIGSTOP))
		var w *RunWriter
		var err error
		claim := []func(context.Context, Run) (*RunWriter, error){s.Claim, s.Resume}[r.IntN(2)]
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if w, err = claim(context.Background(), trial("t")); !errors.Is(err, ErrClaimed) || time.Now().After(deadline) {
				break
			}
		}
		must(t, err)
		before := snapshot(t, w.Dir())
		must(t, cmd.Process.Signal(syscall.SIGCONT))
		must(t, cmd.Wait())
		out := cmd.Stdout.(*strings.Builder).String()
		said := strings.TrimSpace(strings.ReplaceAll(out, "won\n", ""))
		if !strings.Contains(said, ErrLost.Error()) && !strings.Contains(said, ErrClaimed.Error()) || strings.Contains(said, "\n") {
			t.Errorf("round %d: the stopped process says %q, want one line with %q", round, said, ErrLost)
		}
		after := snapshot(t, w.Dir())
		for path, want := range before {
			if after[path] != want {
				t.Errorf("round %d: %s was %s, is %s", round, path, want, after[path])
			}
			delete(after, path)
		}
		if len(after) > 0 {
			t.Errorf("round %d: new files %v", round, after)
		}
		must(t, w.Finish(w.Run()))
		if run, err := s.Run("exp", "t"); err != nil || run.State != Done || run.Provenance.PID != os.Getpid() {
			t.Errorf("round %d: run %+v, %v", round, run, err)
		}
	}
}

// A folder that is removed under a run stays removed, and the run says so.
func TestStressFolderRemovedUnderARun(t *testing.T) {
	r := stressRandom(t)
	rounds := 12
	if long() {
		rounds = 100
	}
	for round := range rounds {
		s := newStore(t)
		other := claim(t, s, "other")
		what := []string{s.Path("exp", "t"), s.Path("exp", ""), s.dir}[round%3]
		cmd := startLoop(t, s, r, 150*time.Millisecond)
		time.Sleep(time.Duration(r.IntN(20_000)) * time.Microsecond)
		remove := func() {
			for os.RemoveAll(what) != nil { // a file came in between: as a user would
			}
		}
		remove()
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Between two claims the worker holds no folder: then it begins a new one, which is
		// removed as well.
		for tries := 0; ; tries++ {
			select {
			case <-ended:
			case <-time.After(5 * time.Second):
				if tries == 3 {
					t.Fatalf("round %d: the worker goes on without %s", round, what)
				}
				remove()
				continue
			}
			break
		}
		said := strings.TrimSpace(strings.ReplaceAll(cmd.Stdout.(*strings.Builder).String(), "won\n", ""))
		if !strings.Contains(said, "removed") || strings.Contains(said, "\n") {
			t.Errorf("round %d, %s removed: the worker says %q", round, what, said)
		}
		if _, err := os.Stat(what); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("round %d: %s is there again: %v, %v", round, what, err, snapshot(t, what))
		}
		if what != s.Path("exp", "t") {
			continue
		}
		must(t, other.Finish(other.Run()))
		if run, err := s.Run("exp", "other"); err != nil || run.State != Done {
			t.Errorf("round %d: the other trial is %q, %v", round, run.State, err)
		}
	}
}
