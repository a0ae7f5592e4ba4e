package arxivapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
)

// holesMost is how many single papers in turn are passed over that cannot be read.
const holesMost = 5

// around goes on after a slice that cannot be read. It cuts the list into halves by the minute
// of submission, again and again, until a single minute remains, which is read paper by paper.
func (h *harvester) around(ctx context.Context, category string, p *pass, why error) error {
	w := p.Windows[len(p.Windows)-1]
	if err := h.marks.Unread(why); err != nil {
		return err
	}
	if !w.From.IsZero() && !w.From.Before(w.To) {
		return h.readMinute(ctx, category, p)
	}
	if !w.Narrow {
		// If no paper of the list can be read, the service is at fault, not a paper.
		page, blind, err := h.front(ctx, category, func(*Page, int, int) string { return "" })
		if err != nil {
			return err
		}
		if p.Begun.IsZero() {
			p.Blind = blind
			p.begin(page, h.Now())
		}
	}
	list := question{category: category, from: w.From, to: w.To}.list()
	h.Note(fmt.Sprintf("%s: papers from place %d on cannot be read; asking for halves of the list: %v", list, w.Start, why))
	if err := h.split(p, 0); err != nil {
		return err
	}
	p.Pages = max(p.Pages, 2) // of moments apart
	for i := range 2 {
		p.Windows[len(p.Windows)-1-i].Narrow = true
	}
	return h.marks.Write(ctx, catalog.Batch{})
}

// front asks for the first paper of a list that can be read, and says how many before it
// cannot.
func (h *harvester) front(ctx context.Context, category string, doubt func(page *Page, blind, try int) string) (page *Page, blind int, err error) {
	for ; blind < holesMost; blind++ {
		page, err = h.ask(ctx, question{category: category, start: blind, most: 1, sure: blind == 0, tries: harvest.UnreadableFew}, func(page *Page, try int) string {
			return doubt(page, blind, try)
		})
		var unreadable *harvest.UnreadableError
		if !errors.As(err, &unreadable) {
			return page, blind, err
		}
	}
	return nil, blind, fmt.Errorf("none of the first %d papers can be read: %w: %w", holesMost, err, harvest.ErrForNow)
}

// readMinute reads the papers submitted in the present window's minute, in ever smaller
// slices down to one paper, and names the minute if some are missing. They are few: all are
// written at once.
func (h *harvester) readMinute(ctx context.Context, category string, p *pass) error {
	w := p.Windows[len(p.Windows)-1]
	q := question{category: category, from: w.From, to: w.To, most: min(h.Slice, h.Limit), tries: harvest.UnreadableFew}
	all, have := new(Page), map[string]bool{}
	var why error
	total, holes, nameless := -1, 0, 0
	for total < 0 || q.start < total {
		page, err := h.ask(ctx, q, func(*Page, int) string { return "" })
		var unreadable *harvest.UnreadableError
		if errors.As(err, &unreadable) {
			why = unreadable
			if w.Again {
				break // as before: what can be read is there
			}
			if q.most > 1 {
				q.most = max(1, q.most/8)
				continue
			}
			if holes++; holes == holesMost {
				break
			}
			q.start++
			continue
		}
		if err != nil {
			return err
		}
		total, holes = page.Total, 0
		h.marks.WasRead()
		if len(page.Entries) == 0 {
			break
		}
		for _, e := range page.Entries {
			if have[e.ID] = true; e.ID == "" {
				nameless++
			}
		}
		all.Entries = append(all.Entries, page.Entries...)
		all.Mended += page.Mended
		q.start, q.most = q.start+len(page.Entries), min(2*q.most, h.Slice)
	}
	if why == nil && len(have)+nameless < total {
		why = fmt.Errorf("%d of %d papers came", len(have), total)
	}
	return h.keepMinute(ctx, p, minuteName(category, w.From), all, why)
}

func (h *harvester) keepMinute(ctx context.Context, p *pass, name string, all *Page, why error) error {
	var batch catalog.Batch
	if why != nil {
		h.Note(fmt.Sprintf("%s: not all can be read: %v", name, why))
	}
	h.marks.Miss(&batch, name, why)
	p.Windows = p.Windows[:len(p.Windows)-1]
	p.Entries += len(all.Entries)
	return h.keep(ctx, all, batch)
}

const (
	submitted  = " submitted "
	minuteText = "2006-01-02T15:04Z"
)

// minuteName names the papers of a category submitted in a minute.
func minuteName(category string, minute time.Time) string {
	return category + submitted + minute.UTC().Format(minuteText)
}

// missing returns what cannot be read of categories.
func (h *harvester) missing(categories ...string) []string {
	return h.marks.Missing(func(part string) bool {
		category, _, _ := strings.Cut(part, submitted)
		return slices.Contains(categories, category)
	})
}

// lost returns the minutes of a category that are missing as lists to be asked for once more.
func (h *harvester) lost(category string) (list []window) {
	for _, name := range h.missing(category) {
		_, text, _ := strings.Cut(name, submitted)
		if minute, err := time.Parse(minuteText, text); err == nil {
			list = append(list, window{From: minute, To: minute, Again: true})
		}
	}
	return list
}
