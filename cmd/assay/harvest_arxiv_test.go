package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/harvest/arxivapi/arxivtest"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/synthetic"
)

var arxivCategories = []string{"cs.LG", "cs.CV", "stat.ML"}

// arxivPapers are n papers submitted from 2008 to 2024, some of them changed later, each in
// one to three of the categories.
func arxivPapers(n int) []*corpus.Paper {
	var all []*corpus.Paper
	for p := range synthetic.Papers(synthetic.Options{Papers: n, Seed: 9}) {
		i := len(all)
		p.Authors = corpus.SplitAuthors(strings.Join(p.Authors, ", "))
		p.ID = fmt.Sprintf("0803.%04d", i+1)
		p.Categories = [][]string{{"cs.LG"}, {"cs.LG", "stat.ML"}, {"cs.CV", "cs.LG"}, {"stat.ML", "cs.CV", "cs.LG"}, {"cs.LG"}}[i%5]
		p.Created = time.Date(2008, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i*6000/n)
		p.Updated = p.Created.AddDate(0, 0, i%4*i%300)
		all = append(all, p)
	}
	return all
}

// arxivArgs is a harvest of the categories without pauses.
func arxivArgs(url, db string, more ...string) []string {
	args := []string{"corpus", "harvest", "arxiv", "--url", url, "--db", db, "--pause", "1ms", "--i-have-permission", "--slice", "40", "--limit", "350"}
	for _, c := range arxivCategories {
		args = append(args, "--category", c)
	}
	return append(args, more...)
}

// A harvest that is killed at random moments, and whose server answers rubbish, blocks and
// is restarted, ends with the papers of an undisturbed one.
//
// The long form: ASSAY_KILLS=20 ASSAY_PAPERS=5000 go test -run HarvestArxivKilled -timeout 30m -v ./cmd/assay
func TestHarvestArxivKilled(t *testing.T) {
	papers, kills := count(t, "ASSAY_PAPERS", 600), count(t, "ASSAY_KILLS", 3)
	seed := uint64(count(t, "ASSAY_STRESS_SEED", int(time.Now().UnixNano()%1e9)+1))
	t.Logf("ASSAY_STRESS_SEED=%d plays the same again, but for the clock", seed)
	all := arxivPapers(papers)
	dir := t.TempDir()

	calm := startServer(t, arxivtest.New(arxivtest.Options{Papers: all}))
	undisturbed := filepath.Join(dir, "undisturbed.db")
	if l := begin(t, arxivArgs(calm.url("/api/query"), undisturbed)); l.end() != 0 {
		t.Fatalf("undisturbed: %s", l.stderr.String())
	}
	samePapers(t, "undisturbed", catalogPapers(t, undisturbed), all)
	calmRequests := calm.requests.Load()

	api := arxivtest.New(arxivtest.Options{Papers: all, Limit: 350, Slice: 30, Grain: time.Hour, Seed: seed, Short: 0.2, Blocked: 0.1, Miscount: 0.05, Forgetful: 0.02})
	wild := startServer(t, &harvesttest.Faults{Handler: api, Seed: seed, Rate: 0.2})
	h := &killedHarvest{T: t, random: rand.New(rand.NewPCG(seed, 1)), server: wild, want: all,
		args: func(db string) []string { return arxivArgs(wild.url("/api/query"), db) }}
	h.begin()
	for h.killed < kills {
		h.live(2 * int(calmRequests) / (kills + 1))
	}
	for !h.live(0) {
	}
	t.Logf("%d papers in %d categories; undisturbed %d requests; %d times killed, %d restarts of the server, %d times given up for now, %d requests in all",
		len(all), len(arxivCategories), calmRequests, h.killed, h.restarts, h.givenUp, wild.requests.Load())
	samePapers(t, "killed", catalogPapers(t, h.db), catalogPapers(t, undisturbed))
}

// What the command prints, that it says who it is, and that it asks no faster than allowed.
func TestHarvestArxivReport(t *testing.T) {
	all := arxivPapers(90)
	server := startServer(t, arxivtest.New(arxivtest.Options{Papers: all}))
	db := filepath.Join(t.TempDir(), "arxiv.db")
	out, errOut, code := call(t, nil, arxivArgs(server.url("/api/query"), db)...)
	for _, want := range []string{"90 papers added, 0 replaced", "entries in", "stat.ML through 20", db + " has all of cs.LG through 20"} {
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("exit code %d, %q lacks %q; %s", code, out, want, errOut)
		}
	}
	out, errOut, code = call(t, nil, arxivArgs(server.url("/api/query"), db, "--json")...)
	var report struct {
		Added, Unchanged, Requests int
		Complete                   bool
		Categories                 []struct{ Category, Through string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitDone || report.Added != 0 || report.Requests != 3 || !report.Complete || len(report.Categories) != 3 {
		t.Errorf("exit code %d, %v, %+v; %s", code, err, report, errOut)
	}
	api := server.url("/api/query")
	for want, args := range map[string][]string{
		`no category "cs.LQ"`:                                 {"--category", "cs.LQ"},
		"--slice 0; want 1 to":                                {"--slice", "0"},
		"slices of 3000 papers":                               {"--slice", "3000"},
		"--since \"yesterday\" is":                            {"--since", "yesterday"},
		"--pause 1s: the rule of arXiv's API is a rest of 3s": {"--pause", "1s", "--i-have-permission=false"},
		"is no mail address":                                  {"--contact", "me"},
	} {
		if _, errOut, code := call(t, nil, arxivArgs(api, db, args...)...); code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%q: exit code %d, %q", want, code, errOut)
		}
	}
}
