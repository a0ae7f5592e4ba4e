package ingest

import (
	"assay/corpus"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The fields of a paper stand in many shapes: what is a list in one dump is
// text with separators in the next, and text that holds a list, as Python or
// JSON writes it, in a third. The types of this file read them all. Their
// errors are of json's own kinds, or flaws.

// categoryList is a list of category ids in the source's order, each once. The
// first is the primary one.
type categoryList []string

// UnmarshalJSONFrom reads a list of texts, or one text.
func (c *categoryList) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*c = nil
	return eachText(dec, func(text string) { *c = appendCategories(*c, text) })
}

// appendCategories appends the ids of a text that dst lacks. Ids consist of
// letters, digits, hyphens and dots, so that spaces, commas, semicolons, bars,
// and the brackets and quotes of a list written as text can only separate them.
func appendCategories(dst []string, text string) []string {
	for id := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`,;|[](){}'"`, r)
	}) {
		if !slices.Contains(dst, id) {
			dst = append(dst, id)
		}
	}
	return dst
}

// primaryFirst puts the primary category first, if it is one of the list.
func primaryFirst(categories []string, primary string) []string {
	if i := slices.Index(categories, strings.TrimSpace(primary)); i > 0 {
		copy(categories[1:], categories[:i])
		categories[0] = strings.TrimSpace(primary)
	}
	return categories
}

// authorNames is a list of display names: given as a list, or as text that
// separates them by commas or "and".
type authorNames []string

// UnmarshalJSONFrom reads a list of texts, or one text, which may hold a list.
func (a *authorNames) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*a = nil
	if dec.PeekKind() != '"' {
		var entries [][]string
		err := eachText(dec, func(name string) { entries = append(entries, []string{name}) })
		*a = corpus.ParsedAuthors(entries)
		return err
	}
	var text string
	if err := json.UnmarshalDecode(dec, &text); err != nil {
		return err
	}
	var names []string
	if list, ok := listInText(text); ok && json.Unmarshal(list, &names) == nil {
		entries := make([][]string, len(names))
		for i, name := range names {
			entries[i] = []string{name}
		}
		*a = corpus.ParsedAuthors(entries)
		return nil
	}
	*a = corpus.SplitAuthors(text)
	return nil
}

// authorEntries are entries [last, first, suffix, affiliation…].
type authorEntries [][]string

// UnmarshalJSONFrom reads a list of entries, or text that holds one.
func (a *authorEntries) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return listOrText(dec, (*[][]string)(a), "authors_parsed")
}

// versionList is the history of a paper, in any order.
type versionList []versionEntry

type versionEntry struct {
	number  int    // 0 where it is not known
	created string // "" where it is not known
}

// UnmarshalJSONFrom reads a list of entries, text that holds one, or the object
// of lists that Hugging Face's datasets makes of a sequence of objects.
func (v *versionList) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return listOrText(dec, (*[]versionEntry)(v), "versions")
	}
	var lists struct {
		Version []versionNumber `json:"version"`
		Created []string        `json:"created"`
	}
	if err := json.UnmarshalDecode(dec, &lists); err != nil {
		return err
	}
	*v = make(versionList, max(len(lists.Version), len(lists.Created)))
	for i, number := range lists.Version {
		(*v)[i].number = int(number)
	}
	for i, created := range lists.Created {
		(*v)[i].created = created
	}
	return nil
}

// UnmarshalJSONFrom reads an object {"version": "v1", "created": …}, or the mere
// name of a version.
func (e *versionEntry) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var named struct {
		Version versionNumber `json:"version"`
		Created string        `json:"created"`
	}
	var err error
	if dec.PeekKind() == '{' {
		err = json.UnmarshalDecode(dec, &named)
	} else {
		err = json.UnmarshalDecode(dec, &named.Version)
	}
	*e = versionEntry{int(named.Version), named.Created}
	return err
}

// versionNumber is 1 for "v1", "1" and 1, and 0 for other texts.
type versionNumber int

// UnmarshalJSONFrom reads a text or a number.
func (n *versionNumber) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '0' {
		return json.UnmarshalDecode(dec, (*int)(n))
	}
	var text string
	err := json.UnmarshalDecode(dec, &text)
	number, bad := strconv.Atoi(strings.TrimPrefix(text, "v"))
	if bad != nil || number < 0 {
		number = 0
	}
	*n = versionNumber(number)
	return err
}

// created returns the day of the first version: the one with the smallest
// number, or where numbers are lacking the earliest. It is zero where the list
// does not say it.
func (v versionList) created() (time.Time, *flaw) {
	first := -1
	var created time.Time
	for i, e := range v {
		switch {
		case e.number <= 0:
			return v.earliest()
		case first < 0 || e.number < v[first].number:
			first = i
		}
	}
	if first < 0 || v[first].created == "" {
		return created, nil
	}
	return v.time(first)
}

func (v versionList) earliest() (time.Time, *flaw) {
	var earliest time.Time
	for i, e := range v {
		if e.created == "" {
			continue
		}
		t, bad := v.time(i)
		if bad != nil {
			return t, bad
		}
		if earliest.IsZero() || t.Before(earliest) {
			earliest = t
		}
	}
	return earliest, nil
}

func (v versionList) time(i int) (time.Time, *flaw) {
	t, ok := parseMoment(v[i].created)
	if !ok {
		return t, &flaw{flawDate, "versions[" + strconv.Itoa(i) + "].created " + quote(v[i].created) + " is no time such as Mon, 2 Apr 2007 19:18:42 GMT"}
	}
	return t, nil
}

// dayOrTime reads the day of a field; an empty text is an unknown day.
func dayOrTime(field, text string) (time.Time, *flaw) {
	if t, ok := parseMoment(text); ok {
		return t, nil
	}
	return parseDay(field, text)
}

// parseMoment reads the day, in UTC, of a day or a time as JSON, Python, SQL
// or RFC 822 with a year of four digits write it. Zones must be GMT, UTC or
// numeric: other names are not unique. A time without a zone is taken for UTC.
func parseMoment(text string) (time.Time, bool) {
	for _, layout := range []string{
		time.DateOnly, "Mon, _2 Jan 2006 15:04:05 GMT", time.RFC1123Z, time.RFC3339,
		"2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 UTC",
	} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1900 {
			return t.UTC().Truncate(24 * time.Hour), true
		}
	}
	return time.Time{}, false
}

// eachText calls f with each text of a list, or with the one text that stands
// in the place of a list. Nulls are passed over.
func eachText(dec *jsontext.Decoder, f func(string)) error {
	var texts []string
	if dec.PeekKind() == '"' {
		texts = make([]string, 1)
		if err := json.UnmarshalDecode(dec, &texts[0]); err != nil {
			return err
		}
	} else if err := json.UnmarshalDecode(dec, &texts); err != nil {
		return err
	}
	for _, text := range texts {
		f(text)
	}
	return nil
}

// listOrText reads a list, or text that holds one; an empty text is none.
func listOrText[T any](dec *jsontext.Decoder, list *[]T, field string) error {
	if dec.PeekKind() != '"' {
		return json.UnmarshalDecode(dec, list)
	}
	var text string
	if err := json.UnmarshalDecode(dec, &text); err != nil {
		return err
	}
	*list = nil
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if value, ok := listInText(text); ok && json.Unmarshal(value, list) == nil {
		return nil
	}
	return &flaw{flawValue, quote(field) + " is the text " + quote(text) + ", and no list"}
}
