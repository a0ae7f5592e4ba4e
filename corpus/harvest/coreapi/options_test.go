package coreapi

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"assay/corpus/catalog"
	"assay/corpus/harvest/coreapi/coretest"
	"assay/internal/fault"
)

func TestWrongOptionsAreSaid(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Topics = nil }, "no topic is named"},
		{func(o *Options) { o.Count = 0 }, "a count of 0 documents a topic; want 1 or more"},
		{func(o *Options) { o.Topics = []string{"deep learning", " "} }, `topic "": want 1 to 200 bytes with a letter or digit`},
		{func(o *Options) { o.Topics = []string{"deep learning", "Deep  Learning"} }, `the topics "deep learning" and "Deep Learning" are both deep-learning in an export; name one of them`},
		{func(o *Options) { o.Topics = []string{strings.Repeat("x", 201)} }, "want 1 to 200 bytes"},
		{func(o *Options) { o.API = "v4" }, `the API cannot be "v4"; want v3 or v2`},
		{func(o *Options) { o.Overlap = "both" }, `the rule for documents of several topics cannot be "both"; want drop or first or keep`},
		{func(o *Options) { o.Paging = "pages" }, `paging cannot be "pages"; want scroll or offset`},
		{func(o *Options) { o.Cleaning.Mode = "latin1" }, `cleaning "latin1" is unknown; want ascii, unicode or none`},
		{func(o *Options) { o.Cleaning = Cleaning{Mode: CleanNone, Dehyphenate: true} }, "cleaning none leaves texts as they are"},
		{func(o *Options) { o.Cleaning.Longest = -1 }, "a longest text of -1 bytes"},
		{func(o *Options) { o.Query = "fullText:x" }, `the query "fullText:x" has no {topic}`},
		{func(o *Options) { o.Key = " " }, "get one at https://core.ac.uk/services/api"},
		{func(o *Options) { o.Key = "a b" }, "the key holds white space"},
		{func(o *Options) { o.URL = "http://core.example.org/v3" }, "would send the key unencrypted"},
		{func(o *Options) { o.URL = "ftp://core.example.org" }, "would send the key unencrypted"},
		{func(o *Options) { o.URL = "core.ac.uk" }, `"core.ac.uk" is no address of an API`},
		{func(o *Options) { o.URL = "https://me:secret@core.ac.uk/v3" }, "without user or query"},
		{func(o *Options) { o.URL = "https://core.ac.uk/v3?apiKey=secret" }, "without user or query"},
		{func(o *Options) { o.Client.UserAgent = "" }, "the user agent is empty"},
	} {
		opt := testOptions("http://127.0.0.1:1", APIv3)
		c.change(&opt)
		var err error
		if opt.Client.UserAgent == "" {
			err = newHarvesterError(t, opt)
		} else {
			_, err = Harvest(context.Background(), nil, opt)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("error %v (usage: %t), want one with %q", err, fault.IsUsage(err), c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("error %v shows a password", err)
		}
	}
}

func newHarvesterError(t *testing.T, opt Options) error {
	if err := opt.prepare(); err != nil {
		t.Fatal(err)
	}
	_, err := newHarvester(context.Background(), newShelf(), &opt)
	return err
}

func TestQueries(t *testing.T) {
	for _, c := range []struct{ api, language, topic, want string }{
		{APIv3, "English", "deep learning", `(title:"deep learning" OR abstract:"deep learning") AND language.name:"English" AND _exists_:fullText`},
		{APIv3, "", `the "AI" \ way`, `(title:"the \"AI\" \\ way" OR abstract:"the \"AI\" \\ way") AND _exists_:fullText`},
		{APIv2, "English", "deep learning", `(topics:"deep learning" AND language.name:English)`},
		{APIv2, "Old English", "x", `(topics:"x" AND language.name:"Old English")`},
		{APIv2, "", "x", `(topics:"x")`},
	} {
		if got := queryFor(DefaultQuery(c.api, c.language), c.topic); got != c.want {
			t.Errorf("%s\n, want\n%s", got, c.want)
		}
	}
	o := Options{API: APIv3, URL: "https://api.core.ac.uk/v3"}
	for _, c := range []struct {
		q    question
		want string
	}{
		{question{query: "a b&c", size: 100, scroll: true}, "https://api.core.ac.uk/v3/search/works/?limit=100&q=a+b%26c&scroll=true"},
		{question{query: "a", size: 100, scroll: true, cursor: "x=="}, "https://api.core.ac.uk/v3/search/works/?limit=100&q=a&scrollId=x%3D%3D"},
		{question{query: "a", size: 10, offset: 90}, "https://api.core.ac.uk/v3/search/works/?limit=10&offset=90&q=a"},
	} {
		if got := o.address(c.q); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	o = Options{API: APIv2, URL: "https://core.ac.uk/api-v2", Key: "KEY"}
	want := "https://core.ac.uk/api-v2/articles/search/%28topics:%22a%2Fb%22%29?apiKey=KEY&fulltext=true&page=3&pageSize=50"
	if got := o.address(question{query: `(topics:"a/b")`, size: 50, offset: 100}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The servers repeat the key in refusals and redirects; it may come out nowhere.
func TestTheKeyIsNeverShown(t *testing.T) {
	const secret = "s3cr3t/key+with=signs"
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"refused": func(http.ResponseWriter, *http.Request) bool { return false },
		"refused query": func(w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, "bad request: "+r.RequestURI+r.Header.Get("Authorization"), http.StatusBadRequest)
			return true
		},
		"errors": func(w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, "trace: "+r.RequestURI+" "+r.URL.Query().Get("apiKey")+r.Header.Get("Authorization"), http.StatusInternalServerError)
			return true
		},
		"no answer": func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprint(w, strings.Repeat("x", 60)+r.URL.Query().Get("apiKey")+r.Header.Get("Authorization"))
			return true
		},
		"packed": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusForbidden)
			z := gzip.NewWriter(w)
			fmt.Fprint(z, strings.Repeat("x", 190)+r.URL.Query().Get("apiKey")+r.Header.Get("Authorization"))
			_ = z.Close()
			return true
		},
		"redirects": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://other.example.org/"+r.RequestURI, http.StatusMovedPermanently)
			return true
		},
		"reset": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
	} {
		for _, api := range []string{APIv3, APIv2} {
			_, address := serve(t, coretest.Options{Sabotage: answer})
			opt := testOptions(address, api)
			opt.Key = secret
			var notes []string
			opt.Client.Note = func(text string) { notes = append(notes, text) }
			s := newShelf()
			_, err := do(context.Background(), t, s, opt)
			if err == nil {
				t.Fatalf("%s: no error", name)
			}
			if name == "refused" && !fault.IsUsage(err) {
				t.Errorf("%s %s: %v is no wrong use", name, api, err)
			}
			shown := fmt.Sprint(notes, s.marks) + fmt.Sprintf("%+v", err)
			for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), "s3cr3t"} {
				if strings.Contains(shown, form) {
					t.Errorf("%s %s: the key is shown: %s", name, api, shown)
				}
			}
		}
	}
}

// What was harvested in one way may not be gone on with in another.
func TestSettingsOfACatalogStay(t *testing.T) {
	_, address := serve(t, coretest.Options{})
	s := newShelf()
	base := testOptions(address, APIv3)
	base.Count = 20
	if _, err := do(context.Background(), t, s, base); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.API, o.URL = APIv2, address+"/api-v2" }, "--api v3"},
		{func(o *Options) { o.Language = "" }, `language.name:"English"`},
		{func(o *Options) { o.Overlap = OverlapKeep }, "--overlap drop"},
		{func(o *Options) { o.Cleaning.Mode = CleanUnicode }, "--clean ascii"},
		{func(o *Options) { o.Cleaning.Longest = 5 }, "--longest 0"},
		{func(o *Options) { o.Topics = []string{"Deep Learning"} }, `the catalog has "deep learning"`},
	} {
		opt := base
		opt.Topics = slices.Clone(base.Topics)
		c.change(&opt)
		if err := opt.prepare(); err != nil {
			t.Fatal(err)
		}
		if _, err := newHarvester(context.Background(), s, &opt); err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// More documents and topics come to those that are there, and the same harvest
// again costs no request and writes nothing.
func TestHarvestGrows(t *testing.T) {
	for _, overlap := range []string{OverlapDrop, OverlapKeep} {
		server, address := serve(t, coretest.Options{})
		s := newShelf()
		opt := testOptions(address, APIv3)
		opt.Overlap, opt.Count, opt.Topics = overlap, 40, twoTopics[:1]
		for _, step := range []func(){func() {}, func() { opt.Count = 90 }, func() { opt.Topics = twoTopics }, func() { opt.Count = 150 }} {
			step()
			if _, err := do(context.Background(), t, s, opt); err != nil {
				t.Fatal(err)
			}
		}
		if err := opt.prepare(); err != nil {
			t.Fatal(err)
		}
		compare(t, s.lines(), wanted(server, opt))
		requests, writes := len(server.Requests()), s.writes
		sum, err := do(context.Background(), t, s, opt)
		if err != nil || len(server.Requests()) != requests || s.writes != writes {
			t.Errorf("%s: again: %v, %d requests, %d writes", overlap, err, len(server.Requests())-requests, s.writes-writes)
		}
		if len(s.documents) != sum.Documents {
			t.Errorf("%s: %d documents are summed up as %d", overlap, len(s.documents), sum.Documents)
		}
	}
}

func TestSummary(t *testing.T) {
	server, address := serve(t, coretest.Options{Odd: 0})
	for overlap, want := range map[string]string{
		OverlapDrop:  "deep-learning: 160 of 160 documents, from 203 results read of 210: 15 found for another topic as well and left out of both",
		OverlapFirst: "computer-vision: 160 of 160 documents",
		OverlapKeep:  "found for another topic as well",
	} {
		opt := testOptions(address, APIv3)
		opt.Overlap, opt.Count = overlap, 160
		sum := check(t, server, opt)
		var b strings.Builder
		if err := sum.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) && overlap != OverlapDrop {
			t.Errorf("%s: %q is not in\n%s", overlap, want, b.String())
		}
		for _, topic := range sum.Topics {
			others := topic.Earlier + topic.NoText + topic.Withheld + topic.Emptied + topic.Malformed + topic.Oversized
			kept := topic.Counted
			if overlap == OverlapDrop {
				kept += topic.Shared
			}
			if others+kept != topic.Read {
				t.Errorf("%s: %+v does not add up", overlap, topic)
			}
		}
		data, err := json.Marshal(sum)
		if err != nil || !strings.Contains(string(data), `"counted":160`) {
			t.Errorf("%s, %v", data, err)
		}
	}
}

func TestAllowances(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header map[string]string
		want   allowance
	}{
		{nil, allowance{wait: time.Minute}},
		{map[string]string{"X-RateLimitRemaining": "7", "X-RateLimit-Retry-After": "30", "X-RateLimit-Limit": "10"}, allowance{7, true, 10, 30 * time.Second}},
		{map[string]string{"X-RateLimit-Remaining": "0", "Retry-After": "1.5"}, allowance{0, true, 0, 1500 * time.Millisecond}},
		{map[string]string{"X-Rate-Limit-Remaining": "-3", "X-Rate-Limit-Retry-After": "2026-03-01T12:00:40+0000"}, allowance{0, true, 0, 40 * time.Second}},
		{map[string]string{"X-RateLimitRemaining": "1", "X-RateLimit-Retry-After": "2026-03-01T11:00:00Z"}, allowance{1, true, 0, 0}},
		{map[string]string{"X-RateLimitRemaining": "1", "X-RateLimit-Retry-After": "1772366460"}, allowance{1, true, 0, time.Minute}},
		{map[string]string{"X-RateLimitRemaining": "1", "Retry-After": "Sun, 01 Mar 2026 12:02:00 GMT"}, allowance{1, true, 0, 2 * time.Minute}},
		{map[string]string{"X-RateLimitRemaining": "many", "X-RateLimit-Retry-After": "NaN", "X-RateLimit-Limit": "-1"}, allowance{0, false, 0, time.Minute}},
	} {
		h := http.Header{}
		for key, v := range c.header {
			h.Set(key, v)
		}
		if got := readAllowance(h, now); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.header, got, c.want)
		}
	}
}

func TestSlugs(t *testing.T) {
	for topic, want := range map[string]string{
		"deep learning": "deep-learning", " Deep  Learning! ": "deep-learning", "C++ / R&D": "c-r-d", "Übersetzung": "übersetzung", "…": "", "cs.LG": "cs-lg",
	} {
		if got := catalog.SlugOf(topic); got != want {
			t.Errorf("%q is %q, want %q", topic, got, want)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if slug := catalog.SlugOf("a" + string(r) + "b"); catalog.SlugOf(slug) != slug || strings.ContainsAny(slug, ", ") {
			t.Fatalf("%q is %q, and that is %q", r, slug, catalog.SlugOf(slug))
		}
	}
}
