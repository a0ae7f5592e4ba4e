package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"assay/internal/progress"
)

var errCrash = errors.New("crash")

// attempt is a try at the same training: where it ends, and how. Of step and
// eval, which count calls from 1 in this attempt, 0 is never.
type attempt struct {
	step, eval int
	crash      bool // an error instead of a cancelled context
	epoch      int  // its StopEpoch: it ends there, with success
}

// trial is a training in several attempts.
type trial struct {
	workers, recordEvery, words int
	every                       time.Duration // of checkpoints
	validation                  bool
	stopping                    string
	depth                       int // batches under way at once; 0: one
}

const trialLabels = 5

// outcome is what must not depend on the attempts.
type outcome struct {
	bits    []uint32
	report  string
	file    *metricsFile
	stopped bool
}

// run makes the attempts, then a last one that may end.
func (c trial) run(t *testing.T, attempts ...attempt) outcome {
	t.Helper()
	file := &metricsFile{}
	path := filepath.Join(t.TempDir(), "checkpoint")
	p := newPool(t, c.workers)
	for i, a := range append(attempts, attempt{}) {
		net := newBag(c.words, trialLabels)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		end := func(at int) func(int) error {
			return func(n int) error {
				if n != at {
					return nil
				}
				if a.crash {
					return errCrash
				}
				cancel()
				return nil
			}
		}
		net.onStep, net.onEval = end(a.step), end(a.eval)
		opt := options(trialLabels)
		opt.Record, opt.RecordEvery, opt.StopEpoch = file.record, c.recordEvery, a.epoch
		opt.Checkpoint = Checkpoint{Path: path, Every: c.every, Resume: true, Resumed: file.forget}
		if c.stopping != "" {
			opt.EarlyStopping, opt.Patience, opt.Epochs = c.stopping, 1, 6
		}
		train, validation := papers("train", 11, 6, c.words, trialLabels), Data{}
		if c.validation {
			validation = papers("validation", 7, 6, c.words, trialLabels)
		}
		if _, err := os.Stat(path); err != nil && i > 0 {
			if err := file.forget(-1); err != nil { // the caller's part: no checkpoint, no records
				t.Fatal(err)
			}
		}
		var engine Engine = NewCPU(net, p)
		if c.depth > 0 {
			engine = &deep{Engine: engine, depth: c.depth}
		}
		report, err := Run(ctx, engine, train, validation, opt)
		switch {
		case a == attempt{}:
			if err != nil {
				t.Fatal(err)
			}
			return outcome{bits(net), curveOf(t, report), file, report.Stopped}
		case a.epoch > 0 && (err != nil || report.Epochs != a.epoch || report.Stopped):
			t.Fatalf("attempt %+v ended after %d epochs, stopped early %t, error %v", a, report.Epochs, report.Stopped, err)
		case a.epoch > 0:
		case a.crash && !errors.Is(err, errCrash), !a.crash && !errors.Is(err, context.Canceled):
			t.Fatalf("attempt %+v ended with error %v", a, err)
		}
	}
	panic("the last attempt returns")
}

// same compares the training in attempts with the one without.
func (c trial) same(t *testing.T, want outcome, attempts ...attempt) {
	t.Helper()
	got := c.run(t, attempts...)
	name := fmt.Sprintf("%+v after %+v", c, attempts)
	if !slices.Equal(got.bits, want.bits) {
		t.Errorf("%s: other parameters", name)
	}
	if got.report != want.report {
		t.Errorf("%s: report\n%s, want\n%s", name, got.report, want.report)
	}
	if !slices.Equal(got.file.lines, want.file.lines) {
		t.Errorf("%s: records\n%q, want\n%q", name, got.file.lines, want.file.lines)
	}
}

// A training of 3 epochs of 4 steps, cut after every one of them.
func TestResumedAtEveryStepIsTheSame(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		for _, recordEvery := range []int{1, 3, 4} {
			c := trial{workers: workers, recordEvery: recordEvery, words: 20, validation: workers != 2}
			want := c.run(t)
			for k := 1; k <= 12; k++ {
				c.same(t, want, attempt{step: k})
			}
		}
	}
}

func TestResumedInValidationIsTheSame(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		c := trial{workers: workers, recordEvery: 2, words: 20, validation: true}
		want := c.run(t)
		for k := 1; k <= 9; k++ { // three batches of validation papers an epoch
			c.same(t, want, attempt{eval: k})
		}
	}
}

func TestResumedTwiceIsTheSame(t *testing.T) {
	c := trial{workers: 2, recordEvery: 2, words: 20, validation: true}
	want := c.run(t)
	for k := 1; k <= 6; k++ {
		c.same(t, want, attempt{step: k}, attempt{step: 2})
		c.same(t, want, attempt{step: k}, attempt{eval: 2})
		c.same(t, want, attempt{eval: k}, attempt{eval: 1}, attempt{step: 1})
	}
}

// A crash leaves the last checkpoint behind, and records of later steps.
func TestResumedAfterACrashIsTheSame(t *testing.T) {
	for _, every := range []time.Duration{time.Nanosecond, time.Hour} {
		c := trial{workers: 2, recordEvery: 2, words: 20, every: every, validation: true}
		want := c.run(t)
		for k := 1; k <= 12; k++ {
			c.same(t, want, attempt{step: k, crash: true})
			if k <= 9 {
				c.same(t, want, attempt{eval: k, crash: true})
			}
		}
	}
}

func TestResumedEarlyStoppingIsTheSame(t *testing.T) {
	for _, stopping := range []string{"f1", "loss"} {
		c := trial{workers: 2, recordEvery: 5, words: 20, validation: true, stopping: stopping}
		want := c.run(t)
		if !want.stopped {
			t.Fatalf("training on %s did not stop early: %s", stopping, want.report)
		}
		for k := 1; k <= 6; k++ {
			c.same(t, want, attempt{step: k}, attempt{step: 1, crash: true})
		}
	}
}

// What a later rung of a sweep does: the schedule is that of all epochs, and the
// best parameters do not replace the last ones.
func TestGoingOnAfterAStopIsTheSame(t *testing.T) {
	for _, stopping := range []string{"", "f1"} {
		c := trial{workers: 2, recordEvery: 5, words: 20, validation: true, stopping: stopping}
		want := c.run(t)
		c.same(t, want, attempt{epoch: 1})
		c.same(t, want, attempt{epoch: 1}, attempt{epoch: 2})
		c.same(t, want, attempt{step: 2}, attempt{epoch: 1}, attempt{eval: 1}, attempt{epoch: 2})
	}
}

// Weights of 4000·5 numbers are more than a chunk.
func TestWorkersDoNotChangeABit(t *testing.T) {
	if 4000*trialLabels <= chunk {
		t.Fatal("the parameters fit into a chunk")
	}
	one := trial{workers: 1, recordEvery: 1, words: 4000, validation: true}
	want := one.run(t)
	for _, workers := range []int{2, 5} {
		other := one
		other.workers = workers
		other.same(t, want)
	}
}

// What a continued training announces, and that it goes on from there.
func TestResumedSaysFromWhere(t *testing.T) {
	for _, c := range []struct {
		attempt attempt
		want    int64
	}{
		{attempt{step: 1}, 1},
		{attempt{step: 3}, 3},
		{attempt{step: 4}, 3}, // the epoch's last: its record may be there, the epoch's not
		{attempt{eval: 1}, 3},
		{attempt{eval: 3}, 3},
		{attempt{step: 5}, 5},
		{attempt{step: 6, crash: true}, 4}, // the end of the epoch before
	} {
		file := trial{workers: 1, recordEvery: 1, words: 20, validation: true}.run(t, c.attempt).file
		if !slices.Equal(file.resumed, []int64{c.want}) {
			t.Errorf("%+v: resumed from %v, want %d", c.attempt, file.resumed, c.want)
		}
	}
}

func TestFinishedTrainingIsNotRepeated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	data := papers("train", 11, 6, 20, trialLabels)
	var reports []string
	var params [][]uint32
	for i := range 2 {
		net := newBag(20, trialLabels)
		opt := options(trialLabels)
		opt.Checkpoint = Checkpoint{Path: path, Resume: true}
		report, err := run(context.Background(), net, data, data, opt)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 && net.steps+net.evals > 0 {
			t.Errorf("%d steps and %d evaluations after the end", net.steps, net.evals)
		}
		reports, params = append(reports, curveOf(t, report)), append(params, bits(net))
	}
	if reports[0] != reports[1] || !slices.Equal(params[0], params[1]) {
		t.Errorf("report %s after %s", reports[1], reports[0])
	}
}

// A loss that runs away is found at the same step in a training that was cut.
func TestResumedRunawayLossIsFound(t *testing.T) {
	loss := func(step int) float64 { return 0.5 + math.Max(float64(step)-250, 0) }
	whole := losses(t, 400, loss)
	if whole == 0 {
		t.Fatal("the loss does not run away")
	}
	for _, k := range []int{1, 230, 255} {
		path := filepath.Join(t.TempDir(), "checkpoint")
		opt := options(2)
		// 400 steps in one epoch of one-paper batches.
		opt.Epochs, opt.BatchSize = 1, 1
		opt.Checkpoint = Checkpoint{Path: path, Resume: true}
		data := papers("runaway", 400, 1, 5, 2)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		first, second := newScript(), newScript()
		first.step = func(n int) (float64, float32) {
			if n == k {
				cancel()
			}
			return loss(n), 0.5
		}
		second.step = func(n int) (float64, float32) { return loss(n + k), 0.5 }
		if _, err := run(ctx, first, data, Data{}, opt); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		var got *NotFiniteError
		if _, err := run(context.Background(), second, data, Data{}, opt); !errors.As(err, &got) || got.Step != whole {
			t.Errorf("cut after %d: error %v, want one at step %d", k, err, whole)
		}
	}
}

// The clock of a continued training goes on.
func TestResumedSecondsAddUp(t *testing.T) {
	const pause = 60 * time.Millisecond
	train, opt := papers("train", 11, 6, 20, trialLabels), options(trialLabels)
	opt.Record = func(record any) error {
		if r, ok := record.(EpochRecord); ok && r.Epoch == 1 {
			time.Sleep(pause)
		}
		return nil
	}
	opt.Checkpoint = Checkpoint{Path: cut(t, 6, train, Data{}, opt), Resume: true}
	opt.Record = nil
	report, err := run(context.Background(), newBag(20, trialLabels), train, Data{}, opt)
	if err != nil || report.Seconds < pause.Seconds() || report.Curve[1].Seconds < pause.Seconds() || report.Curve[0].Seconds > report.Curve[1].Seconds {
		t.Errorf("report %+v, error %v", report, err)
	}
	for i, e := range report.Curve {
		before := 0.0
		if i > 0 {
			before = report.Curve[i-1].Seconds
		}
		if want := 11 / (e.Seconds - before); math.Abs(e.PapersPerSecond-want) > 1e-6*want {
			t.Errorf("epoch %d: %g papers a second, want %g", e.Epoch, e.PapersPerSecond, want)
		}
	}
}

// counter is a progress.Sink that adds up what each bar was given.
type counter map[string]int64

type countingBar struct {
	progress.Bar
	of   counter
	name string
}

func (c counter) Start(name string, total int64, _ string) progress.Bar {
	c[name+" of"] = total
	return countingBar{(*progress.Silent)(nil), c, name}
}

func (b countingBar) Add(n int64) { b.of[b.name] += n }

func TestProgressReachesItsTotal(t *testing.T) {
	train, validation := papers("train", 11, 6, 20, trialLabels), papers("validation", 4, 6, 20, trialLabels)
	opt := options(trialLabels)
	for k := 1; k <= 12; k++ { // the smaller batch may be any of an epoch's four
		opt.Checkpoint = Checkpoint{Path: cut(t, k, train, validation, opt), Resume: true}
		c := counter{}
		if _, err := run(progress.With(context.Background(), c), newBag(20, trialLabels), train, validation, opt); err != nil {
			t.Fatal(err)
		}
		if c["train"] != 33 || c["train of"] != 33 || c["validate of"] != 4 || c["validate"]%4 != 0 {
			t.Errorf("cut after %d: %v", k, c)
		}
	}
}

func TestCancelledContext(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"", filepath.Join(dir, "checkpoint")} {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		net := newBag(20, trialLabels)
		opt := options(trialLabels)
		opt.Checkpoint.Path = path
		report, err := run(ctx, net, papers("train", 11, 6, 20, trialLabels), Data{}, opt)
		if !errors.Is(err, context.Canceled) || report.Steps != 0 || net.steps != 0 {
			t.Errorf("checkpoint %q: %d steps, error %v", path, net.steps, err)
		}
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		if want := path != ""; (len(left) == 1) != want {
			t.Errorf("checkpoint %q: files %q", path, left)
		}
	}
}

// Without Resume a checkpoint is overwritten, not read.
func TestWithoutResumeTrainingBeginsAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(path, []byte("of another program"), 0o600); err != nil {
		t.Fatal(err)
	}
	net := newBag(20, trialLabels)
	opt := options(trialLabels)
	opt.Checkpoint = Checkpoint{Path: path, Resumed: func(int64) error { return errCrash }}
	if _, err := run(context.Background(), net, papers("train", 11, 6, 20, trialLabels), Data{}, opt); err != nil || net.steps != 12 {
		t.Errorf("%d steps, error %v", net.steps, err)
	}
}
