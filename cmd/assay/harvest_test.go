package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
)

// localServer listens on one address for as long as the test lasts, and may be restarted
// there: connections break, and a new process knows nothing of the old one.
type localServer struct {
	t        *testing.T
	handler  http.Handler
	address  string
	requests atomic.Int64
	server   *http.Server
}

func startServer(t *testing.T, handler http.Handler) *localServer {
	t.Helper()
	s := &localServer{t: t, handler: handler, address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { _ = s.server.Close() })
	return s
}

func (s *localServer) start() {
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
func (s *localServer) restart(away time.Duration) {
	s.t.Helper()
	if err := s.server.Close(); err != nil {
		s.t.Log(err)
	}
	time.Sleep(away)
	s.start()
}

func (s *localServer) url(path string) string { return "http://" + s.address + path }

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

// killedHarvest is a harvest in many lives.
type killedHarvest struct {
	*testing.T
	random                    *rand.Rand
	server                    *localServer
	args                      func(db string) []string
	forget                    func()
	want                      []*corpus.Paper
	db                        string
	killed, restarts, givenUp int
}

func (h *killedHarvest) begin() { h.db = filepath.Join(h.TempDir(), "killed.db") }

// live starts the harvester and kills it after up to so many requests, 0 for never, and
// reports whether it came to its end. What ended before all kills begins anew elsewhere.
func (h *killedHarvest) live(requests int) (done bool) {
	h.Helper()
	l := begin(h.T, h.args(h.db))
	start := h.server.requests.Load()
	if h.random.IntN(3) == 0 && l.until(func() bool { return h.server.requests.Load() > start+3 }) {
		if h.forget != nil {
			h.forget()
		}
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
