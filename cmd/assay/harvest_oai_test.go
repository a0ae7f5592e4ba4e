package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/oaipmh/oaitest"
	"assay/corpus/synthetic"
)

// oaiPapers are n papers changed on days from 2008 to 2024, several a day.
func oaiPapers(n int) []*corpus.Paper {
	var all []*corpus.Paper
	for p := range synthetic.Papers(synthetic.Options{Papers: n, Seed: 7}) {
		p.Authors = corpus.SplitAuthors(strings.Join(p.Authors, ", "))
		p.ID = fmt.Sprintf("0803.%04d", len(all)+1)
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

// oaiArgs is a harvest without pauses.
func oaiArgs(url, db string, more ...string) []string {
	return append([]string{"corpus", "harvest", "oai", "--url", url, "--db", db, "--pause", "1ms", "--i-have-permission"}, more...)
}

// A harvest that is killed at random moments, and whose server answers rubbish, forgets
// its tokens and is restarted, ends with the papers of an undisturbed one.
//
// The long form: ASSAY_KILLS=20 ASSAY_PAPERS=5000 go test -run HarvestOAIKilled -timeout 30m -v ./cmd/assay
func TestHarvestOAIKilled(t *testing.T) {
	papers, kills := count(t, "ASSAY_PAPERS", 600), count(t, "ASSAY_KILLS", 3)
	seed := uint64(count(t, "ASSAY_STRESS_SEED", int(time.Now().UnixNano()%1e9)+1))
	t.Logf("ASSAY_STRESS_SEED=%d plays the same again, but for the clock", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	records, want := oaiRecords(oaiPapers(papers))
	dir := t.TempDir()

	calm := startServer(t, oaitest.New(oaitest.Options{Records: records, PageSize: 10}))
	undisturbed := filepath.Join(dir, "undisturbed.db")
	if l := begin(t, oaiArgs(calm.url("/oai"), undisturbed)); l.end() != 0 {
		t.Fatalf("undisturbed: %s", l.stderr.String())
	}
	samePapers(t, "undisturbed", catalogPapers(t, undisturbed), want)
	calmRequests := calm.requests.Load()

	repository := oaitest.New(oaitest.Options{Records: records, PageSize: 10, TokenRequests: 67, Shuffled: true, Overlap: 1, Lies: true})
	wild := startServer(t, &harvesttest.Faults{Handler: repository, Seed: seed, Rate: 0.2, Kinds: killFaults(kills > 3)})
	h := &killedHarvest{T: t, random: random, server: wild, want: want, forget: repository.Midnight,
		args: func(db string) []string { return oaiArgs(wild.url("/oai"), db) }}
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
