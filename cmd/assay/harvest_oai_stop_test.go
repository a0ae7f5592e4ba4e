//go:build !windows

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/corpus/harvest/coreapi/coretest"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/oaipmh/oaitest"
)

// A signal stops a harvest at once, whatever it waits for: a body that does not come, the
// end of a rest that the service asked for, or of an allowance. The code is that of what
// may be resumed, and the same command goes on.
func TestHarvestStopsAtOnce(t *testing.T) {
	t.Setenv(coreKey, testCoreKey)
	records, want := oaiRecords(oaiPapers(100))
	oai := oaitest.New(oaitest.Options{Records: records, PageSize: 10})
	core := coretest.New(coretest.Options{Works: coretest.Works(400, 9, coreTopics...), Key: testCoreKey})
	var calm, met atomic.Bool
	disturbed := func(h http.Handler, fault func(http.ResponseWriter, *http.Request)) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if calm.Load() || r.URL.Query().Get("verb") == "Identify" {
				h.ServeHTTP(w, r)
				return
			}
			met.Store(true)
			fault(w, r)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	slow := func(h http.Handler) func(http.ResponseWriter, *http.Request) {
		return (&harvesttest.Faults{Handler: h, Plan: func(int, *http.Request) harvesttest.Fault { return harvesttest.Slow }}).ServeHTTP
	}
	later := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3000")
		http.Error(w, "later", http.StatusServiceUnavailable)
	}
	usedUp := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimitRemaining", "0")
		w.Header().Set("X-RateLimit-Retry-After", "3000")
		core.ServeHTTP(w, r)
	}
	dir := t.TempDir()
	for _, c := range []struct{ name, url string }{
		{"oai slow", disturbed(oai, slow(oai))}, {"oai rest", disturbed(oai, later)},
		{"core slow", disturbed(core, slow(core))}, {"core rest", disturbed(core, later)}, {"core allowance", disturbed(core, usedUp)},
	} {
		calm.Store(false)
		met.Store(false)
		db := filepath.Join(dir, c.name+".db")
		args := oaiArgs(c.url+"/oai", db)
		if strings.HasPrefix(c.name, "core") {
			args = coreArgs(c.url, db, 100)
		}
		l := begin(t, args)
		if !l.until(met.Load) {
			t.Fatalf("%s: it ended by itself: %s", c.name, l.stderr.String())
		}
		time.Sleep(100 * time.Millisecond) // now it waits
		asked := time.Now()
		if err := l.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		code := l.end()
		if took := time.Since(asked); code != exitResumable || took > 3*time.Second || !strings.Contains(l.stderr.String(), "the same command resumes") {
			t.Errorf("%s: code %d after %v: %s", c.name, code, took, l.stderr.String())
		}
		calm.Store(true)
		if err := os.Remove(db + ".pace"); err != nil { // or an hour would have to go by
			t.Fatal(err)
		}
		mustCall(t, args...)
		if strings.HasPrefix(c.name, "core") {
			if got := exclusiveDocuments(catalogDocuments(t, db)); got[coreTopics[0]] != 100 || got[coreTopics[1]] != 100 {
				t.Errorf("%s: then %v", c.name, got)
			}
			continue
		}
		samePapers(t, c.name, catalogPapers(t, db), want)
	}
}

// What a harvest is waiting for is said, also where stderr is no terminal.
func TestHarvestSaysItsPauses(t *testing.T) {
	oai := oaitest.New(oaitest.Options{PageSize: 10})
	server := httptest.NewServer(&harvesttest.Faults{Handler: oai, Wait: time.Second, Plan: func(n int, _ *http.Request) harvesttest.Fault {
		return []harvesttest.Fault{harvesttest.UnavailableWait, harvesttest.Reset, harvesttest.None}[min(n, 2)]
	}})
	defer server.Close()
	var out, errOut strings.Builder
	err := run(context.Background(), oaiArgs(server.URL+"/oai", filepath.Join(t.TempDir(), "a.db")), strings.NewReader(""), &out, &errOut)
	if err != nil || !strings.Contains(out.String(), " requests, 2 retries,") {
		t.Errorf("%v: %s", err, out.String())
	}
	for _, want := range []string{"503 Service Unavailable, waiting 1 s (try 2 of 20)\n", "the connection was closed before an answer, waiting"} {
		if !strings.Contains(errOut.String(), want) {
			t.Errorf("%q is not in %q", want, errOut.String())
		}
	}
}
