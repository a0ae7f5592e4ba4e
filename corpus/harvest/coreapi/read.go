package coreapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"
	"time"

	"assay/corpus/arxivid"
)

// Page is one answer to a search.
type Page struct {
	Total  int    // results that the search has in all, by CORE's count
	Scroll string // asks for the next page; "" where the answer names none
	Works  []Work
}

// Work is one result, its texts as CORE sent them.
type Work struct {
	ID        string
	Malformed bool // no object, or one without id; ID is made of its bytes
	DOI       string
	ArxivID   string
	Title     string
	Abstract  string
	FullText  string // "" where CORE has none
	Withheld  bool   // CORE says that this caller may not have the full text
	Language  string // its name, such as English
	Published time.Time
	Authors   []string

	tooLarge bool // no answer with it is small enough to be read; ID is its place
}

// withheld is what CORE's v3 puts in place of a full text for callers without a key.
const withheld = "not available for public api users"

// errNotAnAnswer is why a body is asked for again: HTML of a gateway, a truncated
// or an empty body.
var errNotAnAnswer = errors.New("not an answer of CORE's")

// ReadV3 reads an answer of /v3/search/works
// (https://api.core.ac.uk/docs/v3). Fields may be null, absent or of another
// type than documented: numbers come as strings, and the other way round. Characters
// that JSON forbids in texts are read as spaces. An error says that the body as a whole is no such answer.
func ReadV3(body []byte) (*Page, error) {
	var answer struct {
		TotalHits *loose     `json:"totalHits"`
		ScrollID  loose      `json:"scrollId"`
		Results   resultList `json:"results"`
	}
	body, _ = mendJSON(body)
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, notAnAnswer(body, err)
	}
	if answer.TotalHits == nil && answer.Results == nil {
		return nil, notAnAnswer(body, errors.New("neither totalHits nor results"))
	}
	return readPage(answer.TotalHits, string(answer.ScrollID), answer.Results)
}

// ReadV2 reads an answer of /api-v2/articles/search, {status, totalHits, data},
// with ReadV3's tolerance.
func ReadV2(body []byte) (*Page, error) {
	var answer struct {
		Status    loose      `json:"status"`
		TotalHits *loose     `json:"totalHits"`
		Data      resultList `json:"data"`
	}
	body, _ = mendJSON(body)
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, notAnAnswer(body, err)
	}
	switch {
	case strings.EqualFold(string(answer.Status), "Not found"):
		return &Page{}, nil
	case !strings.EqualFold(string(answer.Status), "OK"):
		return nil, notAnAnswer(body, fmt.Errorf("status %q", beginning(string(answer.Status))))
	}
	return readPage(answer.TotalHits, "", answer.Data)
}

func readPage(total *loose, scroll string, results resultList) (*Page, error) {
	p := &Page{Scroll: scroll, Works: make([]Work, 0, len(results))}
	if total != nil && *total != "" {
		n, err := strconv.ParseFloat(string(*total), 64)
		if err != nil || !(n >= 0 && n <= 1e12) {
			return nil, fmt.Errorf("%w: totalHits is %q", errNotAnAnswer, beginning(string(*total)))
		}
		p.Total = int(n)
	}
	for _, raw := range results {
		w, ok := readWork(raw)
		if !ok {
			w = Work{ID: fmt.Sprintf("?%08x", crc32.ChecksumIEEE(raw)), Malformed: true}
		}
		p.Works = append(p.Works, w)
	}
	return p, nil
}

// result is a work of v3 or an article of v2: they differ in what they call the
// abstract and in how they list authors.
type result struct {
	ID            loose    `json:"id"`
	DOI           loose    `json:"doi"`
	ArxivID       loose    `json:"arxivId"`
	Title         loose    `json:"title"`
	Abstract      loose    `json:"abstract"`
	Description   loose    `json:"description"` // v2
	FullText      loose    `json:"fullText"`
	Language      name     `json:"language"`
	Published     loose    `json:"publishedDate"`
	DatePublished loose    `json:"datePublished"` // v2
	YearPublished loose    `json:"yearPublished"`
	Year          loose    `json:"year"` // v2
	Authors       nameList `json:"authors"`
}

func readWork(raw json.RawMessage) (Work, bool) {
	var r result
	if err := json.Unmarshal(raw, &r); err != nil {
		return Work{}, false
	}
	w := Work{
		ID: strings.TrimSpace(string(r.ID)), DOI: string(r.DOI), ArxivID: arxivid.Known(string(r.ArxivID)),
		Title: string(r.Title), Abstract: first(r.Abstract, r.Description),
		FullText: string(r.FullText), Language: string(r.Language), Authors: r.Authors,
		Published: day(first(r.Published, r.DatePublished), first(r.YearPublished, r.Year)),
	}
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(cut(w.FullText, 2*len(withheld)))), withheld) {
		w.FullText, w.Withheld = "", true
	}
	return w, w.ID != ""
}

func first(values ...loose) string {
	for _, v := range values {
		if v != "" {
			return string(v)
		}
	}
	return ""
}

// day reads a date that begins with the day, else a year, which stands for its
// first day; the zero time where neither is one.
func day(date, year string) time.Time {
	if t, err := time.Parse(time.DateOnly, cut(date, len(time.DateOnly))); err == nil {
		return t
	}
	if n, err := strconv.Atoi(year); err == nil && n > 0 && n < 10000 {
		return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// loose is a text that may come as a number; null and every other type is "".
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(data []byte) error {
	*l = ""
	switch c := data[0]; {
	case c == '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*l = loose(s)
	case c == '-' || '0' <= c && c <= '9':
		*l = loose(number(string(data)))
	}
	return nil
}

// number writes 1.5e3 and 1500.0, as some encoders put whole numbers, as 1500.
func number(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		return s
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<53 && f == math.Trunc(f) {
		return strconv.FormatInt(int64(f), 10)
	}
	return s
}

// name is a text, or an object whose name it is.
type name string

// UnmarshalJSON implements json.Unmarshaler.
func (n *name) UnmarshalJSON(data []byte) error {
	*n = ""
	if data[0] == '{' {
		var o struct {
			Name loose `json:"name"`
		}
		if err := json.Unmarshal(data, &o); err != nil {
			return err
		}
		*n = name(o.Name)
		return nil
	}
	return (*loose)(n).UnmarshalJSON(data)
}

// nameList is a list of names, or one name; names that are empty are left out.
type nameList []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *nameList) UnmarshalJSON(data []byte) error {
	*l = nil
	var names []name
	if data[0] == '[' {
		var err error
		if names, err = list[name](data, mostNames); err != nil {
			return err
		}
	} else {
		var n name
		if err := n.UnmarshalJSON(data); err != nil {
			return err
		}
		names = []name{n}
	}
	for _, n := range names {
		if s := strings.TrimSpace(string(n)); s != "" {
			*l = append(*l, s)
		}
	}
	return nil
}

// What an answer may hold is bounded, or a small body could become a large one in
// memory: CORE gives at most 100 results, and no paper has more authors.
const (
	mostResults = 1000
	mostNames   = 20_000
)

// resultList is a page's results, each as it came.
type resultList []json.RawMessage

// UnmarshalJSON implements json.Unmarshaler.
func (l *resultList) UnmarshalJSON(data []byte) (err error) {
	if *l = nil; string(data) == "null" {
		return nil
	}
	*l, err = list[json.RawMessage](data, mostResults)
	return err
}

// list reads a JSON list of so many values at most.
func list[T any](data []byte, most int) ([]T, error) {
	if data[0] != '[' {
		return nil, fmt.Errorf("%s is no list", beginning(string(data)))
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil { // the bracket
		return nil, err
	}
	values := []T{}
	for d.More() {
		if len(values) == most {
			return nil, fmt.Errorf("a list of more than %d values", most)
		}
		var v T
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

func notAnAnswer(body []byte, err error) error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return fmt.Errorf("%w: an empty body", errNotAnAnswer)
	}
	return fmt.Errorf("%w: %w, in %q", errNotAnAnswer, err, beginning(string(body)))
}

// beginning is as much of a text as a message shows.
func beginning(s string) string {
	if len(s) <= 80 {
		return s
	}
	return cut(s, 80) + "…"
}
