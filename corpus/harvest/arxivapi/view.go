package arxivapi

import (
	"fmt"
	"strings"
	"time"

	"assay/corpus"
	"assay/internal/format"
	"assay/internal/progress"
)

// view shows how far a harvest is: the place in the present category, the pauses, and
// the time left by the rate so far.
type view struct {
	bar      progress.Bar
	started  time.Time
	read     int // entries, by this process
	finished int // categories, by this process
	before   int // entries when the present category began
	sizes    int // entries of the finished ones
}

func (v *view) begin(now time.Time) {
	if v.started.IsZero() {
		v.started = now
	}
}

func (v *view) add(n int) {
	v.read += n
	v.bar.Add(int64(n))
}

func (v *view) finish() {
	v.finished++
	v.sizes += v.read - v.before
	v.before = v.read
}

// page is told of each answer before its papers are kept. What matters most comes first:
// a narrow terminal cuts the rest off.
func (v *view) page(p *pass, w *window, h *harvester) {
	r := h.marks.Run
	category := r.Categories[r.Turn]
	var text []string
	if n := len(r.Categories); n > 1 {
		category += fmt.Sprintf(" %d/%d", r.Turn+1, n)
	}
	text = append(text, category)
	if left, all := v.left(p, len(r.Categories)-r.Turn-1, h.Now()); all {
		text = append(text, format.About(left.Round(time.Second))+" left")
	} else if left > 0 {
		text = append(text, format.About(left.Round(time.Second))+" left of it")
	}
	text = append(text, format.About(h.Client.Stats().Waited.Round(time.Second))+" paused")
	place := fmt.Sprintf("%d of %d", min(p.Entries, p.Total), p.Total)
	switch {
	case !p.Floor.IsZero():
		place += " since " + corpus.DayText(p.Floor)
	case !w.From.IsZero():
		place += fmt.Sprintf(", from %d to %d", w.From.Year(), w.To.Year())
	}
	v.bar.Note(strings.Join(append(text, place), ", "))
}

// left estimates the time to the end: the rest of this category, and for each one to come
// as much as the finished ones had on average. Where none is finished it is this category's
// alone, and all is false.
func (v *view) left(p *pass, categories int, now time.Time) (d time.Duration, all bool) {
	if v.read == 0 {
		return 0, false
	}
	if all = categories == 0 || v.finished > 0; !all {
		categories = 0
	}
	rest := 0.0
	if p.Floor.IsZero() { // else the end is a day, not a count
		rest = float64(max(p.Total-p.Entries, 0))
	}
	if categories > 0 {
		rest += float64(categories) * float64(v.sizes) / float64(v.finished)
	}
	return time.Duration(float64(now.Sub(v.started)) * rest / float64(v.read)), all
}
