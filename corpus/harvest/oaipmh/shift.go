package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
)

// settle ends a list of several pages: the window is done, or begun again if the list
// may have shifted.
func (h *harvester) settle(ctx context.Context, set string) (done, last bool, err error) {
	why, err := h.shifted(ctx)
	var unreadable *harvest.UnreadableError
	if errors.As(err, &unreadable) {
		// Nobody can say whether the list shifted. A list of one page cannot.
		w := h.marks.Run.Window
		if from, until := w.days(h.Now()); w.Again || !from.Before(until) {
			return h.lose(ctx, set, fmt.Errorf("the changes since the list was begun: %w", unreadable))
		}
		why, err = "the changes since cannot be read", nil
	}
	if err != nil {
		return false, false, fmt.Errorf("look for changes since the list from %s was begun: %w", h.marks.Run.Window.From, err)
	}
	if why != "" {
		return false, false, h.restart(ctx, why)
	}
	var batch catalog.Batch
	if last, err = h.finish(set, &batch, part{}); err != nil {
		return false, false, err
	}
	return true, last, h.marks.Write(ctx, batch)
}

// shifted asks for what was changed since the day before the window's list was begun,
// in all sets since a paper may have left this one, and says why the list may lack a
// record, or "". The pages are not kept: these days will be listed later.
func (h *harvester) shifted(ctx context.Context) (why string, err error) {
	w := h.marks.Run.Window
	from, _ := parseDay(w.Begun)
	if answered, known := parseDay(w.Answered); known {
		from = answered.AddDate(0, 0, -1)
	}
	first := list{format: h.marks.Run.Format, from: later(from, h.id.Earliest)}
	var circle guard
	circle.begin(true)
	for l, lists := first, 1; ; {
		page, err := h.ask.records(ctx, l, harvest.UnreadableFew)
		var refusal *ProtocolError
		switch {
		case err == nil:
		case errors.As(err, &refusal) && l.token == "" && refusal.Code == noRecordsMatch:
			return "", nil
		case errors.As(err, &refusal) && l.token != "" && slices.Contains(voidCodes, refusal.Code):
			if lists++; lists > restartsMost {
				return "", fmt.Errorf("begun %d times (the last time: %w): %w", lists-1, refusal, harvest.ErrForNow)
			}
			l = first
			circle.begin(true)
			continue
		default:
			return "", err
		}
		for _, r := range page.Records {
			if h.guard.misses(r) {
				return fmt.Sprintf("%s was changed meanwhile, so that others may have changed their places", r.Identifier), nil
			}
		}
		if problem := circle.check(l.token, page); problem != "" {
			return "", fmt.Errorf("the list does not end: %s: %w", problem, harvest.ErrForNow)
		}
		if page.Next == "" {
			return "", nil
		}
		l.token = page.Next
	}
}

// stalePages is how many pages without a new record a list may have.
const stalePages = 3

// guard knows what this process saw of the present list: it notices a list that goes
// round in circles, and a record that left the list.
type guard struct {
	whole   bool // the list's beginning was seen, too
	seed    maphash.Seed
	tokens  map[uint64]bool
	records map[uint64]time.Time // the day that a record had first
	stale   int
}

func (g *guard) begin(whole bool) {
	*g = guard{whole: whole, seed: maphash.MakeSeed(), tokens: map[uint64]bool{}, records: map[uint64]time.Time{}}
}

// check takes the page that a token asked for, and says what is wrong, or "".
func (g *guard) check(asked string, page *Page) string {
	fresh := false
	for _, r := range page.Records {
		id := maphash.String(g.seed, r.Identifier)
		if _, known := g.records[id]; !known {
			g.records[id], fresh = r.Day, true
		}
	}
	if page.Next == "" {
		return ""
	}
	g.tokens[maphash.String(g.seed, asked)] = true
	if g.tokens[maphash.String(g.seed, page.Next)] {
		return "a page's token was there before"
	}
	if g.stale++; fresh {
		g.stale = 0
	}
	if g.stale >= stalePages {
		return fmt.Sprintf("%d pages brought no new record", g.stale)
	}
	return ""
}

// misses reports whether a record that changed may have been in the list at an older day.
// Where the list's beginning was seen by a process before, each may: also one that was seen
// at its new day, at the end of a list that goes to the present.
func (g *guard) misses(r Record) bool {
	if !g.whole {
		return true
	}
	had, known := g.records[maphash.String(g.seed, r.Identifier)]
	return known && r.Day.After(had)
}
