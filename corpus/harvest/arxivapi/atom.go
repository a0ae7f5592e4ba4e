package arxivapi

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/corpus/harvest"
	"assay/corpus/harvest/ledger"
)

// Page is an answer of the API: a part of the results of a query.
type Page struct {
	Total    int       // results of the query, as the server counts at present
	Start    int       // of the first entry among them; -1 where the server does not say
	Answered time.Time // by the server's clock; zero where it does not say
	Query    string    // search_query as the server repeats it; "" where it does not
	Entries  []Entry   // in the server's order
	Mended   int       // places that XML forbids
}

// Entry is one result.
type Entry struct {
	ID        string    // without version; "" where there is none
	Published time.Time // of the first version, UTC
	Updated   time.Time // of the version at hand, UTC
	Paper     *corpus.Paper
	Reason    string // why there is no paper, else ""
	Mended    int    // places in it that XML forbids
}

// RefusedError is an answer that says no: a feed whose only entry is an error.
type RefusedError struct {
	Code string // such as incorrect_id_format_for_abc
	Text string
}

// Error implements error.
func (e *RefusedError) Error() string {
	if e.Text == "" || strings.ReplaceAll(e.Text, " ", "_") == e.Code {
		return "arXiv refuses the question: " + e.Code
	}
	return "arXiv refuses the question: " + e.Code + ": " + e.Text
}

// The namespaces of https://info.arxiv.org/help/api/user-manual.html#52-details-of-atom-results-returned.
type feed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string   `xml:"http://www.w3.org/2005/Atom title"`
	Updated string   `xml:"http://www.w3.org/2005/Atom updated"`
	Total   string   `xml:"http://a9.com/-/spec/opensearch/1.1/ totalResults"`
	Start   string   `xml:"http://a9.com/-/spec/opensearch/1.1/ startIndex"`
	Entries []entry  `xml:"http://www.w3.org/2005/Atom entry"`
}

type entry struct {
	Part       int      `xml:"harvest-part,attr"`
	ID         string   `xml:"http://www.w3.org/2005/Atom id"`
	Title      string   `xml:"http://www.w3.org/2005/Atom title"`
	Summary    string   `xml:"http://www.w3.org/2005/Atom summary"`
	Published  string   `xml:"http://www.w3.org/2005/Atom published"`
	Updated    string   `xml:"http://www.w3.org/2005/Atom updated"`
	Categories []term   `xml:"http://www.w3.org/2005/Atom category"`
	Primary    term     `xml:"http://arxiv.org/schemas/atom primary_category"`
	Authors    []person `xml:"http://www.w3.org/2005/Atom author"`
}

type term struct {
	Term string `xml:"term,attr"`
}

type person struct {
	Name string `xml:"http://www.w3.org/2005/Atom name"`
}

// ReadAtom reads an answer. One that says no is a *RefusedError; anything else that is
// not a whole feed is an error, too.
func ReadAtom(body []byte) (*Page, error) {
	f := new(feed)
	mended, err := harvest.DecodeXML(body, f, harvest.XMLLimits{Part: "entry"})
	if err != nil {
		return nil, fmt.Errorf("arxivapi: %w", err)
	}
	if err := f.refusal(); err != nil {
		return nil, err
	}
	page := &Page{Start: -1, Mended: mended.Places}
	if page.Total, err = strconv.Atoi(strings.TrimSpace(f.Total)); err != nil || page.Total < 0 {
		return nil, errors.New("arxivapi: the feed does not say how many results there are")
	}
	if start, err := strconv.Atoi(strings.TrimSpace(f.Start)); err == nil && start >= 0 {
		page.Start = start
	}
	if t, ok := parseMoment(f.Updated); ok {
		page.Answered = t
	}
	if _, query, found := strings.Cut(f.Title, "search_query="); found {
		page.Query, _, _ = strings.Cut(query, "&")
	}
	for i := range f.Entries {
		e := f.Entries[i].read()
		e.Mended = mended.In(f.Entries[i].Part)
		page.Entries = append(page.Entries, e)
	}
	return page, nil
}

// refusal recognizes a feed that is an error by the address of its entry.
func (f *feed) refusal() error {
	for i := range f.Entries {
		e := &f.Entries[i]
		if _, code, found := strings.Cut(e.ID, "/api/errors#"); found {
			return &RefusedError{Code: harvest.Fold(code), Text: harvest.Fold(e.Summary)}
		}
		if e.Title == "Error" && e.Published == "" && !strings.Contains(e.ID, absPath) {
			return &RefusedError{Code: "error", Text: harvest.Fold(e.Summary)}
		}
	}
	return nil
}

const absPath = "/abs/"

func (e *entry) read() Entry {
	var out Entry
	if _, id, found := strings.Cut(strings.TrimSpace(e.ID), absPath); found {
		out.ID, _, _ = arxivid.Canonical(id) // "" where it is none
	}
	var published, updated bool
	out.Published, published = parseMoment(e.Published)
	out.Updated, updated = parseMoment(e.Updated)
	p := &corpus.Paper{
		ID: out.ID, Title: e.Title, Abstract: e.Summary, Categories: e.categories(),
		Created: day(out.Published), Updated: day(out.Updated),
	}
	for _, a := range e.Authors {
		if name := harvest.Fold(a.Name); strings.ContainsFunc(name, unicode.IsLetter) {
			p.Authors = append(p.Authors, name)
		}
	}
	switch {
	case out.ID == "":
		out.Reason = ledger.NoID
	case strings.TrimSpace(p.Title) == "":
		out.Reason = ledger.NoTitle
	case strings.TrimSpace(p.Abstract) == "":
		out.Reason = ledger.NoAbstract
	case len(p.Categories) == 0:
		out.Reason = ledger.NoCategories
	case !published || !updated:
		out.Reason = ledger.BadDate
	default:
		out.Paper = p
	}
	return out
}

// categories returns the ids of arXiv's categories, primary first. Feeds also list
// classes of the ACM and the MSC as categories ("I.2.7", "68T05"), which are not.
func (e *entry) categories() []string {
	var list []string
	for _, c := range append([]term{e.Primary}, e.Categories...) {
		if id := strings.TrimSpace(c.Term); isCategory(id) && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// isCategory reports whether an id has the form of arXiv's: hep-th, cs.LG, cond-mat.dis-nn.
func isCategory(id string) bool {
	if id == "" || id[0] < 'a' || id[0] > 'z' || len(id) > 40 {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '.' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// parseMoment reads a time as Atom writes it, RFC 3339.
func parseMoment(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(text))
	if err != nil {
		return time.Time{}, false
	}
	t = t.UTC().Truncate(time.Second)
	return t, t.Year() >= 1900 && t.Year() <= 2200
}

func day(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
