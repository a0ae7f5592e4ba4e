// Package harvesttest serves answers that misbehave, for the tests of harvesters.
//
//	server := httptest.NewServer(&harvesttest.Faults{Handler: good, Seed: 1, Rate: 0.3})
package harvesttest

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Fault is one way to misbehave. The zero value is none.
type Fault int

// The faults. Those that change a good answer ask the handler for it first; the
// others never reach it.
const (
	None            Fault = iota
	TooMany               // 429, without Retry-After
	TooManySeconds        // 429, Retry-After in seconds
	TooManyDate           // 429, Retry-After as a date
	Unavailable           // 503, without Retry-After
	UnavailableWait       // 503, Retry-After in seconds
	ServerError           // 500
	Reset                 // the connection breaks before an answer
	ResetAfter            // the handler has answered; the connection breaks before it is sent
	Truncated             // Content-Length is right, the second half of the body is missing
	Lying                 // Content-Length says more than there is
	Slow                  // the body comes byte by byte, and stops
	Oversized             // the body goes on with white space
	Bomb                  // gzip that unpacks to Size bytes of zeros
	BadGzip               // gzip whose second half is missing
	Broken                // the body's second half is missing, and nothing says so
	Empty                 // 200 without a body
	HTML                  // 200 with a web page
	RedirectLoop          // 302 to itself, again and again
	Elsewhere             // 302 to another host
	Gzip                  // not a fault: a good answer, packed
	Redirected            // not a fault: 307 to the same address with another query, once
	Stale                 // the answer before, once more; the first answer is good
	Misnested             // an element ends that another one is within
	Inside                // a web page stands in the midst of the answer
	Forbidden             // not a fault: characters and references that XML forbids in a text of the answer, which stays readable
	last
)

// All returns every fault but those that take long (Slow) or much (Oversized, Bomb), or change
// what is read (Forbidden).
func All() []Fault {
	var all []Fault
	for f := TooMany; f < last; f++ {
		if f != Slow && f != Oversized && f != Bomb && f != Forbidden {
			all = append(all, f)
		}
	}
	return all
}

// Faults is a handler that misbehaves before or instead of another one. Set its
// fields before the first request.
type Faults struct {
	Handler http.Handler

	// Plan says what becomes of a request, the number of which begins with 0. nil
	// draws from Kinds (nil: All) with the chance Rate, by Seed.
	Plan  func(number int, r *http.Request) Fault
	Seed  uint64
	Rate  float64
	Kinds []Fault
	// InARow bounds how many drawn faults follow each other; 0: 5.
	InARow int

	// Where says what becomes of each good answer that holds a text, at that text: Broken,
	// Misnested, Inside or Forbidden. It comes back each time.
	Where map[string]Fault

	Wait time.Duration // that Retry-After asks for, rounded up to seconds; 0: 1 s
	Slow time.Duration // for which Slow holds the connection; 0: until the client leaves
	Size int64         // of Oversized and Bomb in bytes; 0: 256 MiB

	mu     sync.Mutex
	random *rand.Rand
	number int
	row    int
	counts map[Fault]int
	before *answer
}

// ServeHTTP implements http.Handler.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if query := r.URL.Query(); query.Has(redirectedKey) {
		query.Del(redirectedKey)
		r.URL.RawQuery = query.Encode()
		f.good(w, r)
		return
	}
	switch fault := f.next(r); fault {
	case None:
		f.good(w, r)
	case TooMany, TooManySeconds, TooManyDate, Unavailable, UnavailableWait, ServerError:
		f.refuse(w, fault)
	case Reset, Empty, HTML, RedirectLoop, Elsewhere, Redirected, Bomb:
		f.instead(w, r, fault)
	default:
		f.spoil(w, r, fault)
	}
}

// next draws or looks up the fault of a request.
func (f *Faults) next(r *http.Request) (fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	number := f.number
	f.number++
	if f.counts == nil {
		f.counts = map[Fault]int{}
		f.random = rand.New(rand.NewPCG(f.Seed, 0))
	}
	defer func() { f.counts[fault]++ }()
	if f.Plan != nil {
		return f.Plan(number, r)
	}
	kinds, most := f.Kinds, f.InARow
	if kinds == nil {
		kinds = All()
	}
	if most == 0 {
		most = 5
	}
	if f.random.Float64() >= f.Rate || f.row >= most {
		f.row = 0
		return None
	}
	f.row++
	return kinds[f.random.IntN(len(kinds))]
}

// Requests is how many requests came, those that were redirected counted once.
func (f *Faults) Requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.number
}

// Count is how many requests met a fault.
func (f *Faults) Count(fault Fault) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[fault]
}
