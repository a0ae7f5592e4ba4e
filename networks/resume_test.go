package networks

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"assay/internal/fault"
	"assay/networks/training"
)

// position is how far a training was when it gave a record.
func position(record any) (epoch int, step int64) {
	switch r := record.(type) {
	case training.StepRecord:
		return r.Epoch, r.Step
	case training.EpochRecord:
		return r.Epoch, r.Step
	}
	return 0, 0
}

// TestResumedFitIsTheSame: a training cut after any of its records, and continued,
// gives the same file as one that was left alone.
func TestResumedFitIsTheSame(t *testing.T) {
	train, validation := split(150)
	opt := tiny(1, 2)
	opt.Epochs, opt.BatchSize = 4, 5 // 30 steps an epoch: records at steps 50 and 100 too
	opt.Dropout, opt.MasterLossDecay, opt.Schedule, opt.Warmup, opt.ClipNorm = 0.1, 0.5, "cosine", 0.1, 1
	alone := newNetwork(t, opt, hooks{})
	fit(t, alone, train, validation)
	want := fileOf(t, alone)
	const records = 6
	for k := 1; k < records; k++ {
		path := filepath.Join(t.TempDir(), "checkpoint")
		var cutAt int64
		cut := func(k int) (context.Context, hooks) {
			ctx, cancel := context.WithCancel(t.Context())
			seen := 0
			return ctx, hooks{Checkpoint: path, Resume: true, Record: func(record any) error {
				if seen++; seen == k {
					_, cutAt = position(record)
					cancel()
				}
				return nil
			}}
		}
		ctx, hooks := cut(k)
		if err := newNetwork(t, opt, hooks).Fit(ctx, train, validation); !errors.Is(err, context.Canceled) {
			t.Fatalf("cut at record %d: error %v", k, err)
		}
		if k+1 < records { // and again, with other workers
			ctx, hooks = cut(1)
			opt := opt
			opt.Workers = 3
			if err := newNetwork(t, opt, hooks).Fit(ctx, train, validation); !errors.Is(err, context.Canceled) {
				t.Fatalf("cut at record %d and the next: error %v", k, err)
			}
		}
		_, hooks = cut(-1)
		resumed := int64(-1)
		hooks.Resumed = func(step int64) error { resumed = step; return nil }
		n := newNetwork(t, opt, hooks)
		fit(t, n, train, validation)
		if resumed != cutAt {
			t.Errorf("cut at record %d: resumed from step %d, want %d", k, resumed, cutAt)
		}
		if !bytes.Equal(fileOf(t, n), want) {
			t.Errorf("cut at record %d: another network", k)
		}
	}
}

// TestResumeOfOtherOptions: what decides the steps is a part of the checkpoint.
func TestResumeOfOtherOptions(t *testing.T) {
	train, validation := split(30)
	opt := tiny(1, 2)
	for name, change := range map[string]func(*setting){
		"dropout": func(o *setting) { o.Dropout = 0.1 },
		"ratio":   func(o *setting) { o.MasterLossRatio = 0.7 },
		"decay":   func(o *setting) { o.MasterLossDecay = 0.7 },
		"weights": func(o *setting) { o.ClassWeights = !o.ClassWeights },
	} {
		path := filepath.Join(t.TempDir(), "checkpoint")
		ctx, cancel := context.WithCancel(t.Context())
		n := newNetwork(t, opt, hooks{Checkpoint: path, Record: func(any) error { cancel(); return nil }})
		if err := n.Fit(ctx, train, validation); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		other := opt
		change(&other)
		n = newNetwork(t, other, hooks{Checkpoint: path, Resume: true})
		if err := n.Fit(t.Context(), train, validation); !fault.IsUsage(err) {
			t.Errorf("another %s: error %v", name, err)
		}
	}
}
