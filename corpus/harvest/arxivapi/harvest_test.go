package arxivapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/arxivapi/arxivtest"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/ledger"
	"assay/internal/fault"
)

func TestHarvestGivesAllPapers(t *testing.T) {
	all := papers(160)
	for name, c := range map[string]struct {
		server arxivtest.Options
		opt    Options
	}{
		"plain":             {},
		"one slice":         {opt: Options{Slice: 1000}},
		"slices of two":     {opt: Options{Slice: 2}},
		"small answers":     {server: arxivtest.Options{Slice: 7}},
		"too long":          {server: arxivtest.Options{Limit: 50}},
		"far too long":      {server: arxivtest.Options{Limit: 8}},
		"shared moments":    {server: arxivtest.Options{Grain: 24 * time.Hour}},
		"short":             {server: arxivtest.Options{Short: 0.6}},
		"blocked":           {server: arxivtest.Options{Blocked: 0.3}},
		"miscounts":         {server: arxivtest.Options{Miscount: 0.3}},
		"forgetful":         {server: arxivtest.Options{Forgetful: 0.1}},
		"all at once":       {server: arxivtest.Options{Limit: 60, Grain: time.Hour, Short: 0.2, Blocked: 0.1, Miscount: 0.1, Forgetful: 0.05}},
		"since long ago":    {opt: Options{Since: date("1990-01-01")}},
		"since, day before": {server: arxivtest.Options{Limit: 50}, opt: Options{Since: date("2008-03-01")}},
	} {
		for seed := range uint64(2) {
			if testing.Short() && seed > 0 {
				break
			}
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				c.server.Papers, c.server.Seed = all, seed
				w := newWorld(t, c.server)
				sum := w.mustHarvest(c.opt)
				w.check(nil)
				if sum.Added != len(all) || sum.Replaced != 0 || len(sum.Miscounts) > 0 || sum.Backward > 0 || sum.Unfinished != "" {
					t.Errorf("%+v", sum)
				}
				if split := c.server.Limit > 0; split != (sum.Splits > 0) {
					t.Errorf("%d splits", sum.Splits)
				}
				for _, q := range w.server.Asked() {
					if q.SortBy != "lastUpdatedDate" || q.Ascending {
						t.Fatalf("asked %+v", q)
					}
				}
			})
		}
	}
}

// Each category is asked for in turn; a paper of several is kept once.
func TestCategories(t *testing.T) {
	all := papers(200)
	for i, p := range all {
		p.Categories = [][]string{{"cs.LG", "stat.ML"}, {"math.LO"}, {"cs.CV", "cs.LG"}, {"astro-ph"}, {"hep-th"}}[i%5]
	}
	w := newWorld(t, arxivtest.Options{Papers: all})
	w.mustHarvest(Options{Categories: []string{"cs.*", "astro-ph"}})
	var want []*corpus.Paper
	for i, p := range all {
		if i%5 == 0 || i%5 == 2 || i%5 == 3 {
			want = append(want, p)
		}
	}
	w.check(want)
	if sum := w.mustHarvest(Options{Categories: []string{}, Slice: 500}); len(sum.Categories) != 158 {
		t.Errorf("%d categories", len(sum.Categories))
	}
	w.check(nil)
	list, err := new(Options).list()
	if err != nil || len(list) != 158 || list[0] != "astro-ph.CO" || list[155] != "astro-ph" {
		t.Errorf("%d categories, %v, %v", len(list), list, err)
	}
	renamed := Options{Categories: []string{"cmp-lg", "cs.CL", "hep-th", "hep-th"}}
	if list, err := renamed.list(); err != nil || !reflect.DeepEqual(list, []string{"cs.CL", "hep-th"}) {
		t.Errorf("%v, %v", list, err)
	}
}

// Broken off after any number of requests, the same call goes on and ends with the same papers.
func TestInterruptedHarvestGoesOn(t *testing.T) {
	all := papers(150)
	step := 5
	if testing.Short() {
		step = 17
	}
	for _, server := range []arxivtest.Options{{}, {Limit: 40, Grain: time.Hour, Short: 0.2, Blocked: 0.1}} {
		for requests := 1; requests < 36; requests += step {
			server.Papers, server.Seed = all, uint64(requests)
			w := newWorld(t, server)
			lives := 0
			for ; ; lives++ {
				ctx, cancel := context.WithCancel(context.Background())
				n := 0
				w.before = func() {
					if n++; n > requests+lives {
						cancel()
					}
				}
				sum, err := w.harvest(ctx, Options{Slice: 10})
				cancel()
				if sum.Resumed != (lives > 0 && n > 0) && lives > 1 {
					t.Errorf("life %d: %+v", lives, sum)
				}
				if err == nil {
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			w.check(nil)
			if requests < 9 && lives == 0 {
				t.Errorf("%d requests sufficed", requests)
			}
		}
	}
}

// What is submitted, revised and withdrawn while a list is read is kept or does no harm:
// every paper that is left is there, with its last text.
func TestListChangesWhileItIsRead(t *testing.T) {
	all := papers(200)
	extra := papers(300)[200:]
	for seed := range 8 {
		w := newWorld(t, arxivtest.Options{Papers: all[:190], Seed: uint64(seed), Grain: time.Hour, Limit: []int{0, 60}[seed%2]})
		n, gone := 0, map[string]bool{}
		w.before = func() {
			if n++; n > 25 {
				return
			}
			switch (n + seed) % 4 {
			case 0:
				w.server.Revise(all[(n*37+seed)%190].ID)
			case 1:
				w.server.Add(extra[n])
			case 2:
				id := all[(n*53+seed)%190].ID
				w.server.Remove(id)
				gone[id] = true
			case 3:
				w.server.Pass(3 * 24 * time.Hour)
			}
		}
		sum := w.mustHarvest(Options{Slice: 12})
		if sum.Again == 0 {
			t.Errorf("seed %d: %+v", seed, sum)
		}
		have := map[string]*corpus.Paper{}
		for _, p := range catalogPapers(w) {
			have[p.ID] = p
		}
		for _, p := range w.server.Papers() {
			if !reflect.DeepEqual(have[p.ID], p) {
				t.Fatalf("seed %d: %s is %+v, want %+v", seed, p.ID, have[p.ID], p)
			}
			delete(have, p.ID)
		}
		for id := range have {
			if !gone[id] {
				t.Errorf("seed %d: %s is too many", seed, id)
			}
		}
	}
}

// Removals move the list forward, past papers not yet read: the slices would not join.
func TestListMovesForward(t *testing.T) {
	all := papers(120)
	w := newWorld(t, arxivtest.Options{Papers: all})
	n := 0
	w.before = func() {
		if n++; n == 3 {
			for i := 90; i < 120; i += 2 {
				w.server.Remove(all[i].ID)
			}
		}
	}
	sum := w.mustHarvest(Options{Slice: 15})
	if sum.Backward == 0 {
		t.Errorf("%+v", sum)
	}
	have := map[string]bool{}
	for _, p := range catalogPapers(w) {
		have[p.ID] = true
	}
	for _, p := range w.server.Papers() {
		if !have[p.ID] {
			t.Errorf("%s is missing", p.ID)
		}
	}
}

// A list that never comes to rest is given up for now, and gone on with.
func TestRestlessList(t *testing.T) {
	w := newWorld(t, arxivtest.Options{Papers: papers(60)})
	n := 0
	w.before = func() {
		n++
		w.server.Revise(fmt.Sprintf("0803.%04d", 1+n%60))
	}
	if _, err := w.harvest(context.Background(), Options{Slice: 3}); !errors.Is(err, harvest.ErrForNow) || !strings.Contains(err.Error(), "cs.LG: the list changed each of the 8 times") {
		t.Fatal(err)
	}
	w.before = nil
	if sum := w.mustHarvest(Options{Slice: 3}); !sum.Resumed {
		t.Errorf("%+v", sum)
	}
	w.check(nil)
}

// A second harvest asks for changes only, from a week before the first.
func TestDailyUpdate(t *testing.T) {
	all := papers(300)
	w := newWorld(t, arxivtest.Options{Papers: all[:299]})
	sum := w.mustHarvest(Options{})
	through := corpus.DayText(w.server.Clock())
	if want := []Coverage{{"cs.LG", "", through}}; !reflect.DeepEqual(sum.Categories, want) {
		t.Errorf("covered %v, want %v", sum.Categories, want)
	}
	w.server.Pass(50 * time.Hour)
	w.server.Revise(all[3].ID)
	w.server.Add(all[299])
	asked := len(w.server.Asked())
	sum = w.mustHarvest(Options{})
	w.check(nil)
	if n := len(w.server.Asked()) - asked; n > 2 || sum.Added != 1 || sum.Replaced != 1 {
		t.Errorf("%d questions, %+v", n, sum)
	}
	if text := strings.Join(w.notes, "\n"); !strings.Contains(text, "1 of 1 categories were read before") || !strings.Contains(text, "cs.LG from "+corpus.DayText(date(through).AddDate(0, 0, -7))+" on") {
		t.Errorf("notes %q", w.notes)
	}
	if want := []Coverage{{"cs.LG", "", corpus.DayText(w.server.Clock())}}; !reflect.DeepEqual(sum.Categories, want) {
		t.Errorf("covered %v, want %v", sum.Categories, want)
	}
}

func TestSince(t *testing.T) {
	all := papers(400)
	for _, limit := range []int{0, 50} {
		w := newWorld(t, arxivtest.Options{Papers: all, Limit: limit})
		since := date("2011-01-01")
		sum := w.mustHarvest(Options{Since: since})
		have := map[string]bool{}
		for _, p := range catalogPapers(w) {
			have[p.ID] = true
		}
		wanted := 0
		for _, p := range all {
			if !p.Updated.Before(since) {
				if wanted++; !have[p.ID] {
					t.Errorf("%s of %s is missing", p.ID, corpus.DayText(p.Updated))
				}
			}
		}
		if wanted < 60 || limit == 0 && len(have) > wanted+20 {
			t.Errorf("%d papers, %d wanted", len(have), wanted)
		}
		if (sum.Splits > 0) != (limit > 0) || sum.Categories[0].From != "2011-01-01" {
			t.Errorf("%+v", sum)
		}
		if limit > 0 {
			continue
		}
		w.notes = nil
		if sum = w.mustHarvest(Options{}); sum.Categories[0].From != "2011-01-01" || sum.Added > 0 {
			t.Errorf("%+v", sum)
		}
		if text := strings.Join(w.notes, "\n"); !strings.Contains(text, "before 2011-01-01 were never asked for, which is as it should be if the catalog was filled from a snapshot: --since 1991-01-01 asks for all") {
			t.Errorf("notes %q", w.notes)
		}
		// What lies after a gap does not count as if there were none.
		w.server.Pass(1000 * 24 * time.Hour)
		if c := w.mustHarvest(Options{Since: dayOfClock(w)}).Categories[0]; c.Through >= corpus.DayText(dayOfClock(w)) {
			t.Errorf("covered %+v over a gap", c)
		}
		if c := w.mustHarvest(Options{Since: earliest}).Categories[0]; c.From != "" || c.Through != corpus.DayText(w.server.Clock()) {
			t.Errorf("covered %+v", c)
		}
		w.check(nil)
	}
}

func dayOfClock(w *world) time.Time { return day(w.server.Clock()) }

func TestNothingThere(t *testing.T) {
	w := newWorld(t, arxivtest.Options{Papers: papers(20)})
	if sum := w.mustHarvest(Options{Categories: []string{"hep-ex"}}); sum.Entries != 0 || sum.Categories[0].Category != "hep-ex" {
		t.Errorf("%+v", sum)
	}
	if n := len(w.server.Asked()); n != emptyTries {
		t.Errorf("asked %d times", n)
	}
}

// All the faults of a bad day, and none of them costs a paper.
func TestFaults(t *testing.T) {
	for seed := range uint64(4) {
		w := newWorld(t, arxivtest.Options{Papers: papers(200), Limit: 70, Seed: seed})
		faults := &harvesttest.Faults{Handler: w.server, Seed: seed, Rate: 0.4, Wait: time.Nanosecond}
		faults.Kinds = []harvesttest.Fault{
			harvesttest.TooMany, harvesttest.Unavailable, harvesttest.ServerError, harvesttest.Reset, harvesttest.ResetAfter, harvesttest.Truncated,
			harvesttest.Lying, harvesttest.BadGzip, harvesttest.Gzip, harvesttest.Broken, harvesttest.Empty, harvesttest.HTML, harvesttest.Redirected, harvesttest.Stale,
		}
		w.handler = faults
		w.mustHarvest(Options{Slice: 8})
		w.check(nil)
		if faults.Requests() < 50 {
			t.Errorf("%d requests", faults.Requests())
		}
	}
}

// A block that lasts is named, and nothing counts as read.
func TestBlockIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"empty pages": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.NewReplacer("startIndex>5<", "startIndex>0<", "totalResults>2<", "totalResults>1234<").Replace(head)+"</feed>")
		}, "gave up after 20 tries of http://127.0.0.1:PORT/api/query?max_results=20&search_query=cat%3Acs.LG&sortBy=lastUpdatedDate&sortOrder=descending&start=0: an answer without papers, though it counts 1234"},
		"429": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Rate exceeded.", http.StatusTooManyRequests)
		}, "429 Too Many Requests"},
		"XML": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, head+oneEntry) }, "unexpected EOF"},
		"another": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.NewReplacer("startIndex>5<", "startIndex>0<", "=cat:cs.LG", "=cat:cs.CL").Replace(head)+oneEntry+"</feed>")
		}, `the answer is to "cat:cs.CL", not to "cat:cs.LG"`},
	} {
		w := newWorld(t, arxivtest.Options{Papers: papers(30)})
		w.handler = c.handler
		sum, err := w.harvest(context.Background(), Options{})
		var gaveUp *harvest.GaveUpError
		if !errors.As(err, &gaveUp) && !errors.Is(err, harvest.ErrForNow) || len(sum.Missing) > 0 || sum.Unfinished != "cs.LG" || len(sum.Categories) > 0 {
			t.Fatalf("%s: %v, %+v", name, err, sum)
		}
		port := strings.Split(strings.TrimPrefix(w.url, "http://127.0.0.1:"), "/")[0]
		if text := strings.Replace(err.Error(), port, "PORT", 1); !strings.Contains(text, c.want) {
			t.Errorf("%s: %s\nwant %s", name, text, c.want)
		}
		w.handler = w.server
		w.mustHarvest(Options{})
		w.check(nil)
	}
}

// A list that gives less than it counts ends, if the difference is small, and says so. Of a
// larger difference the parts are asked for, and where they lack papers, too, it is named.
func TestListEndsBeforeItsCount(t *testing.T) {
	total := regexp.MustCompile(`totalResults>([1-9]\d*)<`)
	for _, c := range []struct {
		more  int
		parts bool // miscounted, too
		want  string
	}{{7, true, ""}, {11, false, ""}, {11, true, "counts 12 papers, and there was none after 1 in 8 tries"}} {
		w := newWorld(t, arxivtest.Options{Papers: papers(60)})
		w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rec := &answer{header: http.Header{}}
			w.server.ServeHTTP(rec, r)
			fmt.Fprint(rw, total.ReplaceAllStringFunc(rec.body.String(), func(s string) string {
				n, _ := strconv.Atoi(total.FindStringSubmatch(s)[1])
				if n == 60 || c.parts {
					n += c.more
				}
				return fmt.Sprintf("totalResults>%d<", n)
			}))
		})
		sum, err := w.harvest(context.Background(), Options{})
		if c.want != "" {
			if !errors.Is(err, harvest.ErrForNow) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d more: %v", c.more, err)
			}
			continue
		}
		var want []Miscount
		if c.parts {
			want = []Miscount{{"cat:cs.LG", 67, 60}}
		}
		if err != nil || !reflect.DeepEqual(sum.Miscounts, want) || (sum.Splits > 0) == c.parts {
			t.Errorf("%d more: %v, %+v", c.more, err, sum)
		}
		w.check(nil)
	}
}

// answer is an answer kept in memory.
type answer struct {
	header http.Header
	body   strings.Builder
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(int)             {}
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// Where the API does not keep the order, slices overlap, and nothing is lost.
func TestOtherOrder(t *testing.T) {
	w := newWorld(t, arxivtest.Options{Papers: papers(150)})
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		q.Set("sortBy", "submittedDate")
		q.Set("sortOrder", "ascending")
		r.URL.RawQuery = q.Encode()
		w.server.ServeHTTP(rw, r)
	})
	w.mustHarvest(Options{Slice: 30})
	w.check(nil)
	if len(w.notes) == 0 || !strings.Contains(w.notes[0], "does not keep the order") {
		t.Errorf("notes %q", w.notes)
	}
}

func TestWrongOptions(t *testing.T) {
	for want, opt := range map[string]Options{
		`no category "cs.LQ"; did you mean "cs.L`:    {Categories: []string{"cs.LQ"}},
		`no category "cs.lg"; did you mean "cs.LG"?`: {Categories: []string{"cs.lg"}},
		`no category "zz.*"`:                         {Categories: []string{"zz.*"}},
		`no category ""`:                             {Categories: []string{""}},
		"has not come yet":                           {Since: time.Now().AddDate(0, 0, 3)},
		"slices of 2001 papers":                      {Slice: 2001},
		"slices of -1 papers":                        {Slice: -1},
		"a limit of 4 papers":                        {Limit: 4},
		"is no address of an arXiv API":              {URL: "export.arxiv.org/api/query"},
	} {
		if err := opt.Check(); !fault.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	w := newWorld(t, arxivtest.Options{})
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(rw, head+`<entry><id>https://arxiv.org/api/errors#start_must_be_an_integer</id><title>Error</title><summary>start must be an integer</summary></entry></feed>`)
	})
	var no *RefusedError
	if _, err := w.harvest(context.Background(), Options{}); !errors.As(err, &no) {
		t.Errorf("%v", err)
	}
}

// A call with other settings leaves the unfinished one, and says so.
func TestOtherSettings(t *testing.T) {
	w := newWorld(t, arxivtest.Options{Papers: papers(200)})
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	w.before = func() {
		if n++; n == 5 {
			cancel()
		}
	}
	if sum, err := w.harvest(ctx, Options{}); !errors.Is(err, context.Canceled) || sum.Unfinished != "cs.LG" {
		t.Fatal(err)
	}
	if sum := w.mustHarvest(Options{Categories: []string{"cs.LG", "hep-th"}}); sum.Resumed || len(sum.Categories) != 2 {
		t.Errorf("%+v", sum)
	}
	if !strings.Contains(strings.Join(w.notes, "\n"), "with other settings was not finished") {
		t.Errorf("notes %q", w.notes)
	}
	w.check(nil)
}

// Entries that are no papers are counted once, and no more once they are.
func TestUnusableAreCounted(t *testing.T) {
	all := papers(60)
	title := all[20].Title
	all[20].Title = " "
	w := newWorld(t, arxivtest.Options{Papers: all})
	want := []ledger.Group{{Reason: ledger.NoTitle, Records: 1, Identifiers: []string{all[20].ID}}}
	for range 2 {
		if sum := w.mustHarvest(Options{Since: earliest}); !reflect.DeepEqual(sum.Unusable, want) {
			t.Errorf("unusable %v", sum.Unusable)
		}
	}
	all[20].Title = title
	w.server.Add(all[20])
	if sum := w.mustHarvest(Options{}); len(sum.Unusable) > 0 || sum.Added != 1 {
		t.Errorf("%+v", sum)
	}
	w.check(nil)
}

// A catalog whose marks another hand has changed is named, and nothing is asked for.
func TestDamagedMarks(t *testing.T) {
	for key, state := range map[string]string{"run": "{", "covered cs.LG": `{"through":"never"}`} {
		w := newWorld(t, arxivtest.Options{Papers: papers(5)})
		if _, err := w.catalog.Write(context.Background(), catalog.Batch{Marks: []catalog.Mark{{Source: sourceOf(w.url), Key: key, State: state}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.harvest(context.Background(), Options{}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("mark %q", key)) || len(w.server.Asked()) > 0 {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// More papers of one moment than the API gives at once are no end of the list.
func TestMomentLargerThanASlice(t *testing.T) {
	all := papers(15)
	for _, p := range all {
		p.Updated = date("2013-01-01")
	}
	w := newWorld(t, arxivtest.Options{Papers: all, Slice: 9, Grain: 24 * time.Hour})
	if sum := w.mustHarvest(Options{}); len(sum.Miscounts) > 0 || sum.Splits == 0 {
		t.Errorf("%+v", sum)
	}
	w.check(nil)
}
