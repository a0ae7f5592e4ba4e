package harvest

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// blotted stands for a secret.
const blotted = "…"

// shortestSecret is the length from which a value is searched for in texts: shorter
// ones would blot out ordinary words. Query parameters are blotted at any length.
const shortestSecret = 6

// blotter takes secrets out of texts.
type blotter struct {
	parameters []string // of queries
	values     []string // wherever they stand, longest first
}

func newBlotter(h http.Header, parameters []string) *blotter {
	b := &blotter{parameters: parameters}
	for _, values := range h {
		for _, v := range values {
			b.add(v)
			if _, token, found := strings.Cut(v, " "); found {
				b.add(strings.TrimSpace(token)) // of "Bearer TOKEN"
			}
		}
	}
	return b.sorted()
}

// with returns a blotter that also knows the secrets of a URL.
func (b *blotter) with(u *url.URL) *blotter {
	all := &blotter{parameters: b.parameters, values: slices.Clone(b.values)}
	query := u.Query()
	for _, name := range b.parameters {
		for _, v := range query[name] {
			all.add(v)
		}
	}
	if password, has := u.User.Password(); has {
		all.add(password)
	}
	return all.sorted()
}

// SecretForms returns how a secret may stand in a text: as it is, and as URLs, web pages
// and JSON write it.
func SecretForms(secret string) []string {
	return []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), strings.ReplaceAll(secret, "/", `\/`)}
}

func (b *blotter) add(v string) {
	if len(v) >= shortestSecret {
		b.values = append(b.values, SecretForms(v)...)
	}
}

func (b *blotter) sorted() *blotter {
	slices.SortFunc(b.values, func(x, y string) int {
		if d := len(y) - len(x); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	b.values = slices.Compact(b.values)
	return b
}

// text returns a text without secrets. The nil blotter knows none.
func (b *blotter) text(s string) string {
	if b == nil {
		return s
	}
	for _, v := range b.values {
		s = strings.ReplaceAll(s, v, blotted)
	}
	return s
}

// url writes a URL without user and secret parameters.
func (b *blotter) url(u *url.URL) string {
	shown := *u
	shown.User = nil
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		key, _, found := strings.Cut(part, "=")
		if name, err := url.QueryUnescape(key); found && err == nil && slices.Contains(b.parameters, name) {
			parts[i] = key + "=" + blotted
		}
	}
	shown.RawQuery = strings.Join(parts, "&")
	return b.text(shown.String())
}

// error returns err with a text without secrets.
func (b *blotter) error(err error) error {
	text := err.Error()
	if clean := b.text(text); clean != text {
		return &blottedError{clean, err}
	}
	return err
}

type blottedError struct {
	text string
	err  error
}

func (e *blottedError) Error() string { return e.text }

// Is and As see the kind of the error; its text stays hidden.
func (e *blottedError) Unwrap() error { return e.err }
