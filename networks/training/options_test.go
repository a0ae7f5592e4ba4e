package training

import (
	"context"
	"math"
	"testing"
)

func TestOptionsErrors(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no epochs", func(o *Options) { o.Epochs = 0 }, "training: 0 epochs of batches of 3: both must be at least 1"},
		{"no batch", func(o *Options) { o.BatchSize = 0 }, "training: 3 epochs of batches of 0: both must be at least 1"},
		{"no rate", func(o *Options) { o.LearningRate = 0 }, "training: a learning rate of 0 must be above 0"},
		{"rate below 0", func(o *Options) { o.LearningRate = -1 }, "training: a learning rate of -1 must be above 0"},
		{"rate NaN", func(o *Options) { o.LearningRate = nan }, "training: a learning rate of NaN must be above 0"},
		{"schedule", func(o *Options) { o.Schedule = "step" }, `training: schedule "step" is none of "constant", "cosine" and "linear"`},
		{"no schedule", func(o *Options) { o.Schedule = "" }, `training: schedule "" is none of "constant", "cosine" and "linear"`},
		{"warm-up below 0", func(o *Options) { o.Warmup = -0.1 }, "training: a warm-up of -0.1 must lie in [0, 1), a clipping norm of 0.2 not below 0"},
		{"warm-up of all", func(o *Options) { o.Warmup = 1 }, "training: a warm-up of 1 must lie in [0, 1), a clipping norm of 0.2 not below 0"},
		{"warm-up NaN", func(o *Options) { o.Warmup = nan }, "training: a warm-up of NaN must lie in [0, 1), a clipping norm of 0.2 not below 0"},
		{"clipping below 0", func(o *Options) { o.ClipNorm = -1 }, "training: a warm-up of 0.2 must lie in [0, 1), a clipping norm of -1 not below 0"},
		{"clipping NaN", func(o *Options) { o.ClipNorm = nan }, "training: a warm-up of 0.2 must lie in [0, 1), a clipping norm of NaN not below 0"},
		{"early stopping", func(o *Options) { o.EarlyStopping = "luck" }, `training: early stopping on "luck" is none of "off", "f1", "loss" and "accuracy"`},
		{"accuracy unmeasured", func(o *Options) { o.EarlyStopping = "accuracy" }, "training: accuracy is not measured without EpochMeans"},
		{"accuracy unmeasured but kept", func(o *Options) { o.Keep = "accuracy" }, "training: accuracy is not measured without EpochMeans"},
		{"keep", func(o *Options) { o.Keep = "first" }, `training: the epoch to keep, "first", is none of "f1", "loss", "accuracy" and "last"`},
		{"patience", func(o *Options) { o.EarlyStopping, o.Patience = "f1", 0 }, "training: a patience of 0 epochs must be at least 1"},
	} {
		net := newBag(20, trialLabels)
		data, opt := papers("train", 11, 6, 20, trialLabels), options(trialLabels)
		c.change(&opt)
		if _, err := run(context.Background(), net, data, data, opt); err == nil || err.Error() != c.want || net.steps > 0 {
			t.Errorf("%s: %d steps, error %v, want %q", c.name, net.steps, err, c.want)
		}
	}
}

func TestDataErrors(t *testing.T) {
	data, empty := papers("train", 11, 6, 20, trialLabels), papers("none", 0, 6, 20, trialLabels)
	opt := options(trialLabels)
	stopping := opt
	stopping.EarlyStopping, stopping.Patience = "loss", 1
	for _, c := range []struct {
		name              string
		train, validation Data
		opt               Options
		want              string
	}{
		{"no data", Data{}, data, opt, "training: no papers to learn from"},
		{"no papers", empty, data, opt, "training: no papers to learn from"},
		{"stopping without data", data, Data{}, stopping, "training: early stopping on loss needs validation papers"},
		{"stopping without papers", data, empty, stopping, "training: early stopping on loss needs validation papers"},
	} {
		net := newBag(20, trialLabels)
		if _, err := run(context.Background(), net, c.train, c.validation, c.opt); err == nil || err.Error() != c.want || net.steps > 0 {
			t.Errorf("%s: %d steps, error %v, want %q", c.name, net.steps, err, c.want)
		}
	}
	net := newBag(20, trialLabels)
	if r, err := run(context.Background(), net, data, empty, opt); err != nil || r.Epochs != 3 || r.Curve[0].ValidationF1 != nil {
		t.Errorf("validation without papers: %+v, error %v", r, err)
	}
}
