package arxivapi

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
)

const (
	blindOverlap = 10 // papers that neighbouring slices share if the list is not sorted
	miscountMost = 10 // papers by which a list may be shorter than its count
)

// step says where to go on after a slice.
type step struct {
	done     bool // the list is at its end
	gap      bool // the slice does not join the one before
	stuck    bool // the next slice would begin at the same place
	ordered  bool
	start    int
	frontier time.Time
}

// next returns the step after a slice. The list ends at papers changed before floor.
func (w *window) next(p *Page, floor time.Time) (s step) {
	n := len(p.Entries)
	at, ordered := moments(p.Entries)
	s.ordered, s.start, s.frontier = ordered, w.Start, w.Frontier
	switch {
	case n == 0:
		s.done = p.Total == 0 || w.Start == 0
		s.gap = !s.done
		return s
	case ordered && w.Start > 0 && !w.Frontier.IsZero() && !at[0].After(w.Frontier):
		s.gap = true
		return s
	case w.Start+n >= p.Total:
		s.done = true
		return s
	case !ordered:
		newest := at[0]
		for _, m := range at {
			newest = latest(newest, m)
		}
		s.done = newest.Before(floor)
		s.start, s.frontier = w.Start+max(n-blindOverlap, 1), time.Time{}
		s.stuck = false
		return s
	}
	last := at[n-1]
	if last.Before(floor) {
		s.done = true
		return s
	}
	first := n - 1 // of the papers of the last moment
	for first > 0 && at[first-1].Equal(last) {
		first--
	}
	s.start, s.frontier = w.Start+max(first-1, 0), last
	s.stuck = s.start == w.Start
	return s
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// readSlice reads the next slice of a pass and writes it with the place after it.
func (h *harvester) readSlice(ctx context.Context, category string, p *pass) error {
	w := &p.Windows[len(p.Windows)-1]
	size := h.Slice
	if w.Size > 0 {
		size = w.Size
	}
	q := question{category: category, from: w.From, to: w.To, start: w.Start, most: min(size, h.Limit-w.Start), sure: w.Seen, tries: w.tries()}
	page, err := h.ask(ctx, q, func(page *Page, try int) string {
		s := w.next(page, p.Floor)
		switch {
		case !s.ordered && try < orderTries:
			return "the answer is not in the order asked for"
		case s.stuck && len(page.Entries) < q.most && try < shortTries:
			return fmt.Sprintf("an answer of %d papers that ends at %d, though it counts %d", len(page.Entries), q.start+len(page.Entries), page.Total)
		}
		return ""
	})
	if err != nil {
		return err
	}
	h.note(p, w, page)
	s := w.next(page, p.Floor)
	if !s.ordered && !h.told {
		h.told = true
		h.Note("the API does not keep the order that it was asked for; slices overlap instead")
	}
	if err := h.advance(category, p, w, page, s, q.most); err != nil {
		return err
	}
	return h.keep(ctx, page, catalog.Batch{})
}

// note remembers what a pass has to know of its answers.
func (h *harvester) note(p *pass, w *window, page *Page) {
	if p.Begun.IsZero() {
		p.begin(page, h.Now())
	}
	if w.From.IsZero() {
		p.Total = min(p.Total, page.Total)
	}
	if len(page.Entries) > 0 {
		w.Seen = true
		h.marks.WasRead()
		p.Pages++
		h.sum.Pages++
		h.fullest = max(h.fullest, len(page.Entries))
	}
	p.Entries += len(page.Entries)
	h.view.page(p, w, h)
}

// advance moves a pass to the place after a slice.
func (h *harvester) advance(category string, p *pass, w *window, page *Page, s step, asked int) error {
	n := len(page.Entries)
	long := p.Floor.IsZero() && page.Total > h.Limit
	switch {
	case long && !s.done:
		p.Entries -= n // they will be read again
		return h.split(p, page.Total)
	case s.gap:
		h.sum.Backward++
		w.Back = max(1, 2*w.Back)
		w.Start = max(0, w.Start-w.Back)
		return nil
	case s.stuck && n < asked:
		// If no slice was ever fuller than this one, it may be the most that the service gives
		// at once, and not the list's end.
		if given := w.Start + n; n < h.fullest && page.Total-given <= max(miscountMost, page.Total/1000) {
			h.miscount(question{category: category, from: w.From, to: w.To}.list(), page.Total, given)
			s.done = true
			break
		}
		if w.From.IsZero() || w.From.Before(w.To) {
			return h.split(p, page.Total) // its parts may give more
		}
		return fmt.Errorf("%s counts %d papers, and there was none after %d in %d tries: %w",
			question{category: category, from: w.From, to: w.To}.list(), page.Total, w.Start+n, shortTries, harvest.ErrForNow)
	case s.stuck && asked < min(SliceMost, h.Limit-w.Start):
		w.Size = min(2*asked, SliceMost)
		return nil
	case s.stuck || !s.done && h.Limit-s.start < 2:
		return h.split(p, page.Total)
	}
	if s.done {
		p.Windows = p.Windows[:len(p.Windows)-1]
		return nil
	}
	w.Start, w.Frontier, w.Back, w.Size = s.start, s.frontier, 0, 0
	return nil
}

// miscount notes that a list ended a little before its count, by at most a thousandth or
// [miscountMost] papers: then the count is taken to be wrong, not the list.
func (h *harvester) miscount(list string, counted, given int) {
	h.Note(fmt.Sprintf("%s counts %d papers and gives %d", list, counted, given))
	h.sum.Miscounts = append(h.sum.Miscounts, Miscount{list, counted, given})
}

// split cuts the list in two by submission. The later half is read first.
func (h *harvester) split(p *pass, total int) error {
	w := p.Windows[len(p.Windows)-1]
	if w.From.IsZero() {
		w.From, w.To = earliest, p.Begun.AddDate(0, 0, 1).Truncate(time.Minute)
	}
	if !w.From.Before(w.To) {
		return tooMany(w, total, h.Limit)
	}
	middle := w.From.Add(w.To.Sub(w.From) / 2).Truncate(time.Minute)
	h.sum.Splits++
	p.Windows = append(p.Windows[:len(p.Windows)-1],
		window{From: w.From, To: middle}, window{From: middle.Add(time.Minute), To: w.To})
	return nil
}

// keep writes a slice's papers and how far the harvest is after it in one transaction.
func (h *harvester) keep(ctx context.Context, page *Page, batch catalog.Batch) error {
	for _, e := range page.Entries {
		h.marks.Take(&batch, cmp.Or(e.ID, "an entry"), e.Reason, e.Mended)
		if e.Paper != nil {
			batch.Papers = append(batch.Papers, e.Paper)
		}
	}
	h.sum.Entries += len(page.Entries)
	h.sum.Mended += page.Mended
	if err := h.marks.Write(ctx, batch); err != nil {
		return err
	}
	h.view.add(len(page.Entries))
	return nil
}
