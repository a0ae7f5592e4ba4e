package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/harvest"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/ledger"
	"assay/corpus/harvest/oaipmh/oaitest"
)

// without leaves papers out.
func without(all []*corpus.Paper, ids ...string) []*corpus.Paper {
	return slices.DeleteFunc(slices.Clone(all), func(p *corpus.Paper) bool { return slices.Contains(ids, p.ID) })
}

// One record with what XML forbids costs nothing but those characters, and is named.
func TestMendedRecordsAreCounted(t *testing.T) {
	all := papers(60)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 20})
	title := "<title>" + escaped(all[30].Title)
	damage := &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{title: harvesttest.Forbidden}}
	w.handler = damage
	sum := w.mustHarvest(Options{})
	want := slices.Clone(all)
	mended := *all[30]
	mended.Title += "   café\u00a0AT&T   "
	want[30] = &mended
	w.check(want)
	group := []ledger.Group{{Reason: ledger.NotXML, Records: 1, Identifiers: []string{"oai:arXiv.org:" + all[30].ID}}}
	if sum.Mended != 7 || !reflect.DeepEqual(sum.MendedRecords, group) || len(sum.Missing)+len(sum.Unusable) > 0 {
		t.Errorf("%+v", sum)
	}
	damage.Where = nil
	w.server.Change(oaitest.Record{Paper: all[30]})
	if sum := w.mustHarvest(Options{From: date("2005-09-16")}); len(sum.MendedRecords) > 0 {
		t.Errorf("it came as it should: %+v", sum)
	}
	w.check(all)
}

// Records that are not well-formed cost themselves alone: they are no papers, by their
// identifiers, and the list goes on behind them.
func TestRecordsThatAreNotWellFormed(t *testing.T) {
	all := papers(100)
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 10})
	damage := &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{
		"<id>" + all[20].ID: harvesttest.Misnested, "<id>" + all[21].ID: harvesttest.Inside, "<id>" + all[70].ID: harvesttest.Misnested, "<title>" + escaped(all[22].Title): harvesttest.Forbidden,
	}}
	w.handler = damage
	sum := w.mustHarvest(Options{})
	var ids []string
	for _, i := range []int{20, 21, 70} {
		ids = append(ids, "oai:arXiv.org:"+all[i].ID)
	}
	if want := []ledger.Group{{Reason: unreadable, Records: 3, Identifiers: ids}}; !reflect.DeepEqual(sum.Unusable, want) || len(sum.Missing) > 0 || len(sum.MendedRecords) != 1 {
		t.Errorf("%+v", sum)
	}
	want := without(all, all[20].ID, all[21].ID, all[70].ID)
	for i, p := range want {
		if p.ID == all[22].ID {
			mended := *p
			mended.Title += "   café\u00a0AT&T   "
			want[i] = &mended
		}
	}
	w.check(want)
	damage.Where = nil
	if sum := w.mustHarvest(Options{From: date("2005-09-16")}); len(sum.Unusable) > 0 {
		t.Errorf("%+v", sum)
	}
	w.check(all)
}

func TestSalvage(t *testing.T) {
	const head, tail = "<OAI-PMH><responseDate>2012-06-01T00:00:00Z</responseDate><ListRecords>", "<resumptionToken>next</resumptionToken></ListRecords></OAI-PMH>"
	const good, bad = "<record><header><identifier>oai:x:1</identifier><datestamp>2011-02-03</datestamp></header></record>", "<record><header><identifier> oai:x:2 </identifier></header><b></i></record>"
	if p := salvage([]byte(head + good + bad + good + "<record><b></record>" + tail)); p == nil || len(p.Records) != 4 || p.Next != "next" || p.Records[2].Identifier != "oai:x:2" || p.Records[3].Identifier != "without identifier: "+unreadable {
		t.Errorf("%+v", p)
	}
	for _, body := range []string{"", head, head + bad, head + good + tail, head + bad + "<record>" + tail, head + bad + "<b>" + tail, head + "</record>" + bad + tail} {
		if p := salvage([]byte(body)); p != nil {
			t.Errorf("%s: %+v", body, p)
		}
	}
}

// A page that cannot be read, try for try, is asked around down to its day, which is named;
// all else is there. Later runs ask for it once more and go on, until it can be read.
func TestUnreadablePages(t *testing.T) {
	all := papers(200)
	for name, c := range map[string]struct {
		fault harvesttest.Fault
		bad   []int
		opt   Options
	}{
		"one":            {harvesttest.Broken, []int{70}, Options{}},
		"both ends":      {harvesttest.Broken, []int{0, 199}, Options{}},
		"three":          {harvesttest.Broken, []int{20, 21, 150}, Options{Format: "arXiv"}},
		"bounded":        {harvesttest.Broken, []int{70}, Options{From: all[60].Updated, Until: all[90].Updated}},
		"the day itself": {harvesttest.Broken, []int{70}, Options{From: all[70].Updated, Until: all[70].Updated}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 10})
			damage := &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{}}
			w.handler = damage
			wanted := slices.DeleteFunc(slices.Clone(all), func(p *corpus.Paper) bool {
				return p.Updated.Before(c.opt.From) || !c.opt.Until.IsZero() && p.Updated.After(c.opt.Until)
			})
			var parts, ids []string
			days := map[string]bool{}
			for _, i := range c.bad {
				damage.Where["<id>"+all[i].ID] = c.fault
				days[corpus.DayText(all[i].Updated)] = true
			}
			for _, p := range all {
				if days[corpus.DayText(p.Updated)] {
					ids = append(ids, p.ID)
				}
			}
			for d := range days {
				parts = append(parts, d)
			}
			slices.Sort(parts)
			for range 2 {
				before := len(w.server.Requests(""))
				sum, err := w.harvest(context.Background(), c.opt)
				var missing *harvest.MissingError
				if !errors.As(err, &missing) || !reflect.DeepEqual(missing.Parts, parts) || len(sum.Missing) != len(parts) || w.marks() != 0 {
					t.Fatalf("%v, want %v missing; %+v", err, parts, sum)
				}
				if n := len(w.server.Requests("")) - before; n > 250 {
					t.Errorf("%d requests", n)
				}
				w.check(without(wanted, ids...))
			}
			w.now = w.now.AddDate(0, 0, 1)
			damage.Where = nil
			if sum := w.mustHarvest(c.opt); len(sum.Missing) > 0 {
				t.Errorf("%+v", sum)
			}
			w.check(wanted)
		})
	}
}

// marks is 1 if a harvest is unfinished.
func (w *world) marks() int {
	w.Helper()
	l, err := w.catalog.Marks(context.Background(), sourceOf(w.url))
	if err != nil {
		w.Fatal(err)
	}
	for _, m := range l {
		if m.Key == "run" {
			return 1
		}
	}
	return 0
}

// Broken off anywhere while a page is asked around, the harvest ends the same.
func TestUnreadablePagesWhileBrokenOff(t *testing.T) {
	all := papers(120)
	for step := 1; step < 12; step += 2 {
		w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 8, Shuffled: step%4 == 1})
		w.handler = &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{"<id>" + all[70].ID: harvesttest.Broken}}
		lives := 0
		for ; ; lives++ {
			ctx, cancel := context.WithCancel(context.Background())
			n := 0
			w.before = func() {
				if n++; n > step+8+lives/4 {
					cancel()
				}
			}
			_, err := w.harvest(ctx, Options{})
			cancel()
			var missing *harvest.MissingError
			if errors.As(err, &missing) {
				break
			}
			if !errors.Is(err, context.Canceled) || lives > 500 {
				t.Fatalf("life %d: %v", lives, err)
			}
		}
		gone := []string{}
		for _, p := range all {
			if p.Updated.Equal(all[70].Updated) {
				gone = append(gone, p.ID)
			}
		}
		w.check(without(all, gone...))
		if lives < 3 {
			t.Errorf("%d lives", lives)
		}
	}
}

// Where nothing at all can be read, no record is to blame: another time may bring more, and
// nothing counts as missing but what was asked for on the way.
func TestNothingCanBeRead(t *testing.T) {
	w := newWorld(t, oaitest.Options{Records: entries(papers(200)), PageSize: 10})
	damage := &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{"<header>": harvesttest.Broken}}
	w.handler = damage
	if _, err := w.harvest(context.Background(), Options{From: papers(200)[0].Updated}); !errors.Is(err, harvest.ErrForNow) {
		t.Fatal(err)
	}
	damage.Where = nil
	w.now = w.now.AddDate(0, 0, 1)
	for {
		_, err := w.harvest(context.Background(), Options{From: papers(200)[0].Updated})
		if err == nil {
			break
		}
		var missing *harvest.MissingError
		if !errors.As(err, &missing) {
			t.Fatal(err)
		}
	}
	w.check(papers(200))
}

// Changes that cannot be read leave it open whether a list shifted: it is read again in lists
// of one page, which cannot shift.
func TestShiftThatCannotBeRead(t *testing.T) {
	all := papers(200)
	late := *all[150]
	late.Updated = day(newWorld(t, oaitest.Options{}).now)
	w := newWorld(t, oaitest.Options{Records: append(entries(without(all, late.ID)), oaitest.Record{Paper: &late}), PageSize: 10})
	w.handler = &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{"<id>" + late.ID: harvesttest.Broken}}
	_, err := w.harvest(context.Background(), Options{})
	var missing *harvest.MissingError
	if !errors.As(err, &missing) || !slices.Contains(missing.Parts, corpus.DayText(late.Updated)) {
		t.Fatal(err)
	}
	for _, p := range missing.Parts {
		if m, _ := parsePart(p); m.from.Before(late.Updated) && !strings.Contains(fmt.Sprint(w.notes), "the changes since") {
			t.Errorf("%s is missing: %v", p, w.notes)
		}
	}
	w.check(without(all, late.ID))
}

func TestParts(t *testing.T) {
	for _, text := range []string{"2011-05-02", "2011-05-02 to 2011-05-09", "2011-05-02 of cs", "2011-05-02 to 2011-05-09 of physics:hep-th"} {
		if p, ok := parsePart(text); !ok || p.String() != text {
			t.Errorf("%q: %v, %t", text, p, ok)
		}
	}
	for _, text := range []string{"", "of cs", "2011-05-02 to", "2011-05-02 to then of cs"} {
		if p, ok := parsePart(text); ok {
			t.Errorf("%q: %v", text, p)
		}
	}
}

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").Replace(text)
}
