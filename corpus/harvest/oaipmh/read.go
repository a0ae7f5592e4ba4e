package oaipmh

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"assay/corpus/harvest"
)

// ProtocolError is an answer that says no; its HTTP status is 200.
type ProtocolError struct {
	Code string // such as badArgument
	Text string
}

// Error implements error.
func (e *ProtocolError) Error() string {
	if e.Text == "" {
		return e.Code
	}
	return e.Code + ": " + e.Text
}

// Identity is what a repository says of itself.
type Identity struct {
	Name     string
	BaseURL  string
	Earliest time.Time // no record is dated before this day
	Deleted  string    // for how long deletions are told: no, transient or persistent
	Granule  string    // of dates: days or seconds, as the protocol writes them
}

// Set is a part of a repository.
type Set struct {
	Spec string `json:"set"`
	Name string `json:"name"`
}

// token continues a list.
type token struct {
	Text    string `xml:",chardata"`
	Expires string `xml:"expirationDate,attr"`
	Size    string `xml:"completeListSize,attr"`
}

// echo is the question that an answer is to, as far as the repository says; refusals may leave
// all of it out.
type echo struct {
	Verb  string `xml:"verb,attr"`
	Set   string `xml:"set,attr"`
	From  string `xml:"from,attr"`
	Until string `xml:"until,attr"`
	Token string `xml:"resumptionToken,attr"`
}

// envelope is any answer. Namespaces are not checked: mirrors differ in them.
type envelope struct {
	XMLName      xml.Name `xml:"OAI-PMH"`
	ResponseDate string   `xml:"responseDate"`
	Request      echo     `xml:"request"`
	Errors       []struct {
		Code string `xml:"code,attr"`
		Text string `xml:",chardata"`
	} `xml:"error"`
	Identify *struct {
		Name     string `xml:"repositoryName"`
		BaseURL  string `xml:"baseURL"`
		Version  string `xml:"protocolVersion"`
		Earliest string `xml:"earliestDatestamp"`
		Deleted  string `xml:"deletedRecord"`
		Granule  string `xml:"granularity"`
	} `xml:"Identify"`
	ListSets *struct {
		Sets []struct {
			Spec string `xml:"setSpec"`
			Name string `xml:"setName"`
		} `xml:"set"`
		Token *token `xml:"resumptionToken"`
	} `xml:"ListSets"`
	ListRecords *struct {
		Records []record `xml:"record"`
		Token   *token   `xml:"resumptionToken"`
	} `xml:"ListRecords"`
}

// openAnswer decodes an answer. One that says no is a *ProtocolError, and the
// envelope is there all the same.
func openAnswer(body []byte) (e *envelope, mended harvest.Mended, err error) {
	e = new(envelope)
	if mended, err = harvest.DecodeXML(body, e, harvest.XMLLimits{Part: "record"}); err != nil {
		return nil, mended, err
	}
	for _, said := range e.Errors {
		// Of several errors the first that says more than "nothing there" counts.
		if err == nil || err.(*ProtocolError).Code == noRecordsMatch {
			err = &ProtocolError{Code: strings.TrimSpace(said.Code), Text: harvest.Fold(said.Text)}
		}
	}
	return e, mended, err
}

// deletedKept says that a repository tells for ever what was deleted.
const deletedKept = "persistent"

// errOther says that an answer is well-formed but not what was asked for.
var errOther = errors.New("the answer is not what was asked for")

// ReadIdentify reads the answer to Identify. What the harvest builds upon is checked
// and refused as a *ProtocolError where it differs: version 2.0 of the protocol, dates
// in days or seconds (a repository of either understands days), a first day, and a
// word on deletions that the protocol knows.
func ReadIdentify(body []byte) (*Identity, error) {
	e, _, err := openAnswer(body)
	if err != nil {
		return nil, err
	}
	i := e.Identify
	if i == nil {
		return nil, fmt.Errorf("%w: no Identify", errOther)
	}
	if v := strings.TrimSpace(i.Version); v != "2.0" {
		return nil, &ProtocolError{"protocolVersion", fmt.Sprintf("the repository speaks version %q, this program 2.0", v)}
	}
	earliest, ok := parseDay(i.Earliest)
	if !ok {
		return nil, &ProtocolError{"earliestDatestamp", fmt.Sprintf("%q is no date", i.Earliest)}
	}
	id := &Identity{Name: harvest.Fold(i.Name), BaseURL: strings.TrimSpace(i.BaseURL), Earliest: earliest, Deleted: strings.TrimSpace(i.Deleted), Granule: strings.TrimSpace(i.Granule)}
	if id.Name == "" {
		id.Name = "the repository"
	}
	if g := id.Granule; !strings.EqualFold(g, "YYYY-MM-DD") && !strings.EqualFold(g, "YYYY-MM-DDThh:mm:ssZ") {
		return nil, &ProtocolError{"granularity", fmt.Sprintf("%q is neither days nor seconds", g)}
	}
	if d := id.Deleted; d != "no" && d != "transient" && d != deletedKept {
		return nil, &ProtocolError{"deletedRecord", fmt.Sprintf("%q is none of no, transient and persistent", d)}
	}
	return id, nil
}

// ReadSets reads a page of ListSets; next asks for the page after it, "" where there
// is none.
func ReadSets(body []byte) (sets []Set, next string, err error) {
	e, _, err := openAnswer(body)
	if err != nil {
		return nil, "", err
	}
	if e.ListSets == nil {
		return nil, "", fmt.Errorf("%w: no ListSets", errOther)
	}
	for _, s := range e.ListSets.Sets {
		if spec := strings.TrimSpace(s.Spec); spec != "" {
			sets = append(sets, Set{spec, harvest.Fold(s.Name)})
		}
	}
	if t := e.ListSets.Token; t != nil {
		next = strings.TrimSpace(t.Text)
	}
	return sets, next, nil
}

// Page is one answer to ListRecords.
type Page struct {
	Records  []Record
	Answered time.Time     // the server's clock; zero where it does not say
	Next     string        // the token that asks for the next page, "" at the list's end
	Ends     bool          // a token is there, if an empty one: this is a list's last page
	Life     time.Duration // how long Next was good when the server answered; 0 where it does not say
	Size     int64         // the whole list's records, as the server has it; 0 where it does not say
	Mended   int           // places that XML forbids

	asked echo
}

// ReadRecords reads an answer to ListRecords. A refusal is a *ProtocolError, and the
// page then has no records.
func ReadRecords(body []byte) (*Page, error) {
	e, mended, err := openAnswer(body)
	if e == nil {
		return nil, err
	}
	p := &Page{Mended: mended.Places, asked: e.Request}
	if t, bad := time.Parse(time.RFC3339, strings.TrimSpace(e.ResponseDate)); bad == nil && sensible(t) {
		p.Answered = t.UTC()
	}
	if err != nil {
		return p, err
	}
	if e.ListRecords == nil {
		return nil, fmt.Errorf("%w: no ListRecords", errOther)
	}
	p.Records = make([]Record, 0, len(e.ListRecords.Records))
	for i := range e.ListRecords.Records {
		r := &e.ListRecords.Records[i]
		read := r.read()
		read.Mended = mended.In(r.Part)
		p.Records = append(p.Records, read)
	}
	if t := e.ListRecords.Token; t != nil {
		p.Next = strings.TrimSpace(t.Text)
		p.Ends = p.Next == ""
		if n, bad := strconv.ParseInt(strings.TrimSpace(t.Size), 10, 64); bad == nil && n > 0 {
			p.Size = n
		}
		if end, bad := time.Parse(time.RFC3339, strings.TrimSpace(t.Expires)); bad == nil && end.After(p.Answered) && !p.Answered.IsZero() {
			p.Life = end.Sub(p.Answered)
		}
	}
	return p, nil
}

// parseDay reads a date, with or without a time of day, as a day in UTC.
func parseDay(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	return day(t), err == nil && sensible(t)
}

func sensible(t time.Time) bool { return t.Year() >= 1900 && t.Year() < 10000 }

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
