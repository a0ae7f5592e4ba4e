package oaipmh

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/corpus/harvest"
	"assay/corpus/harvest/oaipmh/oaitest"
	"assay/internal/fault"
)

// Wrong wishes are answered before any record is asked for.
func TestWrongOptions(t *testing.T) {
	for name, c := range map[string]struct {
		opt  Options
		want []string
	}{
		"unknown set":     {Options{Sets: []string{"cs:cs:IA"}}, []string{`no set "cs:cs:IA"`, `did you mean "cs:cs:`}},
		"category as set": {Options{Sets: []string{"math.LO"}}, []string{`did you mean "math:math:LO"?`}},
		"archive as set":  {Options{Sets: []string{"hep-th"}}, []string{`did you mean "physics:hep-th"?`}},
		"empty set":       {Options{Sets: []string{"cs", ""}}, []string{`no set ""`}},
		"format":          {Options{Format: "arxivRaw"}, []string{`did you mean "arXivRaw"?`}},
		"backwards":       {Options{From: date("2010-01-02"), Until: date("2010-01-01")}, []string{"from 2010-01-02 is after until 2010-01-01"}},
		"too early":       {Options{From: date("2005-09-15")}, []string{"from 2005-09-15", "2005-09-16"}},
		"ends too early":  {Options{Until: date("2005-09-15")}, []string{"until 2005-09-15", "2005-09-16"}},
		"too late":        {Options{From: date("2030-01-01")}, []string{"has not come yet", "2012-06-01"}},
	} {
		w := newWorld(t, oaitest.Options{Records: entries(papers(5))})
		_, err := w.harvest(context.Background(), c.opt)
		if err == nil || !fault.IsUsage(err) || len(w.server.Requests("ListRecords")) > 0 {
			t.Errorf("%s: %v after %q", name, err, w.server.Requests(""))
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", name, err, part)
			}
		}
	}
}

// What is known of arXiv is said without asking it.
func TestCheckAsksNobody(t *testing.T) {
	for name, opt := range map[string]Options{
		"from":   {From: date("2005-09-15")},
		"until":  {Until: date("1991-08-14"), URL: ArxivURL},
		"URL":    {URL: "oaipmh.arxiv.org"},
		"query":  {URL: ArxivURL + "?verb=Identify"},
		"format": {Format: "oai_dc"},
	} {
		if err := opt.Check(); !fault.IsUsage(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, opt := range []Options{{}, {From: arxivEarliest}, {From: date("1991-08-14"), URL: "http://127.0.0.1/oai"}} {
		if err := opt.Check(); err != nil {
			t.Errorf("%+v: %v", opt, err)
		}
	}
}

// sabotage answers lists by f: asked is how many of the list's pages came before.
func sabotage(f func(token string, asked int) string) func(url.Values) string {
	asked := 0
	return func(v url.Values) string {
		if v.Get("verb") != "ListRecords" {
			return ""
		}
		if !v.Has("resumptionToken") {
			asked = 0
		}
		asked++
		return f(v.Get("resumptionToken"), asked-1)
	}
}

func answer(body string) string {
	return oaitest.Envelope(time.Date(2012, 6, 1, 12, 0, 0, 0, time.UTC), "http://x/oai", nil, body)
}

func onePaper(id string) string {
	return entry("<identifier>oai:arXiv.org:"+id+"</identifier><datestamp>2011-02-03</datestamp>",
		"<id>"+id+"</id><title>t</title><abstract>a</abstract><categories>cs.AI</categories><authors>A</authors>")
}

// Lists that do not end, tokens that are never good and refusals end a harvest with a word, not
// with a loop.
func TestHostileLists(t *testing.T) {
	for name, c := range map[string]struct {
		play func(token string, asked int) string
		want string
		most int // requests
	}{
		"same token": {func(token string, asked int) string {
			return answer("<ListRecords>" + onePaper(fmt.Sprint(asked)) + "<resumptionToken>t</resumptionToken></ListRecords>")
		}, "asks for itself", 6},
		"two tokens": {func(token string, asked int) string {
			return answer("<ListRecords>" + onePaper(fmt.Sprint(asked)) + fmt.Sprintf("<resumptionToken>t%d</resumptionToken></ListRecords>", asked%2))
		}, "was there before", 6},
		"same records": {func(token string, asked int) string {
			return answer("<ListRecords>" + onePaper("0901.0022") + fmt.Sprintf("<resumptionToken>t%d</resumptionToken></ListRecords>", asked))
		}, "brought no new record", 8},
		"no records": {func(token string, asked int) string {
			return answer(fmt.Sprintf("<ListRecords><resumptionToken>t%d</resumptionToken></ListRecords>", asked))
		}, "brought no new record", 8},
		"tokens never good": {func(token string, asked int) string {
			if token != "" {
				return answer("<error code='badResumptionToken'>no</error>")
			}
			return answer("<ListRecords>" + onePaper("0901.0022") + "<resumptionToken>t</resumptionToken></ListRecords>")
		}, "was begun 21 times", 60},
		"nothing and no end": {func(token string, asked int) string { return answer("<ListRecords></ListRecords>") }, "without records", 8},
		"HTML":               {func(token string, asked int) string { return "<html><body>Please wait</body></html>" }, "expected element type <OAI-PMH>", 8},
		"refused":            {func(token string, asked int) string { return answer("<error code='badArgument'>because</error>") }, "badArgument: because", 4},
		"format not given":   {func(token string, asked int) string { return answer("<error code='cannotDisseminateFormat'/>") }, "does not give format arXivRaw", 4},
	} {
		w := newWorld(t, oaitest.Options{Sabotage: sabotage(c.play)})
		_, err := w.harvest(context.Background(), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || len(w.server.Requests("")) > c.most {
			t.Errorf("%s: %v after %d requests", name, err, len(w.server.Requests("")))
			continue
		}
		// A refusal is final; all else may be better another time.
		var gaveUp *harvest.GaveUpError
		var refusal *ProtocolError
		if errors.As(err, &refusal) == (errors.Is(err, harvest.ErrForNow) || errors.As(err, &gaveUp)) {
			t.Errorf("%s: %v is of no kind or of both", name, err)
		}
	}
}

// After a list that did not end, the same call begins it again and gets all.
func TestAfterAHostileList(t *testing.T) {
	all := papers(100)
	bad := true
	w := newWorld(t, oaitest.Options{Records: entries(all), PageSize: 10, Sabotage: func(v url.Values) string {
		if bad && v.Has("resumptionToken") {
			return answer("<ListRecords>" + onePaper("0803.0001") + "<resumptionToken>" + v.Get("resumptionToken") + "</resumptionToken></ListRecords>")
		}
		return ""
	}})
	if _, err := w.harvest(context.Background(), Options{}); err == nil || !strings.Contains(err.Error(), "asks for itself") {
		t.Fatal(err)
	}
	bad = false
	if sum := w.mustHarvest(Options{}); !sum.Resumed {
		t.Error("begun anew")
	}
	w.check(all)
}
