package coreapi

import (
	"assay/corpus/harvest"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// guard is a transport that knows what CORE's answers mean for a scroll, whose
// place moves on with each request that CORE has seen: where an answer to one is
// lost, asking again would skip a page. It turns each such loss into status 410, for
// which the list is read on from a place that is known.
type guard struct {
	base    http.RoundTripper
	longest time.Duration // that a refusal may ask to wait
	key     *harvest.Redactor

	mu   sync.Mutex
	once bool          // the present question goes on with a scroll
	seen bool          // CORE has answered it, or may have seen it
	wait time.Duration // that a refusal asked for, where it is longer
}

// tooLong is how long the last refusal of the present question asked to wait, where that
// is longer than allowed, else 0.
func (g *guard) tooLong() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.wait
}

// begin is called before each question.
func (g *guard) begin(once bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.once, g.seen, g.wait = once, false, 0
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.once && g.seen {
		return lost(req), nil
	}
	resp, err := g.base.RoundTrip(req)
	if err == nil && resp.StatusCode >= 300 {
		g.redactBody(resp)
	}
	if err == nil && g.refused(resp) {
		_ = resp.Body.Close()
		return lost(req), nil
	}
	if !g.once {
		return resp, err
	}
	switch {
	case err != nil:
		g.seen = !neverSent(err) // the client asks again, and is told
		return resp, err
	case resp.StatusCode < 300:
		g.seen = true
	case resp.StatusCode >= 500 && resp.StatusCode != http.StatusServiceUnavailable, resp.StatusCode == http.StatusRequestTimeout, resp.StatusCode == http.StatusTooEarly:
		// A scroll that has expired is an error of the server; asked again, it would be one again.
		_ = resp.Body.Close()
		return lost(req), nil
	}
	return resp, nil
}

// redactBody takes the key out of a text that messages quote, before they shorten it and
// a part of the key is left.
func (g *guard) redactBody(resp *http.Response) {
	const most = 64 << 10
	var text []byte
	packed := io.LimitReader(resp.Body, most)
	switch resp.Header.Get("Content-Encoding") {
	case "":
		text, _ = io.ReadAll(packed)
	case "gzip":
		if z, err := gzip.NewReader(packed); err == nil {
			text, _ = io.ReadAll(io.LimitReader(z, most))
		}
	}
	_ = resp.Body.Close() // what broke off is no less of a refusal
	resp.Header.Del("Content-Encoding")
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(g.key.Text(string(text)))), -1
}

// lost is the answer that stands for a scroll without a place.
func lost(req *http.Request) *http.Response {
	return &http.Response{
		Status: "410 Gone", StatusCode: http.StatusGone, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req,
	}
}

// neverSent reports whether the request failed before CORE could see it.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// refused reads what a refusal asks to wait, which CORE says in a header of its own,
// for a client that knows Retry-After in seconds; it reports whether that is
// too long.
func (g *guard) refused(resp *http.Response) bool {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return false
	}
	wait, ok := until(anyOf(resp.Header, "Retry-After", "X-RateLimit-Retry-After", "X-RateLimitRetryAfter", "X-Rate-Limit-Retry-After"), clock(resp.Header))
	if !ok {
		return false
	}
	resp.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	if wait > g.longest {
		g.wait = wait
	}
	return g.wait > 0
}
