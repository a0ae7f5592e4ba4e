package oaipmh

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/harvest/oaipmh/oaitest"
	"assay/internal/testenv"
)

// FuzzListRecords: whatever comes, a page has only papers and deletions that a
// catalog can hold, or reasons.
func FuzzListRecords(f *testing.F) {
	s := oaitest.New(oaitest.Options{Records: append(entries(papers(2)), oaitest.Record{Paper: &corpus.Paper{ID: "0901.0022", Updated: date("2012-01-01")}, Deleted: true})})
	for _, format := range Formats() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/oai?verb=ListRecords&from=2005-09-16&metadataPrefix="+format, nil))
		f.Add(w.Body.Bytes())
	}
	files, _ := filepath.Glob(testenv.Shared(f, "protocol/oai-pmh/*.xml"))
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	page := func(body string) string {
		return oaitest.Envelope(date("2012-06-01"), "http://x/oai", url.Values{"verb": {"ListRecords"}}, body)
	}
	const head = "<identifier>oai:arXiv.org:hep-th/9901002</identifier><datestamp>2011-02-03</datestamp><setSpec>physics:hep-th</setSpec>"
	for _, body := range []string{
		"<ListRecords>" + entry(head, "<id>hep-th/9901002</id><submitter>S</submitter><version version='v2'><date>Sat, 02 May 2009 20:34:10 GMT</date><size>2kb</size></version><version version='v1'><date>Mon, 2 Apr 2007 19:18:42 -0500</date></version>"+
			"<title>a\n b &amp; &#233; <![CDATA[<c>]]></title><authors>A. One, B. Two (Univ. X) and C Three</authors><categories>hep-th math.AG</categories><comments>c</comments><abstract> x<!-- y --> </abstract>") + "<resumptionToken expirationDate='2012-06-02T00:00:00Z' completeListSize='7' cursor='0'>verb%3DListRecords%26skip%3D4</resumptionToken></ListRecords>",
		"<ListRecords><record><header>" + head + "</header><metadata><arXiv xmlns='http://arxiv.org/OAI/arXiv/'><id>hep-th/9901002</id><created>1999-01-04</created><updated>1999-02-03</updated><authors><author><keyname>One</keyname><forenames>A.</forenames><suffix>Jr.</suffix><affiliation>U</affiliation></author><author><keyname>1</keyname></author></authors><title>t</title><categories>hep-th</categories><abstract>a</abstract></arXiv></metadata></record><resumptionToken/></ListRecords>",
		"<ListRecords><record><header status='deleted'>" + head + "</header></record><record><header/><metadata><arXivRaw><title>\x0b\xff</title></arXivRaw></metadata></record><record/></ListRecords>",
		"<error code='badResumptionToken'>expired</error>",
	} {
		f.Add([]byte(page(body)))
	}
	f.Add([]byte("<OAI-PMH><error code='noRecordsMatch'/><error code='badArgument'>x</error></OAI-PMH>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := ReadRecords(body)
		var refusal *ProtocolError
		if errors.As(err, &refusal) {
			if page == nil || len(page.Records) > 0 || page.Next != "" {
				t.Errorf("a refusal with %+v", page)
			}
			return
		}
		if err != nil {
			return
		}
		for _, r := range page.Records {
			checkRecord(t, r)
		}
		if page.Ends && page.Next != "" || page.Life < 0 || page.Size < 0 || page.Next != strings.TrimSpace(page.Next) {
			t.Errorf("%+v", page)
		}
	})
}

func checkRecord(t *testing.T, r Record) {
	t.Helper()
	n := 0
	for _, is := range []bool{r.Paper != nil, r.Deleted, r.Reason != ""} {
		if is {
			n++
		}
	}
	if n != 1 || r.Identifier == "" {
		t.Errorf("%+v is not one of paper, deletion and unusable", r)
	}
	if r.Reason == "" && (r.ID() == "" || !sensible(r.Day)) {
		t.Errorf("%+v has no id or day", r)
	}
	if p := r.Paper; p != nil {
		if strings.TrimSpace(p.Title) == "" || strings.TrimSpace(p.Abstract) == "" || len(p.Categories) == 0 || !p.Updated.Equal(r.Day) {
			t.Errorf("%+v", p)
		}
		for _, s := range append(append([]string{p.Title, p.Abstract}, p.Authors...), p.Categories...) {
			if s == "" || strings.ContainsRune(s, 0) {
				t.Errorf("%q in %+v", s, p)
			}
		}
	}
}
