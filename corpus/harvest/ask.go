package harvest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"assay/internal/format"
)

// patience is the longest wait that a service may ask for: beyond it the caller is
// told instead of kept waiting.
const patience = time.Hour

// failure is an error that is worth another try.
type failure struct {
	err   error
	after time.Duration // that the service asked to wait
	large bool
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func temporary(format string, args ...any) *failure {
	return &failure{err: fmt.Errorf(format, args...)}
}

// ask asks until an answer is accepted, refused or not worth waiting for.
func (c *Client) ask(ctx context.Context, address string, check func(*Response) error) error {
	select {
	case c.asking <- struct{}{}:
		defer func() { <-c.asking }()
	case <-ctx.Done():
		return c.stopped(ctx)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("harvest: ask %s: the address is no http or https URL", c.opt.Name) // its text may hold a secret
	}
	redact := c.redact.with(u)
	large := 0
	for try := 1; ; try++ {
		err := c.try(ctx, u, redact, check)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return c.stopped(ctx)
		}
		var f *failure
		if !errors.As(err, &f) {
			return redact.Error(err)
		}
		if f.large {
			large++
		}
		if try >= c.opt.Attempts || f.after > patience || f.large && large >= c.opt.LargeTries {
			last := f.err
			if known := new(longRest); f.after > patience && !errors.As(f.err, &known) { // which says it itself
				last = fmt.Errorf("%w; it asks to wait for %s", f.err, format.About(f.after))
			}
			return &GaveUpError{URL: redact.url(u), Attempts: try, Last: redact.Error(last), service: c.opt.Name}
		}
		c.wait(f, try, redact)
	}
}

func (c *Client) stopped(ctx context.Context) error {
	return fmt.Errorf("harvest: ask %s: %w", c.opt.Name, ctx.Err())
}

// wait lets the next try rest. The waits double up to LongestWait, each a quarter
// longer or shorter by chance, so that those whom a service turned away together do
// not come back together.
func (c *Client) wait(f *failure, try int, redact *Redactor) {
	d := c.opt.LongestWait
	if shift := try - 1; shift < 30 && c.opt.FirstWait<<shift>>shift == c.opt.FirstWait {
		d = min(d, c.opt.FirstWait<<shift)
	}
	d = min(c.opt.LongestWait, time.Duration((0.75+0.5*c.random.Float64())*float64(d)))
	d = max(d, f.after)
	c.pace.rest(d)
	c.mu.Lock()
	c.stats.Retries++
	c.mu.Unlock()
	c.note(redact.Text(fmt.Sprintf("%v, waiting %s (try %d of %d)", f.err, format.About(max(d, c.opt.Pause)), try+1, c.opt.Attempts)))
}

func (c *Client) note(text string) {
	if c.opt.Note != nil {
		c.opt.Note(text)
	}
}

// try asks once, following redirects, and has the answer checked.
func (c *Client) try(ctx context.Context, u *url.URL, redact *Redactor, check func(*Response) error) error {
	at := u
	for hop := 0; ; hop++ {
		resp, to, err := c.exchange(ctx, at, sameOrigin(u, at), redact)
		if err != nil {
			return err
		}
		if to == nil {
			resp.URL, resp.redact = redact.url(u), redact
			err := check(resp)
			var again retryError
			if errors.As(err, &again) {
				return &failure{err: again.error}
			}
			return err
		}
		if hop >= c.opt.Redirects {
			return temporary("more than %d redirects", c.opt.Redirects)
		}
		if err := c.allowed(at, to, resp.Status); err != nil {
			return err
		}
		at = to
	}
}

// exchange is one request and its answer, which may send elsewhere.
func (c *Client) exchange(ctx context.Context, u *url.URL, own bool, redact *Redactor) (r *Response, to *url.URL, err error) {
	waited, release, err := c.pace.turn(ctx, c.note)
	c.mu.Lock()
	c.stats.Waited += waited
	if err == nil {
		c.stats.Requests++
	}
	c.mu.Unlock()
	if err != nil {
		var long *longRest
		if errors.As(err, &long) {
			return nil, nil, &failure{err: long, after: long.left}
		}
		return nil, nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.opt.Timeout)
	defer cancel()
	r, err = c.send(limited, u, own, redact)
	after := c.opt.Pause
	var f *failure
	if errors.As(err, &f) {
		after = max(after, f.after)
	}
	if err := release(after); err != nil {
		return nil, nil, err
	}
	if err != nil {
		if limited.Err() != nil && ctx.Err() == nil {
			return nil, nil, temporary("no whole answer within %s", format.About(c.opt.Timeout))
		}
		return nil, nil, err
	}
	c.mu.Lock()
	c.stats.Bytes += int64(len(r.Body))
	c.mu.Unlock()
	if to, err = target(u, r); err != nil {
		return nil, nil, err
	}
	return r, to, nil
}

// send does what net/http does. Its errors name no URL.
func (c *Client) send(ctx context.Context, u *url.URL, own bool, redact *Redactor) (*Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("harvest: the request cannot be made")
	}
	if own {
		for name, values := range c.opt.Header {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	req.Header.Set("User-Agent", c.opt.UserAgent)
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := c.http.Do(req)
	if err != nil {
		var certificate *tls.CertificateVerificationError
		if errors.As(err, &certificate) {
			return nil, fmt.Errorf("harvest: %s does not prove who it is: %w", u.Host, certificate)
		}
		return nil, &failure{err: withoutURL(err)}
	}
	defer resp.Body.Close()
	if status := resp.StatusCode; status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests {
		f := &failure{after: retryAfter(resp.Header, time.Now())}
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if resp.Header.Get("Content-Encoding") != "" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
			body = nil // nothing to read for a person
		}
		f.err = (&Response{Status: status, Body: body, redact: redact}).Problem()
		return nil, f
	}
	body, err := c.body(resp)
	if err != nil {
		return nil, err
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// withoutURL takes off what net/http puts around an error: the URL may hold a secret.
func withoutURL(err error) error {
	var named *url.Error
	if errors.As(err, &named) {
		err = named.Err
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed before an answer")
	}
	return err
}

// retryAfter is what Retry-After asks for: seconds, or a date, which is held against
// the service's own clock where it tells it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	const most = 365 * 24 * time.Hour
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds, most.Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(0, at.Sub(now)), most)
}
