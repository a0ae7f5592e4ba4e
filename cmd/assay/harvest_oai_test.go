package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/oaipmh/oaitest"
	"assay/corpus/synthetic"
)

// oaiPapers are n papers changed on days from 2008 to 2024, several a day.
func oaiPapers(n int) []*corpus.Paper {
	var all []*corpus.Paper
	for p := range synthetic.Papers(synthetic.Options{Papers: n, Seed: 7}) {
		p.Authors = corpus.SplitAuthors(strings.Join(p.Authors, ", "))
		p.ID = fmt.Sprintf("0803.%05d", len(all))
		p.Created = time.Date(2008, 3, 2, 0, 0, 0, 0, time.UTC)
		p.Updated = time.Date(2008, 4, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, len(all)*6000/n/3*3)
		all = append(all, p)
	}
	return all
}

// oaiRecords are the papers, every seventh deleted and every eleventh without a title, and
// those that are left.
func oaiRecords(papers []*corpus.Paper) (records []oaitest.Record, left []*corpus.Paper) {
	for i, p := range papers {
		r := oaitest.Record{Paper: p, Deleted: i%7 == 3}
		switch {
		case r.Deleted:
		case i%11 == 5:
			broken := *p
			broken.Title = " "
			r.Paper = &broken
		default:
			left = append(left, p)
		}
		records = append(records, r)
	}
	return records, left
}

// oaiServer listens on one address for as long as the test lasts, and may be restarted
// there: connections break, and a new process knows no token of the old one.
type oaiServer struct {
	t        *testing.T
	handler  http.Handler
	address  string
	requests atomic.Int64
	server   *http.Server
}

func startOAI(t *testing.T, handler http.Handler) *oaiServer {
	t.Helper()
	s := &oaiServer{t: t, handler: handler, address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { _ = s.server.Close() })
	return s
}

func (s *oaiServer) start() {
	s.t.Helper()
	var l net.Listener
	var err error
	for range 100 {
		if l, err = net.Listen("tcp", s.address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		s.handler.ServeHTTP(w, r)
	})}
	go func(server *http.Server) { _ = server.Serve(l) }(s.server) // ends by Close
}

// restart breaks all connections; the server is away for a while.
func (s *oaiServer) restart(away time.Duration) {
	s.t.Helper()
	if err := s.server.Close(); err != nil {
		s.t.Log(err)
	}
	time.Sleep(away)
	s.start()
}

func (s *oaiServer) url() string { return "http://" + s.address + "/oai" }

// oaiArgs is a harvest without pauses.
func oaiArgs(url, db string, more ...string) []string {
	return append([]string{"corpus", "harvest", "oai", "--url", url, "--db", db, "--pause", "1ms", "--i-have-permission"}, more...)
}

// catalogPapers returns all papers of a catalog.
func catalogPapers(t *testing.T, db string) []*corpus.Paper {
	t.Helper()
	c, err := catalog.Open(context.Background(), db, catalog.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all []*corpus.Paper
	for p, err := range c.Papers(context.Background(), catalog.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// samePapers compares papers in the order of their ids.
func samePapers(t *testing.T, what string, got, want []*corpus.Paper) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d papers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: paper %d is\n%+v, want\n%+v", what, i, got[i], want[i])
		}
	}
}

// count is a number that a variable of the environment may set.
func count(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no count", variable, text)
	}
	return n
}

// life is a harvester as a process of its own.
type life struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	stderr bytes.Buffer
}

func begin(t *testing.T, args []string) *life {
	t.Helper()
	l := &life{cmd: command(args...), ended: make(chan struct{})}
	l.cmd.Stderr = &l.stderr
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = l.cmd.Wait() // the exit code says it
		close(l.ended)
	}()
	return l
}

// until waits for a moment of the test's choice and reports whether the process still lived
// then.
func (l *life) until(come func() bool) bool {
	for !come() {
		select {
		case <-l.ended:
			return false
		case <-time.After(time.Millisecond):
		}
	}
	select {
	case <-l.ended:
		return false
	default:
		return true
	}
}

// end waits for the process and returns its exit code, -1 if it was killed.
func (l *life) end() int {
	<-l.ended
	return l.cmd.ProcessState.ExitCode()
}

// A harvest that is killed at random moments, and whose server answers rubbish, forgets
// its tokens and is restarted, ends with the papers of an undisturbed one.
//
// The long form: ASSAY_KILLS=20 ASSAY_PAPERS=5000 go test -run HarvestOAIKilled -timeout 30m -v ./cmd/assay
func TestHarvestOAIKilled(t *testing.T) {
	papers, kills := count(t, "ASSAY_PAPERS", 600), count(t, "ASSAY_KILLS", 3)
	seed := uint64(count(t, "ASSAY_FIRE_SEED", int(time.Now().UnixNano()%1e9)+1))
	t.Logf("ASSAY_FIRE_SEED=%d plays the same again, but for the clock", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	records, want := oaiRecords(oaiPapers(papers))
	dir := t.TempDir()

	calm := startOAI(t, oaitest.New(oaitest.Options{Records: records, PageSize: 10}))
	undisturbed := filepath.Join(dir, "undisturbed.db")
	if l := begin(t, oaiArgs(calm.url(), undisturbed)); l.end() != 0 {
		t.Fatalf("undisturbed: %s", l.stderr.String())
	}
	samePapers(t, "undisturbed", catalogPapers(t, undisturbed), want)
	calmRequests := calm.requests.Load()

	repository := oaitest.New(oaitest.Options{Records: records, PageSize: 10, TokenRequests: 67, Shuffled: true, Overlap: 1, Lies: true})
	wild := startOAI(t, &harvesttest.Faults{Handler: repository, Seed: seed, Rate: 0.2})
	h := &killedHarvest{T: t, random: random, server: wild, want: want, forget: repository.Midnight}
	h.begin()
	for h.killed < kills {
		h.live(2 * int(calmRequests) / (kills + 1))
	}
	for !h.live(0) {
	}
	t.Logf("%d papers of %d records; undisturbed %d requests; %d times killed, %d restarts of the server, %d times given up for now, %d requests in all",
		len(want), len(records), calmRequests, h.killed, h.restarts, h.givenUp, wild.requests.Load())
	samePapers(t, "killed", catalogPapers(t, h.db), catalogPapers(t, undisturbed))
}

// killedHarvest is a harvest in many lives.
type killedHarvest struct {
	*testing.T
	random                            *rand.Rand
	server                            *oaiServer
	forget                            func()
	want                              []*corpus.Paper
	db                                string
	killed, restarts, givenUp int
}

func (h *killedHarvest) begin() { h.db = filepath.Join(h.TempDir(), "killed.db") }

// live starts the harvester and kills it after up to so many requests, 0 for never, and
// reports whether it came to its end. What ended before all kills begins anew elsewhere.
func (h *killedHarvest) live(requests int) (done bool) {
	h.Helper()
	l := begin(h.T, oaiArgs(h.server.url(), h.db))
	start := h.server.requests.Load()
	if h.random.IntN(3) == 0 && l.until(func() bool { return h.server.requests.Load() > start+3 }) {
		h.forget()
		h.server.restart(time.Duration(h.random.IntN(100)) * time.Millisecond)
		h.restarts++
	}
	if requests > 0 {
		last := h.server.requests.Load() + h.random.Int64N(int64(requests)+1)
		if l.until(func() bool { return h.server.requests.Load() >= last }) {
			time.Sleep(time.Duration(h.random.IntN(20_000)) * time.Microsecond)
			if err := l.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				h.Fatal(err)
			}
		}
	}
	switch code := l.end(); code {
	case -1:
		h.killed++
		h.part()
		return false
	case exitResumable:
		if h.givenUp++; h.givenUp > 100 {
			h.Fatalf("given up for now again and again: %s", l.stderr.String())
		}
		return false
	case exitDone:
		samePapers(h.T, "killed", catalogPapers(h.T, h.db), h.want)
		if requests > 0 {
			h.begin()
		}
		return true
	default:
		h.Fatalf("exit code %d: %s", code, l.stderr.String())
		return true
	}
}

// part checks that what a killed harvest left are papers as they should be.
func (h *killedHarvest) part() {
	h.Helper()
	if _, err := os.Stat(h.db); err != nil {
		return // killed before it was made
	}
	right := make(map[string]*corpus.Paper, len(h.want))
	for _, p := range h.want {
		right[p.ID] = p
	}
	for _, p := range catalogPapers(h.T, h.db) {
		if !reflect.DeepEqual(p, right[p.ID]) {
			h.Fatalf("after a kill the catalog has\n%+v, want\n%+v", p, right[p.ID])
		}
	}
}
