package ingest

import (
	"assay/corpus"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// checkImported fails on a paper that no importer may let pass.
func checkImported(t *testing.T, p *corpus.Paper) {
	t.Helper()
	for _, s := range append([]string{p.ID, p.Title, p.Abstract, strings.Join(p.Categories, " ")}, p.Authors...) {
		if strings.TrimSpace(s) == "" || !utf8.ValidString(s) {
			t.Errorf("%q in %+v", s, p)
		}
	}
}

func checkFlaw(t *testing.T, f *flaw) {
	t.Helper()
	if text := f.Error(); strings.ContainsAny(text, "\n\r") || !utf8.ValidString(text) || len(text) > 300 {
		t.Errorf("flaw %q", text)
	}
}

// FuzzKaggleRecord holds the parser against encoding/json: what it accepts must
// be accepted there and read the same.
func FuzzKaggleRecord(f *testing.F) {
	for _, seed := range []string{
		line("1", "One", "cs.LG stat.ML"),
		`{"id":"1v2","title":"t\u00e9\ud83d\ude00\\\"","abstract":" a\n","categories":"x","authors":"A and B, Jr. (C), {D, E}","other":[1,{"a":null}]}`,
		`{"id":"1","title":"t","abstract":"a","categories":"x","versions":[{"created":"Mon, 2 Apr 2007 19:18:42 GMT"}],"authors_parsed":[["L","F","S","X"],[],["M"]]}`,
		`{"id":"1","title":"t","abstract":"a","categories":["x y",null,"z,x"],"primary_category":"y","versions":["v1"],"authors":"['A', 'B']"}`,
		`{"id":"1","title":"t","abstract":"a","categories":"['x', \"y\"]","versions":"[{'version': 'v1', 'created': None}]","authors_parsed":"[('L', 'F\\x41', ''),]"}`,
		`{"id":"1","id":"2"}`, `{"ID":"1"}`, `[]`, `null`, `{"id":1}`, `{"title":"\ud800"}`, "{\"id\":\"\xc3\x28\"}", `{"a":1e999}`, `{"id":"1"} x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		p, bad := kaggleFormat{}.parse(record)
		if bad != nil {
			checkFlaw(t, bad)
			return
		}
		checkImported(t, p)
		var want map[string]any
		if err := json.Unmarshal(record, &want); err != nil {
			t.Fatalf("accepted %q: %v", record, err)
		}
		id, _ := want["id"].(string)
		if want["title"] != p.Title || want["abstract"] != p.Abstract ||
			slices.Compare(categoriesOf(want), p.Categories) != 0 || !strings.HasPrefix(strings.TrimSpace(id), p.ID) {
			t.Errorf("%q read as %+v", record, p)
		}
	})
}

// categoriesOf returns the categories of a record by another way: what cannot
// be part of an id becomes a space.
func categoriesOf(record map[string]any) []string {
	ids := func(value any) (ids []string) {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, e := range list {
			text, _ := e.(string)
			for _, id := range strings.Fields(separators.Replace(text)) {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
		return ids
	}
	categories, primary := ids(record["categories"]), ids(record["primary_category"])
	if len(primary) != 1 || !slices.Contains(categories, primary[0]) {
		return categories
	}
	return append(primary, slices.DeleteFunc(categories, func(id string) bool { return id == primary[0] })...)
}

var separators = strings.NewReplacer(",", " ", ";", " ", "|", " ", "[", " ", "]", " ", "(", " ", ")", " ", "{", " ", "}", " ", "'", " ", `"`, " ")

// FuzzArchiveRecord holds the cutting of records and fields against
// encoding/csv, and checks that no byte of the text is lost.
func FuzzArchiveRecord(f *testing.F) {
	row := "7\tab\tcs/01\tA, B\tcs.DS,cs.DM\t2001-01-02\tcs.DM\tTi\t2001-01-03\n"
	for _, seed := range []string{
		archiveHeader + row + row, archiveHeader + row + "1\t\"a\nb\tc \"\"d\"\"\"\t2\t\tx\t\t\tt\t\r\n\n" + row,
		"a\t\"b\n", "\"\"\n\"\"\"\"\n", "a\"b\nc\n", "\"a\"b\n\"c\"\n", "\r\n\"x\"\r", "\"a\r\nb\"\t\r\n", "\t\n \n", "\"a\n\"b\"\nc\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := &lineReader{name: "fuzz", r: bufio.NewReaderSize(bytes.NewReader(text), 16), limit: 1 << 20}
		var all []byte
		var records [][]string
		flaws := 0
		for {
			record, err := archiveFormat{}.next(lines, nil)
			all = append(all, record...)
			if err == io.EOF {
				break
			}
			var bad *flaw
			if errors.As(err, &bad) {
				checkFlaw(t, bad)
				flaws++
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			fields, bad := splitFields(nil, trimLineEnd(record))
			if bad != nil {
				t.Fatalf("%q: cut as a record, but %v", record, bad)
			}
			row := make([]string, len(fields))
			for i, field := range fields {
				row[i] = string(field)
			}
			records = append(records, row)
			if p, bad := (&archiveColumns{count: 4, title: 1, abstract: 2, categories: 3, primary: -1, authors: 0, created: -1, updated: -1}).parse(record); bad != nil {
				checkFlaw(t, bad)
			} else {
				checkImported(t, p)
			}
		}
		if got, want := bytes.Trim(all, "\r\n"), bytes.Trim(text, "\r\n"); len(got) != len(want) && !bytes.Contains(text, []byte("\n\n")) && !bytes.Contains(text, []byte("\n\r")) {
			t.Errorf("%d bytes of %d in records", len(got), len(want))
		}
		compareCSV(t, text, records, flaws)
	})
}

// compareCSV reads text with encoding/csv, which differs by design where a
// carriage return stands inside a field, and takes the first error for the end.
func compareCSV(t *testing.T, text []byte, records [][]string, flaws int) {
	t.Helper()
	if bytes.IndexByte(text, '\r') >= 0 || !utf8.Valid(text) {
		return
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord = '\t', -1
	want, err := r.ReadAll()
	if (err == nil) != (flaws == 0) {
		t.Fatalf("%q: %d flaws, encoding/csv says %v", text, flaws, err)
	}
	if err != nil {
		return
	}
	if len(records) != len(want) {
		t.Fatalf("%q: %d records, want %d", text, len(records), len(want))
	}
	for i := range want {
		if strings.Join(records[i], "\x00|") != strings.Join(want[i], "\x00|") {
			t.Errorf("%q: record %d is %q, want %q", text, i, records[i], want[i])
		}
	}
}
