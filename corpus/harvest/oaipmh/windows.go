package oaipmh

import "time"

const (
	windowPages  = 32             // pages that a window aims at
	firstDays    = 32             // length of the first window
	mostDays     = 732            // length of the longest
	restartsMost = 20             // times that one window is begun again
	tokenLife    = 24 * time.Hour // of a token that does not say: arXiv's live to the next midnight
	overlapDays  = 2              // the last days before the server's present that count as not complete
)

// plan chooses the next window's last day: zero is the present. What is left is
// taken along if it is less than half a window.
func plan(from time.Time, days int, until, today time.Time) time.Time {
	end := from.AddDate(0, 0, days-1)
	most := end.AddDate(0, 0, days/2)
	if !until.IsZero() {
		if !most.Before(until) {
			return until
		}
		return end
	}
	if !most.Before(today.AddDate(0, 0, -1)) {
		return time.Time{}
	}
	return end
}

// adapt chooses the next window's length after one that had so many pages.
func adapt(days, pages, aim int) int {
	switch {
	case pages <= aim/4:
		days *= 4
	case pages <= aim/2:
		days *= 2
	case pages > 2*aim:
		days /= 2
	}
	return min(max(days, 1), mostDays)
}

// halve returns the last day of a window's first half; a window of one day stays.
func halve(from, until, today time.Time) (end time.Time, days int) {
	if until.IsZero() {
		if until = today; !from.Before(today) {
			return time.Time{}, 1
		}
	}
	days = max(1, (int(until.Sub(from).Hours()/24)+1)/2)
	return from.AddDate(0, 0, days-1), days
}

// completeThrough is the last day that a finished window vouches for.
func (w *window) completeThrough(today time.Time) time.Time {
	bound := today.AddDate(0, 0, -overlapDays)
	until, closed := parseDay(w.Until)
	if answered, ok := parseDay(w.Answered); ok {
		bound = answered.AddDate(0, 0, -overlapDays)
	} else if !closed {
		// Neither the server nor the request names a day: trust no more than was seen.
		newest, _ := parseDay(w.Newest)
		bound = earlier(bound, newest)
	}
	if closed {
		return earlier(until, bound)
	}
	return bound
}

// last reports whether no window follows: this one was open, reached what the user
// asked for, or the server's present.
func (w *window) last(until string) bool {
	if w.Until == "" || w.Until == until {
		return true
	}
	end, _ := parseDay(w.Until)
	answered, ok := parseDay(w.Answered)
	return ok && !end.Before(answered)
}

// expired reports whether the token is as good as void. Only the time gone by since
// it came is compared, since clocks differ.
func (w *window) expired(now time.Time) bool {
	life := w.Life
	if life <= 0 {
		life = tokenLife
	}
	return w.Token != "" && now.Sub(w.Received) >= life
}
