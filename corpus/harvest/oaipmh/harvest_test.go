package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/harvest/ledger"
	"assay/corpus/harvest/oaipmh/oaitest"
)

func TestHarvestGivesAllPapers(t *testing.T) {
	all := papers(240)
	for name, opt := range map[string]oaitest.Options{
		"sorted":             {},
		"shuffled":           {Shuffled: true},
		"with sizes":         {Sizes: true},
		"wrong sizes":        {Lies: true, TokenRequests: 7},
		"records twice":      {Overlap: 7},
		"no empty token":     {BareEnd: true},
		"one page":           {PageSize: 10000},
		"tokens expire":      {TokenRequests: 5},
		"shuffled, expire":   {TokenRequests: 3, Shuffled: true},
		"one record a page":  {PageSize: 1, TokenRequests: 41},
		"not for ever known": {Deleted: "transient"},
	} {
		for _, format := range Formats() {
			t.Run(name+" "+format, func(t *testing.T) {
				opt.Records = append(entries(all), oaitest.Record{Paper: &corpus.Paper{ID: "0801.0009", Updated: date("2010-01-01")}, Deleted: true})
				if opt.PageSize == 0 {
					opt.PageSize = 12
				}
				w := newWorld(t, opt)
				sum := w.mustHarvest(Options{Format: format})
				w.check(all)
				if sum.Added != len(all) || sum.Replaced+sum.Removed != 0 || (sum.Restarts > 0) != (opt.TokenRequests > 0) {
					t.Errorf("%+v", sum)
				}
				if want := []Coverage{{"", "2005-09-16", "2012-05-30"}}; !reflect.DeepEqual(sum.Sets, want) {
					t.Errorf("covered %v, want %v", sum.Sets, want)
				}
				if (opt.Deleted != "") != strings.Contains(strings.Join(w.notes, "\n"), "withdrawn") {
					t.Errorf("notes %q", w.notes)
				}
			})
		}
	}
}

// The days are cut without gap or overlap, and the windows cost few requests more
// than one list.
func TestWindows(t *testing.T) {
	all := papers(1200)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 6})
	sum := w.mustHarvest(Options{windowPages: 16})
	w.check(all)
	next := "2005-09-16"
	// Lists of the last days alone look for changes meanwhile.
	lists := slices.DeleteFunc(w.lists(), func(l [2]string) bool { return l == [2]string{"2012-05-31", ""} })
	for i, l := range lists {
		if l[0] != next || (l[1] == "") != (i == len(lists)-1) {
			t.Fatalf("list %d is %v, want it from %s", i, l, next)
		}
		if l[1] != "" {
			next = corpus.DayText(date(l[1]).AddDate(0, 0, 1))
		}
	}
	oneList := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 6})
	one := oneList.mustHarvest(Options{windowPages: 1 << 20})
	t.Logf("%d windows, %d pages; large windows: %d, %d pages", sum.Windows, sum.Pages, one.Windows, one.Pages)
	if sum.Windows < 8 || sum.Pages > one.Pages*115/100 {
		t.Errorf("%d windows and %d pages, one list has %d", sum.Windows, sum.Pages, one.Pages)
	}
}

// Broken off after any number of requests, and with tokens void by then or not, the same
// call goes on and ends with the same papers.
func TestInterruptedHarvestGoesOn(t *testing.T) {
	all := papers(300)
	for _, midnights := range []bool{false, true} {
		w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 8})
		left, calls := 0, 0
		var cancel context.CancelFunc
		w.before = func() {
			if left--; left == 0 {
				cancel()
			}
		}
		for {
			var ctx context.Context
			ctx, cancel = context.WithCancel(context.Background())
			left, calls = 2+calls%7, calls+1
			sum, err := w.harvest(ctx, Options{})
			cancel()
			if sum.Resumed != (calls > 2) { // the first call is broken off before its first page
				t.Errorf("call %d: resumed %v", calls, sum.Resumed)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) || calls > 400 {
				t.Fatalf("call %d: %v", calls, err)
			}
			if midnights && calls%3 == 0 {
				w.server.Midnight()
			}
		}
		w.check(all)
		t.Logf("%d calls, %d requests", calls, len(w.server.Requests("")))
		marks, err := w.catalog.Marks(context.Background(), sourceOf(w.url))
		if err != nil || len(marks) != 1 || marks[0].Key != "covered " {
			t.Errorf("left over: %v, %v", marks, err)
		}
	}
}

// A token known to be void is not asked for; the list is begun again at its first day.
func TestResumeDaysLater(t *testing.T) {
	all := papers(300)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 8, Shuffled: true})
	ctx, cancel := context.WithCancel(context.Background())
	requests := 0
	w.before = func() {
		if requests++; requests == 12 {
			cancel()
		}
	}
	if _, err := w.harvest(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	lists := w.lists()
	begun := lists[len(lists)-1]
	asked := len(w.server.Requests(""))
	w.before, w.now = nil, w.now.AddDate(0, 0, 3)
	w.server.Midnight()
	sum := w.mustHarvest(Options{})
	w.check(all)
	first, _ := url.ParseQuery(w.server.Requests("")[asked+1])
	if !sum.Resumed || sum.Restarts != 1 || first.Has("resumptionToken") || first.Get("from") != begun[0] || begun[1] == "" || first.Get("until") >= begun[1] {
		t.Errorf("resumed %v, %d restarts, first asked %v, was at %v", sum.Resumed, sum.Restarts, first, begun)
	}
}

// The next harvest asks for what changed since, the last days again included: a record that
// came late is found, changes and deletions are followed.
func TestDailyUpdate(t *testing.T) {
	all := papers(200)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 30})
	w.mustHarvest(Options{})
	before := len(w.server.Requests(""))
	changed := *all[7]
	changed.Title, changed.Updated = "Another title", date("2012-06-01")
	late, fresh := *all[8], *all[9]
	late.ID, late.Updated = "1205.0001", date("2012-05-31") // entered after the harvest, dated before
	fresh.ID, fresh.Updated = "1206.0001", date("2012-06-02")
	gone := *all[10]
	gone.Updated = date("2012-06-02")
	w.server.Change(oaitest.Record{Paper: &changed}, oaitest.Record{Paper: &late}, oaitest.Record{Paper: &fresh}, oaitest.Record{Paper: &gone, Deleted: true})
	w.now = w.now.AddDate(0, 0, 1)
	sum := w.mustHarvest(Options{})
	want := append(slices.Clone(all), &late, &fresh)
	want[7] = &changed
	w.check(slices.Delete(want, 10, 11))
	if sum.Added != 2 || sum.Replaced != 1 || sum.Removed != 1 || sum.Resumed || len(w.server.Requests("")) != before+2 {
		t.Errorf("%+v after %d requests", sum, len(w.server.Requests(""))-before)
	}
	if lists := w.lists(); lists[len(lists)-1] != [2]string{"2012-05-31", ""} {
		t.Errorf("asked for %v", lists[len(lists)-1])
	}
	if sum.Sets[0].Through != "2012-05-31" {
		t.Errorf("covered %v", sum.Sets)
	}
}

// Records that change while they are listed go to a later day: none is lost.
func TestChangesWhileHarvesting(t *testing.T) {
	all := papers(300)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 10, TokenRequests: 9})
	n := 0
	w.before = func() {
		if n++; n%2 == 0 && n < 40 {
			p := *all[n*7]
			p.Title, p.Updated = fmt.Sprintf("Version %d", n), day(w.now)
			all[n*7] = &p
			w.server.Change(oaitest.Record{Paper: &p})
		}
	}
	w.mustHarvest(Options{})
	w.now = w.now.AddDate(0, 0, 1)
	w.mustHarvest(Options{})
	w.check(all)
}

// An old answer from a cache must not make the next harvest begin too late.
func TestServersDayDecides(t *testing.T) {
	w := newWorld(t, oaitest.Options{Records: entries(papers(20)), Now: func() time.Time { return date("2012-05-20") }})
	if sum := w.mustHarvest(Options{}); sum.Sets[0].Through != "2012-05-18" {
		t.Errorf("covered %v", sum.Sets)
	}
}

// Where midnight passes over a list, the day when it was begun counts.
func TestMidnightWithinAList(t *testing.T) {
	w := newWorld(t, oaitest.Options{Records: entries(papers(2000)), PageSize: 2, Eternal: true})
	n := 0
	w.before = func() {
		if n++; n == 5 {
			w.now = w.now.Add(13 * time.Hour)
		}
	}
	if sum := w.mustHarvest(Options{From: date("2012-05-01")}); sum.Sets[0].Through != "2012-05-30" || sum.Windows != 1 || sum.Pages < 5 {
		t.Errorf("%+v", sum)
	}
}

func TestFromAndUntil(t *testing.T) {
	all := papers(300)
	part := func(from, until string) (out []*corpus.Paper) {
		for _, p := range all {
			if d := corpus.DayText(p.Updated); d >= from && d <= until {
				out = append(out, p)
			}
		}
		return out
	}
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 10})
	sum := w.mustHarvest(Options{From: date("2009-02-01"), Until: date("2009-02-20")})
	w.check(part("2009-02-01", "2009-02-20"))
	if want := []Coverage{{"", "2009-02-01", "2009-02-20"}}; !reflect.DeepEqual(sum.Sets, want) {
		t.Errorf("covered %v, want %v", sum.Sets, want)
	}
	w.notes = nil
	w.mustHarvest(Options{})
	if text := strings.Join(w.notes, "\n"); !strings.Contains(text, "changes from 2009-02-21 on") || !strings.Contains(text, "snapshot: --from 2005-09-16 asks for all") {
		t.Errorf("notes %q", w.notes)
	}
	w = newWorld(t, oaitest.Options{Records: entries(all), PageSize: 10})
	w.mustHarvest(Options{From: date("2009-02-01"), Until: date("2009-02-20")})
	// Days apart from the others do not count as if those between were there.
	if sum = w.mustHarvest(Options{From: date("2010-06-01"), Until: date("2010-06-30")}); sum.Sets[0].Through != "2009-02-20" {
		t.Errorf("covered %v", sum.Sets)
	}
	if sum = w.mustHarvest(Options{}); sum.Sets[0] != (Coverage{"", "2009-02-01", "2012-05-30"}) {
		t.Errorf("covered %v", sum.Sets)
	}
	w.check(part("2009-02-01", "2012-06-01"))
	if sum = w.mustHarvest(Options{From: date("2005-09-16")}); sum.Sets[0] != (Coverage{"", "2005-09-16", "2012-05-30"}) {
		t.Errorf("covered %v", sum.Sets)
	}
	w.check(all)
}

func TestSets(t *testing.T) {
	all := papers(300)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 10, TokenRequests: 11})
	sets := []string{"cs", "math:math:LO", "cs"}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	w.before = func() {
		if n++; n == 9 {
			cancel()
		}
	}
	if _, err := w.harvest(ctx, Options{Sets: sets}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	sum := w.mustHarvest(Options{Sets: sets})
	var want []*corpus.Paper
	for _, p := range all {
		if slices.ContainsFunc(p.Categories, func(c string) bool { return c == "math.LO" || strings.HasPrefix(c, "cs.") }) {
			want = append(want, p)
		}
	}
	if len(want) == 0 || len(want) == len(all) {
		t.Fatalf("%d of %d papers in the sets", len(want), len(all))
	}
	w.check(want)
	if len(sum.Sets) != 2 || sum.Sets[0].Set != "cs" || sum.Sets[1].Set != "math:math:LO" || sum.Sets[1].Through != "2012-05-30" {
		t.Errorf("covered %v", sum.Sets)
	}
	if n := len(w.server.Requests("ListSets")); n != 1 {
		t.Errorf("sets listed %d times", n)
	}
}

func TestNothingThere(t *testing.T) {
	w := newWorld(t, oaitest.Options{})
	if sum := w.mustHarvest(Options{}); sum.Records != 0 || sum.Sets[0].Through != "2012-05-30" {
		t.Errorf("%+v", sum)
	}
}

// Unusable records are counted with their identifiers, once, however often they are read, and no
// more once they are usable.
func TestUnusableAreCounted(t *testing.T) {
	all := papers(60)
	broken := *all[20]
	broken.Title = " "
	w := newWorld(t, oaitest.Options{Records: append(entries(all), oaitest.Record{Paper: &broken}), PageSize: 5, TokenRequests: 7})
	want := []ledger.Group{{Reason: ledger.NoTitle, Records: 1, Identifiers: []string{"oai:arXiv.org:0803.0021"}}}
	for range 2 {
		if sum := w.mustHarvest(Options{From: date("2006-01-01")}); !reflect.DeepEqual(sum.Unusable, want) {
			t.Errorf("unusable %v, want %v", sum.Unusable, want)
		}
	}
	w.check(slices.Delete(slices.Clone(all), 20, 21))
	w.server.Change(oaitest.Record{Paper: all[20]})
	if sum := w.mustHarvest(Options{From: date("2006-01-01")}); len(sum.Unusable) != 0 || sum.Added != 1 {
		t.Errorf("%+v", sum)
	}
	w.check(all)
}

// A call with other settings says that it leaves an unfinished one, whose days stay known.
func TestOtherSettings(t *testing.T) {
	all := papers(300)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 5})
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	w.before = func() {
		if n++; n == 20 {
			cancel()
		}
	}
	if _, err := w.harvest(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	sum := w.mustHarvest(Options{Until: date("2006-01-01")})
	if !strings.Contains(strings.Join(w.notes, "\n"), "with other settings was not finished") {
		t.Errorf("notes %q", w.notes)
	}
	reached := date(sum.Sets[0].Through)
	asked := len(w.lists())
	w.mustHarvest(Options{})
	w.check(all)
	if next := w.lists()[asked]; next[0] != corpus.DayText(reached.AddDate(0, 0, 1)) || !reached.After(date("2006-01-01")) {
		t.Errorf("covered through %v, then asked for %v", reached, next)
	}
}

// The recorded pages of arXiv's own server, harvested: its token is asked for as it is,
// encoded once more.
func TestHarvestRecordedPages(t *testing.T) {
	token := "verb%3DListRecords%26metadataPrefix%3DarXiv%26from%3D2011-02-03%26skip%3D4"
	identify, nothing := string(recorded(t, "Identify.xml")), string(recorded(t, "error_noRecordsMatch.xml"))
	w := newWorld(t, oaitest.Options{Sabotage: func(v url.Values) string {
		switch v.Get("verb") + " " + v.Get("resumptionToken") + v.Get("from") {
		case "Identify ":
			return identify
		case "ListRecords 2011-02-03":
			return string(recorded(t, "ListRecords_arXiv_page1.xml"))
		case "ListRecords " + token:
			return string(recorded(t, "ListRecords_arXiv_lastpage_emptytoken.xml"))
		}
		// What was changed since the day before the answer.
		return strings.Replace(nothing, `from="2026-08-09" until="2026-08-09"`, `from="2026-08-10"`, 1)
	}})
	w.now = date("2026-08-11").Add(12 * time.Hour)
	sum := w.mustHarvest(Options{Format: "arXiv", From: date("2011-02-03"), Until: date("2011-02-03")})
	if sum.Added != 12 || sum.Records != 12 || sum.Pages != 2 || sum.Restarts != 0 || len(sum.Unusable) != 0 ||
		sum.Sets[0] != (Coverage{"", "2011-02-03", "2011-02-03"}) || len(w.server.Requests("")) != 4 {
		t.Errorf("%+v after %q", sum, w.server.Requests(""))
	}
}
