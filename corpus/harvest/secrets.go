package harvest

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// redacted stands for a secret.
const redacted = "…"

// shortestSecret is the length from which a header's value is redacted in texts: shorter ones
// may be ordinary words. In addresses, secret parameters are redacted at any length.
const shortestSecret = 6

// Redactor takes secrets out of texts: it puts "…" in their place. A nil Redactor knows none.
type Redactor struct {
	parameters []string // of queries
	values     []string // wherever they stand, longest first
}

// NewRedactor knows one secret, of any length but 0.
func NewRedactor(secret string) *Redactor {
	return (&Redactor{values: forms(secret)}).sorted()
}

// newRedactor knows the values of a request's headers, and the names of secret parameters.
func newRedactor(h http.Header, parameters []string) *Redactor {
	r := &Redactor{parameters: parameters}
	for _, values := range h {
		for _, v := range values {
			r.add(v)
			if _, token, found := strings.Cut(v, " "); found {
				r.add(strings.TrimSpace(token)) // of "Bearer TOKEN"
			}
		}
	}
	return r.sorted()
}

// with returns a Redactor that also knows the secrets of a URL.
func (r *Redactor) with(u *url.URL) *Redactor {
	all := &Redactor{parameters: r.parameters, values: slices.Clone(r.values)}
	query := u.Query()
	for _, name := range r.parameters {
		for _, v := range query[name] {
			all.add(v)
		}
	}
	if password, has := u.User.Password(); has {
		all.add(password)
	}
	return all.sorted()
}

// forms returns how a secret may stand in a text: as it is, and as URLs, web pages
// and JSON write it.
func forms(secret string) []string {
	return []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), strings.ReplaceAll(secret, "/", `\/`)}
}

func (r *Redactor) add(v string) {
	if len(v) >= shortestSecret {
		r.values = append(r.values, forms(v)...)
	}
}

func (r *Redactor) sorted() *Redactor {
	slices.SortFunc(r.values, func(x, y string) int {
		if d := len(y) - len(x); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	r.values = slices.Compact(r.values)
	return r
}

// Text returns a text without secrets.
func (r *Redactor) Text(s string) string {
	if r == nil {
		return s
	}
	for _, v := range r.values {
		s = strings.ReplaceAll(s, v, redacted)
	}
	return s
}

// url writes a URL without user and secret parameters.
func (r *Redactor) url(u *url.URL) string {
	shown := *u
	shown.User = nil
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		key, _, found := strings.Cut(part, "=")
		if name, err := url.QueryUnescape(key); found && err == nil && slices.Contains(r.parameters, name) {
			parts[i] = key + "=" + redacted
		}
	}
	shown.RawQuery = strings.Join(parts, "&")
	return r.Text(shown.String())
}

// Error returns err with a text without secrets, or nil for nil. The kinds of what it wraps
// are still seen by errors.Is and errors.As.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := r.Text(text); clean != text {
		return &redactedError{clean, err}
	}
	return err
}

type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }

// Is and As reach the wrapped error. There is no Unwrap: it would give its text away.
func (e *redactedError) Is(target error) bool { return errors.Is(e.err, target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.err, target) }
