package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"assay/classifier"
	"assay/corpus"
	"assay/networks"
	"assay/networks/training"
	"assay/results"
)

// CheckpointFile is the name of a network's checkpoint in the folder of a run
// that is not done.
const CheckpointFile = "training.assay"

// noteEvery is how often a training tells run.json its time: what a killed
// process forgets.
const noteEvery = 10 * time.Second

// fit trains a trial's model and returns it with the seconds that it took,
// those of earlier attempts that it continues included.
func (s *Session) fit(ctx context.Context, t Trial, w *results.RunWriter, run *results.Run, data *dataset, set *featureSet,
	earlier time.Duration, workers int) (classifier.Classifier, float64, error) {
	start := time.Now()
	spent := func() float64 { return (earlier + time.Since(start)).Seconds() }
	note := func() error {
		return w.Progress(append(slices.Clone(run.Stages), results.Stage{Name: "fit", Seconds: spent()}))
	}
	how, err := s.tie(t, w, workers, note)
	if err != nil {
		return nil, 0, err
	}
	model, err := newClassifier(t.Model, data.taxonomy, how)
	if err != nil {
		return nil, 0, err
	}
	part := func(p corpus.Part) classifier.Dataset {
		return classifier.Dataset{X: set.Rows[p], Y: data.labels[p]}
	}
	err = model.Fit(ctx, part(corpus.Train), part(corpus.Validation))
	if unusable := (*training.CheckpointError)(nil); errors.As(err, &unusable) && how.Checkpoint.Resume && w.Run().Resumed == 0 {
		// An earlier rung was trained otherwise, on another kind of processor perhaps.
		w.Log().Warn("fit", "anew", err)
		if err = dropSeed(w, how.Checkpoint.Path); err == nil {
			err = model.Fit(ctx, part(corpus.Train), part(corpus.Validation))
		}
	}
	if err != nil {
		_ = note() // the reason above matters more
		return nil, 0, advise(err)
	}
	if trained, ok := model.(interface{ Seconds() float64 }); ok && w.Run().Resumed > 0 && s.rungPath(t) == "" {
		// The checkpoint knows of time that a killed process could not note.
		if missed := trained.Seconds() - spent(); missed > 0 {
			earlier += time.Duration(missed * float64(time.Second))
		}
	}
	report, warnings := describeFit(model, categoryIDs(data.taxonomy))
	if report != "" {
		w.Log().Info("fit", "report", report)
	}
	for _, warning := range warnings {
		w.Log().Warn("fit", "warning", warning)
	}
	run.Warnings = append(run.Warnings, warnings...)
	return model, spent(), note()
}

// advise says how to do without a checkpoint that is of no use. Any other failure
// would meet a trial begun anew as well.
func advise(err error) error {
	if unusable := (*training.CheckpointError)(nil); errors.As(err, &unusable) {
		return fmt.Errorf("%w; `assay run --resume=false` begins the trial anew", err)
	}
	return err
}

// tie ties a network's training to its run's folder; the other models have
// none. note is called once in a while.
func (s *Session) tie(t Trial, w *results.RunWriter, workers int, note func() error) (networks.Run, error) {
	run := networks.Run{Seed: t.Seed, Workers: workers}
	if _, ok := t.Model.Options.(networks.Options); !ok {
		return run, nil
	}
	checkpoint, err := w.Checkpoint(CheckpointFile)
	if err != nil {
		return run, err
	}
	resume := w.Run().Resumed > 0
	switch {
	case !resume:
		resume, err = s.seed(t, w, checkpoint)
	case !s.store.Resumable(s.Config.Name, t.ID, CheckpointFile):
		err = w.Rewind(-1) // another has begun the trial anew since the checkpoint was seen
	}
	noted := time.Now()
	run.Record = func(record any) error {
		if err := w.Append(record); err != nil || time.Since(noted) < noteEvery {
			return err
		}
		noted = time.Now()
		return note()
	}
	run.Checkpoint = training.Checkpoint{Path: checkpoint, Resume: resume, Resumed: w.Rewind, Allowed: w.Usable}
	return run, err
}
