package experiments

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"time"

	"assay/classifier"
	"assay/corpus"
	"assay/experiments/config"
	"assay/internal/codeversion"
	"assay/internal/format"
	"assay/internal/multilabel"
	"assay/networks"
	"assay/predictor"
	"assay/results"
	"assay/results/metrics"
)

// Run runs one trial and returns its record. A trial that is already done is
// not run again: its record is returned with reused true. A trial that was
// interrupted goes on from its checkpoint, if it has one and the session
// resumes. A trial that fails leaves its run folder with the error. workers is how
// many cores it uses, 0 as many as the session; it changes no result.
func (s *Session) Run(ctx context.Context, t Trial, workers int) (run results.Run, reused bool, err error) {
	if workers <= 0 {
		workers = s.workers
	}
	claim := s.store.Claim
	if s.resume && s.store.Resumable(s.Config.Name, t.ID, CheckpointFile) {
		claim = s.store.Resume
	}
	record := s.record(t)
	record.Workers = workers
	w, err := claim(ctx, record)
	if errors.Is(err, results.ErrFinished) {
		if run, err = s.store.Run(s.Config.Name, t.ID); err == nil {
			err = s.store.Verify(run)
		}
		if err != nil {
			err = fmt.Errorf("trial %s is done but damaged: %w; remove %s to run it again", t.ID, err, s.store.Path(s.Config.Name, t.ID))
		}
		return run, true, err
	}
	if err != nil {
		return results.Run{}, false, err
	}
	run = w.Run()
	err = s.execute(w.Context(), t, w, &run, workers)
	if err == nil {
		if kerr := s.keepRung(t, w); kerr != nil { // a short cut for others, no more
			w.Log().Warn("checkpoint not kept for the next rung", "reason", kerr)
		}
	}
	if err == nil {
		err = w.Finish(run)
	}
	if err != nil {
		return run, false, fmt.Errorf("trial %s: %w", t.ID, s.end(ctx, w, err))
	}
	run, err = s.store.Run(s.Config.Name, t.ID)
	return run, false, err
}

// end leaves the folder of a trial that did not finish, with the reason, and
// returns the reason: what goes wrong on the way out, the same full disk most
// often, adds nothing to it.
func (s *Session) end(ctx context.Context, w *results.RunWriter, reason error) error {
	reason = w.Because(reason)
	switch {
	case ctx.Err() != nil:
		_ = w.Interrupt()
	case errors.Is(reason, results.ErrLost):
	default:
		_ = w.Fail(reason)
	}
	_ = w.Close()
	return reason
}

// record is what is known of a trial before it runs.
func (s *Session) record(t Trial) results.Run {
	m := t.Model
	return results.Run{
		Experiment: s.Config.Name,
		Trial:      t.ID,
		Setting:    t.Setting,
		Code:       codeversion.Get(),
		Parts:      t.Parts,
		Model:      results.Model{Name: m.Name, Kind: m.Kind, Backend: m.Backend},
		Seed:       t.Seed,
		Params:     t.Config.Params(),
		Data: results.Data{
			Hash: s.corpus.Hash(), Path: s.Config.Corpus.Path, Name: s.dataName(),
			Sample: int(s.Config.Corpus.Sample), Taxonomy: s.Config.Corpus.Taxonomy, Split: s.splitName(),
		},
	}
}

func (s *Session) dataName() string {
	if s.Config.Corpus.Path == config.SyntheticPath {
		return format.Thousands(s.Papers()) + " synthetic papers"
	}
	return fmt.Sprintf("%s papers of %s", format.Thousands(s.Papers()), filepath.Base(s.Config.Corpus.Path))
}

func (s *Session) splitName() string {
	text := fmt.Sprintf("%g %% validation, %g %% test, key %q", 100*s.Config.Split.Validation, 100*s.Config.Split.Test, s.Config.Split.Key)
	if s.Config.Split.PerSeed {
		text += ", another split for each seed"
	}
	return text
}

// execute does a trial's work inside its claimed folder.
func (s *Session) execute(ctx context.Context, t Trial, w *results.RunWriter, run *results.Run, workers int) error {
	if err := w.WriteConfig([]byte(t.Config.Text())); err != nil {
		return err
	}
	if _, ok := t.Model.Options.(networks.Options); ok {
		defer s.collectMore()()
	}
	data, giveBack, err := s.hold(ctx, t, workers)
	if err != nil {
		return err
	}
	defer giveBack()
	set, giveSet, err := s.features(ctx, data, t, workers)
	if err != nil {
		return err
	}
	defer giveSet()
	earlier, _ := run.Stage("fit") // of the attempts that this one continues
	run.Stages = nil
	stage := func(name string, seconds float64) {
		run.Stages = append(run.Stages, results.Stage{Name: name, Seconds: seconds})
		w.Log().Info("stage", "name", name, "seconds", seconds)
	}
	stage("prepare", data.seconds)
	stage("features", set.seconds)
	describeData(w, run, data, set)
	model, seconds, err := s.fit(ctx, t, w, run, data, set, earlier, workers)
	if err != nil {
		return err
	}
	stage("fit", seconds)
	start := time.Now()
	lap := func(name string) {
		stage(name, time.Since(start).Seconds())
		start = time.Now()
	}
	validation, test, err := s.scores(ctx, model, set)
	if err != nil {
		return err
	}
	lap("score")
	if run.Results, err = s.evaluate(data, validation, test, model.Probabilities()); err != nil {
		return err
	}
	lap("evaluate")
	if err := s.keep(w, *run, model, data, set, test); err != nil {
		return err
	}
	lap("save")
	return nil
}

// collectMore starts a collection whenever memory has grown by a fifth, or by GOGC
// where that is less, until the last trial that asked for it calls undo. By default
// Go waits until memory has doubled: beside the papers of a large corpus, which stay
// for the whole training, that is gigabytes of garbage. Collecting so often takes
// little time, since the collector does not scan the numbers that papers consist of.
func (s *Session) collectMore() (undo func()) {
	const percent = 20
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lean++; s.lean == 1 {
		s.percent = debug.SetGCPercent(percent)
		if s.percent >= 0 && s.percent < percent { // below 0: never
			debug.SetGCPercent(s.percent)
		}
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.lean--; s.lean == 0 {
			debug.SetGCPercent(s.percent)
		}
	}
}

// describeData notes in the run's record and log what its model is to learn from.
func describeData(w *results.RunWriter, run *results.Run, data *dataset, set *featureSet) {
	run.Data.Labels, run.Data.Masters = len(data.taxonomy.Categories), len(data.taxonomy.Groups)
	run.Data.Train, run.Data.Validation, run.Data.Test = len(data.ids[corpus.Train]), len(data.ids[corpus.Validation]), len(data.ids[corpus.Test])
	if data.outside > 0 {
		run.Data.Outside = data.outside
	}
	run.Data.Twins = data.twins
	if run.Vectors = set.vectors; run.Vectors != nil {
		w.Log().Info("vectors", "table", run.Vectors.Name, "coverage", run.Vectors.Coverage())
		if cut := run.Vectors.Cut(); cut != "" {
			w.Log().Info("vectors", "cut", cut)
		}
		run.Warnings = append(run.Warnings, run.Vectors.Warnings()...)
	}
	if run.Words = set.words; run.Words != nil {
		w.Log().Info("words", "known", run.Words.Known, "coverage", run.Words.Coverage())
		if cut := run.Words.Cut(); cut != "" {
			w.Log().Info("words", "cut", cut)
		}
		run.Warnings = append(run.Warnings, run.Words.Warnings()...)
	}
	w.Log().Info("data", "drawn", data.drawn, "left_out", fmt.Sprintf("%d %s", data.outside, data.taxonomy.LeftOut()), "columns", set.Columns())
}

// keep writes the predictions for the test papers and, where it is wanted, the
// predictor of other papers.
func (s *Session) keep(w *results.RunWriter, run results.Run, model classifier.Classifier, data *dataset, set *featureSet, test *multilabel.Scores) error {
	err := w.WritePredictions(results.Predictions{
		IDs: data.ids[corpus.Test], Labels: categoryIDs(data.taxonomy), Truth: data.labels[corpus.Test], Scores: test,
	})
	if err != nil || !s.Config.Results.SaveModels {
		return err
	}
	about := predictor.Run{
		Experiment: run.Experiment, Trial: run.Trial, Model: run.Model.Name, Kind: run.Model.Kind, Backend: run.Model.Backend, Data: run.Data.Name,
	}
	var decisions []metrics.Decision
	for _, r := range run.Results {
		decisions = append(decisions, r.Decision)
	}
	p := predictor.New(about, data.taxonomy, decisions, set.Encoder, model)
	if loss := p.Loss(); loss != "" {
		w.Log().Info("model", "vectors", loss)
	}
	return p.Save(w.WriteModel)
}

// scores scores the validation papers, if a rule needs them, and the test
// papers.
func (s *Session) scores(ctx context.Context, model classifier.Classifier, set *featureSet) (validation, test *multilabel.Scores, err error) {
	if n, _ := set.Rows[corpus.Validation].Dims(); n > 0 {
		if validation, err = model.Scores(ctx, set.Rows[corpus.Validation]); err != nil {
			return nil, nil, err
		}
	}
	test, err = model.Scores(ctx, set.Rows[corpus.Test])
	return validation, test, err
}

func categoryIDs(t *corpus.Taxonomy) []string {
	ids := make([]string, len(t.Categories))
	for i, c := range t.Categories {
		ids[i] = c.ID
	}
	return ids
}
