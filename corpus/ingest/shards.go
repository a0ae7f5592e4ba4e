package ingest

import (
	"assay/corpus/shards"
	"context"
	"errors"
	"path/filepath"
)

// ToShards imports into a new corpus in the folder dir, which is complete
// or, after an error, as it was before. An empty options.Source becomes the
// format's name, an empty opt.TempDir the folder that holds dir. The summary is
// not nil where reading began, also after an error.
func ToShards(ctx context.Context, opt Options, dir string, options shards.WriterOptions) (_ *Summary, _ *shards.Manifest, err error) {
	if options.Source == "" {
		options.Source = opt.Format
	}
	if opt.TempDir == "" {
		opt.TempDir = filepath.Dir(filepath.Clean(dir))
	}
	im, err := newImporter(opt)
	if err != nil {
		return nil, nil, err
	}
	sink := &shardSink{create: func() (*shards.Writer, error) { return shards.Create(dir, options) }}
	if err := sink.Reset(); err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, sink.Abort()) }()
	if err := errors.Join(im.run(ctx, sink), im.sources.close()); err != nil {
		return im.summary, nil, err
	}
	manifest, err := sink.Commit(ctx)
	return im.summary, manifest, err
}

// shardSink is a writer that can begin again.
type shardSink struct {
	*shards.Writer
	create func() (*shards.Writer, error)
}

// Reset drops what was written and begins a new corpus.
func (s *shardSink) Reset() error {
	if s.Writer != nil {
		if err := s.Abort(); err != nil {
			return err
		}
	}
	w, err := s.create()
	if err == nil {
		s.Writer = w
	}
	return err
}
