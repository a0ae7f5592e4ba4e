package ingest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"assay/corpus"
)

// Papers that come again after a Reset are counted once.
func TestFillCountsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	p := func(id, title string) *corpus.Paper { return &corpus.Paper{ID: id, Title: title} }
	f, err := fill(context.Background(), path, func(s *catalogSink) (int64, error) {
		err := errors.Join(s.Add(p("a", "old")), s.Add(p("b", "b")), s.flush(), s.Reset(), s.Add(p("b", "b")), s.Add(p("a", "new")))
		return 2, err
	})
	if want := (Filled{Path: path, Added: 2, Papers: 2}); err != nil || *f != want {
		t.Errorf("%+v, %v; want %+v", f, err, want)
	}
}
