package oaipmh

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	"assay/corpus/harvest/oaipmh/oaitest"
)

// world is a repository, a catalog and a clock.
type world struct {
	*testing.T
	server  *oaitest.Server
	url     string
	catalog *catalog.Catalog
	now     time.Time
	notes   []string
	handler http.Handler // the server, or what stands before it
	before  func()       // called before each request is answered
}

func newWorld(t *testing.T, opt oaitest.Options) *world {
	t.Helper()
	w := &world{T: t, now: time.Date(2012, 6, 1, 12, 0, 0, 0, time.UTC)}
	if opt.Now == nil {
		opt.Now = func() time.Time { return w.now }
	}
	w.server = oaitest.New(opt)
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
	w.url = front.URL + "/oai"
	var err error
	// These tests stop harvests, not the power: nobody waits for the disk.
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

// harvest calls Harvest with the world's parts.
func (w *world) harvest(ctx context.Context, opt Options) (*Summary, error) {
	w.Helper()
	client, err := harvest.New(harvest.Options{
		Name: "test", UserAgent: "test", Pause: time.Microsecond, FirstWait: time.Millisecond, LongestWait: 2 * time.Millisecond, Attempts: 4,
	})
	if err != nil {
		w.Fatal(err)
	}
	opt.Client, opt.Catalog, opt.URL = client, w.catalog, w.url
	opt.Now = func() time.Time { return w.now }
	opt.Note = func(text string) { w.notes = append(w.notes, text) }
	if opt.windowPages == 0 {
		opt.windowPages = 4
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

// check compares the catalog with what it should hold.
func (w *world) check(want []*corpus.Paper) {
	w.Helper()
	want = slices.Clone(want)
	slices.SortFunc(want, func(a, b *corpus.Paper) int { return strings.Compare(a.ID, b.ID) })
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

// lists returns from and until of the lists that were begun, tokens aside.
func (w *world) lists() (out [][2]string) {
	for _, q := range w.server.Requests("ListRecords") {
		v, _ := url.ParseQuery(q)
		if !v.Has("resumptionToken") {
			out = append(out, [2]string{v.Get("from"), v.Get("until")})
		}
	}
	return out
}
