package ingest

import (
	"assay/internal/testenv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// record is a line of the kaggle format with more fields, as JSON.
func record(fields string) string {
	return `{"id":"0704.0001","title":"t","abstract":"a",` + fields + "}\n"
}

func TestCategoriesInAnyShape(t *testing.T) {
	both := []string{"cs.LG", "stat.ML"}
	for value, want := range map[string][]string{
		`"cs.LG stat.ML"`:                                   both,
		`"cs.LG, stat.ML"`:                                  both,
		`"cs.LG,stat.ML"`:                                   both,
		`" cs.LG ,\n stat.ML, "`:                            both,
		`"cs.LG;stat.ML"`:                                   both,
		`"cs.LG; stat.ML;"`:                                 both,
		`"cs.LG|stat.ML"`:                                   both,
		`["cs.LG", "stat.ML"]`:                              both,
		`["cs.LG stat.ML"]`:                                 both,
		`["cs.LG, stat.ML"]`:                                both,
		`["cs.LG", null, "", "stat.ML"]`:                    both,
		`"[\"cs.LG\", \"stat.ML\"]"`:                        both,
		`"['cs.LG', 'stat.ML']"`:                            both,
		`"['cs.LG' 'stat.ML']"`:                             both, // numpy
		`"('cs.LG', 'stat.ML')"`:                            both,
		`"{cs.LG,stat.ML}"`:                                 both, // PostgreSQL
		`["cs.LG", "stat.ML", "cs.LG"]`:                     both,
		`"cs.LG stat.ML cs.LG"`:                             both,
		`"stat.ML cs.LG"`:                                   {"stat.ML", "cs.LG"}, // the first is primary
		`["q-bio.PE"]`:                                      {"q-bio.PE"},
		`"cond-mat.dis-nn"`:                                 {"cond-mat.dis-nn"},
		`"astro-ph"`:                                        {"astro-ph"},
		`"cs.LG stat.ML", "primary_category": "stat.ML"`:    {"stat.ML", "cs.LG"},
		`["cs.LG", "stat.ML"], "primary_category": "cs.LG"`: both,
	} {
		papers, _, err := importText(t, "kaggle", record(`"categories":`+value), false)
		if err != nil {
			t.Errorf("%s: %v", value, err)
		} else if !slices.Equal(papers[0].Categories, want) {
			t.Errorf("%s: %q, want %q", value, papers[0].Categories, want)
		}
	}
	for value, want := range map[string]string{
		`7`:                 `wrong type of value: "categories" is a number`,
		`{"term": "cs.LG"}`: `wrong type of value: "categories" is a object`,
		`["cs.LG", 7]`:      `wrong type of value: "categories/1" is a number`,
		`[["cs.LG"]]`:       `wrong type of value: "categories/0" is a list`,
		`[]`:                `missing categories: paper "0704.0001"`,
		`[null, ""]`:        `missing categories: paper "0704.0001"`,
		`"[]"`:              `missing categories: paper "0704.0001"`,
		`" ,; "`:            `missing categories: paper "0704.0001"`,
		`null`:              `missing categories: paper "0704.0001"`,
		`["cs.LG", "cs.LG"`: `invalid JSON: `,
	} {
		_, _, err := importText(t, "kaggle", record(`"categories":`+value), false)
		if err == nil || !strings.Contains(err.Error(), "stdin:1: "+want) {
			t.Errorf("%s: error %v, want %s", value, err, want)
		}
	}
}

func TestVersionsInAnyOrder(t *testing.T) {
	v1 := `{"version":"v1","created":"Mon, 2 Apr 2007 19:18:42 GMT"}`
	v2 := `{"version":"v2","created":"Mon, 2 Apr 2018 19:18:42 GMT"}`
	v10 := `{"version":"v10","created":"Tue, 3 Apr 2018 19:18:42 GMT"}`
	v3early := `{"version":"v3","created":"Tue, 3 Apr 1990 19:18:42 GMT"}`
	bare := func(entry string) string { return "{" + entry[strings.Index(entry, `"created"`):] }
	for value, want := range map[string]string{
		"[" + v1 + "," + v2 + "]":             "2007-04-02",
		"[" + v2 + "," + v1 + "]":             "2007-04-02",
		"[" + v10 + "," + v2 + "]":            "2018-04-02", // 2 < 10
		"[" + v3early + "," + v1 + "]":        "2007-04-02", // the number decides, not the day
		"[" + bare(v2) + "," + bare(v1) + "]": "2007-04-02", // without numbers the day does
		"[" + v2 + "," + bare(v1) + "]":       "2007-04-02",
		`[{"version":2,"created":"2018-04-02"},{"version":1,"created":"2007-04-02T19:18:42Z"}]`:                                          "2007-04-02",
		`[{"version":"2","created":"2018-04-02"},{"version":"1","created":"2007-04-02 23:18:42-04:00"}]`:                                 "2007-04-03",
		`"[{'version': 'v2', 'created': 'Mon, 2 Apr 2018 19:18:42 GMT'}, {'version': 'v1', 'created': 'Mon, 2 Apr 2007 19:18:42 GMT'}]"`: "2007-04-02",
		`"[{\"version\": \"v1\", \"created\": \"Mon, 2 Apr 2007 19:18:42 GMT\"}]"`:                                                       "2007-04-02",
		`["v1","v2"],"created":"2007-04-05"`:                   "2007-04-05", // names alone
		`[{"version":"v1"},` + v2 + `],"created":"2007-04-05"`: "2007-04-05", // v2's day is not the paper's
		`[{"version":"v1","created":null},` + v2 + `]`:         "",
		`[],"created":"2007-04-05 00:00:00"`:                   "2007-04-05",
		`null,"created":"2007-04-05T23:59:59.999+00:00"`:       "2007-04-05",
		`"","created":"2007-04-05"`:                            "2007-04-05",
		`[null]`:                                               "",
	} {
		papers, _, err := importText(t, "kaggle", record(`"categories":"cs.LG","versions":`+value), false)
		if err != nil {
			t.Errorf("%s: %v", value, err)
		} else if got := dayText(papers[0].Created); got != want {
			t.Errorf("%s: created %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{
		"[" + v2 + `,{"version":"v1","created":"soon"}]`: `invalid date: versions[1].created "soon" is no time such as`,
		`"v1 and v2"`: `wrong type of value: "versions" is the text "v1 and v2", and no list`,
		`7`:           `wrong type of value: "versions" is a number`,
		`[[1]]`:       `wrong type of value: "versions/0" is a list`,
	} {
		_, _, err := importText(t, "kaggle", record(`"categories":"cs.LG","versions":`+value), false)
		if err == nil || !strings.Contains(err.Error(), "stdin:1: "+want) {
			t.Errorf("%s: error %v, want %s", value, err, want)
		}
	}
}

func TestAuthorsInAnyShape(t *testing.T) {
	want := []string{"A. Bee", "C. O'Dee Jr"}
	for _, fields := range []string{
		`"authors":"A. Bee and C. O'Dee Jr"`,
		`"authors":["A. Bee","C. O'Dee Jr"]`,
		`"authors":"['A. Bee', \"C. O'Dee Jr\"]"`,
		`"authors":"['A. Bee', 'C. O\\'Dee\\u0020Jr']"`,
		`"authors":"[\"A. Bee\",\"C. O'Dee Jr\"]"`,
		`"authors_parsed":[["Bee","A.",""],["O'Dee","C.","Jr"]]`,
		`"authors_parsed":"[['Bee', 'A.', ''], [\"O'Dee\", 'C.', 'Jr']]"`,
		`"authors_parsed":"[('Bee', 'A.', None), (\"O'Dee\", 'C.', 'Jr'),]"`,
		`"authors_parsed":[["Bee","A.",null],["O'Dee","C.","Jr"]],"authors":"X"`,
	} {
		papers, _, err := importText(t, "kaggle", record(`"categories":"cs.LG",`+fields), false)
		if err != nil {
			t.Errorf("%s: %v", fields, err)
		} else if !slices.Equal(papers[0].Authors, want) {
			t.Errorf("%s: %q, want %q", fields, papers[0].Authors, want)
		}
	}
	// Text that begins as a list and is none stays text.
	papers, _, err := importText(t, "kaggle", record(`"categories":"cs.LG","authors":"[The A Team] and B. Bee"`), false)
	if err != nil || !slices.Equal(papers[0].Authors, []string{"[The A Team]", "B. Bee"}) {
		t.Errorf("%v, %v", papers, err)
	}
}

func TestListInText(t *testing.T) {
	for text, want := range map[string]string{
		`['a\\b\'\"\n\t\r\x41\u00e9\U0001F41D', "it's"]`:  `["a\\b'\"\n\t\rAé🐝","it's"]`,
		`[None, True, False, 1, -2.5, {'k': ('x',)}, ()]`: `[null,true,false,1,-2.5,{"k":["x"]},[]]`,
		` (1, 2) `: `[1,2]`,
	} {
		got, ok := listInText(text)
		if !ok {
			t.Errorf("%s is no list", text)
			continue
		}
		if err := got.Compact(); err != nil || string(got) != want {
			t.Errorf("%s: %s, want %s (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{"", "a", "[", "['a", `['\`, `['\q']`, `['\x4']`, `['\U00110000']`, `['\ud800']`, "['a' 'b']", "[a]", "{'a': 1}", "[1,,2]", "['a']]", "['\xff']", "['\\uzzzz']"} {
		if got, ok := listInText(text); ok && !strings.Contains(text, `\ud800`) && !strings.Contains(text, `\U0011`) {
			t.Errorf("%q is the list %s", text, got)
		}
	}
}

// The inputs that other distributions of the snapshot are made of, a record at
// a time, since they have the same text.
func TestShapesOfOtherDistributions(t *testing.T) {
	both := "cs.LG stat.ML"
	for file, want := range map[string][]string{
		"catlist.jsonl":  {both},
		"catlist2.jsonl": {both},
		"catcomma.jsonl": {both, both, both, "", both}, // the fourth has ids that arXiv does not know
		"verorder.jsonl": {both},
	} {
		text, err := os.ReadFile(testenv.SharedData(t, filepath.Join("faults", file)))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%s has %d lines, want %d", file, len(lines), len(want))
		}
		for i, line := range lines {
			papers, s, err := importText(t, "kaggle", line, false)
			if want[i] == "" && s.NoKnownCategory == 1 {
				continue
			}
			if err != nil {
				t.Errorf("%s:%d: %v", file, i+1, err)
				continue
			}
			if p := papers[0]; strings.Join(p.Categories, " ") != want[i] || dayText(p.Created) != "2007-04-02" {
				t.Errorf("%s:%d: categories %s, created %s", file, i+1, p.Categories, p.Created)
			}
		}
	}
}

// dayText is a day as metadata writes it, empty where it is unknown.
func dayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}
