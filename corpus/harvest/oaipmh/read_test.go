package oaipmh

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/harvest/ledger"
	"assay/corpus/harvest/oaipmh/oaitest"
	"assay/corpus/synthetic"
	"assay/internal/testenv"
)

func date(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// recorded returns a recorded answer, or skips the test.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testenv.SharedData(t, "protocol/oai-pmh/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRecordedPages(t *testing.T) {
	id, err := ReadIdentify(recorded(t, "Identify.xml"))
	if err != nil || *id != (Identity{"arXiv", "https://oaipmh.arxiv.org/oai", date("2005-09-16"), "persistent", "YYYY-MM-DD"}) {
		t.Errorf("%+v, %v", id, err)
	}
	page, err := ReadRecords(recorded(t, "ListRecords_arXiv_page1.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if page.Next != "verb%3DListRecords%26metadataPrefix%3DarXiv%26from%3D2011-02-03%26skip%3D4" || page.Life != 12*time.Hour || page.Size != 0 || page.Ends {
		t.Errorf("token %q, life %v, size %d", page.Next, page.Life, page.Size)
	}
	var ids []string
	for _, r := range page.Records {
		if r.Reason != "" || r.Deleted {
			t.Errorf("%s: %q", r.Identifier, r.Reason)
		}
		ids = append(ids, r.ID())
	}
	if want := "chao-dyn/9510015 hep-th/9901002 0704.0046 1008.3222 1102.0285 1102.0299 0901.0022 1001.2600"; strings.Join(ids, " ") != want {
		t.Errorf("ids %q, want %q", ids, want)
	}
	first := page.Records[0].Paper
	if first.Title != "Estimating the Attractor Dimension of the Equatorial Weather System" || !strings.HasPrefix(first.Abstract, "  The correlation dimension") ||
		!reflect.DeepEqual(first.Authors, []string{"Melvin Leok Boon Tiong"}) || !reflect.DeepEqual(first.Categories, []string{"chao-dyn", "ao-sci", "nlin.CD"}) ||
		!first.Created.Equal(date("1995-10-25")) || !first.Updated.Equal(date("2008-02-03")) {
		t.Errorf("%+v", first)
	}
	last, err := ReadRecords(recorded(t, "ListRecords_arXiv_lastpage_emptytoken.xml"))
	if err != nil || last.Next != "" || !last.Ends || len(last.Records) != 4 {
		t.Errorf("%+v, %v", last, err)
	}
	raw, err := ReadRecords(recorded(t, "ListRecords_arXivRaw_notoken.xml"))
	if err != nil || raw.Next != "" || raw.Ends || len(raw.Records) != 3 {
		t.Fatalf("%+v, %v", raw, err)
	}
	if p := raw.Records[0].Paper; !p.Created.Equal(date("2008-12-30")) || !reflect.DeepEqual(p.Authors, []string{"Christopher D. Sogge", "Chengbo Wang"}) {
		t.Errorf("%+v", p)
	}
	// The same paper in the format arXiv has its latest version's day, which is none for us.
	for _, r := range page.Records {
		if r.ID() == "0901.0022" && !r.Paper.Created.IsZero() {
			t.Errorf("created %v of %s is that of version 4", r.Paper.Created, r.ID())
		}
	}
	for file, code := range map[string]string{
		"error_badArgument_set.xml": badArgument, "error_badResumptionToken.xml": badResumptionToken, "error_noRecordsMatch.xml": noRecordsMatch,
	} {
		page, err := ReadRecords(recorded(t, file))
		var refusal *ProtocolError
		if !errors.As(err, &refusal) || refusal.Code != code || page == nil || page.Answered.IsZero() {
			t.Errorf("%s: %v, page %v", file, err, page)
		}
	}
}

// papers are synthetic, with names as a list written as text gives them.
func papers(n int) []*corpus.Paper {
	var all []*corpus.Paper
	for p := range synthetic.Papers(synthetic.Options{Papers: n, Seed: 5}) {
		p.Authors = corpus.SplitAuthors(strings.Join(p.Authors, ", "))
		p.Updated = date("2008-04-02").AddDate(0, 0, len(all)*1500/n/7*7+len(all)%3) // to May 2012, several a day
		p.Created = date("2008-03-02")
		p.ID = fmt.Sprintf("0803.%04d", len(all)+1)
		all = append(all, p)
	}
	return all
}

func entries(papers []*corpus.Paper) []oaitest.Record {
	out := make([]oaitest.Record, len(papers))
	for i, p := range papers {
		out[i].Paper = p
	}
	return out
}

// ask gets one answer of a test server.
func ask(t *testing.T, s *oaitest.Server, query url.Values) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/oai?"+query.Encode(), nil))
	return w.Body.Bytes()
}

// What a repository holds is what is read of its lists, in both formats.
func TestReadersGiveBackThePapers(t *testing.T) {
	all := papers(60)
	all[3].Title, all[3].Abstract = `A <b> & "c" 'd' $x<y$`, "  two\nlines & é ∞"
	all[4].Authors = []string{"Jorge Luis Borges Jr.", "Plato"}
	all[5].Created = time.Time{}
	s := oaitest.New(oaitest.Options{Records: append(entries(all), oaitest.Record{Paper: &corpus.Paper{ID: "hep-th/9901001", Updated: date("2012-05-31")}, Deleted: true}), PageSize: 1000})
	for _, format := range Formats() {
		page, err := ReadRecords(ask(t, s, url.Values{"verb": {"ListRecords"}, "metadataPrefix": {format}, "from": {"2005-09-16"}}))
		if err != nil || len(page.Records) != len(all)+1 {
			t.Fatalf("%v, %v", err, page)
		}
		got := map[string]*corpus.Paper{}
		for _, r := range page.Records[:len(all)] {
			got[r.ID()] = r.Paper
		}
		for i, p := range all {
			want := *p
			if format == "arXivRaw" && i == 5 {
				want.Created = want.Updated // the only version that it has left
			}
			if !reflect.DeepEqual(got[p.ID], &want) {
				t.Errorf("%s:\n%+v, want\n%+v", format, got[p.ID], &want)
			}
		}
		if r := page.Records[len(all)]; !r.Deleted || r.ID() != "hep-th/9901001" || !r.Day.Equal(date("2012-05-31")) || r.Paper != nil {
			t.Errorf("%+v", r)
		}
	}
}

// entry is a record in the format arXivRaw from its parts.
func entry(header, metadata string) string {
	return "<record><header>" + header + "</header><metadata><arXivRaw>" + metadata + "</arXivRaw></metadata></record>"
}

func TestUnusableRecords(t *testing.T) {
	const head = "<identifier>oai:arXiv.org:0901.0022</identifier><datestamp>2011-02-03</datestamp>"
	const rest = "<abstract>a</abstract><categories>math.AP</categories><authors>A</authors>"
	for name, c := range map[string]struct{ xml, reason string }{
		"usable":          {entry(head, "<id>0901.0022</id><title>t</title>"+rest), ""},
		"id in header":    {entry(head, "<title>t</title>"+rest), ""},
		"no title":        {entry(head, "<id>0901.0022</id><title> </title>"+rest), ledger.NoTitle},
		"no abstract":     {entry(head, "<id>0901.0022</id><title>t</title><categories>x</categories>"), ledger.NoAbstract},
		"no categories":   {entry(head, "<id>0901.0022</id><title>t</title><abstract>a</abstract>"), ledger.NoCategories},
		"id with a space": {entry(head, "<id>1 2</id><title>t</title>"+rest), ledger.NoID},
		"bad day":         {entry("<identifier>x</identifier><datestamp>2011-02-31</datestamp>", "<id>0901.0022</id><title>t</title>"+rest), ledger.BadDate},
		"no day":          {entry("<identifier>x</identifier>", "<id>0901.0022</id><title>t</title>"+rest), ledger.BadDate},
		"bad version":     {entry(head, "<id>0901.0022</id><title>t</title>"+rest+`<version version="v1"><date>yesterday</date></version>`), ledger.BadDate},
		"zone":            {entry(head, "<id>0901.0022</id><title>t</title>"+rest+`<version version="v1"><date>Tue, 30 Dec 2008 22:18:58 EST</date></version>`), ledger.BadDate},
		"other format":    {"<record><header>" + head + "</header><metadata><dc><title>t</title></dc></metadata></record>", noMetadata},
		"nothing":         {"<record></record>", ledger.BadDate},
		"deleted":         {"<record><header status='deleted'>" + head + "</header></record>", ""},
		"deleted, no id":  {"<record><header status='deleted'><datestamp>2011-02-03</datestamp></header></record>", ledger.NoID},
		"deleted, no day": {"<record><header status='deleted'><identifier>oai:arXiv.org:0901.0022</identifier></header></record>", ledger.BadDate},
	} {
		page, err := ReadRecords([]byte(oaitest.Envelope(time.Now(), "http://x", nil, "<ListRecords>"+c.xml+"</ListRecords>")))
		if err != nil || len(page.Records) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := page.Records[0]
		if r.Reason != c.reason || (r.Reason == "") != (r.Paper != nil || r.Deleted) || r.Identifier == "" {
			t.Errorf("%s: %+v, want reason %q", name, r, c.reason)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"2011-02-03": "2011-02-03", " 2011-02-03T23:59:59Z ": "2011-02-03", "2011-02-03T23:59:59-05:00": "2011-02-04",
		"": "", "2011-2-3": "", "0201-02-03": "", "tomorrow": "",
	} {
		got, ok := parseDay(text)
		if ok != (want != "") || ok && corpus.DayText(got) != want {
			t.Errorf("parseDay(%q) = %v, %v", text, got, ok)
		}
	}
	for text, want := range map[string]string{
		"Tue, 30 Dec 2008 22:18:58 GMT": "2008-12-30", "Mon, 2 Apr 2007 19:18:42 GMT": "2007-04-02", "Mon, 02 Apr 2007 23:18:42 -0500": "2007-04-03", "Mon, 02 Apr 2007": "",
	} {
		got, ok := parseMoment(text)
		if ok != (want != "") || ok && corpus.DayText(got) != want {
			t.Errorf("parseMoment(%q) = %v, %v", text, got, ok)
		}
	}
	for id, want := range map[string]string{"0901.0022": "2009-01-01", "hep-th/9901002": "1999-01-01", "1802.07540": "2018-02-01", "x": "", "9913.1": "", "/": "", "12345": ""} {
		got, ok := monthOf(id)
		if ok != (want != "") || ok && corpus.DayText(got) != want {
			t.Errorf("monthOf(%q) = %v, %v", id, got, ok)
		}
	}
}

func TestTokens(t *testing.T) {
	const rec = "<record><header><identifier>x</identifier></header></record>"
	for xml, want := range map[string]Page{
		"":                                       {},
		"<resumptionToken/>":                     {Ends: true},
		"<resumptionToken> \n</resumptionToken>": {Ends: true},
		"<resumptionToken> a%3Db </resumptionToken>":                                                                      {Next: "a%3Db"},
		"<resumptionToken expirationDate='2026-08-11T13:00:00Z' completeListSize='7' cursor='0'>t</resumptionToken>":      {Next: "t", Life: time.Hour, Size: 7},
		"<resumptionToken expirationDate='2026-08-11T11:00:00Z' completeListSize='-7' cursor='x'>t</resumptionToken>":     {Next: "t"},
		"<resumptionToken expirationDate='tomorrow' completeListSize='99999999999999999999999'>t&amp;u</resumptionToken>": {Next: "t&u"},
	} {
		now := time.Date(2026, 8, 11, 12, 0, 0, 0, time.UTC)
		page, err := ReadRecords([]byte(oaitest.Envelope(now, "http://x", nil, "<ListRecords>"+rec+xml+"</ListRecords>")))
		if err != nil {
			t.Errorf("%s: %v", xml, err)
			continue
		}
		want.Records, want.Answered = page.Records, now
		if !reflect.DeepEqual(*page, want) {
			t.Errorf("%s: %+v, want %+v", xml, *page, want)
		}
	}
}

// Nothing but a whole answer is taken for one.
func TestBrokenAnswers(t *testing.T) {
	s := oaitest.New(oaitest.Options{Records: entries(papers(1))})
	whole := ask(t, s, url.Values{"verb": {"ListRecords"}, "metadataPrefix": {"arXivRaw"}, "from": {"2005-09-16"}})
	for n := range len(strings.TrimSpace(string(whole))) {
		if _, err := ReadRecords(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken for an answer", n, len(whole))
		}
	}
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><OAI-PMH><ListRecords><record><header><identifier>&b;</identifier></header></record></ListRecords></OAI-PMH>`
	for name, text := range map[string]string{
		"empty": "", "HTML": "<!DOCTYPE html><html><body>Rate exceeded.</body></html>", "text": "Rate exceeded.", "entities": bomb,
		"another verb":   string(ask(t, s, url.Values{"verb": {"Identify"}})),
		"document type":  strings.Replace(string(whole), "?>", "?><!DOCTYPE OAI-PMH>", 1),
		"deep":           strings.Replace(string(whole), "<ListRecords>", "<ListRecords>"+strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100), 1),
		"rubbish behind": string(whole) + "<OAI-PMH/>",
	} {
		_, err := ReadRecords([]byte(text))
		var refusal *ProtocolError
		if err == nil || errors.As(err, &refusal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForbiddenCharacters(t *testing.T) {
	text := oaitest.Envelope(time.Now(), "http://x", nil, "<ListRecords>"+entry("<identifier>oai:arXiv.org:0901.0022</identifier><datestamp>2011-02-03</datestamp>",
		"<id>0901.0022</id><title>a\x0bb\xffc</title><abstract>é\x00</abstract><categories>x</categories>")+"</ListRecords>")
	page, err := ReadRecords([]byte(text))
	if err != nil || page.Mended != 3 {
		t.Fatalf("%v, %+v", err, page)
	}
	if p := page.Records[0].Paper; p.Title != "a b c" || p.Abstract != "é " {
		t.Errorf("%+v", p)
	}
}

func TestReadSets(t *testing.T) {
	sets, next, err := ReadSets(ask(t, oaitest.New(oaitest.Options{}), url.Values{"verb": {"ListSets"}}))
	if err != nil || next != "" || len(sets) < 150 || sets[0] != (Set{"cs", "Computer Science"}) {
		t.Errorf("%d sets, next %q, %v", len(sets), next, err)
	}
}

// What the harvest builds upon is checked; a refusal is final, another answer is not.
func TestReadIdentify(t *testing.T) {
	whole := string(ask(t, oaitest.New(oaitest.Options{}), url.Values{"verb": {"Identify"}}))
	if id, err := ReadIdentify([]byte(whole)); err != nil || id.Name != "arXiv" || !id.Earliest.Equal(date("2005-09-16")) || id.Deleted != "persistent" {
		t.Fatalf("%+v, %v", id, err)
	}
	for _, c := range []struct{ old, new, want string }{
		{">2.0<", ">1.1<", `protocolVersion: the repository speaks version "1.1"`},
		{">2005-09-16<", ">once<", `earliestDatestamp: "once" is no date`},
		{">YYYY-MM-DD<", ">YYYY<", `granularity: "YYYY" is neither`},
		{">persistent<", ">perhaps<", `deletedRecord: "perhaps" is none of`},
	} {
		_, err := ReadIdentify([]byte(strings.Replace(whole, c.old, c.new, 1)))
		var refusal *ProtocolError
		if !errors.As(err, &refusal) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.new, err, c.want)
		}
	}
	for _, c := range [][2]string{{">2005-09-16<", ">2005-09-16T00:00:00Z<"}, {">YYYY-MM-DD<", ">YYYY-MM-DDThh:mm:ssZ<"}, {">persistent<", ">no<"}} {
		if _, err := ReadIdentify([]byte(strings.Replace(whole, c[0], c[1], 1))); err != nil {
			t.Errorf("%s: %v", c[1], err)
		}
	}
	if _, err := ReadIdentify([]byte("<OAI-PMH></OAI-PMH>")); !errors.Is(err, errOther) {
		t.Errorf("an empty answer: %v", err)
	}
}
