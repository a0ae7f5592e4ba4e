package oaipmh

import (
	"context"
	"errors"
	"fmt"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
)

// keep writes a page and how far the harvest is after it in one transaction, and
// reports whether the window is done and, if so, whether it is the set's last. A list of
// several pages is done only when it is settled.
func (h *harvester) keep(ctx context.Context, set string, page *Page) (done, last bool, err error) {
	r := h.marks.Run
	w := r.Window
	if len(page.Records) > 0 {
		h.marks.WasRead()
	}
	if problem := h.guard.check(w.Token, page); problem != "" {
		*w = w.afresh()
		return false, false, errors.Join(fmt.Errorf("list%s from %s does not end: %s: %w", ofSet(set), w.From, problem, harvest.ErrForNow),
			h.marks.Write(ctx, catalog.Batch{}))
	}
	var batch catalog.Batch
	for _, rec := range page.Records {
		h.marks.Take(&batch, rec.Identifier, rec.Reason, rec.Mended)
		switch {
		case rec.Reason != "":
		case rec.Deleted:
			batch.Deleted = append(batch.Deleted, catalog.Deletion{ID: rec.ID(), Day: rec.Day})
		default:
			batch.Papers = append(batch.Papers, rec.Paper)
		}
		w.Newest = max(w.Newest, corpus.DayText(rec.Day))
	}
	if w.Pages++; w.Pages == 1 {
		w.Begun = corpus.DayText(day(h.Now()).AddDate(0, 0, -1))
	}
	w.Records += len(page.Records)
	if answered := corpus.DayText(page.Answered); answered != "" && (w.Answered == "" || answered < w.Answered) {
		w.Answered = answered
	}
	w.Token, w.Life, w.Received = page.Next, page.Life, h.Now().UTC()
	w.Listed = page.Next == ""
	if done = w.Listed && w.Pages == 1; done {
		if last, err = h.finish(set, &batch, part{}); err != nil {
			return false, false, err
		}
	}
	h.sum.Pages++
	h.sum.Records += len(page.Records)
	h.sum.Mended += page.Mended
	if err := h.marks.Write(ctx, batch); err != nil {
		return false, false, err
	}
	h.view.page(w, page, h.Now())
	return done, last, nil
}

// finish ends the present window: its days count as read, except those of lost.
func (h *harvester) finish(set string, batch *catalog.Batch, lost part) (last bool, err error) {
	r := h.marks.Run
	w := r.Window
	h.found(batch, set, w, lost)
	if w.Again {
		r.Again, r.Window = r.Again[1:], nil
		return false, nil
	}
	from, _ := parseDay(w.From)
	first, _ := parseDay(r.First) // all windows since then are done
	if h.marks.cover(set, first, w.completeThrough(day(h.Now()))) {
		mark, err := h.marks.CoveredMark(set)
		if err != nil {
			return false, err
		}
		batch.Marks = append(batch.Marks, mark)
	}
	h.sum.Windows++
	if last = w.last(r.Until) || !lost.until.IsZero() && !lost.until.Before(day(h.Now())); !last {
		end, _ := parseDay(w.Until)
		length := int(end.Sub(from).Hours()/24) + 1
		r.Next, r.Days = corpus.DayText(end.AddDate(0, 0, 1)), adapt(length, w.Pages, h.windowPages)
		r.Window = nil
		return false, nil
	}
	if r.Turn+1 < len(r.Sets) {
		r.Turn++
		r.Next, r.Days, r.Suspect, r.Window = "", 0, "", nil
		return true, nil
	}
	h.marks.Run = nil
	return true, nil
}

// restart begins the present window again, with half of its days.
func (h *harvester) restart(ctx context.Context, why string) error {
	r := h.marks.Run
	w := r.Window
	if w.Restarts++; w.Restarts > restartsMost {
		w.Restarts = 0
		*w = w.afresh()
		return errors.Join(fmt.Errorf("the list from %s was begun %d times and never came to its end (the last time: %s): %w", w.From, restartsMost+1, why, harvest.ErrForNow),
			h.marks.Write(ctx, catalog.Batch{}))
	}
	from, _ := parseDay(w.From)
	until, _ := parseDay(w.Until)
	if !w.Again {
		until, r.Days = halve(from, until, day(h.Now()))
	}
	h.Note(fmt.Sprintf("the list from %s is begun again after %d pages: %s", w.From, w.Pages, why))
	r.Window = &window{From: w.From, Until: corpus.DayText(until), Restarts: w.Restarts, Again: w.Again}
	h.sum.Restarts++
	h.guard.begin(true)
	h.view.begin(r, h.Now())
	return h.marks.Write(ctx, catalog.Batch{})
}
