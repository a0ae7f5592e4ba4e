package arxivapi

import (
	"context"
	"strings"
	"testing"
	"time"

	"assay/corpus/harvest/arxivapi/arxivtest"
	"assay/internal/progress"
)

// shown is a sink that keeps what it is told.
type shown struct {
	count int64
	notes []string
}

func (s *shown) Start(string, int64, string) progress.Bar { return s }
func (s *shown) Add(n int64)                              { s.count += n }
func (s *shown) Note(text string)                         { s.notes = append(s.notes, text) }
func (s *shown) Done()                                    {}

// The bar is told the category, the time left, the pauses and the place.
func TestProgress(t *testing.T) {
	all := papers(100)
	for i, p := range all {
		if i%2 == 0 {
			p.Categories = append(p.Categories, "cs.CV")
		}
	}
	w := newWorld(t, arxivtest.Options{Papers: all, Limit: 60})
	bar := new(shown)
	sum, err := w.harvest(progress.With(context.Background(), bar), Options{Categories: []string{"cs.LG", "cs.CV"}})
	if err != nil || bar.count != int64(sum.Entries) {
		t.Fatalf("%v: counted %d of %d", err, bar.count, sum.Entries)
	}
	text := strings.Join(bar.notes, "\n")
	for _, want := range []string{"cs.LG 1/2, 0 s paused, 20 of 100\n", "52 of 100, from 2010 to 2013\n", "100 of 100, from 1991 to 2002\n", "cs.CV 2/2, 0 s left, 0 s paused, 20 of 54"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %q", text, want)
		}
	}
}

func TestTimeLeft(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v := view{started: start, read: 1000, finished: 2, sizes: 600}
	now := start.Add(100 * time.Second)
	for _, c := range []struct {
		p          pass
		categories int
		want       time.Duration
	}{
		{pass{Total: 900, Entries: 400}, 0, 50 * time.Second},
		{pass{Total: 900, Entries: 400}, 3, 140 * time.Second},
		{pass{Total: 900, Entries: 950}, 0, 0},
		{pass{Total: 900, Entries: 400, Floor: start}, 1, 30 * time.Second},
	} {
		if d, known := v.left(&c.p, c.categories, now); !known || d != c.want {
			t.Errorf("%+v: %v, %v", c, d, known)
		}
	}
	if d, all := (&view{started: start, read: 100}).left(&pass{Total: 900, Entries: 400}, 1, now); all || d != 500*time.Second {
		t.Errorf("beside categories of unknown size %v are left, of all: %v", d, all)
	}
	if d, all := (&view{started: start}).left(&pass{Total: 900}, 0, now); all || d != 0 {
		t.Errorf("before the first paper %v are left", d)
	}
}
