package arxivapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/ledger"
	"assay/internal/fault"
	"assay/internal/progress"
)

// harvester is a call of Harvest.
type harvester struct {
	Options
	marks   *marks
	sum     Summary
	view    view
	told    bool // that the service's order is not kept
	fullest int  // papers of a slice so far
}

// earliest is before arXiv's first paper.
var earliest = time.Date(1991, 1, 1, 0, 0, 0, 0, time.UTC)

// Harvest reads the categories' papers into the catalog. Called again with the same
// options after it was broken off at any moment, it goes on where it was. A question
// that the API refuses is a *[RefusedError]; after an error, too, the summary says what was
// done until then.
func Harvest(ctx context.Context, opt Options) (*Summary, error) {
	h := &harvester{Options: opt}
	err := h.prepare(ctx)
	if err == nil {
		h.view.bar = progress.Start(ctx, "arxiv", 0, "papers")
		err = h.run(ctx)
		h.view.bar.Done()
	}
	if h.marks != nil {
		h.sum.Flaws = h.marks.Flaws()
		w := h.marks.Written
		h.sum.Added, h.sum.Replaced, h.sum.Unchanged = w.Added, w.Replaced, w.Unchanged
	}
	if err != nil {
		err = fmt.Errorf("arxivapi: %w", err)
	}
	return &h.sum, err
}

// prepare checks what is asked for, and chooses between going on and beginning.
func (h *harvester) prepare(ctx context.Context) (err error) {
	if err = h.Check(); err != nil {
		return err
	}
	h.complete()
	categories, err := h.list()
	if err != nil {
		return err
	}
	if h.marks, err = loadMarks(ctx, h.Catalog, sourceOf(h.URL)); err != nil {
		return err
	}
	h.marks.Note = h.Note
	want := &runState{Categories: categories, Since: corpus.DayText(h.Since)}
	if h.sum.Resumed = h.marks.Resume(want, (*runState).isFor, (*runState).place); !h.sum.Resumed {
		h.noteCovered(categories)
	}
	return nil
}

// noteCovered says what was asked for before.
func (h *harvester) noteCovered(categories []string) {
	if !h.Since.IsZero() {
		return
	}
	n, example := 0, Coverage{}
	var partly Coverage
	for _, id := range categories {
		c, known := h.marks.Covered[id]
		if !known {
			continue
		}
		n++
		if example.Category == "" {
			example = c
		}
		if c.From > corpus.DayText(earliest) && partly.Category == "" {
			partly = c
		}
	}
	if n > 0 {
		h.Note(fmt.Sprintf("%d of %d categories were read before and are asked for changes only, such as %s from %s on",
			n, len(categories), example.Category, corpus.DayText(overlap(example))))
	}
	if partly.Category != "" {
		h.Note(fmt.Sprintf("papers of %s changed last before %s were never asked for, which is as it should be if the catalog was filled from a snapshot: --since %s asks for all", partly.Category, partly.From, corpus.DayText(earliest)))
	}
}

// overlap is the first day that a category is asked for again.
func overlap(c Coverage) time.Time {
	t, _ := time.Parse(time.DateOnly, c.Through) // it was checked
	return t.AddDate(0, 0, -overlapDays)
}

// run reads the categories in turn.
func (h *harvester) run(ctx context.Context) error {
	r := h.marks.Run
	for h.marks.Run != nil {
		category := r.Categories[r.Turn]
		h.sum.Unfinished = category
		if r.Pass == nil {
			r.Pass = h.begin(category)
		}
		if err := h.readPass(ctx, category); err != nil {
			return fmt.Errorf("%s: %w", category, err)
		}
	}
	h.sum.Unfinished = ""
	for _, id := range r.Categories {
		h.sum.Categories = append(h.sum.Categories, h.marks.Covered[id])
	}
	return ledger.Incomplete(h.missing(r.Categories...))
}

// begin is a category's first pass.
func (h *harvester) begin(category string) *pass {
	var floor time.Time
	c, known := h.marks.Covered[category]
	switch {
	case h.Since.After(earliest):
		floor = day(h.Since)
	case h.Since.IsZero() && known:
		floor = overlap(c)
	}
	return &pass{Since: floor, Floor: floor, Number: 1, Windows: append([]window{{}}, h.lost(category)...)}
}

// readPass reads what is left of a pass, and looks whether another one is needed.
func (h *harvester) readPass(ctx context.Context, category string) error {
	p := h.marks.Run.Pass
	h.view.begin(h.Now())
	for len(p.Windows) > 0 {
		if p.Windows[len(p.Windows)-1].Again {
			if err := h.readMinute(ctx, category, p); err != nil {
				return err
			}
			continue
		}
		err := h.readSlice(ctx, category, p)
		var unreadable *harvest.UnreadableError
		if errors.As(err, &unreadable) {
			err = h.around(ctx, category, p, unreadable)
		}
		if err != nil {
			return err
		}
	}
	changed, err := h.changed(ctx, category, p)
	if err != nil {
		return err
	}
	if changed {
		return h.again(ctx, p)
	}
	return h.finish(ctx, category, p)
}

// changed looks at the front of a list whose pages have all been read.
func (h *harvester) changed(ctx context.Context, category string, p *pass) (bool, error) {
	if p.Pages < 2 {
		return false, nil // one page is a list at one moment
	}
	newer := func(page *Page, blind int) bool {
		return blind != p.Blind || len(page.Entries) > 0 && page.Entries[0].Updated.After(p.Newest)
	}
	page, blind, err := h.front(ctx, category, func(page *Page, blind, try int) string {
		if page.Total > p.Total && !newer(page, blind) && try < shortTries {
			return fmt.Sprintf("the list counts %d papers, not %d, and begins as before", page.Total, p.Total)
		}
		return ""
	})
	if err != nil {
		return false, fmt.Errorf("look for changes: %w", err)
	}
	return page.Total > p.Total || newer(page, blind), nil
}

// passesMost is how often a list that does not come to rest is read.
const passesMost = 8

// again begins the next pass: what was changed since shortly before this one.
func (h *harvester) again(ctx context.Context, p *pass) error {
	h.sum.Again++
	floor := p.Begun.AddDate(0, 0, -overlapDays)
	if floor.Before(p.Since) {
		floor = p.Since
	}
	next := &pass{Since: p.Since, First: p.First, Number: p.Number + 1, Floor: floor, Windows: []window{{}}}
	restless := next.Number > passesMost
	if restless {
		next.Number = 1
	}
	h.marks.Run.Pass = next
	if err := h.marks.Write(ctx, catalog.Batch{}); err != nil {
		return err
	}
	if restless {
		return fmt.Errorf("the list changed each of the %d times that it was read: %w", passesMost, harvest.ErrForNow)
	}
	return nil
}

// finish ends a category.
func (h *harvester) finish(ctx context.Context, category string, p *pass) error {
	mark, err := h.marks.cover(category, p)
	if err != nil {
		return err
	}
	r := h.marks.Run
	r.Turn, r.Pass = r.Turn+1, nil
	if r.Turn == len(r.Categories) {
		h.marks.Run = nil
	}
	h.view.finish()
	return h.marks.Write(ctx, catalog.Batch{Marks: []catalog.Mark{mark}})
}

// tooMany says that a minute holds more papers than the API gives.
func tooMany(w window, total, limit int) error {
	return fault.Usagef("%d papers were submitted in the minute %s, and the API gives %d of them; harvest by OAI-PMH instead",
		total, w.From.Format(time.RFC3339), limit)
}
