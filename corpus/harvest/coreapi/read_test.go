package coreapi

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay/internal/testenv"
)

func date(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

func TestReadV3(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       Page
	}{
		{
			"as documented",
			`{"totalHits":23027,"limit":5,"offset":0,"scrollId":null,"results":[{"acceptedDate":null,"arxivId":"arXiv:1010.1833v2","authors":[{"name":"A. One"},{"name":""},{"name":"Two, B."}],
			"abstract":"An abstract.\nTwo lines.","doi":"10.5555/1","fullText":"The text.","id":722934,"title":"A title","language":{"code":"en","name":"English"},
			"publishedDate":"2010-10-09T00:00:00","yearPublished":2011,"links":[{"type":"download","url":"http://example.org"}]}]}`,
			Page{Total: 23027, Works: []Work{{ID: "722934", DOI: "10.5555/1", ArxivID: "1010.1833", Title: "A title", Abstract: "An abstract.\nTwo lines.",
				FullText: "The text.", Language: "English", Published: date(2010, 10, 9), Authors: []string{"A. One", "Two, B."}}}},
		},
		{
			"numbers as strings, texts as numbers",
			`{"totalHits":"12","scrollId":"abc==","results":[{"id":"5","title":1984,"yearPublished":"1999","authors":"Solo, H."},{"id":6.0e0,"yearPublished":2001.0,"language":"French","authors":["A","B"]}]}`,
			Page{Total: 12, Scroll: "abc==", Works: []Work{
				{ID: "5", Title: "1984", Published: date(1999, 1, 1), Authors: []string{"Solo, H."}},
				{ID: "6", Language: "French", Published: date(2001, 1, 1), Authors: []string{"A", "B"}}}},
		},
		{
			"nulls and other types",
			`{"totalHits":2,"results":[{"id":7,"title":null,"abstract":null,"fullText":null,"authors":null,"language":null,"doi":["x"],"yearPublished":null,"publishedDate":"soon"},{"id":8,"title":{"a":1},"authors":[null,{"name":null},3],"fullText":true,"language":{"name":{}},"yearPublished":-4}]}`,
			Page{Total: 2, Works: []Work{{ID: "7"}, {ID: "8", Authors: []string{"3"}}}},
		},
		{
			"withheld",
			`{"totalHits":1,"results":[{"id":9,"fullText":" Not available for public API users. Register at"}]}`,
			Page{Total: 1, Works: []Work{{ID: "9", Withheld: true}}},
		},
		{
			"malformed results",
			`{"totalHits":4,"results":[3,null,{"title":"no id"},{"id":" "}]}`,
			Page{Total: 4, Works: []Work{{ID: "?6dd28e9b", Malformed: true}, {ID: "?25cbfc4f", Malformed: true}, {ID: "?788b7ee0", Malformed: true}, {ID: "?ebfc01b4", Malformed: true}}},
		},
		{"no results", `{"totalHits":0,"results":[]}`, Page{Works: []Work{}}},
		{"no results, as null", `{"totalHits":0,"results":null}`, Page{Works: []Work{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ReadV3([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			comparePages(t, p, &c.want)
		})
	}
}

func comparePages(t *testing.T, got, want *Page) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v, want\n%+v", *got, *want)
	}
}

func TestReadV2(t *testing.T) {
	body := `{"status":"OK","totalHits":"41","data":[{"id":"11","authors":["Eins, A.","Zwei, B."],"datePublished":"2018-04-01T10:00:00+00:00","description":"Abstract","fullText":"Text",
		"title":"T","year":2017,"language":{"code":"en","id":9,"name":"English"},"topics":["deep learning"],"doi":null}]}`
	p, err := ReadV2([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	comparePages(t, p, &Page{Total: 41, Works: []Work{{ID: "11", Title: "T", Abstract: "Abstract", FullText: "Text", Language: "English",
		Published: date(2018, 4, 1), Authors: []string{"Eins, A.", "Zwei, B."}}}})
	if p, err = ReadV2([]byte(`{"status":"Not found","data":null}`)); err != nil || len(p.Works) != 0 {
		t.Errorf("nothing found is %+v, %v", p, err)
	}
}

func TestWhatIsNoAnswerIsSaid(t *testing.T) {
	for _, c := range []struct{ body, v3, v2 string }{
		{"", "an empty body", "an empty body"},
		{" \n", "an empty body", "an empty body"},
		{"<html>502</html>", `invalid character '<'`, `invalid character '<'`},
		{`{"totalHits":3,"results":[{"id":1`, "unexpected end", "unexpected end"},
		{`{"message":"Maintenance"}`, "neither totalHits nor results", `status ""`},
		{`[]`, "cannot unmarshal array", "cannot unmarshal array"},
		{`{"status":"OK","totalHits":"many","results":[],"data":[]}`, `totalHits is "many"`, `totalHits is "many"`},
		{`{"status":"OK","totalHits":"NaN","results":[],"data":[]}`, `totalHits is "NaN"`, `totalHits is "NaN"`},
		{`{"status":"OK","totalHits":-1,"results":[],"data":[]}`, `totalHits is "-1"`, `totalHits is "-1"`},
	} {
		for name, read := range map[string]func([]byte) (*Page, error){c.v3: ReadV3, c.v2: ReadV2} {
			if _, err := read([]byte(c.body)); err == nil || !errors.Is(err, errNotAnAnswer) {
				t.Errorf("%q: error %v", c.body, err)
			} else if !strings.Contains(err.Error(), name) && c.v3 == c.v2 {
				t.Errorf("%q: error %q, want one with %q", c.body, err, name)
			}
		}
	}
	long := strings.Repeat("é", 500)
	if _, err := ReadV3([]byte(long)); err == nil || len(err.Error()) > 400 {
		t.Errorf("a long body is quoted whole: %v", err)
	}
}

// A small body must not become a large one in memory: lists are read up to a bound.
func TestListsAreBounded(t *testing.T) {
	many := func(n int, one string) string { return "[" + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + "]" }
	for _, c := range []struct {
		names     int
		malformed bool
	}{{mostNames, false}, {mostNames + 1, true}} {
		p, err := ReadV3([]byte(`{"totalHits":1,"results":[{"id":1,"authors":` + many(c.names, `"A"`) + `}]}`))
		if err != nil || len(p.Works) != 1 || p.Works[0].Malformed != c.malformed || !c.malformed && len(p.Works[0].Authors) != c.names {
			t.Errorf("%d names: %v", c.names, err)
		}
	}
	for name, read := range map[string]func([]byte) (*Page, error){"results": ReadV3, "data": ReadV2} {
		body := func(n int) []byte { return []byte(`{"status":"OK","totalHits":1,"` + name + `":` + many(n, "0") + `}`) }
		if p, err := read(body(mostResults)); err != nil || len(p.Works) != mostResults {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := read(body(mostResults + 1)); !errors.Is(err, errNotAnAnswer) || !strings.Contains(err.Error(), "a list of more than 1000 values") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := read([]byte(`{"status":"OK","totalHits":1,"` + name + `":{"a":1}}`)); !errors.Is(err, errNotAnAnswer) || !strings.Contains(err.Error(), "is no list") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The recorded answer of the real service.
func TestReadRecorded(t *testing.T) {
	body, err := os.ReadFile(testenv.Shared(t, "protocol/core/v3_search_works_2of5_transcribed.json"))
	if err != nil {
		t.Skipf("no recorded answers here: %v", err)
	}
	p, err := ReadV3(body)
	if err != nil {
		t.Fatal(err)
	}
	if p.Total != 23027 || len(p.Works) != 2 || p.Scroll != "" {
		t.Fatalf("%d of %d results, scroll %q", len(p.Works), p.Total, p.Scroll)
	}
	w := p.Works[0]
	w.Abstract = ""
	want := Work{ID: "722934", DOI: "10.1016/j.jmps.2006.05.005", ArxivID: "1010.1833", Title: "A dynamical interpretation of flutter instability in a continuous medium", Language: "English",
		Published: date(2010, 10, 9), Authors: []string{"Andrea Piccolroaz", "Bertoldi", "Bigoni", "Davide Bigoni", "John R. Willis", "Lebedev", "Loret", "Rice", "Willis"}}
	if !reflect.DeepEqual(w, want) {
		t.Errorf("read %+v, want %+v", w, want)
	}
}

// Real full texts in an answer come out of reader and cleaning as the article's rule,
// written another way, makes them.
func TestCleanRealTexts(t *testing.T) {
	f, err := os.Open(testenv.Shared(t, "fulltext/unarXive_data_sample.tar.gz"))
	if err != nil {
		t.Skipf("no full texts here: %v", err)
	}
	defer f.Close()
	packed, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(packed)
	for head := new(tar.Header); !strings.HasSuffix(head.Name, "/arXiv_src_2212_086.jsonl"); {
		if head, err = archive.Next(); err != nil {
			t.Fatal(err)
		}
	}
	lines := bufio.NewScanner(archive)
	lines.Buffer(nil, 64<<20)
	texts, dropped := 0, 0
	for lines.Scan() {
		var paper struct {
			BodyText []struct{ Text string } `json:"body_text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &paper); err != nil {
			t.Fatal(err)
		}
		var whole []string
		for _, p := range paper.BodyText {
			whole = append(whole, p.Text)
		}
		text := strings.Join(whole, "\r\n\u00a0\t")
		body, err := json.Marshal(map[string]any{"totalHits": 1, "results": []any{map[string]any{"id": 1, "fullText": text}}})
		if err != nil {
			t.Fatal(err)
		}
		page, err := ReadV3(body)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := Cleaning{Mode: CleanASCII}.Clean(page.Works[0].FullText)
		words := strings.Fields(text)
		var want []string
		for _, w := range words {
			if ascii := strings.Map(printable, w); ascii != "" {
				want = append(want, ascii)
			}
		}
		if got != strings.Join(want, " ") {
			t.Errorf("text %d is not cleaned by the rule", texts)
		}
		texts++
		dropped += len(strings.Join(words, " ")) - len(got)
	}
	if err := lines.Err(); err != nil || texts < 10 || dropped == 0 {
		t.Errorf("%d texts, %d bytes dropped: %v", texts, dropped, err)
	}
	t.Logf("%d texts, %d bytes dropped", texts, dropped)
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
