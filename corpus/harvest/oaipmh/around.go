package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
)

// around goes on after a page that cannot be read. It begins the window again with half of its
// days, again and again, until a single day remains, which is then noted as missing.
func (h *harvester) around(ctx context.Context, set string, why error) (done, last bool, err error) {
	r := h.marks.Run
	w := r.Window
	if err := h.marks.Unread(why); err != nil {
		*w = w.afresh()
		return false, false, errors.Join(err, h.marks.Write(ctx, catalog.Batch{}))
	}
	from, until := w.days(h.Now())
	if w.Again || !from.Before(until) {
		return h.lose(ctx, set, why)
	}
	end, _ := halve(from, until, until)
	h.Note(fmt.Sprintf("the list from %s to %s cannot be read; asking for half of it: %v", w.From, corpus.DayText(until), why))
	r.Suspect = corpus.DayText(until)
	r.Window = &window{From: w.From, Until: corpus.DayText(end)}
	h.guard.begin(true)
	h.view.begin(r, h.Now())
	return false, false, h.marks.Write(ctx, catalog.Batch{})
}

// lose ends the present window although records are missing, and notes its days in the catalog.
func (h *harvester) lose(ctx context.Context, set string, why error) (done, last bool, err error) {
	r := h.marks.Run
	p := part{set: set}
	p.from, p.until = r.Window.days(h.Now())
	var batch catalog.Batch
	h.marks.Miss(&batch, p.String(), why)
	h.Note(fmt.Sprintf("%s cannot be read and is left out: %v", p, why))
	r.Suspect = ""
	if last, err = h.finish(set, &batch, p); err != nil {
		return false, false, err
	}
	return true, last, h.marks.Write(ctx, batch)
}

// days returns a window's first and last day; that of an open one is the present.
func (w *window) days(now time.Time) (from, until time.Time) {
	from, _ = parseDay(w.From)
	until, closed := parseDay(w.Until)
	if !closed {
		until = later(from, day(now))
	}
	return from, until
}

// afresh returns the window as it was before its list was begun.
func (w *window) afresh() window {
	return window{From: w.From, Until: w.Until, Restarts: w.Restarts, Again: w.Again}
}

// next returns the window that follows; more is false if the set is done.
func (h *harvester) next() (w *window, more bool, err error) {
	r := h.marks.Run
	if len(r.Again) > 0 {
		p, ok := parsePart(r.Again[0])
		if !ok {
			return nil, false, fmt.Errorf("the catalog's mark names no days: %q", r.Again[0])
		}
		return &window{From: corpus.DayText(p.from), Until: corpus.DayText(p.until), Again: true}, true, nil
	}
	next, ok := parseDay(r.Next)
	if !ok {
		return nil, false, fmt.Errorf("the catalog's mark has no day: %q", r.Next)
	}
	if r.Until != "" && r.Until < r.Next {
		return nil, false, nil // another harvest has been there
	}
	if suspect, ok := parseDay(r.Suspect); ok && !suspect.Before(next) {
		end, _ := halve(next, suspect, suspect)
		return &window{From: r.Next, Until: corpus.DayText(end)}, true, nil
	}
	r.Suspect = ""
	until, _ := parseDay(r.Until)
	return &window{From: r.Next, Until: corpus.DayText(plan(next, max(1, r.Days), until, day(h.Now())))}, true, nil
}

// tries is how often an unreadable answer of the present window is asked for again.
func (r *runState) tries() int {
	if r.Suspect != "" || r.Window.Again {
		return harvest.UnreadableFew
	}
	return harvest.UnreadableTries
}

// part is what is missing: days of a set, or of the whole repository.
type part struct {
	set         string
	from, until time.Time
}

// String writes a part as users and the catalog's marks read it.
func (p part) String() string {
	text := corpus.DayText(p.from)
	if p.until.After(p.from) {
		text += " to " + corpus.DayText(p.until)
	}
	return text + ofSet(p.set)
}

func parsePart(text string) (p part, ok bool) {
	days, set, _ := strings.Cut(text, " of ")
	first, last, several := strings.Cut(days, " to ")
	if !several {
		last = first
	}
	p.set = set
	p.from, ok = parseDay(first)
	var end bool
	p.until, end = parseDay(last)
	return p, ok && end
}

// missing returns what cannot be read of a set's days that are asked for.
func (h *harvester) missing(set string) []string {
	return h.marks.Missing(func(name string) bool {
		p, ok := parsePart(name)
		return ok && p.set == set && !p.until.Before(h.From) && (h.Until.IsZero() || !p.from.After(h.Until))
	})
}

// found removes the marks of missing days of a set that the window w has now read; those of
// lost are still missing.
func (h *harvester) found(batch *catalog.Batch, set string, w *window, lost part) {
	from, _ := parseDay(w.From)
	until, closed := parseDay(w.Until)
	if !closed {
		until, _ = parseDay(w.Answered)
	}
	for _, name := range h.marks.Missing(func(name string) bool {
		p, ok := parsePart(name)
		return ok && p.set == set && name != lost.String() && !p.from.Before(from) && !p.until.After(until)
	}) {
		h.marks.Miss(batch, name, nil)
	}
}
