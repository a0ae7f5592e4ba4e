package coreapi

import (
	"context"
	"errors"
	"fmt"

	"assay/corpus/harvest"
)

var (
	errScrollLost = errors.New("coreapi: the scroll has lost its place")
	errMoved      = errors.New("coreapi: the offset leads elsewhere, or nowhere")
	errListEnds   = errors.New("coreapi: CORE shows no more of the list")
	errEmptyPage  = errors.New("an empty page before the end that CORE's count promises")
	errNothing    = errors.New("no result at all")
	errRepeated   = errors.New("a page of results that were there before")
	errShortPage  = errors.New("a page with fewer results than asked for")
)

const (
	mostRestarts = 20 // of a list in turn that bring nothing new
	mostRepeats  = 3  // times that a doubtful but whole answer, or a scroll that ended early, is asked for again
	mostLost     = 3  // results in turn that cannot be read: then it is not they that are to blame
	mostEmpty    = 6  // empty answers in turn that make the end of a list
	overlap      = 10 // results read again where a list is entered by offset
)

// walker reads a topic's list page by page, from any place and after any
// failure, with no result left out. A result may come twice.
type walker struct {
	*asker
	s       *state
	pending []Work // read and not yet looked at

	open      bool   // the place below is known
	scrolling bool   // by scroll, else by offset
	scroll    string // goes on with the scroll; "" opens one
	limit     int    // results a page of the scroll
	offset    int    // of the next page
	known     int    // by offset: what lies before it must be in the state
	fresh     int    // results that were new since the place was set

	size     int    // index into pageSizes
	large    int    // answers of one result that were too large or unreadable, in turn
	restarts int    // since the last new result
	ends     int    // whole scrolls in turn that ended early with nothing new
	lost     []Work // results that cannot be read, to be given with the next that can
	shorts   int    // short pages of scrolls
	repeats  int    // pages of scrolls that were there before, since the last new result
	moved    bool   // offsets are refused, or lead elsewhere than the scroll
}

// next returns the next page of the list, nil at its end.
func (w *walker) next(ctx context.Context) ([]Work, error) {
	for {
		if !w.open {
			if err := w.place(); err != nil {
				return nil, err
			}
		}
		page, err := w.page(ctx)
		var unreadable *harvest.UnreadableError
		switch {
		case errors.Is(err, errListEnds):
			works := w.lost
			w.lost = nil
			return works, nil
		case errors.Is(err, errScrollLost):
			w.open = false
			continue
		case errors.Is(err, errMoved):
			w.moved, w.open = true, false
			continue
		case errors.Is(err, harvest.ErrTooLarge):
			if at := w.shrink(); at != "" {
				return []Work{{ID: at, tooLarge: true}}, nil
			}
			continue
		case errors.As(err, &unreadable):
			if at := w.shrink(); at != "" {
				w.lost = append(w.lost, Work{ID: at, Malformed: true})
			}
			if len(w.lost) > mostLost {
				return nil, &harvest.GaveUpError{URL: w.opt.URL, Attempts: unreadable.Tries, Last: unreadable}
			}
			continue
		case err != nil:
			return nil, err
		}
		w.size, w.large = max(0, w.size-1), 0
		if n := w.unread(page); n > 0 {
			w.fresh += n
			w.restarts, w.ends, w.repeats = 0, 0, 0
		}
		works := append(w.lost, page.Works...)
		w.lost = nil
		return works, nil
	}
}

func (w *walker) page(ctx context.Context) (*Page, error) {
	if !w.scrolling && w.opt.API == APIv3 && w.offset >= offsetWindow {
		w.scrollAnew()
	}
	if w.scrolling {
		return w.scrolled(ctx)
	}
	return w.paged(ctx)
}

// place sets out from where the list is read to, or from its beginning.
func (w *walker) place() error {
	if w.restarts++; w.restarts > mostRestarts {
		return &harvest.GaveUpError{URL: w.opt.URL, Attempts: mostRestarts, Last: errScrollLost}
	}
	at := w.s.position()
	if w.opt.API == APIv3 && (w.opt.Paging == PagingScroll && at == 0 && w.size == 0 || at >= offsetWindow || w.moved) {
		w.scrollAnew()
		return nil
	}
	w.open, w.scrolling, w.fresh, w.known, w.offset = true, false, 0, at, max(0, at-overlap)
	if w.moved {
		w.known, w.offset = 0, 0
	}
	if w.opt.API == APIv2 { // whose pages have numbers
		w.offset = w.offset / pageSizes[w.size] * pageSizes[w.size]
	}
	return nil
}

func (w *walker) scrollAnew() {
	w.open, w.scrolling, w.scroll, w.fresh, w.offset, w.limit = true, true, "", 0, 0, pageSizes[w.size]
}

// unread counts the results of a page that are not in the state.
func (w *walker) unread(p *Page) int {
	n := 0
	for _, work := range p.Works {
		if _, ok := w.s.verdicts[work.ID]; !ok {
			n++
		}
	}
	return n
}

// total is the list's length by CORE's count: an empty page may forget it.
func (w *walker) total(p *Page) int {
	if len(p.Works) > 0 && p.Total > 0 {
		return p.Total
	}
	return max(p.Total, w.s.total)
}

// scrolled asks for the next page of a scroll.
func (w *walker) scrolled(ctx context.Context) (*Page, error) {
	opens := w.scroll == ""
	empty := 0
	page, err := w.ask(ctx, question{query: w.s.query, size: w.limit, scroll: true, cursor: w.scroll}, func(p *Page) error {
		if opens && len(p.Works) == 0 {
			empty++
			return emptyAgain(empty, w.total(p))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w.s.total = w.total(page)
	if len(page.Works) == 0 {
		return nil, w.scrollEnds(opens)
	}
	end := w.offset + len(page.Works)
	if len(page.Works) < w.limit && end < w.s.total && w.shorts <= mostRepeats {
		w.shorts++ // what is missing may be lost; many of them are CORE's way
		return nil, errScrollLost
	}
	if !opens && w.unread(page) == 0 && w.offset >= w.s.position() && w.repeats <= mostRepeats {
		w.repeats++ // another page may be missing for the one that came twice
		return nil, errScrollLost
	}
	w.offset = end
	if w.scroll = page.Scroll; w.scroll == "" {
		w.open = false
	}
	return page, nil
}

// scrollEnds says what an empty page of a scroll means: the end where all that CORE
// promised is read, or where whole scrolls bring nothing new.
func (w *walker) scrollEnds(opens bool) error {
	if opens || w.s.position() >= w.s.total {
		return errListEnds
	}
	if w.fresh == 0 && w.offset >= w.s.position() {
		if w.ends++; w.offset >= w.s.total || w.ends > mostRepeats {
			return errListEnds
		}
	}
	return errScrollLost
}

// emptyAgain is nil where an empty page has come often enough to be believed.
func emptyAgain(times, total int) error {
	switch {
	case total == 0 && times < 2:
		return harvest.Retry(errNothing)
	case total > 0 && times < mostEmpty:
		return harvest.Retry(errEmptyPage)
	}
	return nil
}

// paged asks for the page at offset.
func (w *walker) paged(ctx context.Context) (*Page, error) {
	if w.s.total > 0 && w.offset >= w.s.total && w.restarts == 0 {
		return nil, errListEnds
	}
	q := question{query: w.s.query, size: w.aligned(), offset: w.offset}
	empty, repeats := 0, 0
	var fullest *Page // of the doubtful ones
	page, err := w.ask(ctx, q, func(p *Page) error {
		if len(p.Works) == 0 {
			empty++
			if total := w.total(p); w.offset < total || total == 0 {
				return emptyAgain(empty, total)
			}
			return nil
		}
		err := w.doubt(p, q.size)
		if err == nil || errors.Is(err, errMoved) {
			return err
		}
		if fullest == nil || w.unread(p) > w.unread(fullest) {
			fullest = p
		}
		if repeats++; repeats > mostRepeats {
			return nil
		}
		return harvest.Retry(err)
	})
	if err != nil {
		return nil, err
	}
	if fullest != nil && (repeats > mostRepeats || len(page.Works) == 0) {
		page = fullest
	}
	w.s.total = w.total(page)
	if len(page.Works) == 0 {
		return nil, errListEnds
	}
	w.offset += len(page.Works)
	if w.opt.API == APIv2 {
		w.offset = q.offset + q.size
	}
	return page, nil
}

// doubt says why a page by offset may not be the one that was asked for.
func (w *walker) doubt(p *Page, size int) error {
	for i, work := range p.Works {
		if _, ok := w.s.verdicts[work.ID]; w.offset+i < w.known && !ok {
			return errMoved // what was read before is another list's beginning
		}
	}
	end, total := w.offset+len(p.Works), w.total(p)
	switch {
	case w.unread(p) == 0 && end > w.known && w.s.position() < total:
		return errRepeated // at the list's end, too
	case len(p.Works) < size && end < total:
		return errShortPage
	}
	return nil
}

// aligned is the largest page size that offset allows.
func (w *walker) aligned() int {
	for _, size := range pageSizes[w.size:] {
		if w.opt.API == APIv2 && w.offset%size == 0 || w.opt.API == APIv3 && w.offset+size <= offsetWindow {
			return size
		}
	}
	return 1
}

// shrink asks for smaller pages after an answer that was too large or could not be read. Of an
// answer that is so with a single result, again and again, it returns that result's place.
func (w *walker) shrink() string {
	w.open = w.open && !w.scrolling
	if w.size < len(pageSizes)-1 {
		w.size++
		return ""
	}
	if w.large++; w.large < mostRepeats || w.scrolling {
		return ""
	}
	w.large = 0
	at := w.offset
	w.offset++
	return fmt.Sprintf("@%d", at)
}
