package arxivapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/arxivapi/arxivtest"
	"assay/corpus/synthetic"
)

// papers are n papers of cs.LG and whatever else, submitted from 2008 to 2012, some
// of them changed up to a year later.
func papers(n int) []*corpus.Paper {
	var all []*corpus.Paper
	for p := range synthetic.Papers(synthetic.Options{Papers: n, Seed: 5}) {
		i := len(all)
		p.ID = fmt.Sprintf("0803.%04d", i+1)
		p.Authors = corpus.SplitAuthors(strings.Join(p.Authors, ", "))
		p.Categories = slices.DeleteFunc(p.Categories, func(c string) bool { return c == "cs.LG" })
		p.Categories = append(p.Categories, "cs.LG")
		p.Created = time.Date(2008, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i*1500/n)
		p.Updated = p.Created
		if i%3 == 1 {
			p.Updated = p.Created.AddDate(0, 0, i*7%360)
		}
		all = append(all, p)
	}
	return all
}

// world is an API, a catalog and a clock.
type world struct {
	*testing.T
	server  *arxivtest.Server
	url     string
	catalog *catalog.Catalog
	handler http.Handler // the server, or what stands before it
	before  func()       // called before each request is answered
	notes   []string
	limit   int
}

func newWorld(t *testing.T, opt arxivtest.Options) *world {
	t.Helper()
	w := &world{T: t, server: arxivtest.New(opt), limit: opt.Limit}
	w.handler = w.server
	var mu sync.Mutex
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.before != nil {
			mu.Lock() // a request that the client left may still be answered
			w.before()
			mu.Unlock()
		}
		w.handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	w.url = front.URL + "/api/query"
	var err error
	if w.catalog, err = catalog.Open(context.Background(), filepath.Join(t.TempDir(), "c.db"), catalog.Options{Create: true, Bulk: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.catalog.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// harvest calls Harvest with the world's parts; categories are cs.LG if not given.
func (w *world) harvest(ctx context.Context, opt Options) (*Summary, error) {
	w.Helper()
	client, err := harvest.New(harvest.Options{
		Name: "test", UserAgent: "test", Pause: time.Microsecond, FirstWait: 10 * time.Microsecond, LongestWait: 100 * time.Microsecond,
	})
	if err != nil {
		w.Fatal(err)
	}
	opt.Client, opt.Catalog, opt.URL, opt.Limit = client, w.catalog, w.url, w.limit
	opt.Note = func(text string) { w.notes = append(w.notes, text) }
	if opt.Categories == nil {
		opt.Categories = []string{"cs.LG"}
	}
	if opt.Slice == 0 {
		opt.Slice = 20
	}
	return Harvest(ctx, opt)
}

func (w *world) mustHarvest(opt Options) *Summary {
	w.Helper()
	sum, err := w.harvest(context.Background(), opt)
	if err != nil {
		w.Fatal(err)
	}
	return sum
}

// check compares the catalog with the server, or with other papers.
func (w *world) check(want []*corpus.Paper) {
	w.Helper()
	if want == nil {
		want = w.server.Papers()
	}
	i := 0
	for p, err := range w.catalog.Papers(context.Background(), catalog.Query{}) {
		if err != nil {
			w.Fatal(err)
		}
		if i >= len(want) || p.ID != want[i].ID {
			w.Fatalf("paper %d is %s, want another of %d", i, p.ID, len(want))
		}
		if !reflect.DeepEqual(p, want[i]) {
			w.Fatalf("paper %d is\n%+v, want\n%+v", i, p, want[i])
		}
		i++
	}
	if i != len(want) {
		w.Errorf("%d papers, want %d", i, len(want))
	}
}

func date(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err) // a test's own text
	}
	return t
}

func catalogPapers(w *world) (all []*corpus.Paper) {
	w.Helper()
	for p, err := range w.catalog.Papers(context.Background(), catalog.Query{}) {
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}
