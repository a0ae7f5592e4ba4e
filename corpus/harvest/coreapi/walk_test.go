package coreapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/corpus/harvest"
	"assay/corpus/harvest/coreapi/coretest"
)

// serve starts a server with works for two topics.
func serve(t *testing.T, o coretest.Options) (*coretest.Server, string) {
	t.Helper()
	if o.Works == nil {
		o.Works = coretest.Works(420, 3, twoTopics...)
	}
	o.Key = testKey
	server := coretest.New(o)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return server, web.URL
}

// check harvests and compares with the rule.
func check(t *testing.T, server *coretest.Server, opt Options) *Summary {
	t.Helper()
	s := newShelf()
	sum, err := do(context.Background(), t, s, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := opt.prepare(); err != nil {
		t.Fatal(err)
	}
	compare(t, s.lines(), wanted(server, opt))
	return sum
}

// Lost, broken and late answers, refusals and redirects: a scroll's place moves on
// with each request that the server sees, and no page may be missed.
func TestFaultsLoseNoPage(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter, r *http.Request, s http.Handler){
		"reset after the answer": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			s.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		},
		"truncated": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, r)
			w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
			_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
		},
		"late": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			s.ServeHTTP(httptest.NewRecorder(), r)
			time.Sleep(60 * time.Millisecond)
		},
		"HTML": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			s.ServeHTTP(httptest.NewRecorder(), r)
			fmt.Fprint(w, "<html>Please wait</html>")
		},
		"bad gateway": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			s.ServeHTTP(httptest.NewRecorder(), r)
			http.Error(w, "bad gateway", http.StatusBadGateway)
		},
		"unavailable": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			http.Error(w, "busy", http.StatusServiceUnavailable)
		},
		"too many requests": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			w.Header().Set("X-RateLimit-Retry-After", "0")
			http.Error(w, "slowly", http.StatusTooManyRequests)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request, s http.Handler) {
			if r.URL.Query().Has("again") {
				s.ServeHTTP(w, r)
				return
			}
			http.Redirect(w, r, r.URL.RequestURI()+"&again=1", http.StatusFound)
		},
	} {
		for _, api := range []string{APIv3, APIv2} {
			t.Run(name+" "+api, func(t *testing.T) {
				server := coretest.New(coretest.Options{Works: coretest.Works(420, 3, twoTopics...), Key: testKey})
				random := rand.New(rand.NewPCG(2, 0))
				var mu sync.Mutex // a request that the client left may still be answered
				bad := func() bool {
					mu.Lock()
					defer mu.Unlock()
					return random.IntN(3) == 0
				}
				web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if bad() || r.URL.Query().Has("again") {
						fault(w, r, server)
						return
					}
					server.ServeHTTP(w, r)
				}))
				defer web.Close()
				opt := testOptions(web.URL, api)
				opt.Count = 160
				opt.Client.Timeout = 30 * time.Millisecond
				if name != "late" {
					opt.Client.Timeout = 0
				}
				check(t, server, opt)
			})
		}
	}
}

// The last page of a list is doubted like any other: where the page before comes once more
// in its place, or ever fewer of its results, or none, it is asked for again and the
// fullest answer counts.
func TestTheLastPageIsDoubted(t *testing.T) {
	for _, api := range []string{APIv3, APIv2} {
		for name, c := range map[string]struct {
			extra int // promised beyond the list, so that the last page is short each time
			play  func(w http.ResponseWriter, r *http.Request, s http.Handler, asked int)
		}{
			"repeated": {0, func(w http.ResponseWriter, r *http.Request, s http.Handler, asked int) {
				if asked < 3 {
					q := r.URL.Query()
					q.Set("offset", "0")
					q.Set("page", "1")
					r.URL.RawQuery = q.Encode()
				}
				s.ServeHTTP(w, r)
			}},
			"shorter": {30, func(w http.ResponseWriter, r *http.Request, s http.Handler, asked int) {
				few(w, r, s, 90-asked*10)
			}},
			"empty": {30, func(w http.ResponseWriter, r *http.Request, s http.Handler, asked int) {
				few(w, r, s, map[bool]int{true: 90}[asked == 0])
			}},
		} {
			server := coretest.New(coretest.Options{Works: coretest.Works(300, 3, twoTopics...), Key: testKey, Extra: c.extra}) // lists of two pages
			asked := map[string]int{}
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if q.Get("offset") != "100" && q.Get("page") != "2" {
					server.ServeHTTP(w, r)
					return
				}
				key := r.URL.Path + q.Get("q")
				asked[key]++
				c.play(w, r, server, asked[key]-1)
			}))
			opt := testOptions(web.URL, api)
			opt.Count, opt.Paging, opt.Overlap = 300, PagingOffset, OverlapKeep
			t.Run(name+" "+api, func(t *testing.T) { check(t, server, opt) })
			web.Close()
		}
	}
}

// few answers with so many of the results at most.
func few(w http.ResponseWriter, r *http.Request, s http.Handler, most int) {
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	var answer map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		panic(err)
	}
	for _, key := range []string{"results", "data"} {
		if list, ok := answer[key].([]any); ok {
			answer[key] = list[:min(max(0, most), len(list))]
		}
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func TestAllowanceIsObeyedBeforeItIsUsedUp(t *testing.T) {
	for _, rate := range []coretest.Rate{
		{Limit: 7, Scroll: 3, Window: 150 * time.Millisecond},
		{Limit: 5, Scroll: 5, Window: 100 * time.Millisecond, Dashed: true},
		{Limit: 2, Scroll: 2, Window: 50 * time.Millisecond},
	} {
		server, url := serve(t, coretest.Options{Rate: rate})
		opt := testOptions(url, APIv3)
		opt.Count = 160
		check(t, server, opt)
		if n := server.Refused(); n > 0 {
			t.Errorf("%+v: %d of %d requests came too early", rate, n, len(server.Requests()))
		}
	}
}

// A rest that is longer than Harvest waits ends it, with the page that came kept.
func TestLongRests(t *testing.T) {
	for name, c := range map[string]struct {
		after  int // answers as ever before
		status int
		header http.Header
		want   time.Duration
	}{
		"none remains":                        {1, 200, http.Header{"X-Ratelimitremaining": {"0"}, "X-Ratelimit-Retry-After": {"7200"}}, 2 * time.Hour},
		"none remains, by a date":             {1, 200, http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Retry-After": {time.Now().UTC().Add(3 * time.Hour).Format("2006-01-02T15:04:05-0700")}}, 3 * time.Hour},
		"none remains, by the server's clock": {1, 200, http.Header{"Date": {"Sat, 01 Jan 2000 00:00:00 GMT"}, "X-Ratelimitremaining": {"0"}, "X-Ratelimit-Retry-After": {"2000-01-01T03:00:00+0000"}}, 3 * time.Hour},
		"refused, by the server's clock":      {1, 429, http.Header{"Date": {"Sat, 01 Jan 2000 00:00:00 GMT"}, "X-Ratelimit-Retry-After": {"2000-01-01T03:00:00Z"}}, 3 * time.Hour},
		"refused":                             {1, 429, http.Header{"X-Ratelimit-Retry-After": {"7200"}}, 2 * time.Hour},
		"refused, the plain header":           {0, 503, http.Header{"Retry-After": {"7200"}}, 2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			server, url := serve(t, coretest.Options{Sabotage: func(w http.ResponseWriter, r *http.Request) bool {
				n++
				if n <= c.after && c.status != 200 || n > c.after && c.status == 200 {
					return false
				}
				for key, values := range c.header {
					w.Header()[key] = values
				}
				if c.status != 200 {
					http.Error(w, "later", c.status)
				}
				return c.status != 200
			}})
			s := newShelf()
			opt := testOptions(url, APIv3)
			opt.Count = 160
			_, err := do(context.Background(), t, s, opt)
			var limit *LimitError
			if !errors.As(err, &limit) {
				t.Fatalf("error %v", err)
			}
			if d := limit.Wait - c.want; d > time.Second || d < -5*time.Second {
				t.Errorf("told to wait %v, want %v", limit.Wait, c.want)
			}
			if wantDocs := c.after > 0; len(s.documents) > 0 != wantDocs {
				t.Errorf("%d documents kept", len(s.documents))
			}
			if len(server.Requests()) != c.after+btoi(c.status != 200) {
				t.Errorf("%d requests", len(server.Requests()))
			}
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// One text is larger than any answer that is read: it is counted and passed by, wherever it
// stands in the list.
func TestOversizedAnswersArePassedBy(t *testing.T) {
	for _, api := range []string{APIv3, APIv2} {
		for _, place := range []int{0, 57, 150} {
			works := coretest.Works(420, 3, twoTopics...)
			server, url := serve(t, coretest.Options{Works: works})
			opt := testOptions(url, api)
			opt.Count, opt.Overlap = 160, OverlapKeep
			opt.Client.MaxBody = 300 << 10
			if err := opt.prepare(); err != nil {
				t.Fatal(err)
			}
			large := server.List(queryFor(opt.Query, twoTopics[0]))[place]
			large.FullText = strings.Repeat("large ", 100<<10)
			s := newShelf()
			sum, err := do(context.Background(), t, s, opt)
			if err != nil {
				t.Fatal(err)
			}
			if sum.Topics[0].Oversized != 1 || sum.Topics[0].Counted != 160 {
				t.Errorf("%s, place %d: %+v", api, place, sum.Topics[0])
			}
			if s.documents[fmt.Sprint(large.ID)] != nil {
				t.Errorf("%s, place %d: it is there", api, place)
			}
			large.FullText = "" // as if it had none
			compare(t, s.lines(), wanted(server, opt))
		}
	}
}

// A scroll goes beyond where offsets end, and is found again there.
func TestListsLongerThanOffsetsReach(t *testing.T) {
	works := make([]coretest.Work, coretest.Window+900)
	for i := range works {
		works[i] = coretest.Work{ID: i + 1, Topics: twoTopics[:1], Language: "English", FullText: "Text", Year: 2000}
	}
	server, url := serve(t, coretest.Options{Works: works})
	opt := testOptions(url, APIv3)
	opt.Topics, opt.Count = twoTopics[:1], coretest.Window+700
	s := newShelf()
	for _, dies := range []int{40, 103, 0} {
		s.dies, s.writes = dies, 0
		if _, err := do(context.Background(), t, s, opt); err != nil && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	if err := opt.prepare(); err != nil {
		t.Fatal(err)
	}
	compare(t, s.lines(), wanted(server, opt))
	if n := len(server.Requests()); n > 400 {
		t.Errorf("%d requests", n)
	}
}

// A service that answers nothing useful is given up, not asked for ever.
func TestGivesUp(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"errors": func(w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, "down", http.StatusInternalServerError)
			return true
		},
		"HTML": func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprint(w, "<html>")
			return true
		},
		"scrolls that break": func(w http.ResponseWriter, r *http.Request) bool {
			if q := r.URL.Query(); q.Has("scrollId") || q.Has("offset") {
				http.Error(w, "gone", http.StatusNotFound)
				return true
			}
			return false
		},
	} {
		server, url := serve(t, coretest.Options{Sabotage: answer})
		opt := testOptions(url, APIv3)
		opt.Count = 160
		_, err := do(context.Background(), t, newShelf(), opt)
		var gaveUp *harvest.GaveUpError
		if !errors.As(err, &gaveUp) || len(server.Requests()) > 60 {
			t.Errorf("%s: %v after %d requests", name, err, len(server.Requests()))
		}
	}
}

func TestTopicsThatCOREHasLittleOf(t *testing.T) {
	server, url := serve(t, coretest.Options{})
	opt := testOptions(url, APIv3)
	opt.Topics = append(opt.Topics, "no such topic")
	sum := check(t, server, opt)
	if got, want := sum.Topics[2].line(opt.Overlap), "no-such-topic: 0 of 60 documents, from 0 results read of 0 (CORE has no more)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
