package harvest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"assay/internal/fault"
)

// Options configure a client. The zero value of a field is its default.
type Options struct {
	Name        string            // of the service, for messages and progress
	UserAgent   string            // says who asks; required
	Header      http.Header       // sent with each request, never to another host; its values are never logged nor part of an error
	Secrets     []string          // query parameters whose values are never logged nor part of an error
	Pause       time.Duration     // least time from the end of one request to the beginning of the next
	PaceFile    string            // remembers the last request across processes, one of which asks at a time; "" keeps none
	Timeout     time.Duration     // of one request, body included; 0: two minutes
	MaxBody     int64             // bytes, unpacked; 0: 64 MiB
	LargeTries  int               // of an answer that is larger; 0: 1
	Attempts    int               // tries of one request; 0: 20
	FirstWait   time.Duration     // after the first failure; doubles, with jitter; 0: 5 s
	LongestWait time.Duration     // that a wait grows to; 0: 10 minutes
	Redirects   int               // followed, within the same host or to one of Hosts; 0: 5
	Hosts       []string          // other hosts that a redirect may lead to
	Transport   http.RoundTripper // nil: NewTransport()
	Seed        uint64            // of the jitter; 0: drawn
	// Note is told what a user waits for: "503, waiting 20 s (try 3 of 20)"; nil: nobody.
	Note func(text string)
}

// Response is an answer that has arrived in full.
type Response struct {
	URL    string // asked, secrets redacted
	Status int    // 200 to 499 but 408, 425 and 429, which are retried, and redirects, which are followed
	Header http.Header
	Body   []byte // unpacked; holds until the call returns

	redact *Redactor
}

// Client asks one service. It is safe for concurrent use; requests wait for each
// other.
type Client struct {
	opt    Options
	http   *http.Client
	redact *Redactor
	random *rand.Rand    // guarded by asking
	asking chan struct{} // holds one token: the right to ask
	pace   *pace

	mu    sync.Mutex
	stats Stats
}

// Stats is what a client did.
type Stats struct {
	Requests, Retries int
	Waited            time.Duration // pauses and waits
	Bytes             int64         // of bodies, unpacked
}

// GaveUpError says that a request failed as often as the options allow, or that
// the service asks for more patience than an hour.
type GaveUpError struct {
	URL      string // secrets redacted
	Attempts int
	Last     error

	service string
}

// Error implements error.
func (e *GaveUpError) Error() string {
	name := e.service
	if name == "" {
		name = "harvest"
	}
	tries := "1 try"
	if e.Attempts != 1 {
		tries = fmt.Sprintf("%d tries", e.Attempts)
	}
	return fmt.Sprintf("%s: gave up after %s of %s: %v", name, tries, e.URL, e.Last)
}

// Unwrap returns the last failure.
func (e *GaveUpError) Unwrap() error { return e.Last }

// Is makes it an [ErrForNow].
func (e *GaveUpError) Is(target error) bool { return target == ErrForNow }

// ErrTooLarge says that an answer is larger than Options.MaxBody.
var ErrTooLarge = errors.New("the answer is too large")

// retryError marks an error as temporary.
type retryError struct{ error }

func (e retryError) Unwrap() error { return e.error }

// Retry marks an error of a check as temporary: the answer is asked for again.
func Retry(err error) error {
	if err == nil {
		return nil
	}
	return retryError{err}
}

// New returns a client. What is wrong with the options is a usage error.
func New(opt Options) (*Client, error) {
	if err := opt.complete(); err != nil {
		return nil, fault.Usage(fmt.Errorf("harvest: %w", err))
	}
	c := &Client{opt: opt, asking: make(chan struct{}, 1), pace: newPace(opt.PaceFile, opt.Pause)}
	c.http = &http.Client{
		Transport:     opt.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.redact = newRedactor(opt.Header, opt.Secrets)
	seed := opt.Seed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	c.random = rand.New(rand.NewPCG(seed, uint64(os.Getpid())))
	if opt.Seed != 0 {
		c.random = rand.New(rand.NewPCG(seed, 0))
	}
	return c, nil
}

// complete fills defaults and says what is wrong.
func (o *Options) complete() error {
	if o.Name == "" {
		o.Name = "harvest"
	}
	switch {
	case strings.TrimSpace(o.UserAgent) == "":
		return errors.New("a client must say who asks: the user agent is empty")
	case strings.ContainsFunc(o.UserAgent, unicode.IsControl):
		return errors.New("the user agent holds control characters")
	case o.Pause < 0 || o.Timeout < 0 || o.FirstWait < 0 || o.LongestWait < 0:
		return errors.New("a time is negative")
	case o.Attempts < 0 || o.MaxBody < 0 || o.Redirects < 0 || o.LargeTries < 0:
		return errors.New("a limit is negative")
	}
	for name, values := range o.Header {
		for _, v := range values {
			if name == "" || strings.ContainsAny(name, " :\t") || strings.ContainsFunc(name+v, unicode.IsControl) {
				return fmt.Errorf("the header %q cannot be sent", name)
			}
		}
	}
	o.Header = o.Header.Clone()
	byDefault(&o.Timeout, 2*time.Minute)
	byDefault(&o.MaxBody, 64<<20)
	byDefault(&o.LargeTries, 1)
	byDefault(&o.Attempts, 20)
	byDefault(&o.FirstWait, 5*time.Second)
	byDefault(&o.LongestWait, 10*time.Minute)
	byDefault(&o.Redirects, 5)
	if o.Transport == nil {
		o.Transport = NewTransport()
	}
	return nil
}

func byDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Get asks for url until check accepts the answer. A failure of transport, the
// statuses 408, 425, 429 and 5xx, and an error of check marked by Retry are tried
// again after a growing wait with jitter, or after what Retry-After says where that is
// longer; any other error of check ends it. check sees every other status and judges
// it (see Response.Problem). The error is a *GaveUpError where the tries did not
// suffice; errors.Is(err, ErrTooLarge) where the answer is too large.
func (c *Client) Get(ctx context.Context, url string, check func(*Response) error) error {
	return c.ask(ctx, url, check)
}

// Rest lets no request begin before d has passed, as a service's rate-limit headers ask.
func (c *Client) Rest(d time.Duration) { c.pace.rest(d) }

// Stats returns what the client did so far.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Problem is nil for status 200 and else an error with the status and the beginning
// of the body as text.
func (r *Response) Problem() error {
	if r.Status == http.StatusOK {
		return nil
	}
	text := fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
	if said := beginning(r.Body, r.redact); said != "" {
		text += ": " + said
	}
	return errors.New(text)
}

// beginning is the first words of a body, white space folded, markup left as it is. Secrets
// are taken out before the text is cut, or a part of one could be left.
func beginning(body []byte, redact *Redactor) string {
	const most, looked = 200, 64 << 10
	body = []byte(redact.Text(string(body[:min(len(body), looked)])))
	if len(body) > 4*most {
		body = body[:4*most]
	}
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(string(body), ""))
	runes := []rune(strings.Join(strings.Fields(printable), " "))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}
