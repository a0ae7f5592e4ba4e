package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/harvest/arxivapi/arxivtest"
	"assay/corpus/harvest/harvesttest"
	"assay/corpus/harvest/oaipmh/oaitest"
)

// A record with what XML forbids is kept; one that makes its page unreadable is named, whatever
// moment the command is killed at; all else is there, and the code is not that of "try again".
func TestHarvestAsksAroundWhatCannotBeRead(t *testing.T) {
	records, want := oaiRecords(oaiPapers(300))
	all := arxivPapers(200)
	oai := &harvesttest.Faults{Handler: oaitest.New(oaitest.Options{Records: records, PageSize: 10})}
	arxiv := &harvesttest.Faults{Handler: arxivtest.New(arxivtest.Options{Papers: all})}
	servers := map[string]*localServer{"oai": startServer(t, oai), "arxiv": startServer(t, arxiv)}
	for name, c := range map[string]struct {
		faults    *harvesttest.Faults
		args      func(url, db string, more ...string) []string
		path      string
		papers    []*corpus.Paper
		bad, odd  *corpus.Paper
		text, day string // of the bad one
	}{
		"oai":   {oai, oaiArgs, "/oai", want, want[100], want[50], "<id>", want[100].Updated.Format("2006-01-02")},
		"arxiv": {arxiv, arxivArgs, "/api/query", all, all[100], all[50], "<id>http://arxiv.org/abs/", "cs.LG submitted " + all[100].Created.Format("2006-01-02")},
	} {
		c.faults.Where = map[string]harvesttest.Fault{c.text + c.bad.ID: harvesttest.Broken, "<title>" + c.odd.Title: harvesttest.Forbidden}
		if name == "arxiv" {
			c.faults.Where = map[string]harvesttest.Fault{c.text + c.bad.ID + "v1</id>": harvesttest.Broken, "<title>" + c.odd.Title: harvesttest.Forbidden}
		}
		db := filepath.Join(t.TempDir(), name+".db")
		server := servers[name]
		args := c.args(server.url(c.path), db)
		kills := 0
		for code := -1; code != exitFailed; {
			l := begin(t, args)
			last := server.requests.Load() + int64(20+15*kills)
			if l.until(func() bool { return server.requests.Load() >= last }) {
				_ = l.cmd.Process.Kill() // it may have ended just now
			}
			if code = l.end(); code == -1 {
				kills++
			} else if code != exitFailed || !strings.Contains(l.stderr.String(), "cannot be read and is missing: "+c.day) {
				t.Fatalf("%s: code %d: %s", name, code, l.stderr.String())
			}
		}
		if kills == 0 {
			t.Errorf("%s: never killed", name)
		}
		lacks := 0
		have := map[string]*corpus.Paper{}
		for _, p := range catalogPapers(t, db) {
			have[p.ID] = p
		}
		for _, p := range c.papers {
			if have[p.ID] == nil {
				lacks++
			}
		}
		if have[c.bad.ID] != nil || lacks > 5 || have[c.odd.ID] == nil || !strings.Contains(have[c.odd.ID].Title, "café\u00a0AT&T") {
			t.Errorf("%s: %d papers lack; %+v", name, lacks, have[c.odd.ID])
		}
		out, errOut, code := call(t, nil, args...)
		for _, want := range []string{"missing: " + c.day, "mended for what XML forbids and kept, in all harvests: 1 record: ", ", but for what is missing\n"} {
			if code != exitFailed || !strings.Contains(out, want) {
				t.Errorf("%s: code %d, %q lacks %q; %s", name, code, out, want, errOut)
			}
		}
		for _, want := range []string{"missing: " + c.day, "in all harvests: 1 record: "} {
			if out := mustCall(t, "corpus", "info", db); !strings.Contains(out, want) {
				t.Errorf("%s: info says %q, not %q", name, out, want)
			}
		}
		c.faults.Where = nil
		var report struct {
			Complete bool
			Missing  []struct{ Part string }
		}
		out, errOut, code = call(t, nil, append(args, "--json")...)
		if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitDone || !report.Complete || len(report.Missing) > 0 {
			t.Errorf("%s: code %d, %v, %+v; %s", name, code, err, report, errOut)
		}
		if out := mustCall(t, "corpus", "info", db); strings.Contains(out, "missing: ") {
			t.Errorf("%s: info says %q", name, out)
		}
		have = map[string]*corpus.Paper{}
		for _, p := range catalogPapers(t, db) {
			have[p.ID] = p
		}
		for _, p := range c.papers {
			if have[p.ID] == nil {
				t.Errorf("%s: %s is not there", name, p.ID)
			}
		}
	}
}
