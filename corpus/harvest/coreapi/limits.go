package coreapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// allowance is what CORE's headers say of a key's tokens: a plain search costs 1 of
// them, a scrolled page several.
type allowance struct {
	remaining int
	known     bool          // remaining was stated
	limit     int           // of a whole allowance; 0 where unstated
	wait      time.Duration // until there are new ones
}

// unstatedWait is how long an allowance is waited for where CORE does not
// say: its limits count requests a minute, and a day.
const unstatedWait = time.Minute

// readAllowance reads X-RateLimitRemaining, X-RateLimit-Limit and
// X-RateLimit-Retry-After, which CORE and its mirrors write with and without dashes.
func readAllowance(h http.Header, now time.Time) allowance {
	var a allowance
	if n, err := strconv.ParseFloat(anyOf(h, "X-RateLimitRemaining", "X-RateLimit-Remaining", "X-Rate-Limit-Remaining"), 64); err == nil && n < 1e12 {
		a.remaining, a.known = int(max(0, n)), true
	}
	if n, err := strconv.ParseFloat(anyOf(h, "X-RateLimit-Limit", "X-RateLimitLimit", "X-Rate-Limit-Limit"), 64); err == nil && n >= 1 && n < 1e9 {
		a.limit = int(n)
	}
	a.wait = unstatedWait
	if d, ok := until(anyOf(h, "X-RateLimit-Retry-After", "X-RateLimitRetryAfter", "X-Rate-Limit-Retry-After", "Retry-After"), now); ok {
		a.wait = d
	}
	return a
}

func anyOf(h http.Header, names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(h.Get(name)); v != "" {
			return v
		}
	}
	return ""
}

// clock is the server's present time as an answer's header has it, else that of here: a
// date to wait for is the server's.
func clock(h http.Header) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return time.Now()
}

// until reads a time to wait for: seconds, seconds since 1970, or a date.
func until(text string, now time.Time) (time.Duration, bool) {
	const sinceEpoch = 1e9 // more seconds than anyone is told to wait
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case !(n >= 0 && n < 1e11):
			return 0, false
		case n < sinceEpoch:
			return time.Duration(n * float64(time.Second)), true
		}
		return max(0, time.Unix(int64(n), 0).Sub(now)), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", time.RFC1123Z, http.TimeFormat, time.RFC850, time.ANSIC} {
		if t, err := time.Parse(layout, text); err == nil {
			return max(0, t.Sub(now)), true
		}
	}
	return 0, false
}

// meter tells from answers when the next question would go beyond the allowance.
type meter struct {
	last  int // tokens that remained
	known bool
	cost  map[bool]int // of a question, scrolled or not, as the last one of its kind cost
}

// mostCost bounds what a fall of the allowance is taken for: by CORE's rules a search
// costs 1 token and a scroll 3 to 5; others may use the same key.
const mostCost = 5

func newMeter() *meter { return &meter{cost: map[bool]int{false: 1, true: mostCost}} }

// rest returns how long to rest before the next question, after an answer to one
// that was scrolled or not.
func (m *meter) rest(h http.Header, scrolled bool, now time.Time) time.Duration {
	a := readAllowance(h, now)
	if !a.known {
		return 0
	}
	if fell := m.last - a.remaining; m.known && fell > 0 && fell <= mostCost {
		m.cost[scrolled] = fell
	}
	m.last, m.known = a.remaining, true
	cost := m.cost[scrolled]
	if a.limit > 0 {
		cost = min(cost, a.limit) // more there will never be
	}
	if a.remaining >= cost {
		return 0
	}
	m.known = false // the allowance begins anew
	return a.wait
}
