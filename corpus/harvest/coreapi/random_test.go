package coreapi

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"testing"

	"assay/corpus/harvest"
	"assay/corpus/harvest/coreapi/coretest"
	"assay/corpus/harvest/harvesttest"
)

// Whatever a server and its network do, wherever the harvest is killed and whatever is
// asked for, its documents are those of the rule.
//
// The long form: ASSAY_ROUNDS=500 go test -run HarvestAtRandom -timeout 30m ./corpus/harvest/coreapi
func TestHarvestAtRandom(t *testing.T) {
	for _, seed := range harvesttest.Seeds(t, 10, 58, 125, 193, 392, 804728775) { // each lost documents once
		text, err := randomHarvest(t, uint64(seed))
		if err != nil {
			t.Errorf("%s: %v; once more: ASSAY_STRESS_SEED=%d ASSAY_ROUNDS=1 go test -run HarvestAtRandom ./corpus/harvest/coreapi", text, err, seed)
		}
	}
}

// randomHarvest draws a server, its faults and what is asked for, harvests in many lives
// and says what was drawn and what is wrong.
func randomHarvest(t *testing.T, seed uint64) (text string, err error) {
	r := rand.New(rand.NewPCG(seed, 77))
	o := coretest.Options{Works: coretest.Works(200+r.IntN(400), seed, twoTopics...), Key: testKey, Seed: seed, Odd: r.Float64() * 0.2}
	if r.IntN(2) == 0 {
		o.ScrollLife = 2 + r.IntN(8)
	}
	if r.IntN(3) == 0 {
		o.Extra = r.IntN(50)
	}
	o.NoOffsets = r.IntN(4) == 0
	api := []string{APIv3, APIv3, APIv2}[r.IntN(3)]
	o.NoOffsets = o.NoOffsets && api == APIv3
	server := coretest.New(o)
	web := httptest.NewServer(&harvesttest.Faults{Handler: server, Seed: seed, Rate: r.Float64() / 4, Kinds: quickFaults(), InARow: 3})
	defer web.Close()
	opt := testOptions(web.URL, api)
	opt.Overlap = []string{OverlapDrop, OverlapFirst, OverlapKeep}[r.IntN(3)]
	opt.Paging = []string{PagingScroll, PagingOffset}[r.IntN(2)]
	opt.Count = 1 + r.IntN(300)
	text = fmt.Sprintf("%s %s %s %d of %d works, odd %.2f, life %d, extra %d, refused %t", api, opt.Paging, opt.Overlap, opt.Count, len(o.Works), o.Odd, o.ScrollLife, o.Extra, o.NoOffsets)
	s := newShelf()
	for range 300 {
		if s.dies = 0; r.IntN(2) == 0 {
			s.dies, s.after = s.writes+1+r.IntN(4), r.IntN(2) == 0
		}
		_, err = do(context.Background(), t, s, opt)
		var gaveUp *harvest.GaveUpError
		if err == nil || !errors.Is(err, errKilled) && !errors.As(err, &gaveUp) {
			break
		}
	}
	if err == nil {
		err = opt.prepare()
	}
	if err != nil {
		return text, err
	}
	if got, want := s.lines(), wanted(server, opt); !slices.Equal(got, want) {
		return text, fmt.Errorf("%d documents are not the %d of the rule", len(got), len(want))
	}
	return text, nil
}

// quickFaults are those that take no seconds. A stale answer to another topic's question
// is like the right one.
func quickFaults() []harvesttest.Fault {
	not := []harvesttest.Fault{harvesttest.Stale, harvesttest.TooManySeconds, harvesttest.TooManyDate, harvesttest.UnavailableWait}
	return slices.DeleteFunc(harvesttest.All(), func(f harvesttest.Fault) bool { return slices.Contains(not, f) })
}
