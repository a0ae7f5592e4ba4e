package coreapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"assay/corpus/harvest"
	"assay/internal/fault"
	"assay/internal/format"
)

// asker asks questions, obeying the allowance.
type asker struct {
	client *harvest.Client
	guard  *guard
	meter  *meter
	opt    *Options
	note   func(text string)
	key    *harvest.Redactor
	rest   time.Duration // due before the next question
}

// ask asks until check accepts a page.
func (a *asker) ask(ctx context.Context, q question, check func(*Page) error) (*Page, error) {
	switch d := a.rest; {
	case d > a.opt.LongestRest:
		return nil, &LimitError{d}
	case d > 0:
		a.note(fmt.Sprintf("the allowance is used up, waiting %s", format.About(d)))
	}
	a.rest = 0
	var page *Page
	a.guard.begin(q.cursor != "")
	doubts := harvest.Doubts{Most: harvest.UnreadableTries}
	if q.size < pageSizes[0] {
		doubts.Most = harvest.UnreadableFew
	}
	err := a.client.Get(ctx, a.opt.address(q), func(r *harvest.Response) error {
		if d := a.guard.tooLong(); d > 0 {
			return &LimitError{d}
		}
		if err := a.readable(r, q); err != nil {
			return err
		}
		a.meet(r.Header, q.scroll)
		p, err := a.read(r.Body)
		if err == nil {
			page = p
			err = check(p)
		} else if q.cursor != "" {
			return errScrollLost
		} else if broken := new(json.SyntaxError); errors.As(err, &broken) && bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{")) {
			err = doubts.Count(a.client, err)
		} else {
			err = harvest.Retry(err)
		}
		if err != nil && a.rest > a.opt.LongestRest {
			return &LimitError{a.rest} // it might be asked again
		}
		return err
	})
	return page, err
}

// meet rests where the allowance asks to. A rest that is too long is left to the next
// question: there may be none.
func (a *asker) meet(h http.Header, scrolled bool) {
	a.rest = a.meter.rest(h, scrolled, clock(h))
	if a.rest > 0 && a.rest <= a.opt.LongestRest {
		a.client.Rest(a.rest)
	}
}

// read reads a page. Its errors quote the body, but not where it repeats the key.
func (a *asker) read(body []byte) (p *Page, err error) {
	if a.opt.API == APIv2 {
		p, err = ReadV2(body)
	} else {
		p, err = ReadV3(body)
	}
	if err != nil && a.key.Text(string(body)) != string(body) {
		err = fmt.Errorf("%w: a text that repeats the key", errNotAnAnswer)
	}
	return p, err
}

// readable is nil for an answer that is worth reading.
func (a *asker) readable(r *harvest.Response, q question) error {
	switch problem := r.Problem(); {
	case problem == nil:
		return nil
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		return fault.Usage(fmt.Errorf("coreapi: CORE refuses the key that it was sent (is it copied whole, and confirmed by mail?): %w", problem))
	case q.cursor != "":
		return errScrollLost
	case q.offset > 0 && a.opt.API == APIv3:
		return errMoved
	case q.offset >= offsetWindow:
		return errListEnds
	case a.opt.API == APIv2 && r.Status == http.StatusNotFound && q.offset == 0:
		if _, err := ReadV2(r.Body); err == nil {
			return nil // v2 says so where nothing is found
		}
	}
	return fault.Usage(fmt.Errorf("coreapi: CORE refuses the query %s: %w", q.query, r.Problem()))
}
