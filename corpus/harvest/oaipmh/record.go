package oaipmh

import (
	"strings"
	"time"
	"unicode"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/corpus/harvest"
	"assay/corpus/harvest/ledger"
)

// Record is one entry of a list: a paper, a deletion, or what is neither for a
// reason.
type Record struct {
	Identifier string        // such as oai:arXiv.org:0901.0022
	Day        time.Time     // of the last change, UTC; zero where there is none
	Deleted    bool          // the paper Identifier is withdrawn
	Paper      *corpus.Paper // nil if deleted or unusable
	Reason     string        // why the record is unusable, else ""
	Mended     int           // places in it that XML forbids
}

// noMetadata is a reason that this protocol adds to those of package ledger.
const noMetadata = "no metadata in a known format"

// record is a record as XML has it.
type record struct {
	Part   int `xml:"harvest-part,attr"`
	Header struct {
		Status     string `xml:"status,attr"`
		Identifier string `xml:"identifier"`
		Datestamp  string `xml:"datestamp"`
	} `xml:"header"`
	Metadata struct {
		ArXiv *arxivMetadata `xml:"arXiv"`
		Raw   *rawMetadata   `xml:"arXivRaw"`
	} `xml:"metadata"`
}

// common is what both formats write alike.
type common struct {
	ID         string `xml:"id"`
	Title      string `xml:"title"`
	Abstract   string `xml:"abstract"`
	Categories string `xml:"categories"`
}

// arxivMetadata is the format arXiv.
type arxivMetadata struct {
	common
	Created string `xml:"created"`
	Authors []struct {
		Keyname   string `xml:"keyname"`
		Forenames string `xml:"forenames"`
		Suffix    string `xml:"suffix"`
	} `xml:"authors>author"`
}

// rawMetadata is the format arXivRaw.
type rawMetadata struct {
	common
	Authors  string `xml:"authors"`
	Versions []struct {
		Version string `xml:"version,attr"`
		Date    string `xml:"date"`
	} `xml:"version"`
}

func (r *record) read() Record {
	out := Record{Identifier: strings.TrimSpace(r.Header.Identifier)}
	stamp, dated := parseDay(r.Header.Datestamp)
	if dated {
		out.Day = stamp
	}
	out.Deleted = strings.TrimSpace(r.Header.Status) == "deleted"
	switch {
	case out.Deleted && localID(out.Identifier) == "":
		out.Reason = ledger.NoID
	case !dated:
		out.Reason = ledger.BadDate
	case out.Deleted:
	case r.Metadata.Raw != nil:
		out.Paper, out.Reason = r.Metadata.Raw.paper(out)
	case r.Metadata.ArXiv != nil:
		out.Paper, out.Reason = r.Metadata.ArXiv.paper(out)
	default:
		out.Reason = noMetadata
	}
	if out.Reason != "" {
		out.Deleted, out.Paper = false, nil
	}
	if out.Identifier == "" {
		out.Identifier = r.nameless()
	}
	return out
}

// nameless stands for the identifier of a record that has none.
func (r *record) nameless() string {
	var c common
	if r.Metadata.Raw != nil {
		c = r.Metadata.Raw.common
	} else if r.Metadata.ArXiv != nil {
		c = r.Metadata.ArXiv.common
	}
	name := []rune(harvest.Fold(c.ID + " " + c.Title))
	return "without identifier: " + string(name[:min(len(name), 60)])
}

// ID is the paper's id: the last part of oai:arXiv.org:0901.0022.
func (r Record) ID() string {
	if r.Paper != nil {
		return r.Paper.ID
	}
	return localID(r.Identifier)
}

// localID returns the id within an identifier, "" where there is none.
func localID(identifier string) string {
	id, _, _ := arxivid.Canonical(identifier)
	return id
}

// paper makes a paper of what both formats have.
func (c *common) paper(r Record) (*corpus.Paper, string) {
	p := &corpus.Paper{
		ID: localID(c.ID), Title: c.Title, Abstract: c.Abstract,
		Categories: strings.Fields(c.Categories), Updated: r.Day,
	}
	if strings.TrimSpace(c.ID) == "" {
		p.ID = localID(r.Identifier)
	}
	switch {
	case p.ID == "":
		return nil, ledger.NoID
	case strings.TrimSpace(p.Title) == "":
		return nil, ledger.NoTitle
	case strings.TrimSpace(p.Abstract) == "":
		return nil, ledger.NoAbstract
	case len(p.Categories) == 0:
		return nil, ledger.NoCategories
	}
	return p, ""
}

func (m *arxivMetadata) paper(r Record) (*corpus.Paper, string) {
	p, reason := m.common.paper(r)
	if reason != "" {
		return nil, reason
	}
	for _, a := range m.Authors {
		if name := harvest.Fold(a.Forenames + " " + a.Keyname + " " + a.Suffix); strings.ContainsFunc(name, unicode.IsLetter) {
			p.Authors = append(p.Authors, name)
		}
	}
	if text := strings.TrimSpace(m.Created); text != "" {
		created, ok := parseDay(text)
		if !ok {
			return nil, ledger.BadDate
		}
		// arXiv's server writes the latest version's day here; that is the first one's
		// only if it is not after the month that the id names.
		if month, known := monthOf(p.ID); !known || created.Before(month.AddDate(0, 1, 0)) {
			p.Created = created
		}
	}
	return p, ""
}

func (m *rawMetadata) paper(r Record) (*corpus.Paper, string) {
	p, reason := m.common.paper(r)
	if reason != "" {
		return nil, reason
	}
	p.Authors = corpus.SplitAuthors(m.Authors)
	for i, v := range m.Versions {
		created, ok := parseMoment(strings.TrimSpace(v.Date))
		if !ok {
			return nil, ledger.BadDate
		}
		if first := strings.TrimSpace(v.Version) == "v1"; first || i == 0 {
			if p.Created = created; first {
				break
			}
		}
	}
	return p, ""
}

// parseMoment reads the day, in UTC, of a time as RFC 822 has it, with four digits
// for the year. A named zone other than GMT is refused: names are not unique.
func parseMoment(text string) (time.Time, bool) {
	for _, layout := range []string{"Mon, _2 Jan 2006 15:04:05 GMT", time.RFC1123Z} {
		if t, err := time.Parse(layout, text); err == nil && sensible(t) {
			return day(t), true
		}
	}
	return time.Time{}, false
}

// monthOf returns the first day of the month that an arXiv id names: 0901.0022 and
// hep-th/9901002.
func monthOf(id string) (time.Time, bool) {
	if _, number, old := strings.Cut(id, "/"); old {
		id = number
	} else if len(id) < 5 || id[4] != '.' {
		return time.Time{}, false
	}
	if len(id) < 4 {
		return time.Time{}, false
	}
	t, err := time.Parse("0601", id[:4]) // two digits of a year: 69 to 99 are of the last century
	return t, err == nil
}
