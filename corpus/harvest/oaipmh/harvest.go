package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/ledger"
	"assay/internal/fault"
	"assay/internal/progress"
	"assay/internal/suggest"
)

// harvester is a call of Harvest.
type harvester struct {
	Options
	ask   *asker
	id    *Identity
	marks *marks
	sum   Summary
	view  view
	guard guard
}

// Harvest reads records into the catalog until the present or opt.Until is reached.
// Called again with the same options after it was broken off at any moment, it goes on
// where it was. Refusals of the repository are [*ProtocolError]s; after one error or another
// the summary says what was done until then.
func Harvest(ctx context.Context, opt Options) (*Summary, error) {
	h := &harvester{Options: opt}
	err := h.prepare(ctx)
	if err == nil {
		bar := progress.Start(ctx, "oai-pmh", 0, "papers")
		h.view.bar = bar
		err = h.run(ctx)
		bar.Done()
	}
	if h.marks != nil {
		h.sum.Flaws = h.marks.Flaws()
		w := h.marks.Written
		h.sum.Added, h.sum.Replaced, h.sum.Unchanged, h.sum.Removed = w.Added, w.Replaced, w.Unchanged, w.Removed
	}
	if err != nil {
		err = fmt.Errorf("oaipmh: %w", err)
	}
	return &h.sum, err
}

// Sets asks a repository for its sets.
func Sets(ctx context.Context, client *harvest.Client, base string) ([]Set, error) {
	ask, err := newAsker(client, base)
	if err != nil {
		return nil, fault.Usagef("oaipmh: %w", err)
	}
	sets, err := ask.sets(ctx)
	if err != nil {
		return nil, fmt.Errorf("oaipmh: list the sets: %w", err)
	}
	return sets, nil
}

// prepare checks what is asked for, first without the repository, then with what
// it says of itself, and chooses between going on and beginning.
func (h *harvester) prepare(ctx context.Context) (err error) {
	if err = h.Check(); err != nil {
		return err
	}
	h.complete()
	if h.ask, err = newAsker(h.Client, h.URL); err != nil {
		return fault.Usage(err)
	}
	if h.id, err = h.ask.identify(ctx); err != nil {
		return fmt.Errorf("identify: %w", err)
	}
	if err = h.checkDays(h.id.Name, h.id.Earliest); err != nil {
		return err
	}
	base := h.id.BaseURL
	if base == "" {
		base = h.ask.base
	}
	if h.marks, err = loadMarks(ctx, h.Catalog, sourceOf(base)); err != nil {
		return err
	}
	h.marks.Note = h.Note
	return h.resume(ctx)
}

// resume takes up the unfinished harvest if it is what is asked for, or begins one.
func (h *harvester) resume(ctx context.Context) error {
	sets := []string{""}
	if len(h.Sets) > 0 {
		sets = nil
		for _, s := range h.Sets {
			if !slices.Contains(sets, s) {
				sets = append(sets, s)
			}
		}
	}
	want := &runState{Sets: sets, Format: h.Format, From: corpus.DayText(h.From), Until: corpus.DayText(h.Until)}
	if h.sum.Resumed = h.marks.Resume(want, (*runState).isFor, (*runState).place); h.sum.Resumed {
		return nil
	}
	if h.id.Deleted != deletedKept {
		h.Note(fmt.Sprintf("%s does not tell for ever which papers were withdrawn (deletedRecord %q)", h.id.Name, h.id.Deleted))
	}
	return h.checkSets(ctx, sets)
}

// checkSets asks for the sets' names where sets are wanted.
func (h *harvester) checkSets(ctx context.Context, want []string) error {
	if want[0] == "" && len(want) == 1 {
		return nil
	}
	known, err := h.ask.sets(ctx)
	if err != nil {
		return fmt.Errorf("list the sets: %w", err)
	}
	names := make([]string, 0, len(known))
	for _, s := range known {
		names = append(names, s.Spec)
	}
	for _, set := range want {
		if !slices.Contains(names, set) {
			return fault.Usagef("%s has no set %q%s; --sets lists all", h.id.Name, set, hint(set, names))
		}
	}
	return nil
}

// hint suggests the set of a category's name, math.LO for math:math:LO, or one that is
// spelt nearly so.
func hint(set string, names []string) string {
	tail := ":" + strings.ToLower(strings.ReplaceAll(set, ".", ":"))
	for _, n := range names {
		if strings.HasSuffix(":"+strings.ToLower(n), tail) {
			return fmt.Sprintf("; did you mean %q?", n)
		}
	}
	return suggest.Hint(set, names)
}

// run reads the sets in turn.
func (h *harvester) run(ctx context.Context) error {
	r := h.marks.Run
	for turn := r.Turn; turn < len(r.Sets); turn++ {
		r.Turn = turn
		set := r.Sets[turn]
		if err := h.readSet(ctx, set); err != nil {
			return err
		}
		if c, known := h.marks.Covered[set]; known {
			h.sum.Sets = append(h.sum.Sets, c)
		} else {
			h.sum.Sets = append(h.sum.Sets, Coverage{Set: set})
		}
	}
	h.marks.Run = nil
	if err := h.marks.Write(ctx, catalog.Batch{}); err != nil {
		return err
	}
	var missing []string
	for _, set := range r.Sets {
		missing = append(missing, h.missing(set)...)
	}
	slices.Sort(missing)
	return ledger.Incomplete(missing)
}

// readSet reads what is left of a set, window by window.
func (h *harvester) readSet(ctx context.Context, set string) error {
	r := h.marks.Run
	if r.Next == "" {
		r.First = corpus.DayText(h.firstDay(set))
		r.Next, r.Days = r.First, firstDays
		r.Again = h.missing(set)
	}
	for {
		if r.Window == nil {
			w, more, err := h.next()
			if err != nil {
				return err
			}
			if !more {
				break
			}
			r.Window = w
		}
		h.guard.begin(r.Window.Token == "" && !r.Window.Listed)
		h.view.begin(r, h.Now())
		last, err := h.readWindow(ctx, set)
		if err != nil {
			return err
		}
		if last {
			break
		}
	}
	r.Next, r.Days, r.Suspect, r.Window = "", 0, "", nil
	return nil
}

// firstDay is where a set's harvest begins.
func (h *harvester) firstDay(set string) time.Time {
	if !h.From.IsZero() {
		return h.From
	}
	c, known := h.marks.Covered[set]
	if !known {
		return h.id.Earliest
	}
	through, _ := parseDay(c.Through)
	first := later(through.AddDate(0, 0, 1), h.id.Earliest)
	h.Note(fmt.Sprintf("going on after the last harvest%s: it asks for changes from %s on", ofSet(set), corpus.DayText(first)))
	if earliest := corpus.DayText(h.id.Earliest); c.From > earliest {
		h.Note(fmt.Sprintf("what was changed last before %s was never asked for, which is as it should be if the catalog was filled from a snapshot: --from %s asks for all", c.From, earliest))
	}
	return first
}

// readWindow reads a window to its end and reports whether it is the set's last.
func (h *harvester) readWindow(ctx context.Context, set string) (last bool, err error) {
	r := h.marks.Run
	for {
		w := r.Window
		if w.Listed {
			if done, last, err := h.settle(ctx, set); done || err != nil {
				return last, err
			}
			continue
		}
		if w.expired(h.Now()) {
			if err := h.restart(ctx, "its token has expired"); err != nil {
				return false, err
			}
			continue
		}
		l := list{format: r.Format, set: set, token: w.Token}
		l.from, _ = parseDay(w.From)
		l.until, _ = parseDay(w.Until)
		page, err := h.ask.records(ctx, l, r.tries())
		var refusal *ProtocolError
		var unreadable *harvest.UnreadableError
		switch {
		case err == nil:
		case errors.As(err, &unreadable):
			if done, last, err := h.around(ctx, set, unreadable); done || err != nil {
				return last, err
			}
			continue
		case errors.As(err, &refusal) && w.Token == "" && refusal.Code == noRecordsMatch && page != nil:
			err = nil // nothing was changed in these days
		case errors.As(err, &refusal) && w.Token != "" && slices.Contains(voidCodes, refusal.Code):
			if err = h.restart(ctx, refusal.Error()); err != nil {
				return false, err
			}
			continue
		case refusal != nil && refusal.Code == cannotDisseminate:
			return false, fault.Usagef("%s does not give format %s: %w", h.id.Name, r.Format, err)
		}
		if err != nil {
			return false, fmt.Errorf("list%s from %s: %w", ofSet(set), w.From, err)
		}
		done, last, err := h.keep(ctx, set, page)
		if done || err != nil {
			return last, err
		}
	}
}

func ofSet(set string) string {
	if set == "" {
		return ""
	}
	return " of " + set
}
