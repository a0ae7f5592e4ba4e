package training

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"assay/internal/progress"
	"assay/internal/rng"
	"assay/networks/layers"
)

// NotFiniteError stops a training whose numbers have left what float32 holds, or
// whose loss has run away.
type NotFiniteError struct {
	Step  int64  // from 1
	Where string // the layer, parameter or loss
	What  string // what was seen there
}

// Error implements error.
func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("training: step %d: %s of %s: lower the learning rate, or set clip_norm", e.Step, e.What, e.Where)
}

// A loss has run away when its moving average, once there are settled steps, is
// far times its lowest and above where it began.
const (
	settled = 200
	far     = 10
)

// trainer is a training with its state.
type trainer struct {
	net   Network
	opt   Options
	train batcher
	valid Data
	adam  *adam
	judge *judge
	bar   progress.Bar

	perEpoch, total int64 // steps
	fingerprint     uint64

	state
	seconds float64 // of earlier attempts
	began   time.Time
	saved   time.Time // the last checkpoint
	noted   time.Time // the last remark in the progress bar
}

// state is what a checkpoint holds beside parameters and moments.
type state struct {
	epoch    int // done
	position int // batches done in this epoch
	averages averages
	learnt   sums    // over the papers of this epoch
	first    float64 // the first loss
	lowest   float64 // moving average
	norm     float64 // of the last gradient

	curve     []EpochRecord
	best      [][]float32 // parameters; nil before the first epoch
	bestEpoch int
	bestF1    float64
	watched   float64 // the best value that early stopping has seen
	without   int     // epochs without an improvement
	stopped   bool
}

// Run trains the network on train and leaves it with the parameters of the epoch
// that Options.Keep asks for: if nothing else, that with the best validation F1 over
// categories at a threshold of 0.5. The same network, data and options give the
// same bits whatever the number of workers, and whether it was interrupted or
// not. A cancelled context ends it within a step, after a checkpoint where one is
// asked for, with the context's error; where that checkpoint cannot be written,
// with the context's cause and the reason. The error is a *CheckpointError where
// the training cannot go on from its checkpoint.
func Run(ctx context.Context, net Network, train, validation Data, opt Options) (Report, error) {
	if err := opt.check(); err != nil {
		return Report{}, err
	}
	if err := opt.checkData(train, validation); err != nil {
		return Report{}, err
	}
	t := newTrainer(net, train, validation, opt)
	if opt.Checkpoint.Path != "" && opt.Checkpoint.Resume {
		if err := t.resume(); err != nil {
			return Report{}, err
		}
	}
	t.bar = progress.Start(ctx, "train", int64(opt.last())*int64(train.rows()), "papers")
	defer t.bar.Done()
	t.bar.Add(int64(t.epoch) * int64(train.rows()))
	for t.epoch < opt.last() && !t.stopped {
		if err := t.runEpoch(ctx); err != nil {
			return Report{}, err
		}
	}
	t.restoreBest()
	return Report{
		Epochs: t.epoch, BestEpoch: t.bestEpoch, Steps: t.adam.t, Stopped: t.stopped && t.epoch < opt.last(), Curve: t.curve, Seconds: t.spent(),
	}, nil
}

func newTrainer(net Network, train, validation Data, opt Options) *trainer {
	if opt.RecordEvery == 0 {
		opt.RecordEvery = 50
	}
	if opt.Checkpoint.Every == 0 {
		opt.Checkpoint.Every = 2 * time.Minute
	}
	perEpoch := int64((train.rows() + opt.BatchSize - 1) / opt.BatchSize)
	t := &trainer{
		net: net, opt: opt, train: batcher{data: train, masked: opt.Masked}, valid: validation,
		adam: newAdam(net.Params(), opt.Pool), judge: newJudge(opt.Groups, opt.Masters, opt.Exclusive),
		perEpoch: perEpoch, total: perEpoch * int64(opt.Epochs), began: time.Now(), saved: time.Now(),
	}
	t.lowest = math.Inf(1)
	if opt.Checkpoint.Path != "" {
		t.fingerprint = t.identity()
	}
	return t
}

func (t *trainer) spent() float64 { return t.seconds + time.Since(t.began).Seconds() }

// runEpoch does what is left of the present epoch.
func (t *trainer) runEpoch(ctx context.Context) error {
	seed := rng.Seed(t.opt.Seed, "training", "epoch", fmt.Sprint(t.epoch))
	batches := t.train.data.X.Batches(t.opt.BatchSize, seed)
	for _, done := range batches[:min(t.position, len(batches))] {
		t.bar.Add(int64(len(done)))
	}
	for t.position < len(batches) {
		if ctx.Err() != nil {
			return t.interrupt(ctx)
		}
		b := t.train.fill(batches[t.position])
		if err := t.step(b); err != nil {
			return err
		}
		t.position++
		t.bar.Add(int64(b.B))
		if err := t.recordStep(); err != nil {
			return err
		}
		if t.position < len(batches) && time.Since(t.saved) >= t.opt.Checkpoint.Every {
			if err := t.save(); err != nil {
				return err
			}
		}
	}
	record, err := t.validate(ctx)
	if ctx.Err() != nil {
		return t.interrupt(ctx)
	}
	if err == nil {
		err = t.endEpoch(record)
	}
	return err
}

// interrupt keeps what was done and returns why it ends.
func (t *trainer) interrupt(ctx context.Context) error {
	if err := t.save(); err != nil {
		return fmt.Errorf("%w; %w", context.Cause(ctx), err)
	}
	return ctx.Err()
}

// step trains on one batch.
func (t *trainer) step(b *layers.Batch) error {
	b.Train, b.Step = true, uint64(t.adam.t)
	loss, logits, err := t.net.Step(b)
	number := t.adam.t + 1
	if err != nil {
		return fmt.Errorf("training: step %d: %w", number, err)
	}
	t.norm = t.adam.norm()
	if !finite(loss) || !finite(t.norm) {
		return &NotFiniteError{
			Step: number, Where: cmp.Or(t.net.Suspect(), "the loss"),
			What: fmt.Sprintf("a value that is not finite (loss %g, norm of the gradient %g) in the output or gradient", loss, t.norm),
		}
	}
	t.judge.add(logits, b.Targets, b.B)
	f1, masterF1, right := t.judge.take()
	t.learnt.add(loss, right, b.B)
	if !t.averages.begun {
		t.first = loss
	}
	t.averages.add(loss, f1, masterF1)
	if err := t.checkLoss(number); err != nil {
		return err
	}
	scale := 1.0
	if t.opt.ClipNorm > 0 && t.norm > t.opt.ClipNorm {
		scale = t.opt.ClipNorm / t.norm
	}
	t.adam.update(t.opt.rate(t.adam.t, t.total), scale)
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// checkLoss finds a loss that has run away.
func (t *trainer) checkLoss(step int64) error {
	loss := t.averages.loss
	t.lowest = min(t.lowest, loss)
	if step > settled && loss > far*t.lowest && loss > t.first {
		return &NotFiniteError{Step: step, Where: "the loss", What: fmt.Sprintf("a moving average of %.4g after %.4g at its lowest", loss, t.lowest)}
	}
	return nil
}

// recordStep shows the averages, and keeps them now and then.
func (t *trainer) recordStep() error {
	if time.Since(t.noted) >= time.Second {
		a := &t.averages
		t.bar.Note(fmt.Sprintf("epoch %d loss %.4f F1 %.1f master %.1f", t.epoch+1, a.loss, 100*a.f1, 100*a.masterF1))
		t.noted = time.Now()
	}
	if t.opt.Record == nil || t.adam.t%int64(t.opt.RecordEvery) != 0 {
		return nil
	}
	return t.opt.Record(t.stepRecord())
}

func (t *trainer) stepRecord() StepRecord {
	a := &t.averages
	return StepRecord{
		Kind: "step", Epoch: t.epoch + 1, Step: t.adam.t, Loss: a.loss, F1: a.f1, MasterF1: a.masterF1,
		LearningRate: t.opt.rate(t.adam.t-1, t.total), GradientNorm: t.norm,
	}
}
