package oaipmh

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"testing"

	"assay/corpus"
	"assay/corpus/harvest/oaipmh/oaitest"
)

// A record that was listed and changes leaves its place in the list, and the server counts
// places: the record after it, which nobody changed, is on no page. The harvest notices.
func TestShiftedLists(t *testing.T) {
	for _, shuffled := range []bool{false, true} {
		restarts := 0
		for which := 0; which < 60 && restarts == 0; which++ { // in a shuffled list, chance decides whether it was listed
			restarts += shiftList(t, which, shuffled)
		}
		if restarts == 0 {
			t.Errorf("shuffled %v: no list was begun again", shuffled)
		}
	}
}

// shiftList harvests while papers change, each time the one of that number among those
// of the list, and returns how often a list was begun again.
func shiftList(t *testing.T, which int, shuffled bool) int {
	all := papers(300)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 6, Shuffled: shuffled})
	changes := 0
	w.before = func() {
		asked := w.server.Requests("ListRecords")
		if len(asked) == 0 || changes == 5 {
			return
		}
		v, _ := url.ParseQuery(asked[len(asked)-1])
		from, until := v.Get("from"), v.Get("until")
		if from == "" || from == "2012-05-31" {
			return // changes come after a list's first page
		}
		passed := 0
		for i, p := range all {
			if d := corpus.DayText(p.Updated); d >= from && (until == "" || d <= until) && p.Updated.Before(day(w.now)) {
				if passed++; passed <= which {
					continue
				}
				changed := *p
				changed.Title, changed.Updated = "Changed", day(w.now)
				all[i] = &changed
				w.server.Change(oaitest.Record{Paper: &changed})
				changes++
				return
			}
		}
	}
	sum := w.mustHarvest(Options{windowPages: 8})
	w.check(all)
	return sum.Restarts
}

// The same where the harvest was broken off meanwhile and cannot know what was listed.
func TestShiftedWhileBrokenOff(t *testing.T) {
	all := papers(300)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 6})
	for range 6 {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		w.before = func() {
			if n++; n == 7 {
				cancel()
			}
		}
		if _, err := w.harvest(ctx, Options{windowPages: 16}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		lists := w.lists()
		from := lists[len(lists)-1][0]
		i := slices.IndexFunc(all, func(p *corpus.Paper) bool { return corpus.DayText(p.Updated) >= from })
		changed := *all[i]
		changed.Title, changed.Updated = "Changed", day(w.now)
		all[i] = &changed
		w.server.Change(oaitest.Record{Paper: &changed})
	}
	w.before = nil
	w.mustHarvest(Options{windowPages: 16})
	w.check(all)
}

// A record that leaves the set shifts its list, too.
func TestLeftTheSet(t *testing.T) {
	all := papers(200)
	for i, p := range all {
		all[i].Categories = append([]string{"cs.AI"}, p.Categories...)
	}
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 9})
	n := 0
	w.before = func() {
		if n++; n == 5 { // in the middle of a list
			gone := *all[0]
			gone.Categories, gone.Updated = []string{"hep-th"}, day(w.now)
			w.server.Change(oaitest.Record{Paper: &gone})
		}
	}
	sum := w.mustHarvest(Options{Sets: []string{"cs:cs:AI"}, From: date("2008-01-01"), windowPages: 100})
	w.check(all) // the set's server does not say that a paper left
	if sum.Restarts != 1 {
		t.Errorf("%+v", sum)
	}
}
