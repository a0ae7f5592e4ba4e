package training

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"assay/internal/progress"
	"assay/internal/rng"
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
	engine Engine
	opt    Options
	train  Data
	valid  Data
	feed   *pipeline // of the papers to learn from
	tally  *tally
	bar    progress.Bar

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
	steps    int64 // taken
	epoch    int   // done
	position int   // batches done in this epoch
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

// Run trains the engine's network on train and leaves it with the parameters of the epoch
// that Options.Keep asks for: if nothing else, that with the best validation F1 over
// categories at a threshold of 0.5. The same network, data and options give the
// same bits whatever the number of workers, and whether it was interrupted or
// not. A cancelled context ends it within a step, after a checkpoint where one is
// asked for, with the context's error; where that checkpoint cannot be written,
// with the context's cause and the reason. The error is a *CheckpointError where
// the training cannot go on from its checkpoint.
func Run(ctx context.Context, engine Engine, train, validation Data, opt Options) (Report, error) {
	if err := opt.check(); err != nil {
		return Report{}, err
	}
	if err := opt.checkData(train, validation); err != nil {
		return Report{}, err
	}
	t, err := newTrainer(engine, train, validation, opt)
	if err != nil {
		return Report{}, err
	}
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
	if err := t.restoreBest(); err != nil {
		return Report{}, fmt.Errorf("training: %w", err)
	}
	return Report{
		Epochs: t.epoch, BestEpoch: t.bestEpoch, Steps: t.steps, Stopped: t.stopped && t.epoch < opt.last(), Curve: t.curve, Seconds: t.spent(),
	}, nil
}

func newTrainer(engine Engine, train, validation Data, opt Options) (*trainer, error) {
	if opt.RecordEvery == 0 {
		opt.RecordEvery = 50
	}
	if opt.Checkpoint.Every == 0 {
		opt.Checkpoint.Every = 2 * time.Minute
	}
	perEpoch := int64((train.rows() + opt.BatchSize - 1) / opt.BatchSize)
	t := &trainer{
		engine: engine, opt: opt, train: train, valid: validation,
		feed: newPipeline(engine, train, opt.Masked), tally: newTally(opt.Groups, opt.Masters, opt.Exclusive),
		perEpoch: perEpoch, total: perEpoch * int64(opt.Epochs), began: time.Now(), saved: time.Now(),
	}
	t.lowest = math.Inf(1)
	if opt.Checkpoint.Path == "" {
		return t, nil
	}
	first, err := engine.State()
	if err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	t.fingerprint = t.identity(first)
	return t, nil
}

func (t *trainer) spent() float64 { return t.seconds + time.Since(t.began).Seconds() }

// runEpoch does what is left of the present epoch.
func (t *trainer) runEpoch(ctx context.Context) error {
	seed := rng.Seed(t.opt.Seed, "training", "epoch", fmt.Sprint(t.epoch))
	batches := t.train.X.Batches(t.opt.BatchSize, seed)
	for _, done := range batches[:min(t.position, len(batches))] {
		t.bar.Add(int64(len(done)))
	}
	sent, due := t.position, false // due: a checkpoint, once nothing is under way
	for t.position < len(batches) {
		for ; !due && sent < len(batches) && !t.feed.full() && ctx.Err() == nil; sent++ {
			if err := t.send(batches[sent]); err != nil {
				return err
			}
		}
		if t.feed.empty() {
			if !due {
				return t.interrupt(ctx)
			}
			if err := t.save(); err != nil {
				return err
			}
			due = false
			continue
		}
		papers, err := t.receive()
		if err != nil {
			return err
		}
		t.bar.Add(int64(papers))
		if err := t.recordStep(); err != nil {
			return err
		}
		due = due || t.position < len(batches) && time.Since(t.saved) >= t.opt.Checkpoint.Every
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

// send begins the next step, on the papers of these rows.
func (t *trainer) send(rows []int) error {
	number := t.steps + int64(t.feed.count)
	u := Update{Rate: t.opt.rate(number, t.total), ClipNorm: t.opt.ClipNorm}
	if err := t.feed.train(rows, number, u); err != nil {
		return fmt.Errorf("training: step %d: %w", number+1, err)
	}
	return nil
}

// receive ends the oldest step under way, which was on so many papers.
func (t *trainer) receive() (papers int, err error) {
	number := t.steps + 1
	f, r, err := t.feed.wait()
	if err != nil {
		return 0, fmt.Errorf("training: step %d: %w", number, err)
	}
	t.norm = r.Norm
	if !finite(r.Loss) || !finite(r.Norm) {
		return 0, &NotFiniteError{
			Step: number, Where: cmp.Or(t.engine.Suspect(), "the loss"),
			What: fmt.Sprintf("a value that is not finite (loss %g, norm of the gradient %g) in the output or gradient", r.Loss, r.Norm),
		}
	}
	papers = f.batch.B
	t.tally.add(r.Logits, f.batch.Targets, papers)
	f1, masterF1, right := t.tally.take()
	t.learnt.add(r.Loss, right, papers)
	if !t.averages.begun {
		t.first = r.Loss
	}
	t.averages.add(r.Loss, f1, masterF1)
	if err := t.checkLoss(number); err != nil {
		return 0, err
	}
	t.steps, t.position = number, t.position+1
	return papers, nil
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
	if t.opt.Record == nil || t.steps%int64(t.opt.RecordEvery) != 0 {
		return nil
	}
	return t.opt.Record(t.stepRecord())
}

func (t *trainer) stepRecord() StepRecord {
	a := &t.averages
	return StepRecord{
		Kind: "step", Epoch: t.epoch + 1, Step: t.steps, Loss: a.loss, F1: a.f1, MasterF1: a.masterF1,
		LearningRate: t.opt.rate(t.steps-1, t.total), GradientNorm: t.norm,
	}
}

// Version counts the changes of the order of papers, of optimization, schedule and
// stopping: part of a trial's identity.
const Version = 1
