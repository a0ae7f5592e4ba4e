package training

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/networks/layers"
)

func TestNormOfLargeGradientsIsFinite(t *testing.T) {
	for _, g := range []float32{1e30, 1e-30} {
		p := &layers.Param[float32]{Value: make([]float32, 3), Grad: []float32{g, 0, -g}}
		want := math.Sqrt2 * float64(g)
		if got := newAdam([]*layers.Param[float32]{p}, newPool(t, 2)).norm(); !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("norm %g, want %g", got, want)
		}
	}
}

func TestStoppedAtTheLastEpochIsNotEarly(t *testing.T) {
	opt := options(2)
	opt.Epochs, opt.EarlyStopping, opt.Patience = 2, "loss", 1
	r, err := run(context.Background(), scripted([]judged{{1, half}, {2, half}}), onePaper(), onePaper(), opt)
	if err != nil || r.Stopped || r.Epochs != 2 {
		t.Errorf("report %+v, error %v", r, err)
	}
}

// A training that has lost its folder leaves what another writes there alone.
func TestCheckpointThatIsNotAllowed(t *testing.T) {
	data, lost := papers("train", 11, 6, 20, trialLabels), errors.New("lost")
	for _, c := range []struct {
		name    string
		every   time.Duration
		allowed int // checkpoints before
		cancel  int // after this step; 0: never
		steps   int // 4 an epoch
	}{
		{"between steps", time.Nanosecond, 1, 0, 2},
		{"at the end of an epoch", time.Hour, 0, 0, 4},
		{"at the end of the second", time.Hour, 1, 0, 8},
		{"interrupted", time.Hour, 0, 3, 3},
		{"interrupted later", time.Hour, 1, 6, 6},
	} {
		path := filepath.Join(t.TempDir(), "checkpoint")
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		net := newBag(20, trialLabels)
		net.onStep = func(n int) error {
			if n == c.cancel {
				cancel(lost)
			}
			return nil
		}
		opt, asked := options(trialLabels), 0
		opt.Checkpoint = Checkpoint{Path: path, Every: c.every, Allowed: func() error {
			if asked++; asked <= c.allowed {
				return nil
			}
			return errors.Join(errCrash, os.WriteFile(path, []byte("another's"), 0o600))
		}}
		_, err := run(ctx, net, data, Data{}, opt)
		if !errors.Is(err, errCrash) || errors.Is(err, lost) != (c.cancel > 0) || net.steps != c.steps || unusable(err) {
			t.Errorf("%s: %d steps, error %v", c.name, net.steps, err)
		}
		if got, err := os.ReadFile(path); string(got) != "another's" || asked != c.allowed+1 {
			t.Errorf("%s: asked %d times; the file is of %d bytes, %v", c.name, asked, len(got), err)
		}
	}
}

func TestLabelsMustFit(t *testing.T) {
	data := papers("train", 11, 6, 20, trialLabels)
	short := Data{X: data.X, Y: multilabel.FromRows(trialLabels, [][]int32{{0}})}
	wide := Data{X: data.X, Y: &multilabel.Matrix{Cols: trialLabels + 1, Indptr: data.Y.Indptr, Indices: data.Y.Indices}}
	for name, c := range map[string]struct {
		train, validation Data
		change            func(*Options)
	}{
		"no labels":                {Data{X: data.X}, Data{}, nil},
		"fewer rows":               {short, Data{}, nil},
		"other columns":            {wide, Data{}, nil},
		"validation without":       {data, Data{X: data.X}, nil},
		"group beyond the masters": {data, Data{}, func(o *Options) { o.Groups[1] = 2 }},
		"group below 0":            {data, Data{}, func(o *Options) { o.Groups[1] = -1 }},
	} {
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s: panic %v", name, p)
				}
			}()
			opt := options(trialLabels)
			if c.change != nil {
				c.change(&opt)
			}
			net := newBag(20, trialLabels)
			if _, err := run(context.Background(), net, c.train, c.validation, opt); err == nil || net.steps > 0 {
				t.Errorf("%s: %d steps, error %v", name, net.steps, err)
			}
		}()
	}
}

func TestNotFiniteValidationNamesTheSuspect(t *testing.T) {
	net := scripted([]judged{{1, right}, {math.NaN(), right}})
	net.suspect = "gru"
	var got *NotFiniteError
	_, err := run(context.Background(), net, onePaper(), onePaper(), options(2))
	if !errors.As(err, &got) || got.Step != 2 || got.Where != "gru" {
		t.Errorf("error %v", err)
	}
}

// A resumed training remembers how low its loss was, and where it began.
func TestResumedRunawayLossIsTheSame(t *testing.T) {
	low := func(s int) float64 { // up to 0.1 from the first step's 0.5
		switch {
		case s == 1:
			return 0.5
		case s < 800:
			return 0.01
		}
		return 0.01 * float64(s-800)
	}
	want := losses(t, 1200, low)
	if want <= 801 {
		t.Fatalf("uninterrupted: ended at step %d", want)
	}
	for _, k := range []int{1, 400, 810, int(want) - 1} {
		path, done := filepath.Join(t.TempDir(), "c"), 0
		attempt := func(until int) (err error) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			net := newScript()
			net.step = func(int) (float64, float32) {
				done++
				if done == until {
					cancel()
				}
				return low(done), 0.5
			}
			opt := options(2)
			opt.Epochs, opt.BatchSize = 1, 1
			opt.Checkpoint = Checkpoint{Path: path, Resume: true, Every: time.Hour}
			_, err = run(ctx, net, papers("many", 1200, 1, 5, 2), Data{}, opt)
			return err
		}
		var got *NotFiniteError
		if err := attempt(k); !errors.Is(err, context.Canceled) {
			t.Fatalf("cut after step %d: error %v", k, err)
		}
		if err := attempt(-1); !errors.As(err, &got) || got.Step != want {
			t.Errorf("cut after step %d: error %v, want one at step %d", k, err, want)
		}
	}
}

// A label is not mistaken for a token of the next paper.
func TestLabelsAndTokensAreApart(t *testing.T) {
	data := func(papers, labels [][]int32) Data {
		return Data{
			X: &features.Sequences{Papers: papers, Embedding: &features.Dense{Rows: 20, Cols: 1}},
			Y: multilabel.FromRows(trialLabels, labels),
		}
	}
	opt := options(trialLabels)
	path := cut(t, 1, data([][]int32{{5}, {3}}, [][]int32{{1}, {}}), Data{}, opt)
	if _, err := resumed(newBag(20, trialLabels), data([][]int32{{5}, {1}}, [][]int32{{}, {3}}), Data{}, opt, path); !fault.IsUsage(err) {
		t.Errorf("error %v", err)
	}
}
