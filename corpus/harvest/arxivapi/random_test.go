package arxivapi

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/harvest"
	"assay/corpus/harvest/arxivapi/arxivtest"
	"assay/corpus/harvest/harvesttest"
)

// Whatever the API and its network do, whatever changes meanwhile and wherever the harvest
// is broken off, it and the next day's one end with the API's papers.
//
// The long form: ASSAY_ROUNDS=500 go test -run HarvestAtRandom -timeout 30m ./corpus/harvest/arxivapi
func TestHarvestAtRandom(t *testing.T) {
	for _, seed := range harvesttest.Seeds(t, 4, 500134) { // which lost a paper once
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			randomHarvest(t, uint64(seed))
			if t.Failed() {
				t.Logf("once more: ASSAY_STRESS_SEED=%d ASSAY_ROUNDS=1 go test -run HarvestAtRandom ./corpus/harvest/arxivapi", seed)
			}
		})
	}
}

func randomHarvest(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	all := papers(60 + r.IntN(250))
	spare := len(all) / 4
	for i, p := range all {
		if i%4 == 0 && !slices.Contains(p.Categories, "cs.CV") {
			p.Categories = append(p.Categories, "cs.CV")
		}
	}
	o := arxivtest.Options{
		Papers: all[spare:], Seed: seed, Grain: []time.Duration{time.Second, time.Minute, time.Hour}[r.IntN(3)],
		Limit: []int{0, 20, 60}[r.IntN(3)], Slice: []int{0, 9}[r.IntN(2)],
		Short: r.Float64() / 4, Blocked: r.Float64() / 5, Miscount: r.Float64() / 10,
	}
	opt := Options{Slice: 4 + r.IntN(40), Categories: [][]string{{"cs.LG"}, {"cs.LG", "cs.CV"}, {"cs.CV", "cs.LG"}}[r.IntN(3)]}
	rate := r.Float64() / 4
	t.Logf("%d papers, grain %v, limit %d, slices of %d and %d, short %.2f, blocked %.2f, miscounts %.2f, faults %.2f, %v",
		len(all)-spare, o.Grain, o.Limit, o.Slice, opt.Slice, o.Short, o.Blocked, o.Miscount, rate, opt.Categories)
	w := newWorld(t, o)
	slow := []harvesttest.Fault{harvesttest.TooManySeconds, harvesttest.TooManyDate, harvesttest.UnavailableWait}
	kinds := slices.DeleteFunc(harvesttest.All(), func(f harvesttest.Fault) bool { return slices.Contains(slow, f) })
	w.handler = &harvesttest.Faults{Handler: w.server, Seed: seed, Rate: rate, Kinds: kinds, InARow: 2}
	left, changes := 0, r.IntN(25)
	removed := map[string]bool{}
	var cancel context.CancelFunc
	w.before = func() {
		if left--; left == 0 {
			cancel()
		}
		if r.IntN(5) > 0 || changes == 0 {
			return
		}
		changes--
		switch r.IntN(6) {
		case 0:
			id := all[spare+r.IntN(len(all)-spare)].ID
			removed[id] = true
			w.server.Remove(id)
		case 1, 2:
			if spare > 0 {
				spare--
				w.server.Add(all[spare])
			}
		case 3:
			w.server.Pass(time.Duration(r.IntN(60)) * time.Hour)
		default:
			w.server.Revise(all[r.IntN(len(all))].ID)
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
			case len(w.server.Asked()) > 20_000:
				t.Fatalf("no end: %v", err)
			}
		}
		if len(opt.Categories) == 1 { // else more may have changed behind it
			w.hasAll(removed)
		}
		w.server.Pass(24 * time.Hour)
		changes = 0
	}
	w.hasAll(removed)
}

// hasAll checks that the catalog has the API's papers, and beside them only removed ones.
func (w *world) hasAll(removed map[string]bool) {
	w.Helper()
	have := map[string]*corpus.Paper{}
	for _, p := range catalogPapers(w) {
		have[p.ID] = p
	}
	for _, p := range w.server.Papers() {
		if !slices.Contains(p.Categories, "cs.LG") && !slices.Contains(p.Categories, "cs.CV") {
			continue
		}
		if !reflect.DeepEqual(have[p.ID], p) {
			w.Fatalf("%s is\n%+v, want\n%+v", p.ID, have[p.ID], p)
		}
		delete(have, p.ID)
	}
	for id := range have {
		if !removed[id] {
			w.Fatalf("%s is too many", id)
		}
	}
}
