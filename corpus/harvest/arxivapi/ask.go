package arxivapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/corpus/harvest"
)

// question asks for a slice of a list, the paper changed last first.
type question struct {
	category    string
	from, to    time.Time // minutes of submission, both included; zero: any
	start, most int
	sure        bool // there are results
	tries       int  // of an answer that arrives whole and cannot be read
}

const minuteLayout = "200601021504"

// list is the query without the slice.
func (q question) list() string {
	text := "cat:" + q.category
	if !q.from.IsZero() {
		text += fmt.Sprintf(" AND submittedDate:[%s TO %s]", q.from.Format(minuteLayout), q.to.Format(minuteLayout))
	}
	return text
}

func (q question) address(base string) string {
	return base + "?" + url.Values{
		"search_query": {q.list()}, "start": {strconv.Itoa(q.start)}, "max_results": {strconv.Itoa(q.most)},
		"sortBy": {"lastUpdatedDate"}, "sortOrder": {"descending"},
	}.Encode()
}

// How often a doubtful answer is asked for again before it is believed.
const (
	emptyTries = 4 // a list without results
	shortTries = 8 // a list that ends before its count
	orderTries = 3 // a list in another order
)

// ask asks until the answer fits the question and is no block in disguise. doubt says
// what is wrong with an answer at the given try, or "".
func (h *harvester) ask(ctx context.Context, q question, doubt func(p *Page, try int) string) (page *Page, err error) {
	try := 0
	doubts := harvest.Doubts{Root: "feed", Most: q.tries}
	err = h.Client.Get(ctx, q.address(h.URL), func(r *harvest.Response) error {
		try++
		p, err := ReadAtom(r.Body)
		var refusal *RefusedError
		switch {
		case errors.As(err, &refusal):
			return err
		case r.Status != http.StatusOK:
			return r.Problem()
		case err != nil:
			return doubts.Weigh(h.Client, err)
		}
		for _, why := range []string{q.mismatch(p), q.blocked(p, try), doubt(p, try)} {
			if why != "" {
				return harvest.Retry(errors.New(why))
			}
		}
		page = p
		return nil
	})
	return page, err
}

// mismatch says why an answer, from a cache in between, is one to another question, or "".
// Without the question in the answer, its papers have to speak for themselves.
func (q question) mismatch(p *Page) string {
	if p.Start >= 0 && p.Start != q.start {
		return fmt.Sprintf("the answer begins at %d, not at %d", p.Start, q.start)
	}
	if len(p.Entries) > q.most {
		return fmt.Sprintf("the answer has %d papers, more than the %d asked for", len(p.Entries), q.most)
	}
	if p.Query != "" {
		if squeezed(p.Query) != squeezed(q.list()) {
			return fmt.Sprintf("the answer is to %q, not to %q", p.Query, q.list())
		}
		return ""
	}
	fitting := 0
	for _, e := range p.Entries {
		if e.Paper == nil || slices.Contains(e.Paper.Categories, q.category) && q.inRange(e.Published) {
			fitting++
		}
	}
	if 2*fitting < len(p.Entries) {
		return fmt.Sprintf("of the answer's %d papers only %d fit %q", len(p.Entries), fitting, q.list())
	}
	return ""
}

func (q question) inRange(t time.Time) bool {
	return q.from.IsZero() || !t.Before(q.from) && t.Before(q.to.Add(time.Minute))
}

// squeezed is a query however it was encoded.
func squeezed(query string) string {
	if plain, err := url.QueryUnescape(query); err == nil {
		query = plain
	}
	return strings.NewReplacer(" ", "", "+", "").Replace(query)
}

// blocked says why an answer without papers is not believed, or "".
func (q question) blocked(p *Page, try int) string {
	switch {
	case len(p.Entries) > 0:
		return ""
	case p.Total > q.start:
		return fmt.Sprintf("an answer without papers, though it counts %d", p.Total)
	case p.Total == 0 && (q.sure || q.start > 0):
		return "an answer that counts no papers, though there were some"
	case p.Total == 0 && try < emptyTries:
		return "an answer that counts no papers, which may be a block"
	}
	return ""
}

// moments returns when each paper was changed, to the minute, as the API sorts them.
// A paper without a date has that of its neighbour. sorted reports whether none is newer
// than one before it.
func moments(entries []Entry) (list []time.Time, sorted bool) {
	list, sorted = make([]time.Time, len(entries)), true
	known := slices.IndexFunc(entries, func(e Entry) bool { return !e.Updated.IsZero() })
	if known < 0 {
		return list, len(list) < 2
	}
	before := entries[known].Updated.Truncate(time.Minute)
	for i, e := range entries {
		if !e.Updated.IsZero() {
			m := e.Updated.Truncate(time.Minute)
			sorted = sorted && !m.After(before)
			before = m
		}
		list[i] = before
	}
	return list, sorted
}
