package arxivapi

import (
	"fmt"
	"strings"
	"time"

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

func (v *view) begin(_ *runState, now time.Time) {
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

// page is told of each answer before its papers are kept.
func (v *view) page(p *pass, w *window, page *Page, h *harvester) {
	r := h.marks.run
	text := []string{r.Categories[r.Turn]}
	reached := min(w.Start+len(page.Entries), page.Total)
	switch {
	case !p.Floor.IsZero():
		text[0] += " since " + dayText(p.Floor)
	case !w.From.IsZero():
		text[0] += fmt.Sprintf(" %d to %d", w.From.Year(), w.To.Year())
		fallthrough
	default:
		text[0] += fmt.Sprintf(": %d of %d", reached, page.Total)
	}
	if n := len(r.Categories); n > 1 {
		text = append(text, fmt.Sprintf("category %d of %d", r.Turn+1, n))
	}
	text = append(text, "paused "+leftText(h.Client.Stats().Waited))
	if left, known := v.left(p, page.Total-reached, len(r.Categories)-r.Turn-1, h.Now()); known {
		text = append(text, "about "+leftText(left)+" left")
	}
	v.bar.Note(strings.Join(text, ", "))
}

// left estimates the time to the end: the rest of this list, and for each category to come
// as much as the finished ones had on average.
func (v *view) left(p *pass, here, categories int, now time.Time) (time.Duration, bool) {
	if !p.Floor.IsZero() {
		here = 0 // the end is a date
	}
	if v.read == 0 || categories > 0 && v.finished == 0 {
		return 0, false
	}
	rest := float64(max(here, 0))
	if categories > 0 {
		rest += float64(categories) * float64(v.sizes) / float64(v.finished)
	}
	return time.Duration(float64(now.Sub(v.started)) * rest / float64(v.read)), true
}

func leftText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}
