package arxivapi

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/harvest"
	"assay/corpus/harvest/arxivapi/arxivtest"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/ledger"
)

func without(all []*corpus.Paper, ids ...string) []*corpus.Paper {
	return slices.DeleteFunc(slices.Clone(all), func(p *corpus.Paper) bool { return slices.Contains(ids, p.ID) })
}

// damage lets a fault befall each answer with one of some papers.
func (w *world) damage(fault harvesttest.Fault, ids ...string) *harvesttest.Faults {
	f := &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{}}
	for _, id := range ids {
		f.Where["http://arxiv.org/abs/"+id+"v1</id>\n    <title>"] = fault
	}
	w.handler = f
	return f
}

// missing is what a harvest could not read.
func (w *world) missing(opt Options) []string {
	w.Helper()
	sum, err := w.harvest(context.Background(), opt)
	var missing *harvest.MissingError
	if !errors.As(err, &missing) || len(sum.Missing) != len(missing.Parts) || sum.Unfinished != "" || len(sum.Categories) == 0 {
		w.Fatalf("%v, want what is missing; %+v", err, sum)
	}
	return missing.Parts
}

func TestMendedRecordsAreCounted(t *testing.T) {
	all := papers(60)
	w := newWorld(t, arxivtest.Options{Papers: all})
	w.damage(harvesttest.Forbidden, all[30].ID)
	sum := w.mustHarvest(Options{})
	want := slices.Clone(all)
	mended := *all[30]
	mended.Title = "   café\u00a0AT&T   " + mended.Title
	want[30] = &mended
	w.check(want)
	group := []ledger.Group{{Reason: ledger.NotXML, Records: 1, Identifiers: []string{all[30].ID}}}
	if sum.Mended == 0 || sum.Mended%7 != 0 || !reflect.DeepEqual(sum.MendedRecords, group) || len(sum.Missing) > 0 {
		t.Errorf("%+v", sum)
	}
	w.handler = w.server
	if sum := w.mustHarvest(Options{Since: earliest}); len(sum.MendedRecords) > 0 {
		t.Errorf("it came as it should: %+v", sum)
	}
}

// A slice that cannot be read, try for try, is asked around down to the paper, whose minute of
// submission is named; all else is there. Later runs ask once more and go on, until it can be read.
func TestUnreadableSlices(t *testing.T) {
	all := papers(160)
	for name, c := range map[string]struct {
		fault  harvesttest.Fault
		bad    []int
		server arxivtest.Options
		opt    Options
	}{
		"misnested":       {harvesttest.Misnested, []int{70}, arxivtest.Options{}, Options{}},
		"cut, both ends":  {harvesttest.Broken, []int{0, 158, 159}, arxivtest.Options{}, Options{}},
		"web page":        {harvesttest.Inside, []int{20, 21, 150}, arxivtest.Options{Limit: 50}, Options{Slice: 7}},
		"one slice":       {harvesttest.Misnested, []int{70, 71}, arxivtest.Options{}, Options{Slice: 1000}},
		"shared moments":  {harvesttest.Misnested, []int{70}, arxivtest.Options{Grain: 24 * time.Hour}, Options{}},
		"since":           {harvesttest.Broken, []int{70}, arxivtest.Options{}, Options{Since: all[60].Updated}},
		"only paper":      {harvesttest.Misnested, []int{0}, arxivtest.Options{Papers: all[:1]}, Options{}},
		"two papers":      {harvesttest.Misnested, []int{0, 1}, arxivtest.Options{Papers: all[:2]}, Options{}},
		"short, miscount": {harvesttest.Misnested, []int{70}, arxivtest.Options{Short: 0.2, Blocked: 0.2, Miscount: 0.2}, Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.server.Papers == nil {
				c.server.Papers = all
			}
			w := newWorld(t, c.server)
			var ids []string
			for _, i := range c.bad {
				ids = append(ids, all[i].ID)
			}
			damage := w.damage(c.fault, ids...)
			wanted := slices.DeleteFunc(slices.Clone(c.server.Papers), func(p *corpus.Paper) bool { return p.Updated.Before(c.opt.Since) })
			for round := range 2 {
				before := len(w.server.Asked())
				parts := w.missing(c.opt)
				if len(parts) == 0 || len(parts) > len(ids) {
					t.Fatalf("%v are missing, want %v", parts, ids)
				}
				if n := len(w.server.Asked()) - before; round == 0 && n > 1500 {
					t.Errorf("%d requests", n)
				}
				if got := without(catalogPapers(w), ids...); len(got) < len(without(wanted, ids...)) {
					t.Fatalf("%d papers, want %d", len(got), len(without(wanted, ids...)))
				}
			}
			damage.Where = nil
			if sum := w.mustHarvest(c.opt); len(sum.Missing) > 0 {
				t.Errorf("%+v", sum)
			}
			have := catalogPapers(w)
			for _, p := range wanted {
				if !slices.ContainsFunc(have, func(q *corpus.Paper) bool { return reflect.DeepEqual(p, q) }) {
					t.Errorf("%s is not there, or another", p.ID)
				}
			}
		})
	}
}

// A new paper that cannot be read does not hide the others of its day, nor changes behind it.
func TestUnreadableNews(t *testing.T) {
	all := papers(120)
	w := newWorld(t, arxivtest.Options{Papers: all[:100]})
	w.mustHarvest(Options{})
	for _, p := range all[100:] {
		w.server.Add(p)
	}
	w.server.Revise(all[3].ID)
	w.damage(harvesttest.Broken, all[119].ID, all[110].ID)
	n := 0
	w.before = func() {
		if n++; n == 30 {
			w.server.Revise(all[50].ID) // while the front cannot be read
		}
	}
	if parts := w.missing(Options{}); len(parts) == 0 {
		t.Error(parts)
	}
	w.check(without(w.server.Papers(), all[119].ID, all[110].ID))
}

// Broken off anywhere while a slice is asked around, the harvest ends the same.
func TestUnreadableSlicesWhileBrokenOff(t *testing.T) {
	all := papers(90)
	for step := 1; step < 12; step += 3 {
		w := newWorld(t, arxivtest.Options{Papers: all, Limit: 40})
		w.damage(harvesttest.Inside, all[40].ID, all[0].ID)
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
				if len(missing.Parts) != 2 {
					t.Error(missing)
				}
				break
			}
			if !errors.Is(err, context.Canceled) || lives > 500 {
				t.Fatalf("life %d: %v", lives, err)
			}
		}
		w.check(without(w.server.Papers(), all[40].ID, all[0].ID))
		if lives < 3 {
			t.Errorf("%d lives", lives)
		}
	}
}

// Where nothing at all can be read, no paper is to blame: another time may bring more.
func TestNothingCanBeRead(t *testing.T) {
	w := newWorld(t, arxivtest.Options{Papers: papers(300)})
	damage := &harvesttest.Faults{Handler: w.server, Where: map[string]harvesttest.Fault{"<feed": harvesttest.Broken}}
	w.handler = damage
	if _, err := w.harvest(context.Background(), Options{}); err == nil || errors.As(err, new(*harvest.MissingError)) {
		t.Fatal(err)
	}
	damage.Where = map[string]harvesttest.Fault{"<opensearch:totalResults>": harvesttest.Inside}
	if _, err := w.harvest(context.Background(), Options{}); !errors.Is(err, harvest.ErrForNow) {
		t.Fatal(err)
	}
	damage.Where = nil
	for {
		_, err := w.harvest(context.Background(), Options{})
		if err == nil {
			break
		}
		if !errors.As(err, new(*harvest.MissingError)) {
			t.Fatal(err)
		}
	}
	w.check(nil)
}
