// Package arxivtest is an arXiv API of one's own, for the tests of harvesters: it
// answers queries for a category, with or without a range of submission dates,
// sorted and in slices, from papers that may change meanwhile, and has the real
// one's bad habits.
//
//	server := httptest.NewServer(arxivtest.New(arxivtest.Options{Papers: papers}))
package arxivtest

import (
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"assay/corpus"
)

// Options configure a server. The zero value of a field is its default.
type Options struct {
	Papers []*corpus.Paper
	Limit  int           // results of one query that can be had; 0: 30000
	Slice  int           // results of one answer; 0: 2000
	Grain  time.Duration // moments are multiples of it, so that papers share them; 0: 1 s
	Now    time.Time     // by the server's clock; zero: the day after the last paper's last change

	Seed      uint64  // of the habits
	Short     float64 // chance that an answer has fewer entries than it could
	Blocked   float64 // chance of an answer without entries, though there are some
	Miscount  float64 // chance that an answer counts more results than there are
	Forgetful float64 // chance of an answer that says that there are no results at all
}

// Server is the API.
type Server struct {
	opt Options

	mu      sync.Mutex
	random  *rand.Rand
	results map[string]*result
	asked   []Question
	now     time.Time
}

// Question is a query that came.
type Question struct {
	Category  string
	From, To  time.Time // of submission; zero: any
	SortBy    string
	Ascending bool
	Start     int
	Most      int
}

type result struct {
	corpus.Paper
	published, updated time.Time
}

// New returns a server. Papers without a day of creation get that of their last change.
func New(opt Options) *Server {
	byDefault(&opt.Limit, 30_000)
	byDefault(&opt.Slice, 2000)
	byDefault(&opt.Grain, time.Second)
	s := &Server{opt: opt, random: rand.New(rand.NewPCG(opt.Seed, 3)), results: map[string]*result{}, now: opt.Now}
	for _, p := range opt.Papers {
		s.put(p)
	}
	if s.now.IsZero() {
		for _, r := range s.results {
			if r.updated.After(s.now) {
				s.now = r.updated
			}
		}
		s.now = s.now.AddDate(0, 0, 1)
	}
	return s
}

func byDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// put adds or replaces a paper. Its moments lie somewhere in its days.
func (s *Server) put(p *corpus.Paper) *result {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.ID)) // never fails
	into := time.Duration(h.Sum64() % uint64(24*time.Hour)).Truncate(s.opt.Grain)
	r := &result{Paper: *p}
	if r.Created.IsZero() || r.Created.After(r.Updated) {
		r.Created = r.Updated
	}
	r.published, r.updated = r.Created.Add(into), r.Updated.Add(into)
	s.results[p.ID] = r
	return r
}

// Add adds a paper, submitted by the server's clock.
func (s *Server) Add(p *corpus.Paper) { s.change(p.ID, p) }

// Revise makes a new version of a paper, by the server's clock; its title tells.
func (s *Server) Revise(id string) { s.change(id, nil) }

func (s *Server) change(id string, p *corpus.Paper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(s.opt.Grain)
	today := s.now.Truncate(24 * time.Hour)
	if p != nil {
		fresh := *p
		fresh.Created, fresh.Updated = today, today
		r := s.put(&fresh)
		r.published, r.updated = s.now, s.now
		return
	}
	if r := s.results[id]; r != nil {
		r.Title += " (revised)"
		r.Updated, r.updated = today, s.now
	}
}

// Remove withdraws a paper.
func (s *Server) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.results, id)
}

// Pass lets the server's clock go on.
func (s *Server) Pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Papers returns what there is, by id: what a harvest should find.
func (s *Server) Papers() []*corpus.Paper {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*corpus.Paper
	for _, r := range s.results {
		p := r.Paper
		all = append(all, &p)
	}
	slices.SortFunc(all, func(a, b *corpus.Paper) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Asked returns the questions that came, in order.
func (s *Server) Asked() []Question {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Clock returns the server's time.
func (s *Server) Clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

var query = regexp.MustCompile(`^cat:([A-Za-z.-]+)(?: AND submittedDate:\[(\d{12}) TO (\d{12})\])?$`)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, problem := s.read(r)
	if problem != "" {
		s.refuse(w, problem)
		return
	}
	s.asked = append(s.asked, q)
	all := s.find(q)
	total := len(all)
	page := all[min(q.Start, total):]
	page = page[:min(len(page), q.Most, s.opt.Slice, max(0, s.opt.Limit-q.Start))]
	switch {
	case s.chance(s.opt.Forgetful):
		page, total = nil, 0
	case s.chance(s.opt.Blocked):
		page = nil
	case len(page) > 1 && s.chance(s.opt.Short):
		page = page[:1+s.random.IntN(len(page)-1)]
	}
	if total > 0 && s.chance(s.opt.Miscount) {
		total += 1 + s.random.IntN(5)
	}
	s.answer(w, r, q, page, total)
}

func (s *Server) chance(p float64) bool { return p > 0 && s.random.Float64() < p }

// read takes a question apart.
func (s *Server) read(r *http.Request) (q Question, problem string) {
	v := r.URL.Query()
	m := query.FindStringSubmatch(v.Get("search_query"))
	if m == nil {
		return q, "a query that this server does not know"
	}
	q = Question{Category: m[1], SortBy: v.Get("sortBy"), Ascending: v.Get("sortOrder") == "ascending"}
	if m[2] != "" {
		const layout = "200601021504"
		var err1, err2 error
		q.From, err1 = time.Parse(layout, m[2])
		q.To, err2 = time.Parse(layout, m[3])
		if err1 != nil || err2 != nil || q.To.Before(q.From) {
			return q, "a range of dates that is none"
		}
	}
	var err1, err2 error
	q.Start, err1 = strconv.Atoi(v.Get("start"))
	q.Most, err2 = strconv.Atoi(v.Get("max_results"))
	switch {
	case q.SortBy != "lastUpdatedDate" && q.SortBy != "submittedDate":
		return q, "sortBy must be in: relevance, lastUpdatedDate, submittedDate"
	case err1 != nil || q.Start < 0:
		return q, "start must be an integer"
	case err2 != nil || q.Most < 0 || q.Most > s.opt.Limit:
		return q, "max_results must be an integer, and no more than " + strconv.Itoa(s.opt.Limit)
	}
	return q, ""
}

// find returns all results of a question, sorted. Those of one moment come in
// another order each time.
func (s *Server) find(q Question) []*result {
	var all []*result
	for _, r := range s.results {
		if !slices.Contains(r.Categories, q.Category) {
			continue
		}
		// Ranges hold both of their minutes.
		if q.From.IsZero() || !r.published.Before(q.From) && r.published.Before(q.To.Add(time.Minute)) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *result) int { return strings.Compare(a.ID, b.ID) })
	s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	key := func(r *result) time.Time {
		if q.SortBy == "submittedDate" {
			return r.published
		}
		return r.updated
	}
	slices.SortStableFunc(all, func(a, b *result) int {
		if q.Ascending {
			return key(a).Compare(key(b))
		}
		return key(b).Compare(key(a))
	})
	return all
}
