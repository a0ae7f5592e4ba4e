package coreapi

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/coreapi/coretest"
)

const testKey = "k3y-0f-a-t3st"

// shelf is a store in memory. Its write number dies fails, before or after it is done.
type shelf struct {
	documents map[string]*catalog.Document
	marks     map[string]string
	writes    int
	dies      int // 0: never
	after     bool
}

var errKilled = errors.New("killed")

func newShelf() *shelf {
	return &shelf{documents: map[string]*catalog.Document{}, marks: map[string]string{}}
}

func (s *shelf) Marks(context.Context, string) ([]catalog.Mark, error) {
	var out []catalog.Mark
	for key, state := range s.marks {
		out = append(out, catalog.Mark{Source: Source, Key: key, State: state})
	}
	return out, nil
}

func (s *shelf) Write(_ context.Context, b catalog.Batch) (catalog.Written, error) {
	s.writes++
	if s.writes == s.dies && !s.after {
		return catalog.Written{}, errKilled
	}
	for _, d := range b.Documents {
		if was := s.documents[d.ID]; was != nil {
			d.Topics = append(slices.Clone(was.Topics), d.Topics...)
			slices.Sort(d.Topics)
			d.Topics = slices.Compact(d.Topics)
		}
		s.documents[d.ID] = d
	}
	for _, m := range b.Marks {
		s.marks[m.Key] = m.State
	}
	if s.writes == s.dies {
		return catalog.Written{}, errKilled
	}
	return catalog.Written{Documents: len(b.Documents)}, nil
}

// lines are the documents as text, in order.
func (s *shelf) lines() []string {
	var out []string
	for _, d := range s.documents {
		out = append(out, fmt.Sprintf("%s %v %s %q", d.ID, d.Topics, d.Published.Format(time.DateOnly), d.FullText))
	}
	slices.Sort(out)
	return out
}

// wanted is what the package comment promises, worked out from whole lists: for
// each topic the shortest beginning that holds enough.
func wanted(server *coretest.Server, opt Options) []string {
	lists := make([][]*coretest.Work, len(opt.Topics))
	lengths, have := make([]int, len(opt.Topics)), make([]int, len(opt.Topics))
	for i, topic := range opt.Topics {
		for _, w := range server.List(queryFor(opt.Query, topic)) {
			if text, _ := opt.Cleaning.Clean(w.FullText); text != "" && !w.Withheld && !w.NoID {
				lists[i] = append(lists[i], w)
			}
		}
	}
	of := map[*coretest.Work][]int{}
	counts := func(w *coretest.Work, topic, n int) {
		if opt.Overlap != OverlapDrop || len(of[w]) == 1 {
			have[topic] += n
		}
	}
	for grown := true; grown; {
		grown = false
		for i, l := range lists {
			for have[i] < opt.Count && lengths[i] < len(l) {
				w := l[lengths[i]]
				lengths[i]++
				grown = true
				if opt.Overlap == OverlapFirst && len(of[w]) > 0 {
					continue
				}
				if len(of[w]) == 1 {
					counts(w, of[w][0], -1)
				}
				of[w] = append(of[w], i)
				counts(w, i, 1)
				if opt.Overlap != OverlapDrop && len(of[w]) == 2 {
					have[of[w][0]]++ // it counts for both
				}
			}
		}
	}
	s := newShelf()
	for w, topics := range of {
		text, _ := opt.Cleaning.Clean(w.FullText)
		d := &catalog.Document{ID: strconv.Itoa(w.ID), FullText: text, Published: time.Date(w.Year, 3, 5, 0, 0, 0, 0, time.UTC)}
		for _, i := range topics {
			d.Topics = append(d.Topics, opt.Topics[i])
		}
		slices.Sort(d.Topics)
		s.documents[d.ID] = d
	}
	return s.lines()
}

var twoTopics = []string{"deep learning", "computer vision"}

func testOptions(url, api string) Options {
	path := map[string]string{APIv3: "/v3", APIv2: "/api-v2"}[api]
	return Options{
		Topics: slices.Clone(twoTopics), Count: 60, API: api, URL: url + path, Key: testKey, Language: "English",
		Client: harvest.Options{UserAgent: "test", FirstWait: time.Microsecond, LongestWait: 2 * time.Microsecond, Seed: 1},
	}
}

// do harvests into a store.
func do(ctx context.Context, t *testing.T, s store, opt Options) (*Summary, error) {
	t.Helper()
	opt.Topics = slices.Clone(opt.Topics)
	if err := opt.prepare(); err != nil {
		t.Fatal(err)
	}
	h, err := newHarvester(ctx, s, &opt)
	if err != nil {
		return nil, h.key.Error(err)
	}
	err = h.key.Error(h.all(ctx))
	return h.summary(), err
}

// compare reports the first lines that differ.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	short := func(l []string) string { return fmt.Sprintf("%.80q", strings.Join(l, "\n")) }
	if slices.Equal(got, want) {
		return
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("%d documents, want %d; from document %d on they are %s, want %s", len(got), len(want), i, short(got[min(i, len(got)):]), short(want[i:]))
		}
	}
	t.Fatalf("%d documents, want %d", len(got), len(want))
}

// However the server misbehaves and wherever the harvest is killed, its documents are
// those that the lists' order and the rule make.
func TestHarvestGivesTheDocumentsOfTheRule(t *testing.T) {
	works := coretest.Works(420, 3, twoTopics...)
	works[4].NoID = true
	for i, c := range []struct {
		api, paging string
		server      coretest.Options
	}{
		{APIv3, PagingScroll, coretest.Options{}},
		{APIv3, PagingOffset, coretest.Options{}},
		{APIv2, "", coretest.Options{}},
		{APIv3, PagingScroll, coretest.Options{Odd: 0.1}},
		{APIv3, PagingScroll, coretest.Options{Odd: 0.05, NoOffsets: true}},
		{APIv3, PagingScroll, coretest.Options{ScrollLife: 2}},
		{APIv3, PagingOffset, coretest.Options{Odd: 0.1}},
		{APIv2, "", coretest.Options{Odd: 0.1}},
		{APIv3, PagingScroll, coretest.Options{Extra: 30}},
		{APIv3, PagingScroll, coretest.Options{Extra: 30, NoOffsets: true}},
		{APIv2, "", coretest.Options{Extra: 30}},
	} {
		overlaps := []string{OverlapDrop, OverlapFirst, OverlapKeep}
		if i > 4 {
			overlaps = overlaps[:1]
		}
		for _, overlap := range overlaps {
			for _, count := range []int{60, 400} {
				for _, killed := range []bool{false, true} {
					if killed && i > 4 && count > 60 {
						continue
					}
					t.Run(fmt.Sprintf("%s %s %s %d odd %g life %d extra %d refused %t killed %t", c.api, c.paging, overlap, count, c.server.Odd, c.server.ScrollLife, c.server.Extra, c.server.NoOffsets, killed), func(t *testing.T) {
						t.Parallel()
						serverOpt := c.server
						serverOpt.Works, serverOpt.Key, serverOpt.Seed = works, testKey, uint64(count)
						server := coretest.New(serverOpt)
						web := httptest.NewServer(server)
						defer web.Close()
						opt := testOptions(web.URL, c.api)
						opt.Paging, opt.Overlap, opt.Count = c.paging, overlap, count
						s := newShelf()
						if killed {
							s.dies = 1
						}
						killAndFinish(t, s, opt)
						if err := opt.prepare(); err != nil {
							t.Fatal(err)
						}
						compare(t, s.lines(), wanted(server, opt))
					})
				}
			}
		}
	}
}

// killAndFinish harvests to the end, killed at the third write of each try, until
// no try is killed any more.
func killAndFinish(t *testing.T, s *shelf, opt Options) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 0))
	for range 100 {
		if s.dies > 0 {
			s.dies, s.after = s.writes+1+random.IntN(3), random.IntN(2) == 0
		}
		switch _, err := do(context.Background(), t, s, opt); {
		case err == nil:
			return
		case !errors.Is(err, errKilled):
			t.Fatal(err)
		}
	}
	t.Fatal("no end")
}
