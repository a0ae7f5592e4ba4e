package oaipmh

import (
	"net/url"
	"strings"
	"testing"

	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/oaipmh/oaitest"
)

// An answer to another question, from a cache in between, is not taken for this one's.
func TestStaleAnswers(t *testing.T) {
	all := papers(240)
	for seed := range uint64(3) {
		w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 12, TokenRequests: 31})
		w.handler = &harvesttest.Faults{Handler: w.server, Seed: seed, Rate: 0.3, Kinds: []harvesttest.Fault{harvesttest.Stale}, InARow: 2}
		w.mustHarvest(Options{})
		w.check(all)
	}
}

// A refusal that no repository gives to the question is to another one.
func TestForeignRefusals(t *testing.T) {
	all, asked := papers(30), map[string]int{}
	w := newWorld(t, oaitest.Options{Records: entries(all), Sabotage: func(v url.Values) string {
		if asked[v.Get("verb")]++; v.Get("verb") != "ListRecords" && asked[v.Get("verb")] == 1 {
			return answer("<error code='noRecordsMatch'/>")
		}
		return ""
	}})
	w.mustHarvest(Options{Sets: []string{"cs", "math", "physics", "stat"}})
	if asked["Identify"] != 2 || asked["ListSets"] != 2 {
		t.Errorf("asked %v", asked)
	}
}

func TestMismatch(t *testing.T) {
	l := list{format: "arXiv", set: "cs", from: date("2010-01-01"), until: date("2010-01-31"), token: "a%3Db%26c"}
	record := func(d string) Record { return Record{Identifier: "x", Day: date(d)} }
	for _, c := range []struct {
		page Page
		want string
	}{
		{Page{}, ""},
		{Page{asked: echo{Verb: "ListRecords", Set: "cs", From: "2010-01-01T00:00:00Z", Until: "2010-01-31", Token: "a=b&c"}}, ""},
		{Page{asked: echo{Token: "a%253Db%2526c"}}, ""},
		{Page{asked: echo{Until: "whenever"}}, ""},
		{Page{asked: echo{Verb: "ListSets"}}, "verb"},
		{Page{asked: echo{Set: "math"}}, "set"},
		{Page{asked: echo{From: "2010-01-02"}}, "from"},
		{Page{asked: echo{Until: "2010-01-30"}}, "until"},
		{Page{asked: echo{Token: "a=b"}}, "token"},
		{Page{Records: []Record{record("2009-12-31"), record("2010-01-01")}}, ""},
		{Page{Records: []Record{record("2009-12-31")}}, ""}, // one may have changed just now
		{Page{Records: []Record{record("2009-12-31"), record("2010-02-01")}}, "days"},
	} {
		if got := l.mismatch(&c.page); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.page, got, c.want)
		}
	}
	l.token = ""
	if got := l.mismatch(&Page{asked: echo{Token: "t"}}); !strings.Contains(got, "token") {
		t.Errorf("a token that was not sent: %q", got)
	}
}
