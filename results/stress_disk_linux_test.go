package results

import (
	"assay/internal/testenv"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// diskEnv says which small disk this process is to be tested on.
const diskEnv = "ASSAY_RESULTS_TEST_DISK"

// smallDisk is a place that can be filled and emptied.
type smallDisk struct {
	dir  string
	fill func(t *testing.T, free int) // leaves so many bytes
	room func(t *testing.T)           // makes space again
	says string                       // what errors say of it
}

// A full disk is an error that names the file; nothing half-written is read as
// whole; and once there is room the same goes on. The disk is a tmpfs in a mount
// namespace of its own, which needs the superuser or user namespaces.
func TestStressFullDisk(t *testing.T) {
	if os.Getenv(diskEnv) == "" {
		testenv.InNamespace(t, diskEnv+"=tmpfs")
		return
	}
	dir := filepath.Join(t.TempDir(), "disk")
	must(t, os.Mkdir(dir, 0o755))
	err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m")
	}
	if err != nil {
		t.Skipf("no disk could be mounted: %v", err)
	}
	defer func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) }()
	ballast := filepath.Join(dir, "ballast")
	stressDisk(t, smallDisk{
		dir: filepath.Join(dir, "results"), says: "no space left on device",
		fill: func(t *testing.T, free int) {
			f, err := os.Create(ballast)
			must(t, err)
			for err == nil {
				_, err = f.Write(make([]byte, 1<<12))
			}
			info, serr := f.Stat()
			must(t, serr)
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("the disk is not full: %v", err)
			}
			must(t, f.Truncate(max(0, info.Size()-int64(free))))
			must(t, f.Close())
		},
		room: func(t *testing.T) {
			if err := os.Remove(ballast); !errors.Is(err, os.ErrNotExist) {
				must(t, err)
			}
		},
	})
}

// The same where files may not grow beyond a limit: that needs no rights.
func TestStressFileSizeLimit(t *testing.T) {
	if os.Getenv(diskEnv) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), diskEnv+"=limit")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Log(string(out))
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	limit := func(t *testing.T, bytes uint64) {
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}))
	}
	stressDisk(t, smallDisk{
		dir: filepath.Join(t.TempDir(), "results"), says: "file too large",
		fill: func(t *testing.T, free int) { limit(t, uint64(512+free/20)) }, // a lease has its place
		room: func(t *testing.T) { limit(t, before.Cur) },
	})
}

// stressDisk fills the disk under each way to write, and at random moments.
func stressDisk(t *testing.T, d smallDisk) {
	r := stressRandom(t)
	s, err := CreateStore(d.dir)
	must(t, err)
	defer d.room(t)
	fillUnderEach(t, d, s)
	rounds, failures := 25, 0
	if long() {
		rounds = 400
	}
	witness := t.TempDir()
	for round := range rounds {
		opt := stressOptions{Trials: 1, Witness: witness, Alone: true}
		d.fill(t, r.IntN(80_000))
		err := stressOnce(s, opt, r)
		d.room(t)
		if err != nil {
			failures++
			checkDiskError(t, d, "an attempt", err)
		}
		checkStress(t, s, 1, witness)
		must(t, stressOnce(s, opt, r))
		if done := checkStress(t, s, 1, witness); done != 1 {
			t.Fatalf("round %d: not done after space was made", round)
		}
		must(t, os.RemoveAll(s.Path("exp", stressTrial(0))))
		must(t, os.Remove(filepath.Join(witness, stressTrial(0)+".done")))
	}
	t.Logf("%d of %d attempts met the full disk", failures, rounds)
	if failures == 0 || failures == rounds {
		t.Errorf("%d of %d attempts met the full disk: the test is not one", failures, rounds)
	}
}

// stressOnce is one attempt at the first trial, by this process.
func stressOnce(s *Store, opt stressOptions, r *rand.Rand) error {
	name := stressTrial(0)
	claim := s.Claim
	if s.Resumable("exp", name, "state") {
		claim = s.Resume
	}
	w, err := claim(context.Background(), trial(name))
	if errors.Is(err, ErrFinished) {
		return nil
	}
	if err == nil {
		if err = stressAttempt(w, name, opt, r); err != nil {
			_ = w.Fail(err)
			_ = w.Close()
		}
	}
	return err
}

func checkDiskError(t *testing.T, d smallDisk, what string, err error) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), d.says) || !strings.Contains(err.Error(), d.dir) {
		t.Errorf("%s on a full disk: error %v, want one line with %q that names a file of %s", what, err, d.says, d.dir)
	}
}

// fillUnderEach fills the disk under each way to write: it fails, what stood there
// before stands there still, and with room it succeeds.
func fillUnderEach(t *testing.T, d smallDisk, s *Store) {
	large := strings.Repeat("x", 8000)
	for what, write := range map[string]func(w *RunWriter) error{
		"config":      func(w *RunWriter) error { return w.WriteConfig([]byte(large)) },
		"predictions": func(w *RunWriter) error { return w.WritePredictions(stressPredictions(1)) },
		"model": func(w *RunWriter) error {
			return w.WriteModel("m", func(out io.Writer) error { _, err := io.WriteString(out, large); return err })
		},
		"metrics":    func(w *RunWriter) error { return w.Append(map[string]string{"text": large}) },
		"rewind":     func(w *RunWriter) error { return w.Rewind(30) },
		"progress":   func(w *RunWriter) error { return w.Progress([]Stage{{Name: "fit", Seconds: 2}}) },
		"finish":     func(w *RunWriter) error { return w.Finish(w.Run()) },
		"checkpoint": func(w *RunWriter) error { return stressState{1, 2}.save(w, large) },
		"claim": func(w *RunWriter) error {
			other, err := s.Claim(context.Background(), trial("other"))
			if err == nil {
				err = other.Close()
			}
			return err
		},
	} {
		w := claim(t, s, "t-"+what)
		must(t, w.WriteConfig([]byte("before")))
		for i := range 40 {
			must(t, w.Append(map[string]any{"step": i}))
		}
		d.fill(t, 0)
		checkDiskError(t, d, what, write(w))
		checkDiskError(t, d, what+" again", write(w))
		if got, err := os.ReadFile(filepath.Join(w.Dir(), configFile)); err != nil || string(got) != "before" {
			t.Errorf("%s: the configuration is %.20q, %v", what, got, err)
		}
		if records, err := s.Metrics("exp", "t-"+what); err != nil || len(records) != 40 {
			t.Errorf("%s: %d records, %v", what, len(records), err)
		}
		if run, err := s.Run("exp", "t-"+what); err != nil || run.State != Running {
			t.Errorf("%s: the run is %q, %v", what, run.State, err)
		}
		if left, err := filepath.Glob(filepath.Join(w.Dir(), ".tmp-*")); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind %v", what, left)
		}
		d.room(t)
		if err := write(w); err != nil {
			t.Errorf("%s with room again: %v", what, err)
		}
		if err := w.Usable(); what != "finish" {
			must(t, err)
			must(t, w.Finish(w.Run()))
		}
		must(t, os.RemoveAll(s.Path("exp", "")))
	}
}
