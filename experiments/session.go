package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"assay/corpus"
	"assay/corpus/synthetic"
	"assay/internal/codeversion"
	"assay/internal/fault"
	"assay/internal/progress"
	"assay/results"
)

// SyntheticPath is the corpus path that names the built-in sample.
const SyntheticPath = "synthetic"

// Session is an experiment opened for running: its corpus, its store and its
// trials. It is not safe for concurrent use; each trial uses all workers.
type Session struct {
	Config *Config
	Trials []Trial

	corpus  *corpus.Corpus
	store   *results.Store
	workers int
	resume  bool

	// The data of one key at a time: trials of a key run one after another.
	dataKey  string
	dataSeed uint64
	data     *dataset
	vectors  map[string]*wordVectors // of that data, by the name of their table
}

// Options say how a session runs.
type Options struct {
	// Workers is how many cores a trial uses, 1024 at most; 0 takes all. It
	// never changes a result.
	Workers int
	// Anew lets trials that were interrupted begin anew instead of going on from
	// their checkpoints.
	Anew bool
}

const mostWorkers = 1024

// Open opens the experiment's corpus and run store.
func Open(ctx context.Context, cfg *Config, opt Options) (*Session, error) {
	if opt.Workers < 0 || opt.Workers > mostWorkers {
		return nil, fault.Usagef("experiments: %d workers: want 1 to %d, or 0 for one a core", opt.Workers, mostWorkers)
	}
	if err := cfg.hashFiles(); err != nil {
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
	s.Trials = cfg.Trials(c.Hash(), codeversion.Get())
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

// Close releases the corpus and the word vectors.
func (s *Session) Close() error { return errors.Join(s.closeVectors(), s.corpus.Close()) }

// Store returns the store that the session's runs are written to.
func (s *Session) Store() *results.Store { return s.store }

// Papers returns how many papers a trial draws.
func (s *Session) Papers() int64 {
	if n := s.Config.Corpus.Sample; n > 0 {
		return n
	}
	return s.corpus.Rows()
}

// CurrentTrials returns the trials that the experiment's corpus and this program
// make of it, without running or writing anything. The error says why the corpus
// cannot be read.
func CurrentTrials(cfg *Config) ([]Trial, error) {
	if err := cfg.hashFiles(); err != nil {
		return nil, err
	}
	dir := cfg.Corpus.Path
	if dir == SyntheticPath {
		dir = syntheticDir(cfg)
	}
	c, err := corpus.Open(dir)
	if err != nil {
		return nil, err
	}
	return cfg.Trials(c.Hash(), codeversion.Get()), c.Close()
}

// syntheticDir is where the built-in sample is cached.
func syntheticDir(cfg *Config) string {
	opt := synthetic.Default
	return filepath.Join(cfg.Results.Path, "cache", fmt.Sprintf("synthetic-%d-%d", opt.Papers, opt.Seed))
}

// openCorpus opens the folder that the experiment names, or the built-in
// sample, which is written to the results' cache the first time.
func openCorpus(ctx context.Context, cfg *Config) (*corpus.Corpus, error) {
	if cfg.Corpus.Path != SyntheticPath {
		return corpus.Open(cfg.Corpus.Path)
	}
	opt, dir := synthetic.Default, syntheticDir(cfg)
	if c, err := corpus.Open(dir); err == nil {
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
	return corpus.Open(dir)
}

// WriteSynthetic writes the built-in sample as shards into dir.
func WriteSynthetic(ctx context.Context, dir string, opt synthetic.Options, overwrite bool) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fault.Usagef("experiments: make room for the synthetic sample: %w", err)
	}
	w, err := corpus.Create(dir, corpus.WriterOptions{Source: "synthetic", Overwrite: overwrite})
	if err != nil {
		return err
	}
	bar := progress.Start(ctx, "write synthetic sample", int64(opt.Papers), "papers")
	defer bar.Done()
	for p := range synthetic.Papers(opt) {
		if err := errors.Join(ctx.Err(), w.Add(p)); err != nil {
			return errors.Join(err, w.Abort())
		}
		bar.Add(1)
	}
	_, err = w.Commit(ctx)
	return err
}

// dataFor returns the prepared data of a trial, kept until another key is
// asked for. All features that the models name are prepared at once.
func (s *Session) dataFor(ctx context.Context, t Trial) (*dataset, error) {
	if s.dataKey == t.DataKey {
		return s.data, nil
	}
	s.dataKey, s.data = "", nil // free the old before making the new
	if err := s.closeVectors(); err != nil {
		return nil, err
	}
	var wanted []Features
	for _, f := range s.Config.Features {
		for i := range s.Config.Models {
			if s.Config.Models[i].Features == f.Name {
				wanted = append(wanted, f)
				break
			}
		}
	}
	d, err := prepare(ctx, s.corpus, s.Config, t.Seed, wanted, s.workers)
	if err != nil {
		return nil, err
	}
	s.dataKey, s.dataSeed, s.data = t.DataKey, t.Seed, d
	return d, nil
}
