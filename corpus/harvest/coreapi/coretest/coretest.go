// Package coretest is a small CORE in memory, with the search of its APIs v3 and v2,
// for the tests of harvesters.
//
//	server := httptest.NewServer(coretest.New(coretest.Options{Works: coretest.Works(500, 1, "deep learning"), Key: "secret"}))
//	url := server.URL + "/v3"
package coretest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Window is how far into a list offsets reach.
const Window = 10_000

// Options shape a server. The zero value of a field is its default.
type Options struct {
	Works []Work
	Key   string // without it answers are 401
	// ScrollLife is the number of requests after which a scroll expires; 0: never.
	ScrollLife int
	// Odd is the share of pages that are short, empty or repeated, drawn by Seed.
	Odd  float64
	Seed uint64
	// Extra is added to totalHits, which then promises what the list does not have.
	Extra int
	// Rate is the allowance; the zero value is without bounds.
	Rate Rate
	// Offsets are refused where set.
	NoOffsets bool
	// Sabotage may answer in the server's place, and says whether it did.
	Sabotage func(w http.ResponseWriter, r *http.Request) bool
}

// Rate is an allowance of tokens in a window of time. A search costs 1, a scroll Scroll.
type Rate struct {
	Limit, Scroll int
	Window        time.Duration
	Dashed        bool // X-RateLimit-Remaining instead of X-RateLimitRemaining
}

// Server answers requests. Its methods are safe for concurrent use.
type Server struct {
	opt Options

	mu       sync.Mutex
	random   *rand.Rand
	scrolls  map[string]*scroll
	lists    map[string][]*Work
	last     map[string][]*Work // by query: the page before
	encoded  map[*Work]json.RawMessage
	requests []string
	refused  int
	tokens   int
	renewal  time.Time
}

type scroll struct {
	query       string
	limit, next int
	until       int // request
}

// New returns a server.
func New(opt Options) *Server {
	return &Server{opt: opt, random: rand.New(rand.NewPCG(opt.Seed, 0)), scrolls: map[string]*scroll{}, lists: map[string][]*Work{}, last: map[string][]*Work{}, encoded: map[*Work]json.RawMessage{}}
}

// Requests returns the paths and queries asked so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Refused is how many requests came without a token left.
func (s *Server) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.URL.RequestURI())
	if s.opt.Sabotage != nil && s.opt.Sabotage(w, r) {
		return
	}
	q := r.URL.Query()
	v2, found := strings.CutPrefix(r.URL.Path, "/api-v2/articles/search/")
	switch {
	case r.URL.Path == "/v3/search/works":
		http.Redirect(w, r, r.URL.Path+"/?"+r.URL.RawQuery, http.StatusMovedPermanently)
	case found && q.Get("apiKey") != s.opt.Key, !found && r.Header.Get("Authorization") != "Bearer "+s.opt.Key:
		// The real one repeats nothing; this one tempts the harvester to show its key.
		refuse(w, http.StatusUnauthorized, "no such key: "+r.Header.Get("Authorization")+q.Get("apiKey"))
	case !s.allow(w, q.Has("scroll") || q.Has("scrollId")):
		refuse(w, http.StatusTooManyRequests, "Rate limit exceeded")
	case found:
		s.searchV2(w, v2, q)
	case r.URL.Path == "/v3/search/works/":
		s.searchV3(w, q)
	default:
		refuse(w, http.StatusNotFound, "no such path")
	}
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message":%q}`, message)
}

// allow takes tokens and says in headers what is left.
func (s *Server) allow(w http.ResponseWriter, scrolled bool) bool {
	rate := s.opt.Rate
	if rate.Limit == 0 {
		return true
	}
	now := time.Now()
	if !now.Before(s.renewal) {
		s.tokens, s.renewal = rate.Limit, now.Add(rate.Window)
	}
	price := 1
	if scrolled {
		price = max(1, rate.Scroll)
	}
	enough := s.tokens >= price
	if enough {
		s.tokens -= price
	} else {
		s.refused++
	}
	remaining := "X-RateLimitRemaining"
	if rate.Dashed {
		remaining = "X-RateLimit-Remaining"
	}
	w.Header().Set(remaining, strconv.Itoa(s.tokens))
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(rate.Limit))
	w.Header().Set("X-RateLimit-Retry-After", fmt.Sprintf("%.3f", time.Until(s.renewal).Seconds()+0.001))
	return enough
}

var (
	phrase   = regexp.MustCompile(`(?:title|topics):"((?:[^"\\]|\\.)*)"`)
	language = regexp.MustCompile(`language\.name:(?:"((?:[^"\\]|\\.)*)"|(\w+))`)
)

// List returns what a query finds, in the server's order.
func (s *Server) List(query string) []*Work {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list(query)
}

// list returns what a query finds, in an order of its own for each topic.
func (s *Server) list(query string) []*Work {
	if l, ok := s.lists[query]; ok {
		return l
	}
	topic, name := "", ""
	if m := phrase.FindStringSubmatch(query); m != nil {
		topic = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[1])
	}
	if m := language.FindStringSubmatch(query); m != nil {
		name = m[1] + m[2]
	}
	var found []*Work
	for i := range s.opt.Works {
		w := &s.opt.Works[i]
		if slices.Contains(w.Topics, topic) && (name == "" || w.Language == name) {
			found = append(found, w)
		}
	}
	slices.SortFunc(found, func(a, b *Work) int {
		return cmp.Or(cmp.Compare(scramble(topic, a.ID), scramble(topic, b.ID)), cmp.Compare(a.ID, b.ID))
	})
	s.lists[query] = found
	return found
}

func scramble(topic string, id int) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, topic, id)
	return h.Sum64()
}

func (s *Server) searchV3(w http.ResponseWriter, q url.Values) {
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	if limit < 1 || limit > 100 || q.Get("q") == "" {
		refuse(w, http.StatusBadRequest, "limit")
		return
	}
	query, id := q.Get("q"), q.Get("scrollId")
	switch {
	case id != "":
		sc := s.scrolls[id]
		if sc == nil || s.opt.ScrollLife > 0 && len(s.requests) > sc.until || sc.query != query {
			refuse(w, http.StatusInternalServerError, "search_context_missing_exception")
			return
		}
		offset, limit = sc.next, sc.limit
		sc.next += limit
	case q.Get("scroll") == "true":
		id = fmt.Sprintf("scroll%d", len(s.scrolls))
		s.scrolls[id] = &scroll{query: query, limit: limit, next: limit, until: len(s.requests) + s.opt.ScrollLife}
	case offset+limit > Window, s.opt.NoOffsets && offset > 0:
		refuse(w, http.StatusBadRequest, "Result window is too large")
		return
	}
	works, all := s.page(query, offset, limit)
	results := make([]json.RawMessage, len(works))
	for i, work := range works {
		results[i] = s.encode(work, work.v3)
	}
	write(w, map[string]any{"totalHits": all, "limit": limit, "offset": offset, "scrollId": orNull(id), "results": results, "tooks": []any{}, "esTook": nil})
}

func (s *Server) searchV2(w http.ResponseWriter, query string, q url.Values) {
	size, _ := strconv.Atoi(q.Get("pageSize"))
	page, _ := strconv.Atoi(q.Get("page"))
	switch {
	case size < 1 || size > 100 || page < 1:
		refuse(w, http.StatusBadRequest, "pageSize must be 10 to 100")
		return
	case page*size > Window, s.opt.NoOffsets && page > 1:
		refuse(w, http.StatusBadRequest, "page is too far")
		return
	}
	works, all := s.page(query, (page-1)*size, size)
	if all == 0 {
		write(w, map[string]any{"status": "Not found", "data": nil})
		return
	}
	data := make([]json.RawMessage, len(works))
	for i, work := range works {
		data[i] = s.encode(work, work.v2)
	}
	write(w, map[string]any{"status": "OK", "totalHits": strconv.Itoa(all), "data": data})
}

// page returns some of a list and its length, now and then oddly.
func (s *Server) page(query string, offset, limit int) ([]*Work, int) {
	found := s.list(query)
	works := found[min(offset, len(found)):min(offset+limit, len(found))]
	all := len(found)
	if all > 0 {
		all += s.opt.Extra
	}
	if s.random.Float64() < s.opt.Odd {
		switch s.random.IntN(3) {
		case 0:
			works = works[:len(works)/2]
		case 1:
			works = nil
		case 2:
			if last := s.last[query]; len(last) > 0 {
				works = last
			}
		}
		return works, all
	}
	s.last[query] = works
	return works, all
}

// encode encodes a work at its first request. A server speaks one of the APIs only.
func (s *Server) encode(w *Work, by func() json.RawMessage) json.RawMessage {
	if s.encoded[w] == nil {
		s.encoded[w] = by()
	}
	return s.encoded[w]
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func write(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer)
}
