package training

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"assay/internal/hugepage"
	"assay/internal/multilabel"
	"assay/internal/progress"
)

// validate judges the network at the end of an epoch.
func (t *trainer) validate(ctx context.Context) (EpochRecord, error) {
	a := &t.averages
	r := EpochRecord{
		Kind: "epoch", Epoch: t.epoch + 1, Step: t.steps, Loss: a.loss, F1: a.f1, MasterF1: a.masterF1,
		LearningRate: t.opt.rate(t.steps-1, t.total),
	}
	if t.opt.EpochMeans {
		loss, accuracy := t.learnt.means()
		r.TrainingLoss, r.TrainingAccuracy = &loss, &accuracy
	}
	if t.valid.rows() == 0 {
		return r, nil
	}
	loss := 0.0
	err := forBatches(ctx, t.engine, t.valid, t.opt.BatchSize, t.opt.Masked, "validate", t.steps, func(rows []int, l float64, logits, targets []float32) error {
		if !finite(l) {
			return &NotFiniteError{Step: t.steps, Where: cmp.Or(t.engine.Suspect(), "the loss of the validation papers"), What: fmt.Sprint(l)}
		}
		loss += l * float64(len(rows))
		t.tally.add(logits, targets, len(rows))
		return nil
	})
	if err != nil {
		return r, err
	}
	loss /= float64(t.valid.rows())
	f1, masterF1, right := t.tally.take()
	r.ValidationLoss, r.ValidationF1, r.ValidationMasterF1 = &loss, &f1, &masterF1
	if t.opt.EpochMeans {
		accuracy := float64(right) / float64(t.valid.rows())
		r.ValidationAccuracy = &accuracy
	}
	return r, nil
}

// endEpoch decides what an epoch was worth, and keeps it.
func (t *trainer) endEpoch(r EpochRecord) error {
	r.Best = t.better(r)
	if r.Best {
		if r.ValidationF1 != nil {
			t.bestF1 = *r.ValidationF1
		}
		t.bestEpoch = r.Epoch
		if err := t.keepBest(); err != nil {
			return fmt.Errorf("training: %w", err)
		}
	}
	t.watch(r)
	papers := float64(t.train.rows())
	r.Seconds = t.spent()
	before := 0.0
	if n := len(t.curve); n > 0 {
		before = t.curve[n-1].Seconds
	}
	r.PapersPerSecond = papers / math.Max(r.Seconds-before, 1e-9)
	t.curve = append(t.curve, r)
	t.epoch, t.position, t.learnt = t.epoch+1, 0, sums{}
	if t.opt.Record != nil {
		if err := t.opt.Record(r); err != nil {
			return err
		}
	}
	return t.save()
}

// better reports whether an epoch beats the best so far, by what Options.Keep says.
func (t *trainer) better(r EpochRecord) bool {
	if r.ValidationF1 == nil || t.best == nil || t.opt.Keep == "last" {
		return true
	}
	best := t.curve[t.bestEpoch-1]
	lower := *r.ValidationLoss < *best.ValidationLoss
	switch t.opt.Keep {
	case "loss":
		return lower
	case "accuracy":
		if *r.ValidationAccuracy != *best.ValidationAccuracy {
			return *r.ValidationAccuracy > *best.ValidationAccuracy
		}
		return lower
	}
	// F1: equal ones may be the 0 of a network that is not sure of anything yet.
	if *r.ValidationF1 != t.bestF1 {
		return *r.ValidationF1 > t.bestF1
	}
	return lower
}

// watch counts epochs without an improvement for early stopping.
func (t *trainer) watch(r EpochRecord) {
	var value float64 // higher is better
	switch t.opt.EarlyStopping {
	case "f1":
		value = *r.ValidationF1
	case "loss":
		value = -*r.ValidationLoss
	case "accuracy":
		value = *r.ValidationAccuracy
	default:
		return
	}
	if r.Epoch == 1 || value > t.watched {
		t.watched, t.without = value, 0
		return
	}
	t.without++
	t.stopped = t.without >= t.opt.Patience
}

func (t *trainer) keepBest() error {
	now, err := t.engine.State()
	if err != nil {
		return err
	}
	for i, p := range now.Params {
		if i == len(t.best) {
			t.best = append(t.best, hugepage.Make[float32](len(p.Value)))
		}
		copy(t.best[i], p.Value)
	}
	return nil
}

func (t *trainer) restoreBest() error {
	now, err := t.engine.State()
	if err != nil {
		return err
	}
	for i := range now.Params {
		now.Params[i].Value = t.best[i]
	}
	return t.engine.SetState(now)
}

// forBatches evaluates papers in batches by length, always the same ones, and
// gives fn their numbers, mean loss, logits and targets; its error ends them.
func forBatches(ctx context.Context, engine Engine, data Data, size int, masked bool, name string, step int64,
	fn func(rows []int, loss float64, logits, targets []float32) error) error {
	bar := progress.Start(ctx, name, int64(data.rows()), "papers")
	defer bar.Done()
	p, batches, sent := newPipeline(engine, data, masked), data.X.Batches(size, 0), 0
	for range batches {
		for ; sent < len(batches) && !p.full() && ctx.Err() == nil; sent++ {
			if err := p.eval(batches[sent], step); err != nil {
				return fmt.Errorf("training: %s: %w", name, err)
			}
		}
		if p.empty() {
			return ctx.Err()
		}
		f, r, err := p.wait()
		if err != nil {
			return fmt.Errorf("training: %s: %w", name, err)
		}
		if err := fn(f.rows, r.Loss, r.Logits, f.batch.Targets); err != nil {
			return err
		}
		bar.Add(int64(f.batch.B))
	}
	return nil
}

// Scores returns the probabilities (n, labels) that the engine's network gives to papers,
// taken in batches of that size. Where padding is masked they do not depend on
// which papers share a batch.
func Scores(ctx context.Context, engine Engine, data Data, labels, size int, masked bool) (*multilabel.Scores, error) {
	out := multilabel.NewScores(data.rows(), labels)
	if data.rows() == 0 {
		return out, nil
	}
	data.Y = multilabel.New(labels) // no truth: the loss is of no interest
	for range data.rows() {
		data.Y.Append(nil)
	}
	err := forBatches(ctx, engine, data, size, masked, "score", 0, func(rows []int, _ float64, logits, _ []float32) error {
		for i, row := range rows {
			for c, logit := range logits[i*labels : (i+1)*labels] {
				out.Data[row*labels+c] = 1 / (1 + math.Exp(-float64(logit)))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
