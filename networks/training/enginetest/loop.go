package enginetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"assay/networks/layers"
	"assay/networks/training"
)

// listener is an engine whose batches are written down.
type listener struct {
	training.Engine
	heard []string
}

func (l *listener) Step(b *layers.Batch, u training.Update) error {
	l.heard = append(l.heard, fmt.Sprint("step ", b.Step, u, b.IDs, b.Lengths, b.Targets))
	return l.Engine.Step(b, u)
}

func (l *listener) Eval(b *layers.Batch) error {
	l.heard = append(l.heard, fmt.Sprint("eval ", b.IDs, b.Lengths, b.Targets))
	return l.Engine.Eval(b)
}

// loop is a short training.
func (s Subject) loop(ctx context.Context, e training.Engine, c training.Checkpoint, record func(any) error) (training.Report, error) {
	groups := make([]int32, s.Labels)
	return training.Run(ctx, e, s.data("train", 17), s.data("validation", 9), training.Options{
		Loop: training.Loop{
			Epochs: 3, BatchSize: 4, LearningRate: 0.01, Schedule: "cosine", Warmup: 0.2, ClipNorm: 0.05,
			EarlyStopping: "off",
		},
		Masked: true, Exclusive: s.Exclusive, Seed: 5, Groups: groups, Masters: 1, Checkpoint: c, Record: record,
	})
}

// trains: the loop gives every engine the same batches, and the curves are near.
func (s Subject) trains(t testing.TB) error {
	e, other := &listener{Engine: s.engine(t)}, &listener{Engine: s.reference(t)}
	got, err := s.loop(t.Context(), e, training.Checkpoint{}, nil)
	if err != nil {
		return err
	}
	want, err := s.loop(t.Context(), other, training.Checkpoint{}, nil)
	if err != nil {
		return err
	}
	if !slices.Equal(e.heard, other.heard) {
		return errors.New("other batches, or in another order")
	}
	return s.nearCurve(got, want)
}

func (s Subject) nearCurve(got, want training.Report) error {
	if got.Steps != want.Steps || len(got.Curve) != len(want.Curve) {
		return fmt.Errorf("%d steps and %d epochs, want %d and %d", got.Steps, len(got.Curve), want.Steps, len(want.Curve))
	}
	for i, w := range want.Curve {
		g := got.Curve[i]
		if err := near(outcome{loss: g.Loss, norm: *g.ValidationLoss}, outcome{loss: w.Loss, norm: *w.ValidationLoss}, s.Tolerance); err != nil {
			return fmt.Errorf("epoch %d, training and validation: %w", i+1, err)
		}
	}
	return nil
}

// trainsElsewhere: a training that was cut on one engine goes on, from its checkpoint,
// on another.
func (s Subject) trainsElsewhere(t testing.TB) error {
	want, err := s.loop(t.Context(), s.reference(t), training.Checkpoint{}, nil)
	if err != nil {
		return err
	}
	for _, pair := range [][2]training.Engine{{s.engine(t), s.reference(t)}, {s.reference(t), s.engine(t)}} {
		c := training.Checkpoint{Path: filepath.Join(t.TempDir(), "checkpoint"), Resume: true}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := s.loop(ctx, pair[0], c, func(any) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("cut after an epoch: error %v", err)
		}
		resumed := int64(0)
		c.Resumed = func(step int64) error { resumed = step; return nil }
		got, err := s.loop(t.Context(), pair[1], c, nil)
		if err != nil {
			return err
		}
		if resumed == 0 {
			return errors.New("the training began anew")
		}
		if err := s.nearCurve(got, want); err != nil {
			return err
		}
	}
	return nil
}
