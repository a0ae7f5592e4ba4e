package arxivapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/ledger"
)

// runState is an unfinished harvest.
type runState struct {
	// What the user asked for: the same again goes on with it.
	Categories []string `json:"categories"`
	Since      string   `json:"since"` // day or ""

	Turn int   `json:"turn"` // index of the category that is read
	Pass *pass `json:"pass"` // nil where none is begun
}

// pass is a reading of a category's list, from its front to the papers that were changed
// before Floor.
type pass struct {
	Since   time.Time `json:"since"` // floor of the category's first pass; zero is all
	First   time.Time `json:"first"` // by the server's clock, when that began
	Number  int       `json:"number"`
	Floor   time.Time `json:"floor"`
	Begun   time.Time `json:"begun"`           // by the server's clock, zero before the first answer
	Newest  time.Time `json:"newest"`          // change of the first paper of the first answer
	Blind   int       `json:"blind,omitempty"` // papers at the front that could not be read
	Total   int       `json:"total"`           // the lowest count of the whole list so far
	Pages   int       `json:"pages"`
	Entries int       `json:"entries"`
	Windows []window  `json:"windows"` // to be read, the last one first
}

// window is a list, or the part of it submitted in a time, and the place reached in it.
type window struct {
	From     time.Time `json:"from"` // minutes of submission, both included; zero: any
	To       time.Time `json:"to"`
	Start    int       `json:"start"`
	Size     int       `json:"size"`             // of the next slice; 0: as usual
	Frontier time.Time `json:"frontier"`         // all changed after it is kept; zero where nothing is
	Back     int       `json:"back"`             // how far the start was last moved back
	Seen     bool      `json:"seen"`             // it has results
	Narrow   bool      `json:"narrow,omitempty"` // part of a list that could not be read
	Again    bool      `json:"again,omitempty"`  // a minute that was missing, asked for once more
}

// tries is how often an unreadable answer is asked for again.
func (w *window) tries() int {
	if w.Narrow {
		return harvest.UnreadableFew
	}
	return harvest.UnreadableTries
}

// begin notes what the first answer says of the list.
func (p *pass) begin(page *Page, now time.Time) {
	if p.Begun = page.Answered; p.Begun.IsZero() {
		p.Begun = now.UTC()
	}
	p.Total = page.Total
	if len(page.Entries) > 0 {
		p.Newest = page.Entries[0].Updated
	}
	if p.First.IsZero() {
		p.First = p.Begun
	}
}

// marks is what a catalog knows of an API.
type marks struct {
	*ledger.Ledger[runState, Coverage]
}

// sourceOf names an API in a catalog.
func sourceOf(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	return "arxiv-api " + strings.ToLower(strings.TrimRight(rest, "/"))
}

func loadMarks(ctx context.Context, c *catalog.Catalog, source string) (*marks, error) {
	l, err := ledger.Load(ctx, c, source, func(r *runState) error {
		if r.Turn < 0 || r.Turn >= len(r.Categories) {
			return fmt.Errorf("category %d of %d", r.Turn, len(r.Categories))
		}
		return nil
	}, func(c Coverage) error {
		_, err := time.Parse(time.DateOnly, c.Through)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &marks{l}, nil
}

// cover adds what a category's harvest read to what the catalog has without a gap,
// and returns the mark for it. Days after a gap are not remembered.
func (m *marks) cover(category string, p *pass) (catalog.Mark, error) {
	c := Coverage{category, corpus.DayText(p.Since), corpus.DayText(p.First)}
	if old, known := m.Covered[category]; known {
		if c.From > old.Through {
			c = old
		}
		c.From, c.Through = min(c.From, old.From), max(c.Through, old.Through)
	}
	m.Covered[category] = c
	return m.CoveredMark(category)
}

// isFor reports whether a run is what another one asks for.
func (r *runState) isFor(want *runState) bool {
	return slices.Equal(r.Categories, want.Categories) && r.Since == want.Since
}

// place is where a run is.
func (r *runState) place() string { return r.Categories[r.Turn] }
