package arxivapi

import (
	"testing"
	"time"

	"assay/internal/fault"
)

// at is a page whose papers were changed so many minutes after a moment, 0 for no date.
func at(total int, minutes ...int) *Page {
	p := &Page{Total: total}
	for _, m := range minutes {
		var e Entry
		if m > 0 {
			e.Updated = minute(m).Add(17 * time.Second)
		}
		p.Entries = append(p.Entries, e)
	}
	return p
}

func minute(m int) time.Time {
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(m) * time.Minute)
}

func TestStep(t *testing.T) {
	for name, c := range map[string]struct {
		start, frontier int // 0: none
		floor           int
		page            *Page
		want            step
	}{
		"first":                        {0, 0, 0, at(9, 8, 7, 6), step{ordered: true, start: 1, frontier: minute(6)}},
		"papers of the last moment":    {0, 0, 0, at(9, 8, 7, 6, 6, 6), step{ordered: true, start: 1, frontier: minute(6)}},
		"joins":                        {1, 6, 0, at(9, 7, 6, 5, 4), step{ordered: true, start: 3, frontier: minute(4)}},
		"begins at the frontier":       {1, 6, 0, at(9, 6, 5, 4), step{ordered: true, gap: true, start: 1, frontier: minute(6)}},
		"begins behind it":             {1, 6, 0, at(9, 5, 4), step{ordered: true, gap: true, start: 1, frontier: minute(6)}},
		"from the front always joins":  {0, 6, 0, at(9, 6, 5, 4), step{ordered: true, start: 1, frontier: minute(4)}},
		"last does not join":           {6, 6, 0, at(9, 6, 5, 4), step{ordered: true, gap: true, start: 6, frontier: minute(6)}},
		"last":                         {6, 6, 0, at(9, 7, 5, 4), step{ordered: true, done: true, start: 6, frontier: minute(6)}},
		"one moment":                   {0, 0, 0, at(9, 8, 8, 8), step{ordered: true, stuck: true, frontier: minute(8)}},
		"one before one moment":        {4, 9, 0, at(99, 10, 8, 8), step{ordered: true, stuck: true, start: 4, frontier: minute(8)}},
		"at the floor":                 {0, 0, 6, at(9, 8, 7, 6), step{ordered: true, start: 1, frontier: minute(6)}},
		"below the floor":              {0, 0, 6, at(9, 8, 7, 5), step{ordered: true, done: true}},
		"no date":                      {0, 0, 0, at(9, 8, 0, 6), step{ordered: true, start: 1, frontier: minute(6)}},
		"no date in front":             {0, 0, 0, at(9, 0, 8, 6), step{ordered: true, start: 1, frontier: minute(6)}},
		"no dates":                     {0, 0, 0, at(9, 0, 0, 0), step{start: 1}},
		"no order":                     {20, 6, 0, at(99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), step{start: 22}},
		"no order, all below":          {20, 6, 13, at(99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), step{done: true, start: 22}},
		"no order, some below":         {20, 6, 12, at(99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), step{start: 22}},
		"nothing":                      {0, 0, 0, at(0), step{ordered: true, done: true}},
		"nothing where something was":  {5, 6, 0, at(4), step{ordered: true, gap: true, start: 5, frontier: minute(6)}},
		"nothing left of it":           {5, 6, 0, at(0), step{ordered: true, done: true, start: 5, frontier: minute(6)}},
		"end counts, whatever the day": {0, 0, 0, at(3, 8, 7, 6), step{ordered: true, done: true}},
	} {
		w := window{Start: c.start}
		var floor time.Time
		if c.frontier > 0 {
			w.Frontier = minute(c.frontier)
		}
		if c.floor > 0 {
			floor = minute(c.floor)
		}
		if got := w.next(c.page, floor); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// Parts adjoin to the minute, and the later one is read first.
func TestSplit(t *testing.T) {
	h := &harvester{}
	begun := time.Date(2020, 5, 3, 10, 11, 12, 0, time.UTC)
	p := &pass{Begun: begun, Windows: []window{{Start: 7}}}
	last := time.Date(2020, 5, 4, 10, 11, 0, 0, time.UTC)
	next := last.Add(time.Minute)
	for range 40 {
		n := len(p.Windows)
		if err := h.split(p, 99); err != nil {
			t.Fatal(err)
		}
		if len(p.Windows) != n+1 || p.Windows[n].Start != 0 || p.Windows[n-1].Start != 0 {
			t.Fatalf("%+v", p.Windows)
		}
		if top := p.Windows[n]; top.From.Equal(top.To) {
			break
		}
	}
	var all []window
	for i := len(p.Windows) - 1; i >= 0; i-- {
		w := p.Windows[i]
		if all = append(all, w); !w.To.Add(time.Minute).Equal(next) || w.To.Before(w.From) {
			t.Fatalf("%v to %v, want it before %v", w.From, w.To, next)
		}
		next = w.From
	}
	if !next.Equal(earliest) || len(all) < 20 || !all[0].To.Equal(last) {
		t.Errorf("%d parts, from %v", len(all), next)
	}
	if err := h.split(p, 99); !fault.IsUsage(err) {
		t.Errorf("a minute was cut: %v", err)
	}
	if h.sum.Splits != len(all)-1 {
		t.Errorf("%d splits, %d parts", h.sum.Splits, len(all))
	}
}
