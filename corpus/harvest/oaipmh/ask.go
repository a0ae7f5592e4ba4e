package oaipmh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/harvest"
)

// Codes of the protocol that are answered by more than their text.
const (
	noRecordsMatch      = "noRecordsMatch"
	badResumptionToken  = "badResumptionToken"
	badArgument         = "badArgument"
	noSetHierarchy      = "noSetHierarchy"
	cannotDisseminate   = "cannotDisseminateFormat"
	setPagesMost        = 1000 // pages of ListSets: arXiv has one
	identifyName        = "Identify"
	listSetsName        = "ListSets"
	listRecordsName     = "ListRecords"
	resumptionTokenName = "resumptionToken"
)

// voidCodes are the codes by which repositories say that a token has expired.
var voidCodes = []string{badResumptionToken, badArgument, noRecordsMatch}

// foreignCodes are the codes that cannot be an answer to a verb. Such an answer, from a cache
// in between, belongs to another question.
var foreignCodes = map[string][]string{
	identifyName: {noRecordsMatch, badResumptionToken, noSetHierarchy, cannotDisseminate},
	listSetsName: {noRecordsMatch, cannotDisseminate},
}

// asker asks one repository.
type asker struct {
	client *harvest.Client
	base   string
}

func newAsker(client *harvest.Client, base string) (*asker, error) {
	base, err := baseURL(base)
	return &asker{client, base}, err
}

// get asks for a verb until read accepts the answer. What is not XML or not an answer to
// the question is asked for again, what the protocol refuses is final. After so many tries, if
// not 0, an answer that arrives whole and cannot be read is a *harvest.UnreadableError.
func (a *asker) get(ctx context.Context, verb string, arguments url.Values, tries int, read func(body []byte) error) error {
	query := "?verb=" + verb
	if len(arguments) > 0 {
		query += "&" + arguments.Encode() // a token, a URL-encoded text, is encoded once more here
	}
	doubts := harvest.Doubts{Root: "OAI-PMH", Most: tries}
	return a.client.Get(ctx, a.base+query, func(r *harvest.Response) error {
		if err := r.Problem(); err != nil {
			return err
		}
		err := read(r.Body)
		var refusal *ProtocolError
		if err == nil || errors.As(err, &refusal) && !slices.Contains(foreignCodes[verb], refusal.Code) {
			return err
		}
		return doubts.Weigh(a.client, err)
	})
}

func (a *asker) identify(ctx context.Context) (id *Identity, err error) {
	err = a.get(ctx, identifyName, nil, 0, func(body []byte) (err error) {
		id, err = ReadIdentify(body)
		return err
	})
	return id, err
}

// sets asks for all sets; a repository without sets has none.
func (a *asker) sets(ctx context.Context) ([]Set, error) {
	var all []Set
	var arguments url.Values
	asked := map[string]bool{}
	for range setPagesMost {
		var page []Set
		var next string
		err := a.get(ctx, listSetsName, arguments, 0, func(body []byte) (err error) {
			page, next, err = ReadSets(body)
			return err
		})
		var refusal *ProtocolError
		if errors.As(err, &refusal) && refusal.Code == noSetHierarchy {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		if asked[next] {
			break
		}
		asked[next] = true
		arguments = url.Values{resumptionTokenName: {next}}
	}
	return nil, errors.New("the list of sets does not end")
}

// list is a ListRecords request: a new list, or the next page of one.
type list struct {
	format, set string
	from, until time.Time // until may be zero: to the present
	token       string
}

// records asks for a page. What answers another question, from a cache in between, is
// asked for again, and so is an empty page that does not say that it is the last: services
// that block a client send such pages. If every answer is unreadable because of single records
// that are not well-formed, the other records are taken.
func (a *asker) records(ctx context.Context, l list, tries int) (page *Page, err error) {
	arguments := url.Values{}
	if l.token != "" {
		arguments.Set(resumptionTokenName, l.token)
	} else {
		arguments.Set("metadataPrefix", l.format)
		arguments.Set("from", corpus.DayText(l.from))
		if !l.until.IsZero() {
			arguments.Set("until", corpus.DayText(l.until))
		}
		if l.set != "" {
			arguments.Set("set", l.set)
		}
	}
	var last []byte
	err = a.get(ctx, listRecordsName, arguments, tries, func(body []byte) (err error) {
		page, err = ReadRecords(body)
		if err != nil {
			last = bytes.Clone(body)
		}
		if page != nil {
			if other := l.mismatch(page); other != "" {
				return fmt.Errorf("%w: %s", errOther, other)
			}
		}
		var refusal *ProtocolError
		if errors.As(err, &refusal) && refusal.Code == badResumptionToken && l.token == "" {
			return fmt.Errorf("%w: %s, and no token was sent", errOther, refusal.Code)
		}
		if err == nil && len(page.Records) == 0 && page.Next == "" && !page.Ends {
			err = fmt.Errorf("%w: a list without records", errOther)
		}
		return err
	})
	var broken *harvest.UnreadableError
	if errors.As(err, &broken) {
		if page = salvage(last); page != nil && l.mismatch(page) == "" {
			return page, nil
		}
	}
	return page, err
}

// mismatch says why a page answers another question than l, or "". What a repository does
// not repeat of the question, or writes in its own way, is no reason.
func (l list) mismatch(p *Page) string {
	for _, c := range []struct{ name, asked, echoed string }{
		{"verb", listRecordsName, p.asked.Verb}, {"set", l.set, p.asked.Set},
		{"from", corpus.DayText(l.from), dayOf(p.asked.From)}, {"until", corpus.DayText(l.until), dayOf(p.asked.Until)},
	} {
		if c.echoed != "" && c.echoed != c.asked && (c.asked != "" || l.token == "") {
			return fmt.Sprintf("it is for %s %q, not %q", c.name, c.echoed, c.asked)
		}
	}
	if t := p.asked.Token; t != "" && plain(t) != plain(l.token) {
		return fmt.Sprintf("it is for the token %q, not %q", t, l.token)
	}
	if l.token != "" && p.Next == l.token {
		return "its token asks for itself"
	}
	inside := 0
	for _, r := range p.Records {
		if !r.Day.IsZero() && !r.Day.Before(l.from) && (l.until.IsZero() || !r.Day.After(l.until)) {
			inside++
		}
	}
	if inside == 0 && len(p.Records) > 1 {
		return fmt.Sprintf("none of its %d records is of the days from %s to %s", len(p.Records), corpus.DayText(l.from), corpus.DayText(l.until))
	}
	return ""
}

// dayOf is the day of a date as dayText writes it, "" where it is none.
func dayOf(text string) string {
	d, ok := parseDay(text)
	if !ok {
		return ""
	}
	return corpus.DayText(d)
}

// plain is a token without the encodings around it: repositories differ in which they repeat.
func plain(token string) string {
	for range 3 {
		inner, err := url.QueryUnescape(token)
		if err != nil || inner == token {
			break
		}
		token = inner
	}
	return token
}

// sourceOf names a repository in a catalog: the scheme and a slash at the end make no
// other repository of it.
func sourceOf(base string) string {
	_, rest, found := strings.Cut(base, "://")
	if !found {
		rest = base
	}
	return "oai-pmh " + strings.ToLower(strings.TrimRight(rest, "/"))
}
