package harvest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"assay/corpus/harvest/harvesttest"
)

// transport answers without a network, so that time in a bubble can jump.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func newClient(t *testing.T, opt Options) *Client {
	t.Helper()
	opt.UserAgent, opt.Seed = "assay/test (+mailto:me@example.org)", 1
	c, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hurried is for servers of the test's own.
func hurried(opt Options) Options {
	opt.FirstWait, opt.LongestWait = time.Millisecond, 2*time.Millisecond
	return opt
}

func accept(*Response) error { return nil }

// get returns the body of what is accepted at status 200.
func get(c *Client, url string) (body string, err error) {
	err = c.Get(context.Background(), url, func(r *Response) error {
		body = string(r.Body)
		return r.Problem()
	})
	return body, err
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "hello "+r.Header.Get("User-Agent"))
})

// Waits grow from FirstWait to LongestWait, a quarter more or less, and what the
// service asks for is kept where it is longer.
func TestWaits(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer *http.Response
		least  []time.Duration // before the 2nd, 3rd, … request
		most   []time.Duration
	}{
		{"grow", answer(503, ""), []time.Duration{3750, 7500, 15000, 22500}, []time.Duration{6250, 12500, 25000, 30000}},
		{"seconds", answer(429, "", "Retry-After", "120"), []time.Duration{120000}, []time.Duration{120000}},
		{"fraction", answer(429, "", "Retry-After", "7.5"), []time.Duration{7500}, []time.Duration{7500}},
		{"date", answer(503, "", "Date", "Mon, 02 Mar 2026 10:00:00 GMT", "Retry-After", "Mon, 02 Mar 2026 10:05:00 GMT"), []time.Duration{300000}, []time.Duration{300000}},
		{"date by our clock", answer(503, "", "Retry-After", "Sat, 01 Jan 2000 00:10:00 GMT"), []time.Duration{590000}, []time.Duration{590000}},
		{"an hour", answer(503, "", "Retry-After", "3600"), []time.Duration{3600000}, []time.Duration{3600000}},
		{"past", answer(503, "", "Retry-After", "Sat, 01 Jan 1994 00:10:00 GMT"), []time.Duration{3750}, []time.Duration{6250}},
		{"nonsense", answer(503, "", "Retry-After", "soon"), []time.Duration{3750}, []time.Duration{6250}},
		{"negative", answer(503, "", "Retry-After", "-5"), []time.Duration{3750}, []time.Duration{6250}},
		{"not a number", answer(503, "", "Retry-After", "NaN"), []time.Duration{3750}, []time.Duration{6250}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			client := newClient(t, Options{Pause: time.Second, LongestWait: 30 * time.Second, Transport: transport(func(*http.Request) (*http.Response, error) {
				at = append(at, time.Now())
				time.Sleep(10 * time.Second) // what the request takes; waits begin at its end
				if len(at) > len(c.least) {
					return answer(200, "hello"), nil
				}
				again := *c.answer
				return &again, nil
			})})
			if body, err := get(client, "http://example.org/"); err != nil || body != "hello" {
				t.Fatalf("%s: %q, %v", c.name, body, err)
			}
			for i := range c.least {
				d := at[i+1].Sub(at[i]) - 10*time.Second
				if d < c.least[i]*time.Millisecond || d > c.most[i]*time.Millisecond {
					t.Errorf("%s: wait %d is %v, want %d to %d ms", c.name, i, d, c.least[i], c.most[i])
				}
			}
			if s := client.Stats(); s.Requests != len(at) || s.Retries != len(at)-1 || s.Waited < c.least[0]*time.Millisecond || s.Bytes != 5 {
				t.Errorf("%s: %+v", c.name, s)
			}
		})
	}
}

// The pause runs from the end of a request, also where the request is refused, and
// where the next asker is another goroutine.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last time.Time
		under := 0
		client := newClient(t, Options{Pause: 3 * time.Second, Transport: transport(func(*http.Request) (*http.Response, error) {
			if under++; under > 1 {
				t.Error("two requests at once")
			}
			if d := time.Since(last); d < 3*time.Second {
				t.Errorf("a pause of %v", d)
			}
			time.Sleep(7 * time.Second)
			last = time.Now()
			under--
			return answer(400, "no"), nil
		})})
		done := make(chan error)
		for range 4 {
			go func() { done <- client.Get(t.Context(), "http://example.org/", accept) }()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		client.Rest(time.Minute)
		start := time.Now()
		if err := client.Get(t.Context(), "http://example.org/", accept); err != nil || time.Since(start) != time.Minute+7*time.Second {
			t.Errorf("after Rest: %v, %v", time.Since(start), err)
		}
	})
}

func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var notes []string
		asked := 0
		status, wait := 503, ""
		client := newClient(t, Options{Name: "arXiv API", Attempts: 4, Note: func(s string) { notes = append(notes, s) }, Transport: transport(func(*http.Request) (*http.Response, error) {
			asked++
			return answer(status, "Rate exceeded.\n", "Retry-After", wait), nil
		})})
		var gaveUp *GaveUpError
		_, err := get(client, "http://example.org/q")
		if !errors.As(err, &gaveUp) || gaveUp.Attempts != 4 || asked != 4 || gaveUp.URL != "http://example.org/q" ||
			err.Error() != "arXiv API: gave up after 4 tries of http://example.org/q: 503 Service Unavailable: Rate exceeded." {
			t.Errorf("%v after %d", err, asked)
		}
		if len(notes) != 3 || !strings.HasPrefix(notes[0], "503 Service Unavailable: Rate exceeded., waiting ") || !strings.HasSuffix(notes[2], "(try 4 of 4)") {
			t.Errorf("%q", notes)
		}
		// More than an hour is told to the caller.
		asked, wait = 0, "3601"
		if _, err = get(client, "http://example.org/q"); !errors.As(err, &gaveUp) || asked != 1 || !strings.Contains(err.Error(), "gave up after 1 try") || !strings.Contains(err.Error(), "asks to wait for 60 min") {
			t.Errorf("%v after %d", err, asked)
		}
	})
}

// An error of check ends it unless it is marked.
func TestCheck(t *testing.T) {
	url := serve(t, hello)
	client := newClient(t, hurried(Options{Attempts: 3}))
	calls := 0
	odd := errors.New("odd")
	err := client.Get(context.Background(), url, func(*Response) error { calls++; return odd })
	if !errors.Is(err, odd) || calls != 1 {
		t.Errorf("%v after %d", err, calls)
	}
	calls = 0
	err = client.Get(context.Background(), url, func(*Response) error { calls++; return Retry(odd) })
	var gaveUp *GaveUpError
	if !errors.As(err, &gaveUp) || !errors.Is(err, odd) || calls != 3 {
		t.Errorf("%v after %d", err, calls)
	}
	if Retry(nil) != nil {
		t.Error("Retry(nil) is an error")
	}
}

// Faults of each kind pass, and the answer is whole.
func TestFaults(t *testing.T) {
	text := strings.Repeat("All of it. ", 1000)
	good := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	for fault := harvesttest.TooMany; fault <= harvesttest.Stale; fault++ {
		switch fault {
		case harvesttest.TooManySeconds, harvesttest.TooManyDate, harvesttest.UnavailableWait:
			continue // a second each; TestWaits has them
		}
		faults := &harvesttest.Faults{Handler: good, Size: 8 << 20, Plan: func(n int, _ *http.Request) harvesttest.Fault {
			if n == 0 {
				return fault
			}
			return harvesttest.None
		}}
		synced := hurried(Options{MaxBody: 1 << 20, LargeTries: 2, Timeout: 300 * time.Millisecond, Attempts: 2})
		client := newClient(t, synced)
		err := client.Get(context.Background(), serve(t, faults), func(r *Response) error {
			if r.Problem() != nil || string(r.Body) != text {
				return Retry(errors.New("not the answer"))
			}
			return nil
		})
		if err != nil {
			t.Errorf("fault %d: %v", fault, err)
		}
		harmless := fault == harvesttest.Gzip || fault == harvesttest.Redirected || fault == harvesttest.Stale || fault == harvesttest.RedirectLoop
		if retries := client.Stats().Retries; (retries == 0) != harmless {
			t.Errorf("fault %d: %d retries", fault, retries)
		}
	}
}

// What a fault is called tells a user what happened.
func TestFaultsAreNamed(t *testing.T) {
	for fault, want := range map[harvesttest.Fault]string{
		harvesttest.ServerError:  "500 Internal Server Error",
		harvesttest.Reset:        "the connection was closed before an answer",
		harvesttest.Truncated:    "the answer breaks off after 50 bytes",
		harvesttest.Lying:        "the answer breaks off after 100 bytes",
		harvesttest.Slow:         "no whole answer within 100 ms",
		harvesttest.Oversized:    "the answer is too large: more than 1048576 bytes",
		harvesttest.Bomb:         "the answer is too large: more than 1048576 bytes",
		harvesttest.BadGzip:      "the answer breaks off",
		harvesttest.RedirectLoop: "more than 5 redirects",
		harvesttest.Elsewhere:    "a redirect to another host (elsewhere.invalid) is not followed",
	} {
		good := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("a", 100)) })
		faults := &harvesttest.Faults{Handler: good, Size: 8 << 20, Plan: func(int, *http.Request) harvesttest.Fault { return fault }}
		client := newClient(t, hurried(Options{MaxBody: 1 << 20, Timeout: 100 * time.Millisecond, Attempts: 2}))
		if fault != harvesttest.Slow {
			client.opt.Timeout = 10 * time.Second
		}
		_, err := get(client, serve(t, faults))
		var gaveUp *GaveUpError
		if !errors.As(err, &gaveUp) || !strings.Contains(err.Error(), want) {
			t.Errorf("fault %d: %v, want %q", fault, err, want)
		}
		if large := fault == harvesttest.Oversized || fault == harvesttest.Bomb; errors.Is(err, ErrTooLarge) != large {
			t.Errorf("fault %d: too large is %v", fault, !large)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	url := serve(t, &harvesttest.Faults{Handler: hello, Plan: func(int, *http.Request) harvesttest.Fault { return harvesttest.Unavailable }})
	client := newClient(t, Options{FirstWait: time.Hour, LongestWait: time.Hour, Note: func(string) { cancel() }, PaceFile: filepath.Join(t.TempDir(), "pace")})
	if err := client.Get(ctx, url, accept); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := client.Get(ctx, url, accept); !errors.Is(err, context.Canceled) || client.Stats().Requests != 1 {
		t.Error(err, client.Stats())
	}
}

func TestWrongOptions(t *testing.T) {
	for want, opt := range map[string]Options{
		"user agent is empty": {},
		"control characters":  {UserAgent: "a\r\nHost: b"},
		"a time is negative":  {UserAgent: "a", Pause: -1},
		"a limit is negative": {UserAgent: "a", Attempts: -1},
		"cannot be sent":      {UserAgent: "a", Header: http.Header{"X": {"a\nb"}}},
	} {
		if _, err := New(opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, url := range []string{"ftp://example.org/?key=secret", "example.org/secret", ":secret", "http:///secret"} {
		if err := newClient(t, Options{}).Get(context.Background(), url, accept); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
