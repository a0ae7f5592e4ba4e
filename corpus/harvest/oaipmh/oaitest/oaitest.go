// Package oaitest is a small OAI-PMH repository in memory, shaped like arXiv's, for
// the tests of harvesters.
//
//	server := httptest.NewServer(oaitest.New(oaitest.Options{Records: records, PageSize: 100}))
package oaitest

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"assay/corpus"
	"assay/internal/rng"
)

// Record is one paper, or its deletion, with the day of its last change in Updated.
type Record struct {
	Paper   *corpus.Paper
	Deleted bool
}

// Options shape a repository. The zero value of a field is its default.
type Options struct {
	Records  []Record
	PageSize int // mean records a page: sizes vary between half and one and a half of it; 0: 100
	// TokenRequests is the number of requests between two midnights, at which all
	// tokens become void; 0: never.
	TokenRequests int
	Shuffled      bool      // lists come in no order of dates
	Earliest      time.Time // 0: 2005-09-16
	Now           func() time.Time
	Sizes         bool                          // tokens carry completeListSize and cursor
	Lies          bool                          // they carry wrong ones, and others on each page
	Eternal       bool                          // they do not say when they become void
	Overlap       int                           // records of the page before that a page repeats
	BareEnd       bool                          // the last page has no token element instead of an empty one
	Deleted       string                        // deletedRecord; "": persistent
	Sabotage      func(query url.Values) string // an answer to give instead; nil or "": none
}

// Server answers requests. Its methods are safe for concurrent use.
type Server struct {
	opt Options

	mu       sync.Mutex
	records  []Record
	requests []string // query strings
	midnight int      // how many there were
	issued   map[string]bool
}

// New returns a repository.
func New(opt Options) *Server {
	if opt.PageSize == 0 {
		opt.PageSize = 100
	}
	if opt.Earliest.IsZero() {
		opt.Earliest = time.Date(2005, 9, 16, 0, 0, 0, 0, time.UTC)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Deleted == "" {
		opt.Deleted = "persistent"
	}
	s := &Server{opt: opt, issued: map[string]bool{}}
	s.Change(opt.Records...)
	return s
}

// Change adds records, or puts them in the place of those with the same id.
func (s *Server) Change(records ...Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := make(map[string]int, len(s.records))
	for i, r := range s.records {
		at[r.Paper.ID] = i
	}
	for _, r := range records {
		if i, known := at[r.Paper.ID]; known {
			s.records[i] = r
			continue
		}
		at[r.Paper.ID] = len(s.records)
		s.records = append(s.records, r)
	}
	slices.SortStableFunc(s.records, s.order)
}

// order is by day and id, or without regard to days.
func (s *Server) order(a, b Record) int {
	if s.opt.Shuffled {
		return strings.Compare(scramble(a.Paper.ID), scramble(b.Paper.ID))
	}
	if c := a.Paper.Updated.Compare(b.Paper.Updated); c != 0 {
		return c
	}
	return strings.Compare(a.Paper.ID, b.Paper.ID)
}

// scramble orders ids as if by chance.
func scramble(id string) string { return fmt.Sprintf("%016x%s", rng.Seed(0, id), id) }

// Midnight makes all tokens void, as a new start of the server does.
func (s *Server) Midnight() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.midnight++
}

// Requests returns the queries asked so far, or those of one verb.
func (s *Server) Requests(verb string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, q := range s.requests {
		if verb == "" || strings.Contains(q, "verb="+verb) {
			out = append(out, q)
		}
	}
	return out
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.URL.RawQuery)
	if n := s.opt.TokenRequests; n > 0 && len(s.requests)%n == 0 {
		s.midnight++
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	query := r.URL.Query()
	if s.opt.Sabotage != nil {
		if text := s.opt.Sabotage(query); text != "" {
			fmt.Fprint(w, text)
			return
		}
	}
	base := "http://" + r.Host + r.URL.Path
	var body string
	switch query.Get("verb") {
	case "Identify":
		body = s.identify(base)
	case "ListSets":
		body = s.listSets()
	case "ListRecords":
		body = s.listRecords(query)
	default:
		body = refusal("badVerb", "Value of the verb argument is not a legal OAI-PMH verb")
	}
	fmt.Fprint(w, Envelope(s.opt.Now(), base, query, body))
}

// Envelope is the answer to a query around a body. As the protocol wants it, the query is
// repeated unless its arguments were refused.
func Envelope(now time.Time, base string, query url.Values, body string) string {
	arguments := ""
	if !strings.Contains(body, "<error code='bad") {
		for _, name := range slices.Sorted(maps.Keys(query)) {
			arguments += fmt.Sprintf(" %s=\"%s\"", name, escape(query.Get(name)))
		}
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">
    <responseDate>` + now.UTC().Format(time.RFC3339) + `</responseDate>
    <request` + arguments + `>` + escape(base) + `</request>
` + body + "</OAI-PMH>\n"
}

func refusal(code, text string) string {
	return fmt.Sprintf("    <error code='%s'>%s</error>\n", code, escape(text))
}

func (s *Server) identify(base string) string {
	return `    <Identify>
        <repositoryName>arXiv</repositoryName>
        <baseURL>` + escape(base) + `</baseURL>
        <protocolVersion>2.0</protocolVersion>
        <adminEmail>help@example.org</adminEmail>
        <earliestDatestamp>` + s.opt.Earliest.Format(time.DateOnly) + `</earliestDatestamp>
        <deletedRecord>` + s.opt.Deleted + `</deletedRecord>
        <granularity>YYYY-MM-DD</granularity>
    </Identify>
`
}

// query is what a list was asked for.
type query struct {
	format, from, until, set string
	skip, midnight           int
}

func (q query) token() string {
	v := url.Values{"verb": {"ListRecords"}, "metadataPrefix": {q.format}, "skip": {strconv.Itoa(q.skip)}, "midnight": {strconv.Itoa(q.midnight)}}
	for name, value := range map[string]string{"from": q.from, "until": q.until, "set": q.set} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return url.QueryEscape(v.Encode())
}

// ask reads a query's arguments, or its token.
func (s *Server) ask(v url.Values) (q query, refused string) {
	if t := v.Get("resumptionToken"); t != "" {
		if len(v) != 2 {
			return q, refusal("badArgument", "No other parameters allowed with resumptionToken")
		}
		text, err := url.QueryUnescape(t)
		inner, err2 := url.ParseQuery(text)
		if err != nil || err2 != nil || !s.issued[t] || inner.Get("midnight") != strconv.Itoa(s.midnight) {
			return q, refusal("badResumptionToken", "The value of the resumptionToken argument is invalid or expired.")
		}
		q.skip, _ = strconv.Atoi(inner.Get("skip"))
		v = inner
	}
	q.midnight = s.midnight
	q.format, q.from, q.until, q.set = v.Get("metadataPrefix"), v.Get("from"), v.Get("until"), v.Get("set")
	tomorrow := s.opt.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	switch {
	case q.format != "arXiv" && q.format != "arXivRaw":
		return q, refusal("cannotDisseminateFormat", "Did not recognize requested format")
	case q.set != "" && !slices.ContainsFunc(setList(), func(s [2]string) bool { return s[0] == q.set }):
		return q, refusal("badArgument", "Reason: Set does not exist")
	case q.from != "" && q.from < s.opt.Earliest.Format(time.DateOnly):
		return q, refusal("badArgument", "Reason: start date too early")
	case q.until > tomorrow:
		return q, refusal("badArgument", "Reason: until date too late")
	case q.until != "" && q.from > q.until:
		return q, refusal("badArgument", "Reason: until date must be greater than or equal to from date")
	}
	return q, ""
}

func (s *Server) listRecords(v url.Values) string {
	q, refused := s.ask(v)
	if refused != "" {
		return refused
	}
	var found []Record
	for _, r := range s.records {
		day := r.Paper.Updated.Format(time.DateOnly)
		if day >= q.from && (q.until == "" || day <= q.until) && (q.set == "" || inSet(r.Paper, q.set)) {
			found = append(found, r)
		}
	}
	if q.skip >= len(found) {
		return refusal("noRecordsMatch", "The combination of the values of the from, until, set and metadataPrefix arguments results in an empty list.")
	}
	h := fnv.New32a()
	fmt.Fprint(h, q.from, q.skip)
	end := min(len(found), q.skip+s.opt.PageSize/2+int(h.Sum32()%uint32(s.opt.PageSize))+1)
	var b strings.Builder
	b.WriteString("    <ListRecords>\n")
	for _, r := range found[max(0, q.skip-s.opt.Overlap):end] {
		writeRecord(&b, r, q.format)
	}
	s.writeToken(&b, q, end, len(found))
	b.WriteString("    </ListRecords>\n")
	return b.String()
}

func (s *Server) writeToken(b *strings.Builder, q query, end, all int) {
	if end == all {
		if !s.opt.BareEnd {
			b.WriteString("        <resumptionToken/>\n")
		}
		return
	}
	attributes := ""
	if s.opt.Sizes {
		attributes = fmt.Sprintf(" completeListSize='%d' cursor='%d'", all, q.skip)
	}
	if s.opt.Lies {
		attributes = fmt.Sprintf(" completeListSize='%d' cursor='%d'", end%7, all-end)
	}
	q.skip = end
	token := q.token()
	s.issued[token] = true
	if !s.opt.Eternal {
		midnight := s.opt.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
		attributes = fmt.Sprintf(" expirationDate='%s'", midnight.Format(time.RFC3339)) + attributes
	}
	fmt.Fprintf(b, "        <resumptionToken%s>%s</resumptionToken>\n", attributes, escape(token))
}
