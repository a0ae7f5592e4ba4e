package arxivapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/corpus/harvest/ledger"
	"assay/internal/testenv"
)

const head = `<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <title>arXiv Query: search_query=cat:cs.LG&amp;id_list=&amp;start=5&amp;max_results=10</title>
  <updated>2026-04-12T22:10:19Z</updated>
  <opensearch:itemsPerPage>10</opensearch:itemsPerPage>
  <opensearch:totalResults>2</opensearch:totalResults>
  <opensearch:startIndex>5</opensearch:startIndex>
`

const oneEntry = `<entry>
    <id>http://arxiv.org/abs/hep-th/9901001v12</id>
    <title>On
  $x &lt; y$</title>
    <updated>2001-02-03T23:30:00-02:00</updated>
    <link href="https://arxiv.org/abs/hep-th/9901001v12" rel="alternate" type="text/html"/>
    <summary>  We show. </summary>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <category term="hep-th" scheme="http://arxiv.org/schemas/atom"/>
    <category term="68T05 (Primary), 81T30" scheme="http://arxiv.org/schemas/atom"/>
    <category term="I.2.6" scheme="http://arxiv.org/schemas/atom"/>
    <published>1999-01-01T00:00:01Z</published>
    <arxiv:primary_category term="hep-th"/>
    <author><name>Jane  Q.
 Doe</name><arxiv:affiliation>Nowhere</arxiv:affiliation></author>
    <author><name>:</name></author>
    <author><name>José Ünal</name></author>
  </entry>
`

func TestReadAtom(t *testing.T) {
	page, err := ReadAtom([]byte(head + oneEntry + "</feed>\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := &Page{
		Total: 2, Start: 5, Query: "cat:cs.LG", Answered: time.Date(2026, 4, 12, 22, 10, 19, 0, time.UTC),
		Entries: []Entry{{
			ID: "hep-th/9901001", Published: time.Date(1999, 1, 1, 0, 0, 1, 0, time.UTC), Updated: time.Date(2001, 2, 4, 1, 30, 0, 0, time.UTC),
			Paper: &corpus.Paper{
				ID: "hep-th/9901001", Title: "On\n  $x < y$", Abstract: "  We show. ", Categories: []string{"hep-th", "cs.LG"}, Authors: []string{"Jane Q. Doe", "José Ünal"},
				Created: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Updated: time.Date(2001, 2, 4, 0, 0, 0, 0, time.UTC),
			},
		}},
	}
	if !reflect.DeepEqual(page, want) {
		t.Errorf("%+v\nwant %+v", page, want)
	}
}

func TestReadAtomEntries(t *testing.T) {
	for _, c := range []struct{ from, to, id, reason string }{
		{"abs/hep-th/9901001v12", "abs/2101.00001", "2101.00001", ""},
		{"http://arxiv.org/abs/hep-th/9901001v12", "hep-th/9901001", "", ledger.NoID},
		{"abs/hep-th/9901001v12", "abs/a b", "", ledger.NoID},
		{"abs/hep-th/9901001v12", "abs/", "", ledger.NoID},
		{"On\n  $x &lt; y$", " \n", "hep-th/9901001", ledger.NoTitle},
		{"  We show. ", "", "hep-th/9901001", ledger.NoAbstract},
		{"1999-01-01T00:00:01Z", "1999-13-01T00:00:01Z", "hep-th/9901001", ledger.BadDate},
		{"2001-02-03T23:30:00-02:00", "yesterday", "hep-th/9901001", ledger.BadDate},
		{"2001-02-03T23:30:00-02:00", "0001-01-01T00:00:00Z", "hep-th/9901001", ledger.BadDate},
	} {
		page, err := ReadAtom([]byte(head + strings.Replace(oneEntry, c.from, c.to, 1) + "</feed>"))
		if err != nil || len(page.Entries) != 1 || page.Entries[0].ID != c.id || page.Entries[0].Reason != c.reason || (page.Entries[0].Paper == nil) != (c.reason != "") {
			t.Errorf("%q: %+v, %v; want %s, %s", c.to, page, err, c.id, c.reason)
		}
	}
	none := strings.NewReplacer(`term="hep-th"`, `term=""`, `term="cs.LG"`, `term="Q-BIO"`).Replace(oneEntry)
	if page, err := ReadAtom([]byte(head + none + "</feed>")); err != nil || page.Entries[0].Reason != ledger.NoCategories {
		t.Errorf("%+v, %v", page, err)
	}
	page, err := ReadAtom([]byte(head + strings.Replace(oneEntry, "We show", "We\x01\xffshow", 1) + "</feed>"))
	if err != nil || page.Mended != 2 || page.Entries[0].Paper.Abstract != "  We  show. " {
		t.Errorf("forbidden characters: %+v, %v", page, err)
	}
}

func TestReadAtomRefuses(t *testing.T) {
	refused := head + `<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title><summary>incorrect id format for abc</summary></entry></feed>`
	_, err := ReadAtom([]byte(refused))
	var no *RefusedError
	if !errors.As(err, &no) || no.Code != "incorrect_id_format_for_abc" || err.Error() != "arXiv refuses the question: incorrect_id_format_for_abc" {
		t.Errorf("%v", err)
	}
	for want, body := range map[string]string{
		"empty":                 "",
		"web page":              "<!DOCTYPE html><html></html>",
		"unexpected EOF":        head + oneEntry,
		"how many results":      strings.Replace(head, "totalResults>2<", "totalResults>many<", 1) + "</feed>",
		"expected element type": "<html><body>Rate exceeded.</body></html>",
		"something follows":     head + "</feed>" + head + "</feed>",
		"within each other":     head + strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100) + "</feed>",
	} {
		if _, err := ReadAtom([]byte(body)); err == nil || errors.As(err, &no) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// answersInShape are of our own making, in the shape of recorded ones, for where those are
// not at hand: pages of a list, one entry, an unknown id, a malformed id.
func answersInShape() map[string][]byte {
	page := func(total, start int, entries string) []byte {
		text := strings.NewReplacer("totalResults>2<", fmt.Sprintf("totalResults>%d<", total), "startIndex>5<", fmt.Sprintf("startIndex>%d<", start)).Replace(head)
		return []byte(text + entries + "</feed>")
	}
	second := strings.Replace(oneEntry, "hep-th/9901001v12", "2104.12255", 1)
	return map[string][]byte{
		"list.http200.xml":      page(214881, 10, oneEntry+second),
		"one.http200.xml":       page(1, 0, oneEntry),
		"unknown.http200.xml":   page(0, 0, ""),
		"malformed.http400.xml": page(1, 0, `<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title><summary>incorrect id format for abc</summary></entry>`),
	}
}

// recordedAnswers are those of ../shared/data/protocol, or our own.
func recordedAnswers(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(testenv.Shared(t, "protocol/arxiv-api/*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		return answersInShape()
	}
	all := map[string][]byte{}
	for _, file := range files {
		if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Recorded answers are read whole: each entry is a paper.
func TestReadAtomRecorded(t *testing.T) {
	for _, answers := range []map[string][]byte{answersInShape(), recordedAnswers(t)} {
		entries := 0
		for file, body := range answers {
			page, err := ReadAtom(body)
			var no *RefusedError
			if refused := strings.Contains(file, "http400"); refused != errors.As(err, &no) || !refused && err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if err != nil {
				continue
			}
			if page.Start < 0 || page.Answered.IsZero() || page.Mended > 0 {
				t.Errorf("%s: %+v", file, page)
			}
			entries += len(page.Entries)
			for _, e := range page.Entries {
				if e.Paper == nil || len(e.Paper.Authors) == 0 || e.Updated.Before(e.Published) || strings.Contains(e.ID, "v") {
					t.Errorf("%s: %+v", file, e)
				}
			}
		}
		if entries < 3 {
			t.Errorf("%d entries in %d answers", entries, len(answers))
		}
	}
}

func FuzzAtom(f *testing.F) {
	f.Add([]byte(head + oneEntry + "</feed>"))
	f.Add([]byte(head + "</feed>"))
	f.Add([]byte(`<!DOCTYPE feed [<!ENTITY a "b">]><feed>&a;</feed>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := ReadAtom(body)
		if err != nil {
			if page != nil || err.Error() == "" {
				t.Errorf("%+v, %v", page, err)
			}
			return
		}
		if page.Total < 0 || page.Start < -1 || page.Mended < 0 {
			t.Errorf("%+v", page)
		}
		for _, e := range page.Entries {
			if (e.Paper == nil) != (e.Reason != "") {
				t.Errorf("%+v", e)
			}
			if e.Paper == nil {
				continue
			}
			for _, s := range append([]string{e.Paper.ID, e.Paper.Title, e.Paper.Abstract}, append(e.Paper.Authors, e.Paper.Categories...)...) {
				if s == "" || !utf8.ValidString(s) {
					t.Errorf("%+v", e.Paper)
				}
			}
			if e.Paper.Created.IsZero() || e.Paper.Updated.IsZero() {
				t.Errorf("%+v", e.Paper)
			}
			if id, repairs, err := arxivid.Canonical(e.Paper.ID); err != nil || id != e.Paper.ID || len(repairs) > 0 {
				t.Errorf("id %q: %q, %v", e.Paper.ID, repairs, err)
			}
		}
	})
}
