package results

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestRewindDropsLaterRecords(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	for _, record := range []map[string]any{
		{"kind": "start"}, {"kind": "step", "step": 10}, {"kind": "epoch", "step": 20}, {"kind": "step", "step": 30}, {"kind": "step", "step": 21},
	} {
		must(t, w.Append(record))
	}
	must(t, w.Close())
	w, err := s.Resume(context.Background(), trial("t"))
	must(t, err)
	must(t, w.Rewind(20))
	must(t, w.Append(map[string]any{"kind": "step", "step": 25}))
	records, err := s.Metrics("exp", "t")
	must(t, err)
	want := `[{"kind":"start"} {"kind":"step","step":10} {"kind":"epoch","step":20} {"kind":"step","step":25}]`
	if got := fmt.Sprintf("%s", records); got != want {
		t.Errorf("records %s, want %s", got, want)
	}
	must(t, w.Rewind(-1))
	if records, err := s.Metrics("exp", "t"); err != nil || len(records) != 1 {
		t.Errorf("before the first step: %s, %v", records, err)
	}
	must(t, w.Close())
	if err := w.Rewind(0); err == nil {
		t.Error("a closed run could be rewound")
	}
}

func TestCheckpointsGoWithTheirAttempt(t *testing.T) {
	s := newStore(t)
	save := func(w *RunWriter) {
		t.Helper()
		path, err := w.Checkpoint("c")
		must(t, err)
		must(t, os.WriteFile(path, []byte("x"), 0o644))
	}
	w := claim(t, s, "t")
	if s.Resumable("exp", "t", "c") || s.Resumable("exp", "../t", "c") {
		t.Error("resumable without a checkpoint")
	}
	if _, err := w.Checkpoint("../c"); err == nil {
		t.Error("a checkpoint outside its folder")
	}
	save(w)
	must(t, w.Close())
	if !s.Resumable("exp", "t", "c") {
		t.Error("not resumable")
	}
	w, err := s.Resume(context.Background(), trial("t"))
	must(t, err)
	must(t, w.Close())
	if !s.Resumable("exp", "t", "c") {
		t.Error("a resumed attempt lost the checkpoint")
	}
	w = claim(t, s, "t")
	if s.Resumable("exp", "t", "c") {
		t.Error("a new attempt kept the checkpoint")
	}
	save(w)
	must(t, w.Finish(w.Run()))
	if _, err := os.Stat(filepath.Join(w.Dir(), checkpointFolder)); !os.IsNotExist(err) {
		t.Errorf("a finished run has checkpoints: %v", err)
	}
}

// An attempt that goes on knows when the first began and what it took, even if
// that was killed.
func TestResumedRunKnowsTheEarlierAttempt(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	began := w.Run().Started
	stages := []Stage{{"prepare", 1}, {"fit", 30}}
	must(t, w.Progress(stages))
	w.run.PeakMemory = 1 << 50
	must(t, w.Progress(stages))
	must(t, w.lease.file.Close()) // as a killed process leaves it
	data, err := os.ReadFile(filepath.Join(w.Dir(), runFile))
	must(t, err)
	again := newStore(t)
	must(t, os.MkdirAll(again.Path("exp", "t"), 0o755))
	must(t, os.WriteFile(filepath.Join(again.Path("exp", "t"), runFile), data, 0o644))
	time.Sleep(2 * time.Millisecond)
	r, err := again.Resume(context.Background(), trial("t"))
	must(t, err)
	run := r.Run()
	if !reflect.DeepEqual(run.Stages, stages) || !run.Started.Equal(began) || run.Resumed != 1 || run.PeakMemory != 1<<50 {
		t.Errorf("resumed run %+v", run)
	}
	must(t, r.Finish(run))
	done, err := again.Run("exp", "t")
	if err != nil || done.PeakMemory != 1<<50 || done.Resumed != 1 || !done.Started.Equal(began) {
		t.Errorf("finished run %+v, %v", done, err)
	}
	w2 := claim(t, again, "u")
	if r := w2.Run(); r.Resumed != 0 || len(r.Stages) != 0 {
		t.Errorf("a new run %+v", r)
	}
	must(t, w2.Close())
}

func TestEpochs(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	f1 := 0.5
	must(t, w.Append(map[string]any{"kind": "step", "step": 5, "loss": 1}))
	must(t, w.Append(map[string]any{"kind": "epoch", "epoch": 1, "step": 9, "loss": 0.25, "f1": 0.5, "master_f1": 0.75, "seconds": 2, "validation_f1": f1}))
	got, err := s.Epochs("exp", "t")
	want := []Epoch{{Epoch: 1, Step: 9, Loss: 0.25, F1: 0.5, MasterF1: 0.75, Seconds: 2, ValidationF1: &f1}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("epochs %+v, %v, want %+v", got, err, want)
	}
	must(t, w.Append(map[string]any{"kind": "epoch", "loss": "low"}))
	if _, err := s.Epochs("exp", "t"); err == nil {
		t.Error("a loss that is no number is no error")
	}
	must(t, w.Close())
}
