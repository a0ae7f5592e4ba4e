package results

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// takeOver resumes the trial t for another, to whom its holder seems stale.
func takeOver(t *testing.T, s *Store) *RunWriter {
	t.Helper()
	impatient := *s
	impatient.timing.stale = time.Nanosecond
	w, err := impatient.Resume(context.Background(), trial("t"))
	must(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// A holder that is stopped in the middle of a file, and goes on when the folder
// is another's, does not rename it into place.
func TestFileOfAStoppedHolderGoesNowhere(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	var other *RunWriter
	err := w.WriteModel("m", func(out io.Writer) error {
		other = takeOver(t, s)
		must(t, other.WriteModel("m", func(out io.Writer) error { _, err := io.WriteString(out, "another's"); return err }))
		_, err := io.WriteString(out, "late")
		return err
	})
	if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "took it over") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want ErrLost in one line", err)
	}
	if got, err := os.ReadFile(s.ModelPath("exp", "t", "m")); err != nil || string(got) != "another's" {
		t.Errorf("the model is %q, %v", got, err)
	}
	onlyFiles(t, filepath.Join(w.Dir(), modelFolder), "m")
}

// Nor do its records and its removals reach the other's files, if it looked
// before it was stopped and goes on afterwards.
func TestRecordOfAStoppedHolderGoesNowhere(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, w.Append(map[string]int{"step": 1}))
	other := takeOver(t, s)
	must(t, other.Append(map[string]int{"step": 2}))
	for range 2 {
		must(t, w.metrics.append(map[string]int{"step": 99}))
	}
	if _, err := w.log.WriteString("late"); err != nil {
		t.Fatal(err)
	}
	must(t, w.log.Close())
	var err error
	w.log, err = os.OpenFile(filepath.Join(w.Dir(), logFile), os.O_WRONLY|os.O_APPEND, 0) // who was stopped before that
	must(t, err)
	w.Log().Info("late, too")
	if records, err := s.Metrics("exp", "t"); err != nil || len(records) != 2 || string(records[1]) != `{"step":2}` {
		t.Errorf("records %s, %v", records, err)
	}
	if log, err := os.ReadFile(filepath.Join(w.Dir(), logFile)); err != nil || strings.Contains(string(log), "late") {
		t.Errorf("log %q, %v", log, err)
	}
	if err := w.remove(metricsFile); !errors.Is(err, ErrLost) {
		t.Errorf("remove gave %v", err)
	}
	if records, err := s.Metrics("exp", "t"); err != nil || len(records) != 2 || string(records[1]) != `{"step":2}` {
		t.Errorf("records %s, %v", records, err)
	}
	must(t, other.Finish(other.Run()))
	if err := w.Fail(errors.New("late")); !errors.Is(err, ErrLost) {
		t.Errorf("fail gave %v", err)
	}
	if run, err := s.Run("exp", "t"); err != nil || run.State != Done {
		t.Errorf("run %q, %v", run.State, err)
	}
}

// Whatever a run does after its folder was removed, it says so and does not make
// the folder again.
func TestRemovedFolderStaysRemoved(t *testing.T) {
	for _, what := range []string{"t", "exp", "store"} {
		for name, write := range map[string]func(w *RunWriter) error{
			"config":     func(w *RunWriter) error { return w.WriteConfig(nil) },
			"model":      func(w *RunWriter) error { return w.WriteModel("m", func(io.Writer) error { return nil }) },
			"record":     func(w *RunWriter) error { return w.Append(map[string]int{"step": 1}) },
			"checkpoint": func(w *RunWriter) error { _, err := w.Checkpoint("c"); return err },
			"rewind":     func(w *RunWriter) error { return w.Rewind(0) },
			"progress":   func(w *RunWriter) error { return w.Progress(nil) },
			"finish":     func(w *RunWriter) error { return w.Finish(w.Run()) },
			"fail":       func(w *RunWriter) error { return w.Fail(errors.New("boom")) },
			"folder":     func(w *RunWriter) error { return errors.Join(w.makeFolder("model"), w.lease.check()) },
			"replace":    func(w *RunWriter) error { return w.replaceBytes("x", nil) },
		} {
			s := newStore(t)
			w := claim(t, s, "t")
			dir := map[string]string{"t": w.Dir(), "exp": filepath.Dir(w.Dir()), "store": s.dir}[what]
			must(t, os.RemoveAll(dir))
			if err := write(w); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "was removed") {
				t.Errorf("%s removed, then %s: error %v", what, name, err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s removed, then %s: it is there again", what, name)
			}
			if what != "store" {
				continue
			}
			if _, err := s.Claim(context.Background(), trial("u")); err == nil || !strings.Contains(err.Error(), "removed?") {
				t.Errorf("a claim without a store: %v", err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a claim has made the store again")
			}
		}
	}
}

// A folder that was removed and claimed by another has a lease of the same number.
func TestLeaseOfTheSameNumberIsNotTheSame(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, os.RemoveAll(w.Dir()))
	other := claim(t, s, "t")
	if other.lease.number != w.lease.number {
		t.Fatalf("leases %d and %d", other.lease.number, w.lease.number)
	}
	if err := w.WriteConfig([]byte("late")); !errors.Is(err, ErrLost) {
		t.Errorf("the first holder's write gave %v", err)
	}
	must(t, other.Usable())
	_ = w.Close()
	must(t, other.Finish(other.Run()))
}

// A claim that fails when it has its lease gives it back.
func TestFailedClaimHoldsNothing(t *testing.T) {
	s := newStore(t)
	must(t, claim(t, s, "t").Close())
	w := claim(t, s, "t")
	must(t, w.Close())
	blocked := filepath.Join(w.Dir(), "lease-1") // an older one that cannot be removed
	must(t, os.MkdirAll(filepath.Join(blocked, "x"), 0o755))
	if _, err := s.Claim(context.Background(), trial("t")); err == nil || errors.Is(err, ErrClaimed) {
		t.Errorf("a claim with a lease that cannot be removed: %v", err)
	}
	must(t, os.RemoveAll(blocked))
	must(t, claim(t, s, "t").Close())
}

// A write that failed and could not be taken back does not damage the next record.
func TestHalfARecordIsCutBeforeTheNext(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, w.Append(map[string]int{"step": 1}))
	if _, err := w.metrics.file.WriteString(`{"step":`); err != nil {
		t.Fatal(err)
	}
	must(t, w.Append(map[string]int{"step": 2}))
	if records, err := s.Metrics("exp", "t"); err != nil || len(records) != 2 {
		t.Errorf("records %s, %v", records, err)
	}
	must(t, w.metrics.file.Truncate(5))
	if err := w.Append(map[string]int{"step": 3}); err == nil || !strings.Contains(err.Error(), "was cut") {
		t.Errorf("a file that another has cut: %v", err)
	}
}

// What is listed as running goes by the clock that stamps the signs of life.
func TestReadersGoByTheFileSystemsClock(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	far := newHolder()
	far.Machine, far.Host, far.Since = "another", "far", time.Now().Add(5*time.Hour)
	f, info, err := writeLease(w.Dir(), far)
	must(t, err)
	must(t, f.Close())
	must(t, os.Rename(f.Name(), leasePath(w.Dir(), 7)))
	for _, c := range []struct {
		after time.Duration
		want  State
	}{{0, Running}, {time.Minute, Running}, {3 * time.Minute, Interrupted}, {-time.Minute, Running}, {-3 * time.Minute, Interrupted}} {
		run, err := s.read("exp", "t", func() time.Time { return info.ModTime().Add(c.after) })
		if err != nil || run.State != c.want {
			t.Errorf("%s after the last sign of life: %q, %v, want %q", c.after, run.State, err, c.want)
		}
	}
	if run, err := s.Run("exp", "t"); err != nil || run.State != Running {
		t.Errorf("run %q, %v", run.State, err)
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, runsFolder))
	if err != nil || len(entries) != 1 {
		t.Errorf("reading left behind %v, %v", entries, err)
	}
}
