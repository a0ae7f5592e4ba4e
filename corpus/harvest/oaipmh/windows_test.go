package oaipmh

import (
	"testing"
	"time"

	"assay/corpus"
)

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		from         string
		days         int
		until, today string
		want         string
	}{
		{"2010-01-01", 1, "", "2012-06-01", "2010-01-01"},
		{"2010-01-01", 31, "", "2012-06-01", "2010-01-31"},
		{"2010-01-01", 31, "", "2010-02-16", ""}, // the rest is less than half a window
		{"2010-01-01", 31, "", "2010-02-17", "2010-01-31"},
		{"2010-01-01", 31, "", "2009-01-01", ""},
		{"2010-01-01", 31, "2010-01-05", "2012-06-01", "2010-01-05"},
		{"2010-01-01", 31, "2010-02-15", "2012-06-01", "2010-02-15"},
		{"2010-01-01", 31, "2010-02-16", "2012-06-01", "2010-01-31"},
		{"2010-01-01", mostDays, "", "2012-06-01", ""},
	} {
		var until time.Time
		if c.until != "" {
			until = date(c.until)
		}
		if got := corpus.DayText(plan(date(c.from), c.days, until, date(c.today))); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestAdapt(t *testing.T) {
	for _, c := range [][3]int{{10, 0, 40}, {10, 8, 40}, {10, 9, 20}, {10, 16, 20}, {10, 17, 10}, {10, 64, 10}, {10, 65, 5}, {1, 500, 1}, {600, 1, mostDays}} {
		if got := adapt(c[0], c[1], 32); got != c[2] {
			t.Errorf("%d days with %d pages: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestHalve(t *testing.T) {
	for _, c := range [][4]string{
		{"2010-01-01", "2010-01-10", "2012-06-01", "2010-01-05"},
		{"2010-01-01", "2010-01-02", "2012-06-01", "2010-01-01"},
		{"2010-01-01", "2010-01-01", "2012-06-01", "2010-01-01"},
		{"2010-01-01", "", "2010-01-04", "2010-01-02"},
		{"2010-01-01", "", "2010-01-01", ""},
		{"2010-01-01", "", "2009-01-01", ""},
	} {
		var until time.Time
		if c[1] != "" {
			until = date(c[1])
		}
		end, days := halve(date(c[0]), until, date(c[2]))
		if corpus.DayText(end) != c[3] || days < 1 {
			t.Errorf("%v: %v, %d days", c, end, days)
		}
	}
}

func TestCompleteThrough(t *testing.T) {
	for name, c := range map[string]struct {
		w    window
		want string
	}{
		"closed long ago":         {window{Until: "2010-01-31", Answered: "2012-06-01"}, "2010-01-31"},
		"closed yesterday":        {window{Until: "2012-05-31", Answered: "2012-06-01"}, "2012-05-30"},
		"open":                    {window{Answered: "2012-06-01"}, "2012-05-30"},
		"the clock here is wrong": {window{Answered: "2012-05-01"}, "2012-04-29"},
		"no server's clock":       {window{Newest: "2012-05-07"}, "2012-05-07"},
		"closed, no clock":        {window{Until: "2010-01-31"}, "2010-01-31"},
		"nothing known":           {window{}, ""},
	} {
		if got := c.w.completeThrough(date("2012-06-01")); corpus.DayText(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestExpired(t *testing.T) {
	received := time.Date(2012, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		w    window
		gone time.Duration
		want bool
	}{
		{window{Token: "t", Life: time.Hour}, time.Hour, true},
		{window{Token: "t", Life: time.Hour}, time.Hour - 1, false},
		{window{Token: "t", Life: time.Hour}, -48 * time.Hour, false},
		{window{Token: "t"}, tokenLife, true},
		{window{Token: "t"}, tokenLife - 1, false},
		{window{Life: time.Hour}, 2 * time.Hour, false},
	} {
		c.w.Received = received
		if got := c.w.expired(received.Add(c.gone)); got != c.want {
			t.Errorf("%+v after %v: %v", c.w, c.gone, got)
		}
	}
}
