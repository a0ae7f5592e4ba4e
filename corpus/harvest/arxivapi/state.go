package arxivapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/corpus/catalog"
	"assay/corpus/harvest/unusable"
)

// Keys of the marks in the catalog.
const (
	runKey     = "run"      // an unfinished harvest: runState
	coveredKey = "covered " // + category: Coverage
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
	Begun   time.Time `json:"begun"`  // by the server's clock, zero before the first answer
	Newest  time.Time `json:"newest"` // change of the first paper of the first answer
	Total   int       `json:"total"`  // the least that the whole list counted
	Pages   int       `json:"pages"`
	Entries int       `json:"entries"`
	Windows []window  `json:"windows"` // to be read, the last one first
}

// window is a list, or the part of it submitted in a time, and the place reached in it.
type window struct {
	From     time.Time `json:"from"` // minutes of submission, both included; zero: any
	To       time.Time `json:"to"`
	Start    int       `json:"start"`
	Size     int       `json:"size"`     // of the next slice; 0: as usual
	Frontier time.Time `json:"frontier"` // all changed after it is kept; zero where nothing is
	Back     int       `json:"back"`     // how far the start was last moved back
	Seen     bool      `json:"seen"`     // it has results
}

// marks is what a catalog knows of an API.
type marks struct {
	source   string
	run      *runState
	covered  map[string]Coverage
	unusable unusable.List
}

// sourceOf names an API in a catalog.
func sourceOf(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	return "arxiv-api " + strings.ToLower(strings.TrimRight(rest, "/"))
}

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
	if category, ok := strings.CutPrefix(mark.Key, coveredKey); ok {
		var c Coverage
		if err := json.Unmarshal([]byte(mark.State), &c); err != nil {
			return err
		}
		if _, err := time.Parse(time.DateOnly, c.Through); err != nil {
			return err
		}
		m.covered[category] = c
		return nil
	}
	if mark.Key != runKey {
		return nil // of a later version
	}
	r := new(runState)
	if err := json.Unmarshal([]byte(mark.State), r); err != nil {
		return err
	}
	if r.Turn < 0 || r.Turn >= len(r.Categories) {
		return fmt.Errorf("category %d of %d", r.Turn, len(r.Categories))
	}
	m.run = r
	return nil
}

// runMark is the mark of the run as it stands; without a run it removes the mark.
func (m *marks) runMark() (mark catalog.Mark, err error) {
	mark = catalog.Mark{Source: m.source, Key: runKey}
	if m.run == nil {
		return mark, nil
	}
	text, err := json.Marshal(m.run)
	mark.State = string(text)
	return mark, err
}

// cover adds what a category's harvest read to what the catalog has without a gap,
// and returns the mark for it. Days after a gap are not remembered.
func (m *marks) cover(category string, p *pass) (catalog.Mark, error) {
	c := Coverage{category, dayText(p.Since), dayText(p.First)}
	if old, known := m.covered[category]; known {
		if c.From > old.Through {
			c = old
		}
		c.From, c.Through = min(c.From, old.From), max(c.Through, old.Through)
	}
	m.covered[category] = c
	text, err := json.Marshal(c)
	return catalog.Mark{Source: m.source, Key: coveredKey + category, State: string(text)}, err
}

// isFor reports whether a run is what options ask for.
func (r *runState) isFor(categories []string, since string) bool {
	return slices.Equal(r.Categories, categories) && r.Since == since
}
