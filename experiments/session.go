package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/synthetic"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/internal/progress"
	"assay/results"
)

// Session is an experiment opened for running: its corpus, its store and its
// trials. Run may be called for several trials at once: they share what they
// learn from.
type Session struct {
	Config *config.Config
	Jobs   []Job // those of later rungs are decided as results come

	corpus  *shards.Corpus
	store   *results.Store
	workers int
	resume  bool

	data  cache[string, *dataset] // by their key
	alone *Trial                  // the only one that will run, where that is known
	build string                  // of the program, where it is what is measured

	mu      sync.Mutex
	lean    int // trials that want garbage collected more often
	percent int // how often it was before
}

// Options say how a session runs.
type Options struct {
	// Workers is how many cores a trial uses, 1024 at most; 0 takes all. It
	// never changes a result.
	Workers int
	// Anew lets trials that were interrupted begin anew instead of going on from
	// their checkpoints.
	Anew bool
	// Measure says that the session is to measure this build of the program: it takes
	// over neither runs nor word vectors of another, whatever their versions. Without
	// it, equal versions of the parts are the same trial.
	Measure bool
}

const mostWorkers = 1024

// Open opens the experiment's corpus and run store.
func Open(ctx context.Context, cfg *config.Config, opt Options) (*Session, error) {
	if opt.Workers < 0 || opt.Workers > mostWorkers {
		return nil, fault.Usagef("experiments: %d workers: want 1 to %d, or 0 for one a core", opt.Workers, mostWorkers)
	}
	if err := cfg.HashFiles(); err != nil {
		return nil, err
	}
	store, err := results.CreateStore(cfg.Results.Path)
	if err != nil {
		return nil, err
	}
	c, err := openCorpus(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Session{Config: cfg, corpus: c, store: store, workers: opt.Workers, resume: !opt.Anew}
	if s.workers == 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	s.Jobs = Jobs(cfg, c.Hash())
	if opt.Measure {
		s.own()
	}
	if err := s.check(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return s, nil
}

// check refuses what the corpus or a model cannot serve.
func (s *Session) check() error {
	if n := s.Config.Corpus.Sample; n > s.corpus.Rows() {
		return fault.Usagef("experiments: corpus.sample = %d, but %s holds %d papers: lower it, or 0 for all", n, s.corpus.Path(), s.corpus.Rows())
	}
	return s.checkSizes()
}

// Close releases the corpus, once no trial runs any more.
func (s *Session) Close() error { return s.corpus.Close() }

// Trials returns the trials that are decided.
func (s *Session) Trials() []Trial { return decided(s.Jobs) }

// Alone says that no trial but this one will run in the session: nothing that
// only others learn from is prepared.
func (s *Session) Alone(t Trial) { s.alone = &t }

// Decide fills in trials of later rungs, as far as results allow, and reports
// whether there are new ones.
func (s *Session) Decide(ended func(trial string) Verdict) bool {
	return Decide(s.Config, s.Jobs, s.corpus.Hash(), ended)
}

// Stored is the verdict on a trial by the run store alone.
func (s *Session) Stored(trial string) Verdict { return stored(s.store, s.Config.Name, trial) }

func stored(store *results.Store, experiment, trial string) Verdict {
	run, err := store.Run(experiment, trial)
	return Verdict{Ended: err == nil && (run.State == results.Done || run.State == results.Failed), Run: run}
}

// Store returns the store that the session's runs are written to.
func (s *Session) Store() *results.Store { return s.store }

// Papers returns how many papers a trial draws.
func (s *Session) Papers() int64 {
	if n := s.Config.Corpus.Sample; n > 0 {
		return n
	}
	return s.corpus.Rows()
}

// CurrentTrials returns the trials that the experiment's corpus, this program and
// the results there are make of it, without running or writing anything. The
// error says why the corpus cannot be read.
func CurrentTrials(cfg *config.Config) ([]Trial, error) {
	if err := cfg.HashFiles(); err != nil {
		return nil, err
	}
	data, err := corpusHash(cfg)
	if err != nil {
		return nil, err
	}
	jobs := Jobs(cfg, data)
	if store, err := results.OpenStore(cfg.Results.Path); err == nil {
		jobs = withNumbers(cfg, store, jobs)
		Decide(cfg, jobs, data, func(trial string) Verdict { return stored(store, cfg.Name, trial) })
	}
	return decided(jobs), nil
}

// syntheticDir is where the built-in sample is cached.
func syntheticDir(cfg *config.Config) string {
	opt := synthetic.Default
	return filepath.Join(cfg.Results.Path, "cache", fmt.Sprintf("synthetic-%d-%d", opt.Papers, opt.Seed))
}

// openCorpus opens the folder that the experiment names, or the built-in
// sample, which is written to the results' cache the first time.
func openCorpus(ctx context.Context, cfg *config.Config) (*shards.Corpus, error) {
	if cfg.Corpus.Path != config.SyntheticPath {
		return shards.Open(cfg.Corpus.Path)
	}
	opt, dir := synthetic.Default, syntheticDir(cfg)
	if c, err := shards.Open(dir); err == nil {
		if c.Rows() == int64(opt.Papers) && c.Verify(ctx) == nil {
			return c, nil
		}
		if err := c.Close(); err != nil {
			return nil, err
		}
	}
	if err := WriteSynthetic(ctx, dir, opt, true); err != nil {
		return nil, err
	}
	return shards.Open(dir)
}

// WriteSynthetic writes the built-in sample as shards into dir.
func WriteSynthetic(ctx context.Context, dir string, opt synthetic.Options, overwrite bool) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fault.Usagef("experiments: make room for the synthetic sample: %w", err)
	}
	bar := progress.Start(ctx, "write synthetic sample", int64(opt.Papers), "papers")
	defer bar.Done()
	_, err := shards.Write(ctx, dir, func(yield func(*corpus.Paper, error) bool) {
		for p := range synthetic.Papers(opt) {
			if !yield(p, ctx.Err()) {
				return
			}
			bar.Add(1)
		}
	}, shards.WriterOptions{Source: "synthetic", Overwrite: overwrite})
	return err
}

// hold returns the data of a trial and what gives it back. What the models of
// the experiment count is counted at once, for all of them.
func (s *Session) hold(ctx context.Context, t Trial, workers int) (*dataset, func(), error) {
	return s.data.take(ctx, t.DataKey, func() (*dataset, error) {
		s.data.clear(nil) // free the old before making the new
		var wanted []config.Features
		for _, f := range s.Config.Features {
			if s.alone != nil && s.alone.Model.Features != f.Name {
				continue
			}
			if slices.ContainsFunc(s.Config.Variants(), func(m *config.Model) bool { return m.Features == f.Name }) {
				wanted = append(wanted, f)
			}
		}
		return prepare(ctx, s.corpus, s.Config, t.Seed, wanted, workers)
	})
}
