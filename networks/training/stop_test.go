package training

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// judged is what validation papers are told of an epoch: its loss, and an F1 of
// right, half or wrong.
type judged struct {
	loss float64
	f1   float64
}

const (
	right = 1.0
	half  = 2.0 / 3 // one of two labels carried, both given
	wrong = 0.0
)

// logit gives a paper with one of two labels the F1 wanted.
func (j judged) logit(target float32) float32 {
	switch {
	case j.f1 == half, j.f1 == right && target > 0, j.f1 == wrong && target == 0:
		return 1
	}
	return -1
}

func scripted(epochs []judged) *script {
	s := newScript()
	s.eval = func(n int) (float64, func(float32) float32) { return epochs[n-1].loss, epochs[n-1].logit }
	return s
}

// onePaper is a batch, an epoch and a validation set: one label of two.
func onePaper() Data {
	d := papers("one", 1, 3, 5, 2)
	d.Y.Indices, d.Y.Indptr = []int32{0}, []int64{0, 1}
	return d
}

func TestEarlyStopping(t *testing.T) {
	for _, c := range []struct {
		name     string
		on       string
		patience int
		epochs   []judged
		done     int
		stopped  bool
		best     int
	}{
		{"f1 falls", "f1", 1, []judged{{3, half}, {2, right}, {1, half}, {1, right}}, 3, true, 2},
		{"f1 stays, loss falls", "f1", 2, []judged{{3, half}, {2, half}, {1, half}, {1, right}}, 3, true, 3},
		{"f1 stays, loss rises", "f1", 2, []judged{{3, half}, {3, half}, {4, half}, {1, right}}, 3, true, 1},
		{"f1 improves within patience", "f1", 2, []judged{{3, wrong}, {3, wrong}, {3, half}, {3, half}, {3, right}, {3, right}}, 6, false, 5},
		{"patience begins anew", "f1", 2, []judged{{3, half}, {3, wrong}, {3, right}, {3, half}, {3, half}, {3, half}}, 5, true, 3},
		{"loss rises, f1 improves", "loss", 1, []judged{{2, half}, {1, half}, {1.5, right}, {0, wrong}}, 3, true, 3},
		{"loss falls, f1 falls", "loss", 1, []judged{{4, right}, {3, half}, {2, wrong}, {1, wrong}}, 4, false, 1},
		{"loss stays", "loss", 3, []judged{{2, wrong}, {2, wrong}, {2, right}, {2, wrong}, {2, wrong}}, 4, true, 3},
		{"off", "off", 0, []judged{{1, half}, {2, right}, {3, wrong}, {4, wrong}, {5, right}}, 5, false, 2},
	} {
		net := scripted(c.epochs)
		var after [][]uint32 // parameters, by epoch
		opt := options(2)
		opt.Epochs, opt.EarlyStopping, opt.Patience = len(c.epochs), c.on, c.patience
		opt.Record = func(record any) error {
			if r, ok := record.(EpochRecord); ok {
				after = append(after, bits(net))
				if e := c.epochs[r.Epoch-1]; *r.ValidationLoss != e.loss || *r.ValidationF1 != e.f1 {
					t.Errorf("%s: epoch %d has loss %g and F1 %g, want %+v", c.name, r.Epoch, *r.ValidationLoss, *r.ValidationF1, e)
				}
			}
			return nil
		}
		report, err := run(context.Background(), net, onePaper(), onePaper(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if report.Epochs != c.done || report.Stopped != c.stopped || report.BestEpoch != c.best || len(report.Curve) != c.done || report.Steps != int64(c.done) {
			t.Errorf("%s: %d epochs, %d steps, stopped %t, best %d; want %+v", c.name, report.Epochs, report.Steps, report.Stopped, report.BestEpoch, c)
		}
		if !slices.Equal(bits(net), after[c.best-1]) {
			t.Errorf("%s: not left with the parameters of epoch %d", c.name, c.best)
		}
		for i, a := range after[1:] {
			if slices.Equal(a, after[i]) {
				t.Errorf("%s: epoch %d moved nothing: the test proves nothing", c.name, i+2)
			}
		}
	}
}

func TestLastEpochIsKeptWithoutValidation(t *testing.T) {
	net := newScript()
	var last []uint32
	opt := options(2)
	opt.Record = func(record any) error {
		if r, ok := record.(EpochRecord); ok {
			last = bits(net)
			if !r.Best || r.ValidationLoss != nil || r.ValidationF1 != nil || r.ValidationMasterF1 != nil {
				t.Errorf("record %+v", r)
			}
		}
		return nil
	}
	report, err := run(context.Background(), net, onePaper(), Data{}, opt)
	if err != nil || report.BestEpoch != 3 || report.Epochs != 3 || !slices.Equal(bits(net), last) {
		t.Errorf("report %+v, error %v", report, err)
	}
}

// The validation loss is the mean over papers, not over batches.
func TestValidationLossIsOfPapers(t *testing.T) {
	net := newScript()
	losses := []float64{1, 5}
	net.eval = func(n int) (float64, func(float32) float32) { return losses[n-1], judged{}.logit }
	opt := options(2)
	opt.Epochs = 1
	data := papers("five", 5, 0, 4, 2) // equal lengths: three papers and two, in an order of the seed
	report, err := run(context.Background(), net, onePaper(), data, opt)
	if err != nil {
		t.Fatal(err)
	}
	sizes := data.X.Batches(opt.BatchSize, 0)
	want := (1*float64(len(sizes[0])) + 5*float64(len(sizes[1]))) / 5
	if got := *report.Curve[0].ValidationLoss; math.Abs(got-want) > 1e-12 || want == 3 {
		t.Errorf("validation loss %g, want %g", got, want)
	}
}

func TestNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name    string
		loss    float64
		grad    float32
		suspect string
		want    NotFiniteError
	}{
		{"loss NaN", nan, 0, "the loss", NotFiniteError{2, "the loss", "a value that is not finite (loss NaN, norm of the gradient 0.25) in the output or gradient"}},
		{"loss +Inf", inf, 0, "gru", NotFiniteError{2, "gru", "a value that is not finite (loss +Inf, norm of the gradient 0.25) in the output or gradient"}},
		{"loss -Inf", -inf, 0, "gru", NotFiniteError{2, "gru", "a value that is not finite (loss -Inf, norm of the gradient 0.25) in the output or gradient"}},
		{"gradient NaN", 1, float32(nan), "boom.weight", NotFiniteError{2, "boom.weight", "a value that is not finite (loss 1, norm of the gradient NaN) in the output or gradient"}},
		{"gradient -Inf", 1, float32(-inf), "boom.weight", NotFiniteError{2, "boom.weight", "a value that is not finite (loss 1, norm of the gradient +Inf) in the output or gradient"}},
	} {
		net := newScript()
		net.suspect = c.suspect
		var before []uint32
		net.step = func(n int) (float64, float32) {
			if n == 2 {
				before = bits(net)
				return c.loss, c.grad
			}
			return 1, 0.5
		}
		var got *NotFiniteError
		_, err := run(context.Background(), net, onePaper(), Data{}, options(2))
		if !errors.As(err, &got) || *got != c.want {
			t.Errorf("%s: error %v, want %v", c.name, err, &c.want)
		}
		if net.steps != 2 || !slices.Equal(bits(net), before) {
			t.Errorf("%s: %d steps; the parameters moved", c.name, net.steps)
		}
	}
}

func TestNotFiniteText(t *testing.T) {
	err := &NotFiniteError{Step: 7, Where: "gru", What: "a thing"}
	if want := "training: step 7: a thing of gru: lower the learning rate, or set clip_norm"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestNotFiniteValidation(t *testing.T) {
	var got *NotFiniteError
	_, err := run(context.Background(), scripted([]judged{{1, right}, {math.NaN(), right}, {1, right}}), onePaper(), onePaper(), options(2))
	if want := (NotFiniteError{2, "the loss of the validation papers", "NaN"}); !errors.As(err, &got) || *got != want {
		t.Errorf("error %v, want %v", err, &want)
	}
}

// losses trains on one batch an epoch, with the losses given, and returns the
// step that the training ended with, 0 where it ended well.
func losses(t *testing.T, n int, loss func(step int) float64) int64 {
	t.Helper()
	net := newScript()
	net.step = func(n int) (float64, float32) { return loss(n), 0.5 }
	opt := options(2)
	opt.Epochs = n
	_, err := run(context.Background(), net, onePaper(), Data{}, opt)
	var got *NotFiniteError
	if err == nil {
		return 0
	}
	if !errors.As(err, &got) || got.Where != "the loss" || !strings.Contains(got.What, "moving average of") {
		t.Fatalf("error %v", err)
	}
	return got.Step
}

func TestRunawayLoss(t *testing.T) {
	average := func(step int, loss func(int) float64) (is, lowest float64) {
		is, lowest = loss(1), loss(1)
		for s := 2; s <= step; s++ {
			is = 0.99*is + 0.01*loss(s)
			lowest = min(lowest, is)
		}
		return is, lowest
	}
	for _, c := range []struct {
		name string
		loss func(step int) float64
		ends bool
	}{
		{"healthy and noisy", func(s int) float64 { return math.Exp(-float64(s)/100) + 0.05 + 0.3*math.Abs(math.Sin(float64(s*s))) }, false},
		{"settles high", func(s int) float64 { return 0.7 }, false},
		{"a single bad batch", func(s int) float64 {
			if s == 300 {
				return 50
			}
			return 0.7
		}, false},
		{"ten times the lowest, but not above the first", func(s int) float64 {
			if s == 1 || s > 900 {
				return 0.9
			}
			return 0.001
		}, false},
		{"grows from the first step on", func(s int) float64 { return math.Exp(float64(s) / 50) }, true},
		{"runs away late", func(s int) float64 { return 0.01 + math.Max(float64(s)-500, 0) }, true},
		{"a jump before the settled steps", func(s int) float64 {
			if s < 10 {
				return 0.01
			}
			return 5
		}, true},
	} {
		got := losses(t, 1200, c.loss)
		want := int64(0)
		for s := 201; s <= 1200 && c.ends; s++ {
			if is, lowest := average(s, c.loss); is > 10*lowest && is > c.loss(1) {
				want = int64(s)
				break
			}
		}
		if got != want || c.ends != (want > 0) {
			t.Errorf("%s: ended at step %d, want %d", c.name, got, want)
		}
	}
}

func TestAverages(t *testing.T) {
	var a averages
	a.add(2, 1, 0.5)
	if want := (averages{true, 2, 1, 0.5}); a != want {
		t.Errorf("first %+v, want %+v", a, want)
	}
	a.add(4, 0, 1)
	for _, c := range [][2]float64{{a.loss, 0.99*2 + 0.01*4}, {a.f1, 0.99}, {a.masterF1, 0.99*0.5 + 0.01}} {
		if math.Abs(c[0]-c[1]) > 1e-15 {
			t.Errorf("second %+v", a)
		}
	}
	zero := averages{begun: true} // an average of 0 is one
	zero.add(1, 1, 1)
	if math.Abs(zero.loss-0.01) > 1e-15 {
		t.Errorf("after zero %+v", zero)
	}
}

// What a network or a record returns as an error ends the training.
func TestErrorsArePassedOn(t *testing.T) {
	data := papers("train", 11, 6, 20, trialLabels)
	for _, c := range []struct {
		name string
		set  func(*bag, *Options)
		want string
	}{
		{"step", func(n *bag, _ *Options) { n.onStep = failAt(2) }, "training: step 2: crash"},
		{"validation", func(n *bag, _ *Options) { n.onEval = failAt(1) }, "training: validate: crash"},
		{"step record", func(_ *bag, o *Options) { o.Record, o.RecordEvery = func(any) error { return errCrash }, 1 }, "crash"},
		{"epoch record", func(_ *bag, o *Options) { o.Record = func(any) error { return errCrash } }, "crash"},
	} {
		net, opt := newBag(20, trialLabels), options(trialLabels)
		c.set(net, &opt)
		report, err := run(context.Background(), net, data, data, opt)
		if !errors.Is(err, errCrash) || err.Error() != c.want || report.Epochs != 0 {
			t.Errorf("%s: report %+v, error %v, want %q", c.name, report, err, c.want)
		}
	}
	net := newBag(20, trialLabels)
	net.onEval = failAt(2)
	if scores, err := Scores(context.Background(), NewCPU(net, newPool(t, 1)), data, trialLabels, 3, true); !errors.Is(err, errCrash) || scores != nil || err.Error() != "training: score: crash" {
		t.Errorf("scores %v, error %v", scores, err)
	}
}

func failAt(at int) func(int) error {
	return func(n int) error {
		if n == at {
			return errCrash
		}
		return nil
	}
}
