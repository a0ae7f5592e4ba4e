package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/ingest"
	"assay/corpus/shards"
	"assay/internal/progress"
)

// fillAtOnce is how many papers go into a catalog in one transaction.
const fillAtOnce = 5000

// filled is what an import changed in a catalog.
type filled struct {
	Path      string `json:"path"`
	Added     int    `json:"added"`
	Replaced  int    `json:"replaced"`
	Unchanged int64  `json:"unchanged"` // of those kept, also those that were changed later in the catalog
	Papers    int64  `json:"papers"`    // in the catalog now
}

func (f *filled) print(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%s: %d papers added, %d replaced, %d unchanged; it has %d now\n", f.Path, f.Added, f.Replaced, f.Unchanged, f.Papers)
	return err
}

// catalogSink writes the papers of an import into a catalog.
type catalogSink struct {
	ctx     context.Context
	catalog *catalog.Catalog
	batch   []*corpus.Paper
	filled  *filled
}

// Add implements ingest.Sink.
func (s *catalogSink) Add(p *corpus.Paper) error {
	s.batch = append(s.batch, p)
	if len(s.batch) < fillAtOnce {
		return nil
	}
	return s.flush()
}

// Reset implements ingest.Sink. What was written stays: all of its papers come
// again, and the catalog keeps the one of each id that was changed last.
func (s *catalogSink) Reset() error {
	s.batch = s.batch[:0]
	return nil
}

func (s *catalogSink) flush() error {
	w, err := s.catalog.Write(s.ctx, catalog.Batch{Papers: s.batch})
	s.batch = s.batch[:0]
	s.filled.Added += w.Added
	s.filled.Replaced += w.Replaced
	return err
}

// fill fills a catalog with the papers that add gives to a sink.
func fill(ctx context.Context, path string, add func(s *catalogSink) (kept int64, err error)) (*filled, error) {
	f := &filled{Path: path}
	n, err := catalog.Fill(ctx, path, func(c *catalog.Catalog) error {
		s := &catalogSink{ctx: ctx, catalog: c, filled: f}
		kept, err := add(s)
		if err != nil {
			return err
		}
		err = s.flush()
		// A paper that came twice, before and after a Reset, may have been replaced twice.
		f.Replaced = min(f.Replaced, int(kept)-f.Added)
		f.Unchanged = kept - int64(f.Added+f.Replaced)
		return err
	})
	f.Papers = n.Papers
	return f, err
}

// fillByImport imports into a catalog.
func fillByImport(ctx context.Context, path string, opt ingest.Options) (f *filled, summary *ingest.Summary, err error) {
	if opt.TempDir == "" {
		opt.TempDir = filepath.Dir(path)
	}
	f, err = fill(ctx, path, func(s *catalogSink) (int64, error) {
		if summary, err = ingest.Import(ctx, opt, s); err != nil {
			return 0, err
		}
		return summary.Kept, nil
	})
	return f, summary, err
}

// fillFromShards copies a corpus into a catalog.
func fillFromShards(ctx context.Context, path, dir string) (f *filled, err error) {
	err = withCorpus(dir, func(c *shards.Corpus) error {
		rows, err := c.Sample(0, 0)
		if err != nil {
			return err
		}
		f, err = fill(ctx, path, func(s *catalogSink) (int64, error) {
			bar := progress.Start(ctx, "fill", c.Rows(), "papers")
			defer bar.Done()
			for p, err := range c.Papers(ctx, rows) {
				if err != nil {
					return 0, err
				}
				q := *p // the corpus uses p again
				q.Categories, q.Authors = append([]string(nil), p.Categories...), append([]string(nil), p.Authors...)
				if err := s.Add(&q); err != nil {
					return 0, err
				}
				bar.Add(1)
			}
			return c.Rows(), nil
		})
		return err
	})
	return f, err
}
