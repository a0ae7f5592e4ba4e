package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"assay/corpus"
	"assay/corpus/harvest"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/oaipmh/oaitest"
)

// Whatever a repository and its network do, whatever changes meanwhile and wherever the
// harvest is broken off, it and the next day's one end with the repository's papers.
//
// The long form: ASSAY_ROUNDS=500 go test -run HarvestAtRandom -timeout 30m ./corpus/harvest/oaipmh
func TestHarvestAtRandom(t *testing.T) {
	for _, seed := range harvesttest.Seeds(t, 4, 5319) { // which lost papers once
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			randomHarvest(t, uint64(seed))
			if t.Failed() {
				t.Logf("once more: ASSAY_STRESS_SEED=%d ASSAY_ROUNDS=1 go test -run HarvestAtRandom ./corpus/harvest/oaipmh", seed)
			}
		})
	}
}

func randomHarvest(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	all := papers(50 + r.IntN(250))
	o := oaitest.Options{Records: entries(all), PageSize: 3 + r.IntN(20), Shuffled: r.IntN(2) == 0, Lies: r.IntN(4) == 0, Overlap: r.IntN(3), BareEnd: r.IntN(3) == 0, Eternal: r.IntN(4) == 0}
	rate, opt := r.Float64()/4, Options{Format: Formats()[r.IntN(2)], windowPages: 2 + r.IntN(12)}
	t.Logf("%d papers, %d a page, shuffled %t, lies %t, overlap %d, bare %t, eternal %t; %s, %d pages a window, faults %.2f", len(all), o.PageSize, o.Shuffled, o.Lies, o.Overlap, o.BareEnd, o.Eternal, opt.Format, opt.windowPages, rate)
	w := newWorld(t, o)
	slow := []harvesttest.Fault{harvesttest.TooManySeconds, harvesttest.TooManyDate, harvesttest.UnavailableWait}
	kinds := slices.DeleteFunc(harvesttest.All(), func(f harvesttest.Fault) bool { return slices.Contains(slow, f) })
	w.handler = &harvesttest.Faults{Handler: w.server, Seed: seed, Rate: rate, Kinds: kinds, InARow: 2}
	left := 0
	var cancel context.CancelFunc
	changes := r.IntN(20)
	w.before = func() {
		if left--; left == 0 {
			cancel()
		}
		if r.IntN(40) == 0 {
			w.server.Midnight()
		}
		if r.IntN(8) == 0 && changes > 0 && len(all) > 1 {
			changes--
			all = w.change(r, all)
		}
	}
	for range 2 {
		for done := false; !done; {
			var ctx context.Context
			ctx, cancel = context.WithCancel(context.Background())
			if left = 0; r.IntN(3) > 0 {
				left = 1 + r.IntN(60)
			}
			_, err := w.harvest(ctx, opt)
			cancel()
			var gaveUp *harvest.GaveUpError
			switch {
			case err == nil:
				done = true
			case !errors.Is(err, context.Canceled) && !errors.Is(err, harvest.ErrForNow) && !errors.As(err, &gaveUp):
				t.Fatal(err)
			case len(w.server.Requests("")) > 20_000:
				t.Fatalf("no end: %v", err)
			}
		}
		changes, w.now = 0, w.now.AddDate(0, 0, 1)
	}
	w.check(all)
}

// change alters or deletes a paper of the repository, on the present day.
func (w *world) change(r *rand.Rand, all []*corpus.Paper) []*corpus.Paper {
	i := r.IntN(len(all))
	p := *all[i]
	p.Updated = day(w.now)
	if r.IntN(3) == 0 {
		w.server.Change(oaitest.Record{Paper: &p, Deleted: true})
		return slices.Delete(all, i, i+1)
	}
	p.Title = fmt.Sprintf("Changed %d", r.IntN(1000))
	all[i] = &p
	w.server.Change(oaitest.Record{Paper: &p})
	return all
}
