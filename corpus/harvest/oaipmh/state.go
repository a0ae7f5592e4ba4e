package oaipmh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"assay/corpus/catalog"
	"assay/corpus/harvest/unusable"
)

// Keys of the marks in the catalog.
const (
	runKey     = "run"      // an unfinished harvest: runState
	coveredKey = "covered " // + set: Coverage
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
	Listed   bool          `json:"listed"` // the list came to its end; whether it shifted is open
}

// marks is what a catalog knows of a repository.
type marks struct {
	source   string
	run      *runState
	covered  map[string]Coverage
	unusable unusable.List
}

// loadMarks reads a repository's marks.
func loadMarks(ctx context.Context, c *catalog.Catalog, source string) (*marks, error) {
	all, err := c.Marks(ctx, source)
	if err != nil {
		return nil, err
	}
	m := &marks{source: source, covered: map[string]Coverage{}}
	for _, mark := range all {
		if err = m.take(mark); err != nil {
			return nil, fmt.Errorf("mark %q of %q: %w", mark.Key, source, err)
		}
	}
	return m, nil
}

func (m *marks) take(mark catalog.Mark) error {
	if m.unusable.Take(mark) {
		return nil
	}
	if set, ok := strings.CutPrefix(mark.Key, coveredKey); ok {
		var c Coverage
		err := json.Unmarshal([]byte(mark.State), &c)
		m.covered[set] = c
		_, first := parseDay(c.From)
		_, last := parseDay(c.Through)
		if err == nil && !(first && last) {
			err = errors.New("no days")
		}
		return err
	}
	if mark.Key != runKey {
		return nil // of a later version
	}
	r := new(runState)
	if err := json.Unmarshal([]byte(mark.State), r); err != nil {
		return err
	}
	if r.Turn < 0 || r.Turn >= len(r.Sets) {
		return fmt.Errorf("set %d of %d", r.Turn, len(r.Sets))
	}
	m.run = r
	return nil
}

// runMark is the mark of the run as it stands; without a run it removes the mark.
func (m *marks) runMark() (catalog.Mark, error) {
	mark := catalog.Mark{Source: m.source, Key: runKey}
	if m.run == nil {
		return mark, nil
	}
	text, err := json.Marshal(m.run)
	mark.State = string(text)
	return mark, err
}

func (m *marks) coveredMark(set string) (catalog.Mark, error) {
	text, err := json.Marshal(m.covered[set])
	return catalog.Mark{Source: m.source, Key: coveredKey + set, State: string(text)}, err
}

// cover adds the days from first to last to what a set has without a gap, and reports
// whether that changed. Days that do not adjoin are not remembered.
func (m *marks) cover(set string, first, last time.Time) bool {
	if last.Before(first) {
		return false
	}
	c, known := m.covered[set]
	if !known {
		m.covered[set] = Coverage{set, dayText(first), dayText(last)}
		return true
	}
	from, _ := parseDay(c.From)
	through, _ := parseDay(c.Through)
	if first.After(through.AddDate(0, 0, 1)) || last.Before(from.AddDate(0, 0, -1)) {
		return false
	}
	grown := Coverage{set, dayText(earlier(from, first)), dayText(later(through, last))}
	m.covered[set] = grown
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
