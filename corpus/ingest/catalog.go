package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/shards"
	"assay/internal/progress"
)

// fillAtOnce is how many papers go into a catalog in one transaction.
const fillAtOnce = 5000

// Filled is what an import changed in a catalog.
type Filled struct {
	Path      string `json:"path"`
	Added     int    `json:"added"`
	Replaced  int    `json:"replaced"`
	Unchanged int64  `json:"unchanged"` // of those kept, also those that were changed later in the catalog
	Papers    int64  `json:"papers"`    // in the catalog now
}

// WriteText writes it for people.
func (f *Filled) WriteText(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%s: %d papers added, %d replaced, %d unchanged; it has %d now\n", f.Path, f.Added, f.Replaced, f.Unchanged, f.Papers)
	return err
}

// catalogSink writes the papers of an import into a catalog.
type catalogSink struct {
	ctx     context.Context
	catalog *catalog.Catalog
	batch   []*corpus.Paper
	filled  *Filled
}

// Add implements Sink.
func (s *catalogSink) Add(p *corpus.Paper) error {
	s.batch = append(s.batch, p)
	if len(s.batch) < fillAtOnce {
		return nil
	}
	return s.flush()
}

// Reset implements Sink. What was written stays: all of its papers come again, and the
// catalog keeps the one of each id that was changed last.
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
func fill(ctx context.Context, path string, add func(s *catalogSink) (kept int64, err error)) (*Filled, error) {
	f := &Filled{Path: path}
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

// ToCatalog imports into the catalog in the file path, which is made where it is missing:
// then it appears when all went well. An empty opt.TempDir becomes the file's folder. The
// summary is not nil where reading began, also after an error.
func ToCatalog(ctx context.Context, opt Options, path string) (summary *Summary, f *Filled, err error) {
	if opt.TempDir == "" {
		opt.TempDir = filepath.Dir(path)
	}
	f, err = fill(ctx, path, func(s *catalogSink) (int64, error) {
		if summary, err = Import(ctx, opt, s); err != nil {
			return 0, err
		}
		return summary.Kept, nil
	})
	return summary, f, err
}

// ShardsToCatalog copies the corpus in the folder dir into the catalog in the file path.
func ShardsToCatalog(ctx context.Context, dir, path string) (f *Filled, err error) {
	c, err := shards.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	rows, err := c.Sample(0, 0)
	if err != nil {
		return nil, err
	}
	return fill(ctx, path, func(s *catalogSink) (int64, error) {
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
}
