package oaipmh

import (
	"time"

	"assay/internal/format"
	"assay/internal/progress"
)

// view shows how far a harvest is. Where the repository does not say how long a list
// is, the time left is by the calendar, as if all days had as many records.
type view struct {
	bar       progress.Bar
	from, end time.Time // days of the present set that this process reads
	started   time.Time
	set       int // turn
	single    bool
	records   int // of this window, by this process
	began     time.Time
}

// begin is told of each window.
func (v *view) begin(r *runState, now time.Time) {
	from, _ := parseDay(r.Window.From)
	if v.from.IsZero() || v.set != r.Turn {
		v.from, v.started, v.set = from, now, r.Turn
	}
	var given bool
	if v.end, given = parseDay(r.Until); !given {
		v.end = day(now)
	}
	v.single = r.Window.Until == r.Until
	v.records, v.began = 0, now
}

// page is told of each page.
func (v *view) page(w *window, page *Page, now time.Time) {
	v.records += len(page.Records)
	v.bar.Add(int64(len(page.Records)))
	text := w.Newest
	if text == "" {
		text = w.From
	}
	if left, known := v.left(w, page, now); known {
		text += ", about " + format.About(left.Round(time.Second)) + " left"
	}
	v.bar.Note(text)
}

// left estimates the time to the present set's end.
func (v *view) left(w *window, page *Page, now time.Time) (time.Duration, bool) {
	if rest := page.Size - int64(w.Records); v.single && rest > 0 && v.records > 0 {
		return time.Duration(float64(now.Sub(v.began)) * float64(rest) / float64(v.records)), true
	}
	at, ok := parseDay(w.Newest)
	if !ok || at.After(v.end) || !at.After(v.from) {
		return 0, false
	}
	done, rest := at.Sub(v.from), v.end.Sub(at)
	return time.Duration(float64(now.Sub(v.started)) * float64(rest) / float64(done)), true
}
