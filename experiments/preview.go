package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"assay/corpus/shards"
	"assay/corpus/synthetic"
	"assay/experiments/config"
	"assay/results"
)

// Plan is what an experiment would run.
type Plan struct {
	Papers int64 // that each trial draws
	Jobs   []JobStatus
	// Note says where Adopt would number the trials otherwise, or refuse them.
	Note string
}

// Preview checks all that Open checks and returns the jobs with the numbers that
// Adopt would give them, without writing to the results folder.
func Preview(ctx context.Context, cfg *config.Config) (p *Plan, err error) {
	if err := cfg.HashFiles(); err != nil {
		return nil, err
	}
	s := &Session{Config: cfg, workers: 1}
	if s.corpus, err = previewCorpus(ctx, cfg); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.corpus.Close()) }()
	if err := s.check(); err != nil {
		return nil, err
	}
	data := s.corpus.Hash()
	s.Jobs = Jobs(cfg, data)
	store, err := results.OpenStore(cfg.Results.Path)
	if err != nil { // nothing has run
		return &Plan{Papers: s.Papers(), Jobs: states(cfg, nil, s.Jobs, data)}, nil
	}
	p = &Plan{Papers: s.Papers(), Jobs: states(cfg, store, withNumbers(cfg, store, s.Jobs), data)}
	if m, found, err := store.Sweep(cfg.Name); err == nil && found {
		if more, same := compareKeys(s.Jobs, jobKeys(m)); !same {
			p.Note = "there is a sweep of another configuration, and this one is refused without --force: " + strings.Join(s.changes(m), "; ")
		} else if more > 0 {
			p.Note = fmt.Sprintf("%d trials more than the sweep has", more)
		}
	}
	note, err := earlier(ctx, cfg, store, trialsOf(p.Jobs))
	p.Note = both(p.Note, note)
	return p, err
}

// previewCorpus opens the experiment's corpus. The built-in sample, where it is
// not cached yet, is written to a temporary folder that is removed at once: its
// pages stay readable until it is closed.
func previewCorpus(ctx context.Context, cfg *config.Config) (*shards.Corpus, error) {
	if cfg.Corpus.Path != config.SyntheticPath {
		return shards.Open(cfg.Corpus.Path)
	}
	if c, err := shards.Open(syntheticDir(cfg)); err == nil {
		return c, nil
	}
	dir, err := os.MkdirTemp("", "assay-preview-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	dir = filepath.Join(dir, "synthetic")
	if err := WriteSynthetic(ctx, dir, synthetic.Default, false); err != nil {
		return nil, err
	}
	return shards.Open(dir)
}
