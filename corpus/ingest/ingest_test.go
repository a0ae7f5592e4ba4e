package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/internal/fault"
)

// memorySink keeps papers and counts resets.
type memorySink struct {
	papers []*corpus.Paper
	resets int
	fail   error
}

func (s *memorySink) Add(p *corpus.Paper) error {
	s.papers = append(s.papers, p)
	if s.fail != nil {
		time.Sleep(50 * time.Millisecond) // so that the stages before wait for this one
	}
	return s.fail
}

func (s *memorySink) Reset() error {
	s.papers = nil
	s.resets++
	return nil
}

// line is a record of the kaggle format.
func line(id, title, categories string) string {
	return fmt.Sprintf(`{"id":%q,"title":%q,"abstract":"We count to three.","categories":%q,"created":"2019-02-03","update_date":"2019-02-04"}`+"\n", id, title, categories)
}

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// pipe hides every method but Read, as standard input from a pipe does.
type pipe struct{ r io.Reader }

func (p pipe) Read(b []byte) (int, error) { return p.r.Read(b) }

func importText(t testing.TB, format, text string, skipBad bool) ([]*corpus.Paper, *Summary, error) {
	t.Helper()
	sink := &memorySink{}
	s, err := Import(context.Background(), Options{
		Format: format, IDs: IDsFree, Inputs: []string{"-"}, Stdin: pipe{strings.NewReader(text)}, SkipBad: skipBad, TempDir: t.TempDir(),
	}, sink)
	return sink.papers, s, err
}

func testDay(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestKaggleFields(t *testing.T) {
	full := `{"id":"1912.00001","submitter":null,"authors":"A. Bee and C. Dee (1)","title":"On\n  bees","comments":null,` +
		`"journal-ref":null,"doi":null,"report-no":null,"categories":"cs.LG math.NA cs.NA","license":null,"abstract":"  Bees \u00e9 $x<y$.\n",` +
		`"versions":[{"version":"v1","created":"Mon, 2 Dec 2019 23:59:59 GMT"},{"version":"v2","created":"Tue, 3 Dec 2019 00:00:00 GMT"}],` +
		`"update_date":"2019-12-04","authors_parsed":[["Bee","A. ",""],["Dee","Carl","Jr"],["Team","","","Hive"],[":","",""]]}`
	extract := `{"id": "hep-th/9901001", "authors": "E. Eff, and G. Gee, H", "title": "Strings", "categories": "hep-th", "abstract": "Strings. ", "created": "1999-01-02", "update_date": "1999-01-02"}`
	bare := "\xef\xbb\xbf" + `{"id":"1v2","title":"t","abstract":"a","categories":"astro-ph"}`
	papers, _, err := importText(t, "kaggle", bare+"\r\n\n  \n"+full+"\n"+extract, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []*corpus.Paper{
		{ID: "1v2", Title: "t", Abstract: "a", Categories: []string{"astro-ph"}},
		{
			ID: "1912.00001", Title: "On\n  bees", Abstract: "  Bees é $x<y$.\n", Categories: []string{"cs.LG", "math.NA", "cs.NA"},
			Authors: []string{"A. Bee", "Carl Dee Jr", "Team"}, Created: testDay("2019-12-02"), Updated: testDay("2019-12-04"),
		},
		{
			ID: "hep-th/9901001", Title: "Strings", Abstract: "Strings. ", Categories: []string{"hep-th"},
			Authors: []string{"E. Eff", "G. Gee", "H"}, Created: testDay("1999-01-02"), Updated: testDay("1999-01-02"),
		},
	}
	comparePapers(t, papers, want)
}

func comparePapers(t *testing.T, got, want []*corpus.Paper) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d papers, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("paper %d:\ngot  %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

const archiveHeader = "\tabstract\tarxiv_id\tauthor_text\tcategories\tcreated\tprimary_cat\ttitle\tupdated\n"

func TestArchiveFields(t *testing.T) {
	text := archiveHeader +
		"7\tPlain words.\tcs/0101001\tA. Bee, C. {D, ee}\tmath.CO,cs.DM,cs.DS\t2001-01-02\tcs.DS\tCounting\t\r\n" +
		"\n" +
		"8\t\"First \"\"line\"\"\nsecond\tline\"\tq-bio/0101002\t\tq-bio\t2001-01-03\tq-bio\t\"Quoted\"\t2001-02-03"
	papers, s, err := importText(t, "archive", text, false)
	if err != nil {
		t.Fatal(err)
	}
	comparePapers(t, papers, []*corpus.Paper{
		{
			ID: "cs/0101001", Title: "Counting", Abstract: "Plain words.", Categories: []string{"cs.DS", "math.CO", "cs.DM"},
			Authors: []string{"A. Bee", "C. {D, ee}"}, Created: testDay("2001-01-02"), Updated: testDay("2001-01-02"),
		},
		{
			ID: "q-bio/0101002", Title: "Quoted", Abstract: "First \"line\"\nsecond\tline", Categories: []string{"q-bio"},
			Created: testDay("2001-01-03"), Updated: testDay("2001-02-03"),
		},
	})
	if s.FirstCreated != "2001-01-02" || s.LastCreated != "2001-01-03" {
		t.Errorf("created %s to %s", s.FirstCreated, s.LastCreated)
	}
}

func TestMalformedRecords(t *testing.T) {
	good := line("1", "One", "cs.LG")
	row := "1\ta\t1\t\tcs.LG\t\t\tt\t\n"
	for name, c := range map[string]struct{ format, text, want string }{
		"cut in half":     {"kaggle", good + `{"id":"2","title":"Tw`, `stdin:2: invalid JSON: the line ends inside the object`},
		"no JSON":         {"kaggle", good + good + "hello\n", `stdin:3: invalid JSON: at byte 1 of the line`},
		"trailing":        {"kaggle", strings.TrimSpace(good) + "}\n", `stdin:1: invalid JSON: at byte 128 of the line`},
		"twice":           {"kaggle", `{"id":"1","id":"2"}`, `stdin:1: invalid JSON: "id" stands twice`},
		"a number":        {"kaggle", `{"id":1912.1}`, `stdin:1: missing title: paper "1912.1"`},
		"a list":          {"kaggle", `{"id":"1"}` + "\n[]", `stdin:1: missing title: paper "1"`},
		"deep":            {"kaggle", `{"versions":[{"created":[]}]}`, `stdin:1: wrong type of value: "versions/0/created" is a list`},
		"a string":        {"kaggle", `"id"`, `stdin:1: wrong type of value: the line is a text, not an object`},
		"surrogate":       {"kaggle", `{"id":"\ud800"}`, `stdin:1: invalid JSON: at byte 8 of the line`},
		"UTF-8":           {"kaggle", "{\"id\":\"\xff\"}", `stdin:1: invalid UTF-8`},
		"other case":      {"kaggle", `{"ID":"1","title":"t","abstract":"a","categories":"cs.LG"}`, `stdin:1: missing or invalid id`},
		"null id":         {"kaggle", `{"id":null}`, `stdin:1: missing or invalid id`},
		"spaced id":       {"kaggle", `{"id":"a b"}`, `stdin:1: missing or invalid id: "a b"`},
		"title":           {"kaggle", `{"id":"1","title":" \n"}`, `stdin:1: missing title: paper "1"`},
		"abstract":        {"kaggle", `{"id":"1","title":"t","abstract":null}`, `stdin:1: missing abstract: paper "1"`},
		"categories":      {"kaggle", `{"id":"1","title":"t","abstract":"a","categories":" "}`, `stdin:1: missing categories: paper "1"`},
		"day":             {"kaggle", `{"id":"1","update_date":"2019-02-30"}`, `stdin:1: invalid date: update_date "2019-02-30" is no day of the form YYYY-MM-DD`},
		"time":            {"kaggle", `{"versions":[{"created":"2 Apr 2007"}]}`, `stdin:1: invalid date: versions[0].created "2 Apr 2007" is no time such as Mon, 2 Apr 2007 19:18:42 GMT`},
		"named zone":      {"kaggle", `{"versions":[{"created":"Mon, 2 Apr 2007 19:18:42 EST"}]}`, `stdin:1: invalid date: versions[0].created "Mon, 2 Apr 2007 19:18:42 EST" is no time such as Mon, 2 Apr 2007 19:18:42 GMT`},
		"few fields":      {"archive", archiveHeader + row + "1\t2\t3\n", `stdin:3: wrong number of fields: 3, the header has 9`},
		"many fields":     {"archive", archiveHeader + "\t" + row, `stdin:2: wrong number of fields: 10, the header has 9`},
		"stray quote":     {"archive", archiveHeader + row + "1\ta \"b\n" + row, `stdin:3: bad quoting: a quoted field must end with a quote before a tab or the line's end, and an unquoted one holds none`},
		"after the quote": {"archive", archiveHeader + "1\t\"a\"b\n", `stdin:2: bad quoting: a quoted field must end with a quote before a tab or the line's end, and an unquoted one holds none`},
		"open quote":      {"archive", archiveHeader + "1\t\"a\nb\nc", `stdin:2: bad quoting: a quoted field does not end`},
		"table date":      {"archive", archiveHeader + "1\ta\t1\t\tcs.LG\tsoon\t\tt\t\n", `stdin:2: invalid date: created "soon" is no day of the form YYYY-MM-DD`},
		"line counting":   {"archive", archiveHeader + "1\t\"a\n\nb\"\t1\t\tcs.LG\t\t\tt\t\n\n1\n", `stdin:6: wrong number of fields: 1, the header has 9`},
	} {
		_, _, err := importText(t, c.format, c.text, false)
		want := "corpus: import: " + c.want + "; correct it, or leave such records out with --skip-bad"
		if err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, want)
		}
	}
}

func TestUnusableInput(t *testing.T) {
	for name, c := range map[string]struct{ format, text, want string }{
		"empty":         {"kaggle", "", "stdin is empty"},
		"blank":         {"kaggle", "\n\n \n", "the input holds no record"},
		"header only":   {"archive", archiveHeader, "the input holds no record"},
		"blank table":   {"archive", "\n\n", "stdin holds no header"},
		"wrong columns": {"archive", "a\tb\n1\t2\n", `stdin:1: the header has no column "arxiv_id"; this is no table of arxiv_archive`},
		"column twice":  {"archive", "title\t" + archiveHeader, `stdin:1: the header has the column "title" twice`},
		"JSON as table": {"archive", line("1", "One", "cs.LG"), "stdin:1: this is JSON; use the format kaggle"},
		"table as JSON": {"kaggle", archiveHeader, "stdin:1: this is the header of a table; use the format archive"},
		"array":         {"kaggle", "[\n{}\n]", "stdin:1: this is a JSON array; the kaggle format has one object a line"},
		"binary":        {"kaggle", "\x7fELF\x02\x01\x01\x00\x00\x00", "stdin holds binary data; give a text, plain or packed as .gz, .xz, .zst or .zip"},
		"parquet":       {"kaggle", "PAR1\x15\x00", "stdin holds Parquet data; use the format parquet"},
		"UTF-16":        {"kaggle", "\xff\xfe{\x00", "stdin holds UTF-16 text, not UTF-8; give a text, plain or packed as .gz, .xz, .zst or .zip"},
		"nothing known": {"kaggle", line("1", "One", "cs.lg"), "none of the 1 records read can be kept: 0 malformed, 1 without a known category"},
	} {
		_, _, err := importText(t, c.format, c.text, true)
		if want := "corpus: import: " + c.want; err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, want)
		}
	}
}

func TestOptions(t *testing.T) {
	for want, opt := range map[string]Options{
		`unknown format "kagle"; did you mean "kaggle"? (known: kaggle, archive, parquet)`: {Format: "kagle", Inputs: []string{"x"}},
		`no input; name files, or - for standard input`:                                    {Format: "kaggle"},
		`standard input can be read once; 2 inputs name it`:                                {Format: "kaggle", Inputs: []string{"-", "-"}, Stdin: strings.NewReader("")},
		`open /nowhere/at/all: no such file or directory`:                                  {Format: "kaggle", Inputs: []string{"/nowhere/at/all"}},
		`/ is a folder; name the files in it`:                                              {Format: "kaggle", Inputs: []string{"/"}},
	} {
		_, err := Import(context.Background(), opt, &memorySink{})
		if err == nil || err.Error() != "corpus: import: "+want || !fault.IsUsage(err) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestSkipBad(t *testing.T) {
	text := line("1", "One", "cs.LG nowhere nowhere") + "{\n" + line("2", "Two", "stat.XX") + "}\n" +
		strings.Repeat(line("3", "", "cs.LG"), 7) + line("1", "One again", "physics cs.LG nowhere") + line("4", "Four", "solv-int")
	papers, s, err := importText(t, "kaggle", text, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(papers) != 2 || papers[0].Title != "One again" || papers[1].Title != "Four" {
		t.Errorf("papers %+v", papers)
	}
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"format":"kaggle","sources":[{"name":"stdin","packing":"plain","records":13}],` +
		`"read":13,"kept":2,"duplicates":1,"no_known_category":1,"malformed":9,"malformed_by":[` +
		`{"reason":"missing title","records":7,"places":["stdin:5","stdin:6","stdin:7","stdin:8","stdin:9"]},` +
		`{"reason":"invalid JSON","records":2,"places":["stdin:2","stdin:4"]}],` +
		`"unknown_categories":[{"id":"nowhere","papers":1},{"id":"physics","papers":1}],` +
		`"first_created":"2019-02-03","last_created":"2019-02-03"}`
	if string(got) != want {
		t.Errorf("summary\ngot  %s\nwant %s", got, want)
	}
	var text2 bytes.Buffer
	if err := s.WriteText(&text2); err != nil {
		t.Fatal(err)
	}
	wantText := `records read                         13  from stdin
papers kept                          2   created 2019-02-03 to 2019-02-03
left out: a later record has the id  1   
left out: no known category          1   
left out: malformed                  9   
  missing title                      7  stdin:5, stdin:6, stdin:7, stdin:8, stdin:9, …
  invalid JSON                       2  stdin:2, stdin:4
unknown category ids                 2  on kept papers: "nowhere" 1, "physics" 1
`
	if squeeze(text2.String()) != squeeze(wantText) {
		t.Errorf("text\n%s\nwant\n%s", &text2, wantText)
	}
	s.Kept++
	if s.Check() == nil {
		t.Error("Check passes a wrong account")
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// TestQuoteDoesNotSwallow: a stray quote costs its own line, not those after it.
func TestQuoteDoesNotSwallow(t *testing.T) {
	row := func(id, abstract string) string {
		return "1\t" + abstract + "\t" + id + "\t\tcs.LG\t\t\tt\t\n"
	}
	text := archiveHeader + row("1", "a") + row("2", `"open`) + row("3", "b") + row("4", "\"two\nlines\"") + row("5", `st"ray`) + row("6", `"open`) + row("7", "c")
	papers, s, err := importText(t, "archive", text, true)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range papers {
		ids = append(ids, p.ID)
	}
	if got := strings.Join(ids, " "); got != "1 3 4 7" {
		t.Errorf("kept %s", got)
	}
	want := []string{"stdin:3", "stdin:7", "stdin:8"}
	if len(s.MalformedBy) != 1 || !reflect.DeepEqual(s.MalformedBy[0].Places, want) {
		t.Errorf("malformed %+v, want places %v", s.MalformedBy, want)
	}
}

func TestOverlongLine(t *testing.T) {
	for format, text := range map[string]string{
		"kaggle":  line("1", "One", "cs.LG") + `{"id":"` + strings.Repeat("x", 2<<20),
		"archive": archiveHeader + strings.Repeat("x", 3<<20),
	} {
		im, err := newImporter(Options{Format: format, IDs: IDsFree, Inputs: []string{"-"}, Stdin: pipe{strings.NewReader(text)}, SkipBad: true, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		im.limit = 1 << 20
		err = errors.Join(im.run(context.Background(), &memorySink{}), im.sources.close())
		want := "corpus: import: stdin:2: the line is longer than 1 MiB; this is not the format named, or the file is corrupt"
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", format, err, want)
		}
	}
}

// TestDuplicates draws inputs with duplicates and compares with the plain
// reading of the rule, at several numbers of workers, from files and pipes.
func TestDuplicates(t *testing.T) {
	const seed = 20191231
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 12 {
		ids := 1 + r.IntN(4000)
		records := 1 + r.IntN(4000)
		if round == 0 {
			ids = 1 << 40 // none twice
		}
		last, kind := map[string]int{}, make([]string, records)
		var files [2]strings.Builder
		var order []string
		for i := range records {
			id := fmt.Sprint("19.", r.IntN(ids))
			order = append(order, id)
			f := &files[i*2/records]
			switch r.IntN(20) {
			case 0:
				kind[i] = "bad"
				f.WriteString(line(id, "", "cs.LG"))
			case 1:
				kind[i] = "unknown"
				f.WriteString(line(id, "t", "cs.XX"))
			default:
				last[id] = i
				f.WriteString(line(id, fmt.Sprint("record ", i), "cs.LG"))
			}
		}
		if len(last) == 0 {
			continue
		}
		var want []string
		for i, id := range order {
			if kind[i] == "" && last[id] == i {
				want = append(want, fmt.Sprint(id, " record ", i))
			}
		}
		first, second := writeFile(t, "a.jsonl", "\n"+files[0].String()), files[1].String()+"\n"
		for _, workers := range []int{1, 3} {
			sink := &memorySink{}
			s, err := Import(context.Background(), Options{
				Format: "kaggle", IDs: IDsFree, Inputs: []string{first, "-"}, Stdin: pipe{strings.NewReader(second)},
				SkipBad: true, Workers: workers, TempDir: t.TempDir(),
			}, sink)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			var got []string
			for _, p := range sink.papers {
				got = append(got, p.ID+" "+p.Title)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, %d workers: %d papers differ from the %d expected", seed, workers, len(got), len(want))
			}
			if err := s.Check(); err != nil || s.Read != int64(records) || s.Kept != int64(len(want)) {
				t.Errorf("seed %d: %v, %+v", seed, err, s)
			}
			if again := s.Duplicates > 0; again != (sink.resets == 1) {
				t.Errorf("seed %d: %d duplicates, %d resets", seed, s.Duplicates, sink.resets)
			}
		}
	}
}

func TestChangedBetweenPasses(t *testing.T) {
	for name, later := range map[string]string{
		"other papers": line("2", "Two", "cs.LG") + line("2", "Six", "cs.LG"),
		"other text":   line("1", "One", "cs.LG") + line("1", "Three", "cs.LG"),
		"fewer papers": line("1", "One", "cs.XX") + line("1", "Two", "cs.XX"),
	} {
		path := writeFile(t, "a.jsonl", line("1", "One", "cs.LG")+line("1", "Two", "cs.LG"))
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		sink := &replacingSink{path: path, text: later, modified: info.ModTime()}
		_, err = Import(context.Background(), Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{path}}, sink)
		if err == nil || !strings.Contains(err.Error(), "changed while it was read") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// replacingSink replaces the input, but not its time, when it is reset.
type replacingSink struct {
	memorySink
	path, text string
	modified   time.Time
}

func (s *replacingSink) Reset() error {
	if err := os.WriteFile(s.path, []byte(s.text), 0o644); err != nil {
		return err
	}
	return os.Chtimes(s.path, s.modified, s.modified)
}

func TestSinkErrorStops(t *testing.T) {
	full := errors.New("no space left on device")
	path := writeFile(t, "a.jsonl", strings.Repeat(line("1", "One", "cs.LG"), 20_000))
	_, err := Import(context.Background(), Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{path}}, &memorySink{fail: full})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

// TestCancel ends an import whose input never comes.
func TestCancel(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		if _, err := w.Write([]byte(line("1", "One", "cs.LG"))); err != nil {
			t.Error(err)
		}
		cancel()
	}()
	_, err := Import(ctx, Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{"-"}, Stdin: r, TempDir: t.TempDir()}, &memorySink{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
