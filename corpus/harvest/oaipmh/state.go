package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest/ledger"
)

// runState is an unfinished harvest. Days are texts YYYY-MM-DD, "" where there is none.
type runState struct {
	// What the user asked for: the same again goes on with it.
	Sets   []string `json:"sets"`
	Format string   `json:"format"`
	From   string   `json:"from"`
	Until  string   `json:"until"`

	Turn   int     `json:"turn"`   // index of the set that is read
	First  string  `json:"first"`  // of this set: where the harvest began
	Next   string  `json:"next"`   // of this set: first day not yet read; "" where not chosen yet
	Days   int     `json:"days"`   // length of the next window
	Window *window `json:"window"` // nil between windows

	Suspect string   `json:"suspect,omitempty"` // up to this day there is a page that cannot be read; "" where none is sought
	Again   []string `json:"again,omitempty"`   // of this set: parts that were missing, to be asked for once more
}

// isFor reports whether a run is what another one asks for.
func (r *runState) isFor(want *runState) bool {
	return slices.Equal(r.Sets, want.Sets) && r.Format == want.Format && r.From == want.From && r.Until == want.Until
}

// place is where a run is, "" where it has only begun.
func (r *runState) place() string {
	if r.Window != nil {
		return r.Window.From
	}
	return r.Next
}

// window is a list that has been begun.
type window struct {
	From     string        `json:"from"`
	Until    string        `json:"until"` // "" is open: to the present
	Token    string        `json:"token"` // "" begins
	Received time.Time     `json:"received"`
	Life     time.Duration `json:"life"` // how long the token was good when received; 0 where unknown
	Pages    int           `json:"pages"`
	Records  int           `json:"records"`
	Begun    string        `json:"begun"`    // day by the clock here, the day before to be sure
	Answered string        `json:"answered"` // earliest day by the server's clock
	Newest   string        `json:"newest"`   // latest day of a record
	Restarts int           `json:"restarts"`
	Again    bool          `json:"again,omitempty"` // it is the first of the parts asked for once more
	Listed   bool          `json:"listed"`          // the list came to its end; whether it shifted is open
}

// marks is what a catalog knows of a repository.
type marks struct {
	*ledger.Ledger[runState, Coverage]
}

// loadMarks reads a repository's marks.
func loadMarks(ctx context.Context, c *catalog.Catalog, source string) (*marks, error) {
	l, err := ledger.Load(ctx, c, source, func(r *runState) error {
		if r.Turn < 0 || r.Turn >= len(r.Sets) {
			return fmt.Errorf("set %d of %d", r.Turn, len(r.Sets))
		}
		return nil
	}, func(c Coverage) error {
		_, first := parseDay(c.From)
		_, last := parseDay(c.Through)
		if !(first && last) {
			return errors.New("no days")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &marks{l}, nil
}

// cover adds the days from first to last to what a set has without a gap, and reports
// whether that changed. Days that do not adjoin are not remembered.
func (m *marks) cover(set string, first, last time.Time) bool {
	if last.Before(first) {
		return false
	}
	c, known := m.Covered[set]
	if !known {
		m.Covered[set] = Coverage{set, corpus.DayText(first), corpus.DayText(last)}
		return true
	}
	from, _ := parseDay(c.From)
	through, _ := parseDay(c.Through)
	if first.After(through.AddDate(0, 0, 1)) || last.Before(from.AddDate(0, 0, -1)) {
		return false
	}
	grown := Coverage{set, corpus.DayText(earlier(from, first)), corpus.DayText(later(through, last))}
	m.Covered[set] = grown
	return grown != c
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
