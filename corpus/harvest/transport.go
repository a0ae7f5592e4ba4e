package harvest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// NewTransport returns the transport that clients use by default: the system's
// proxies and certificates, HTTP/1.1, and a new connection a request. A connection
// that is kept could be lost while it rests, and net/http would then ask again by
// itself, without the pause that the service is owed.
func NewTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    30 * time.Second,
		MaxConnsPerHost:        1,
		DisableKeepAlives:      true,
		DisableCompression:     true, // done here, with a bound
		MaxResponseHeaderBytes: 256 << 10,
		Protocols:              protocols,
	}
}

// body reads an answer's body, unpacked, up to the bound.
func (c *Client) body(resp *http.Response) ([]byte, error) {
	packed := io.LimitReader(resp.Body, c.opt.MaxBody+1)
	reader := packed
	switch encoding := strings.ToLower(resp.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, temporary("the answer is not gzip as it says: %w", withoutURL(err))
		}
		defer z.Close()
		reader = io.LimitReader(z, c.opt.MaxBody+1)
	default:
		return nil, temporary("the answer is packed as %.40q, which was not asked for", encoding)
	}
	var out bytes.Buffer
	n, err := out.ReadFrom(reader)
	switch {
	case n > c.opt.MaxBody:
		return nil, &failure{err: fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.opt.MaxBody), large: true}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, temporary("the answer breaks off after %d bytes", n)
	case err != nil:
		return nil, temporary("the answer breaks off after %d bytes: %w", n, withoutURL(err))
	}
	return out.Bytes(), nil
}

// target is where an answer sends the client, nil for most.
func target(from *url.URL, r *Response) (*url.URL, error) {
	switch r.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	location := r.Header.Get("Location")
	if location == "" {
		return nil, temporary("%d without a place to go to", r.Status)
	}
	to, err := from.Parse(location)
	if err != nil {
		return nil, temporary("%d to what is no URL", r.Status)
	}
	return to, nil
}

// allowed is nil where a redirect may be followed. A refusal of one that is meant
// for ever is final; others come from blocks and portals, which pass.
func (c *Client) allowed(from, to *url.URL, status int) error {
	var err error
	switch {
	case to.User != nil, to.Scheme != "http" && to.Scheme != "https", to.Host == "":
		err = errors.New("a redirect to no plain http or https URL is not followed")
	case from.Scheme == "https" && to.Scheme == "http":
		err = fmt.Errorf("a redirect from https to http (%s) is not followed", to.Host)
	case !sameOrigin(from, to) && !slices.Contains(c.opt.Hosts, to.Host) && !slices.Contains(c.opt.Hosts, to.Hostname()):
		err = fmt.Errorf("a redirect to another host (%s) is not followed; ask that one, if you trust it", to.Host)
	}
	if err == nil || status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect {
		if err != nil {
			err = fmt.Errorf("harvest: ask %s: %w", c.opt.Name, err)
		}
		return err
	}
	return &failure{err: err}
}

// sameOrigin reports whether b is served by the same host and port as a, or by the
// same host over TLS.
func sameOrigin(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	return port(a) == port(b) && (a.Scheme == b.Scheme || b.Scheme == "https") ||
		a.Scheme == "http" && port(a) == "80" && b.Scheme == "https" && port(b) == "443"
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
