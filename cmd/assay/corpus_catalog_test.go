package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/export"
	"assay/corpus/ingest"
	"assay/corpus/shards"
)

// fillCatalog makes a catalog of records and returns its file.
func fillCatalog(t *testing.T, b catalog.Batch) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	c, err := catalog.Open(context.Background(), path, catalog.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Write(context.Background(), b)
	if err = errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// shardPapers returns the papers of a folder of shards in the order of ids.
func shardPapers(t *testing.T, dir string) (list []*corpus.Paper) {
	t.Helper()
	err := withCorpus(dir, func(c *shards.Corpus) error {
		rows, err := c.Sample(0, 0)
		if err != nil {
			return err
		}
		for p, err := range c.Papers(context.Background(), rows) {
			if err != nil {
				return err
			}
			q := *p
			q.Categories, q.Authors = slices.Clone(p.Categories), slices.Clone(p.Authors)
			list = append(list, &q)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b *corpus.Paper) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func utc(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// oddPapers are papers whose text means something to one format or another, in the
// order of their ids.
func oddPapers() []*corpus.Paper {
	return []*corpus.Paper{
		{ID: "1001.0001", Title: "Tabs\tand \\ and \\t", Abstract: "Two\nlines\r\n, \"quotes\", 'more', <b>&amp;", Categories: []string{"cs.LG", "stat.ML"}, Authors: []string{"Ada", "Bob"}, Created: utc(2010, 1, 2), Updated: utc(2012, 3, 4)},
		{ID: "1001.0002", Title: "数学 and 😀", Abstract: "Ünïcode \u2028 too", Categories: []string{"math.AG"}, Authors: []string{"José Á"}, Created: utc(2010, 1, 2)},
		{ID: "1002.0003", Title: "Old", Abstract: "Words", Categories: []string{"cmp-lg", "cs.CL"}, Updated: utc(2015, 1, 1)},
		{ID: "hep-th/9901001", Title: "Strings", Abstract: "On strings", Categories: []string{"hep-th"}, Authors: []string{"Eve"}},
	}
}

// jsonOf is how papers are compared: JSON knows no difference between no list and
// an empty one.
func jsonOf(t *testing.T, papers []*corpus.Paper) string {
	t.Helper()
	var b strings.Builder
	err := export.JSONLines(&b, func(yield func(*corpus.Paper, error) bool) {
		for _, p := range papers {
			if !yield(p, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportReadsBackEqual(t *testing.T) {
	want, dir := oddPapers(), t.TempDir()
	mixed := []*corpus.Paper{want[3], want[1], want[0], want[2]}
	db := fillCatalog(t, catalog.Batch{Papers: mixed})
	in := func(name string) string { return filepath.Join(dir, name) }

	out := mustCall(t, "corpus", "export", db, "--format", "parquet", "--out", in("shards"))
	if !strings.HasPrefix(out, "wrote 4 papers to "+in("shards")+" (corpus ") {
		t.Errorf("export says %q", out)
	}
	if got := jsonOf(t, shardPapers(t, in("shards"))); got != jsonOf(t, want) {
		t.Errorf("shards have\n%s\nwant\n%s", got, jsonOf(t, want))
	}
	contains(t, mustCall(t, "corpus", "info", in("shards"), "--verify"), "papers     4 in 1 shards", "(catalog)", "every byte is as written")

	mustCall(t, "corpus", "export", db, "--format", "jsonl", "--out", in("p.jsonl"))
	mustCall(t, "corpus", "import", "--format", "kaggle", in("p.jsonl"), "--out", in("again"))
	if got := jsonOf(t, shardPapers(t, in("again"))); got != jsonOf(t, want) {
		t.Errorf("imported again\n%s\nwant\n%s", got, jsonOf(t, want))
	}
	if out := mustCall(t, "corpus", "export", db, "--format", "jsonl", "--out", "-"); out != readAll(t, in("p.jsonl")) {
		t.Errorf("to stdout\n%s", out)
	}

	out = mustCall(t, "corpus", "export", db, "--format", "tsv", "--taxonomy", "topics:math.AG,stat.ML,hep-th", "--out", in("p.tsv"))
	if want := "wrote 3 papers to " + in("p.tsv") + "; left out: 1 of none or several of the topics\n"; out != want {
		t.Errorf("export says %q, want %q", out, want)
	}
	rows := [][]string{{"title", "abstract", "math.AG", "stat.ML", "hep-th"},
		{want[0].Title, want[0].Abstract, "0", "1", "0"}, {want[1].Title, want[1].Abstract, "1", "0", "0"}, {want[3].Title, want[3].Abstract, "0", "0", "1"}}
	if got := readTSV(t, in("p.tsv")); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", rows) {
		t.Errorf("tsv has\n%q\nwant\n%q", got, rows)
	}
	mustCall(t, "corpus", "export", db, "--format", "tsv", "--out", in("all.tsv"))
	all := readTSV(t, in("all.tsv"))
	taxonomy, err := corpus.LookupTaxonomy("arxiv-2019")
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range want {
		for k, c := range taxonomy.Categories {
			carries := slices.Contains(p.Categories, c.ID)
			if all[0][k+2] != c.ID || (all[i+1][k+2] == "1") != carries || (all[i+1][k+2] == "0") == carries {
				t.Fatalf("paper %s, column %s: %s", p.ID, all[0][k+2], all[i+1][k+2])
			}
		}
	}
}

// readTSV reads the format as the help describes it.
func readTSV(t *testing.T, path string) (rows [][]string) {
	t.Helper()
	text := readAll(t, path)
	if !strings.HasSuffix(text, "\n") {
		t.Errorf("%s does not end with a line", path)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		fields := strings.Split(line, "\t")
		for i, f := range fields {
			var b strings.Builder
			for k := 0; k < len(f); k++ {
				if f[k] != '\\' {
					b.WriteByte(f[k])
					continue
				}
				k++
				b.WriteString(map[byte]string{'t': "\t", 'n': "\n", 'r': "\r", '\\': `\`}[f[k]])
			}
			fields[i] = b.String()
		}
		rows = append(rows, fields)
	}
	return rows
}

func TestExportChooses(t *testing.T) {
	db := fillCatalog(t, catalog.Batch{Papers: oddPapers()})
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--category", "cs.LG"}, "1001.0001"},
		{[]string{"--category", "cs.CL", "--category", "math.AG"}, "1001.0002 1002.0003"},
		{[]string{"--since", "2012-03-04"}, "1001.0001 1002.0003"},
		{[]string{"--since", "2012-03-05"}, "1002.0003"},
		{[]string{"--since", "2012-03-05", "--category", "cs.LG", "--category", "cmp-lg"}, "1002.0003"},
	} {
		var got []string
		text := mustCall(t, append([]string{"corpus", "export", db, "--format", "jsonl", "--out", "-"}, c.flags...)...)
		for line := range strings.Lines(text) {
			var p struct{ ID string }
			if err := json.Unmarshal([]byte(line), &p); err != nil {
				t.Fatal(err)
			}
			got = append(got, p.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %v, want %s", c.flags, got, c.want)
		}
	}
	var summary struct {
		DB, Format, Out, Hash string
		Papers                int64
	}
	dir := filepath.Join(t.TempDir(), "out")
	text := mustCall(t, "corpus", "export", db, "--format", "parquet", "--category", "hep-th", "--out", dir, "--json")
	if err := json.Unmarshal([]byte(text), &summary); err != nil {
		t.Fatal(err)
	}
	if summary.DB != db || summary.Format != "parquet" || summary.Out != dir || summary.Papers != 1 || len(summary.Hash) != 64 {
		t.Errorf("summary %s", text)
	}
}

func TestExportDocuments(t *testing.T) {
	db := fillCatalog(t, catalog.Batch{Documents: []*catalog.Document{
		{Source: "core", ID: "1", Title: "One", FullText: "first\ttext", Topics: []string{"Deep Learning"}, Authors: []string{"Ada"}, Published: utc(2018, 1, 2)},
		{Source: "core", ID: "2", Title: "Two", FullText: "second", Topics: []string{"Computer Vision"}},
		{Source: "core", ID: "3", Title: "Both", FullText: "third", Topics: []string{"Computer Vision", "Deep Learning"}},
		{Source: "core", ID: "4", Title: "No text", FullText: " \n", Topics: []string{"Deep Learning"}},
		{Source: "core", ID: "5", Title: "No topic", FullText: "fifth"},
	}})
	dir := t.TempDir()
	shards := filepath.Join(dir, "shards")
	out := mustCall(t, "corpus", "export", db, "--documents", "--format", "parquet", "--out", shards)
	contains(t, out, "wrote 3 papers", "left out: 1 without a full text, 1 without a topic")
	want := []*corpus.Paper{
		{ID: "core:1", Title: "One", Abstract: "first\ttext", Categories: []string{"deep-learning"}, Authors: []string{"Ada"}, Created: utc(2018, 1, 2)},
		{ID: "core:2", Title: "Two", Abstract: "second", Categories: []string{"computer-vision"}},
		{ID: "core:3", Title: "Both", Abstract: "third", Categories: []string{"computer-vision", "deep-learning"}},
	}
	if got := jsonOf(t, shardPapers(t, shards)); got != jsonOf(t, want) {
		t.Errorf("shards have\n%s\nwant\n%s", got, jsonOf(t, want))
	}
	tsv := filepath.Join(dir, "d.tsv")
	mustCall(t, "corpus", "export", db, "--documents", "--format", "tsv", "--out", tsv)
	rows := [][]string{{"title", "abstract", "computer-vision", "deep-learning"}, {"One", "first\ttext", "0", "1"}, {"Two", "second", "1", "0"}}
	if got := readTSV(t, tsv); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", rows) {
		t.Errorf("tsv has %q", got)
	}
	out = mustCall(t, "corpus", "export", db, "--documents", "--topic", "computer vision", "--format", "jsonl", "--out", "-")
	if n := strings.Count(out, "\n"); n != 2 || !strings.Contains(out, "core:2") || !strings.Contains(out, "core:3") {
		t.Errorf("one topic: %s", out)
	}
	contains(t, mustCall(t, "corpus", "search", db, "text"), "no papers", "5 full texts")
}

func TestSearchCommand(t *testing.T) {
	papers := oddPapers()
	papers[3].Title = "Strings\x1b[31m and\nwords"
	papers[3].Authors = []string{"A", "B", "C", "D", "E"}
	db := fillCatalog(t, catalog.Batch{Papers: papers})
	want := `1. Strings␛[31m and words
   hep-th/9901001 · hep-th · A, B, C and 2 more
   [Strings]␛[31m and words
`
	if got := mustCall(t, "corpus", "search", db, "strings"); got != want {
		t.Errorf("search says\n%s\nwant\n%s", got, want)
	}
	if got := mustCall(t, "corpus", "search", db, "words -strings"); !strings.HasPrefix(got, "1. Old\n   1002.0003 · cmp-lg cs.CL\n") || strings.Count(got, "\n") != 3 {
		t.Errorf("left out: %s", got)
	}
	if got := mustCall(t, "corpus", "search", db, "nothing"); got != "none of 4 papers has that in title or abstract, which alone are searched\n" {
		t.Errorf("no hit: %q", got)
	}
	if got := mustCall(t, "corpus", "search", db, "nothing", "--json"); got != "[]\n" {
		t.Errorf("no hit in JSON: %q", got)
	}
	type hit struct {
		ID, Title, Abstract, Snippet, Created, Updated string
		Score                                          float64
		Categories, Authors                            []string
	}
	var hits []hit
	text := mustCall(t, "corpus", "search", db, "words OR lines", "--json")
	if err := json.Unmarshal([]byte(text), &hits); err != nil || len(hits) != 3 {
		t.Fatalf("%v: %s", err, text)
	}
	i := slices.IndexFunc(hits, func(h hit) bool { return h.ID == "1001.0001" })
	p := papers[0]
	if h := hits[max(i, 0)]; h.Title != p.Title || h.Abstract != p.Abstract || !slices.Equal(h.Categories, p.Categories) || !slices.Equal(h.Authors, p.Authors) ||
		h.Created != "2010-01-02" || h.Updated != "2012-03-04" || h.Score <= 0 || !strings.Contains(h.Snippet, "[lines]") {
		t.Errorf("hit %+v", h)
	}
	if n := strings.Count(mustCall(t, "corpus", "search", db, "words OR lines", "--limit", "1"), "\n"); n != 3 {
		t.Errorf("limit 1: %d lines", n)
	}
}

// An import fills a new catalog, changes one that exists, and both ways through
// shards and without them give the same papers.
func TestImportIntoCatalog(t *testing.T) {
	dir := t.TempDir()
	papers := writePapers(t, dir, 300)
	in := func(name string) string { return filepath.Join(dir, name) }
	contains(t, mustCall(t, "corpus", "import", "--format", "kaggle", papers, "--db", in("a.db")),
		"records read                         300", in("a.db")+": 300 papers added, 0 replaced, 0 unchanged; it has 300 now")
	contains(t, mustCall(t, "corpus", "import", "--format", "kaggle", papers, "--db", in("b.db"), "--out", in("direct")),
		"wrote 300 papers in 1 shards", in("b.db")+": 300 papers added")
	for _, name := range []string{"a", "b"} {
		mustCall(t, "corpus", "export", in(name+".db"), "--format", "parquet", "--out", in(name))
		if got, want := jsonOf(t, shardPapers(t, in(name))), jsonOf(t, shardPapers(t, in("direct"))); got != want {
			t.Errorf("%s.db has other papers than the shards", name)
		}
	}
	if a, b := corpusHash(t, in("a")), corpusHash(t, in("b")); a != b {
		t.Errorf("the same papers give the hashes %s and %s", a, b)
	}

	lines := strings.SplitAfter(readAll(t, papers), "\n")
	changed := strings.Replace(lines[0], `"title":"`, `"title":"Zyxwv `, 1)
	fresh := strings.Replace(lines[1], `"id":"`, `"id":"x`, 1)
	more := in("more.jsonl")
	if err := os.WriteFile(more, []byte(changed+lines[2]+fresh), 0o644); err != nil {
		t.Fatal(err)
	}
	var got imported
	text := mustCall(t, "corpus", "import", "--format", "kaggle", more, "--db", in("a.db"), "--json")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if want := (ingest.Filled{Path: in("a.db"), Added: 1, Replaced: 1, Unchanged: 1, Papers: 301}); got.Catalog == nil || *got.Catalog != want || got.Summary.Kept != 3 {
		t.Errorf("into one that exists: %s", text)
	}
	if n := strings.Count(mustCall(t, "corpus", "search", in("a.db"), "zyxwv"), "[Zyxwv]"); n != 1 {
		t.Errorf("the changed title is found %d times", n)
	}
}

// A catalog that another process fills, and one on a full disk, can be filled another time.
func TestBusyCatalogIsForNow(t *testing.T) {
	db := fillCatalog(t, catalog.Batch{})
	c, err := catalog.Open(context.Background(), db, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	release, err := c.Lock()
	if err != nil {
		t.Fatal(err)
	}
	papers := writePapers(t, t.TempDir(), 5)
	busy := [][]string{
		{"corpus", "import", "--format", "kaggle", papers, "--db", db},
		{"corpus", "harvest", "arxiv", "--url", "http://127.0.0.1:9/", "--db", db},
	}
	for _, args := range busy {
		if _, message, code := call(t, nil, args...); code != exitResumable || !strings.Contains(message, "is being filled by process") || strings.Contains(message, "\n") {
			t.Errorf("%v: code %d: %s", args[:3], code, message)
		}
	}
	release()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	mustCall(t, busy[0]...)
	if text := mustCall(t, "corpus", "info", db); !strings.Contains(text, "papers      5\n") {
		t.Errorf("info: %s", text)
	}
	var info struct{ Papers, Authors int }
	if err := json.Unmarshal([]byte(mustCall(t, "corpus", "info", db, "--json")), &info); err != nil || info.Papers != 5 || info.Authors == 0 {
		t.Errorf("%v, %+v", err, info)
	}
}

func TestCatalogWrongUse(t *testing.T) {
	dir := t.TempDir()
	db := fillCatalog(t, catalog.Batch{Papers: oddPapers(), Documents: []*catalog.Document{{Source: "core", ID: "1", FullText: "x", Topics: []string{"Vision"}}}})
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("plain text\n", 99)), 0o644); err != nil {
		t.Fatal(err)
	}
	newer := fillCatalog(t, catalog.Batch{})
	data := []byte(readAll(t, newer))
	data[63] = 99 // the last byte of user_version: https://www.sqlite.org/fileformat2.html#database_header
	if err := os.WriteFile(newer, data, 0o644); err != nil {
		t.Fatal(err)
	}
	papers, existing := writePapers(t, dir, 5), importPapers(t, 300)
	export := func(db string, more ...string) []string {
		return append([]string{"corpus", "export", db, "--format", "jsonl", "--out", filepath.Join(dir, "out")}, more...)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"corpus", "search", filepath.Join(dir, "no.db"), "x"}, "no.db: no such file"},
		{[]string{"corpus", "search", text, "x"}, "text.db: it is no SQLite file"},
		{[]string{"corpus", "search", newer, "x"}, "has schema 99; this program knows none later than 3: use a newer assay"},
		{[]string{"corpus", "search", db, "--", "-x"}, "only what to leave out"},
		{[]string{"corpus", "search", db, `"*`}, "no word to look for"},
		{[]string{"corpus", "search", db, "x", "--limit", "0"}, "want at least 1"},
		{[]string{"corpus", "search", db}, "requires at least 2 arg"},
		{export(filepath.Join(dir, "no.db")), "no.db: no such file"},
		{export(text), "text.db: it is no SQLite file"},
		{export(newer), "use a newer assay"},
		{export(db, "--category", "cs.LH"), `carries the category "cs.LH"; did you mean "cs.LG"?`},
		{export(db, "--since", "yesterday"), "YYYY-MM-DD"},
		{export(db, "--since", "2030-01-01"), "has no such paper"},
		{export(db, "--format", "csv"), `unknown format "csv"`},
		{export(db, "--topic", "vision"), "use it with --documents"},
		{export(db, "--documents", "--topic", "visio"), `did you mean "vision"?`},
		{export(db, "--documents", "--format", "tsv"), "at least 2"},
		{export(db, "--documents", "--category", "cs.LG"), "use --topic"},
		{export(db, "--taxonomy", "arxiv"), "--taxonomy is for --format tsv"},
		{export(db, "--out", papers), "exists; --overwrite replaces it"},
		{export(db, "--out", dir, "--overwrite"), "is a folder; --format jsonl writes a file"},
		{export(db, "--format", "parquet", "--out", papers, "--overwrite"), "is a file; --format parquet makes a folder"},
		{[]string{"corpus", "info", db, "--verify"}, "--verify is for shards"},
		{[]string{"corpus", "info", text}, "import it with"},
		{[]string{"corpus", "cloud", db, "--category", "cs.LG", "--out", filepath.Join(dir, "c.png")}, "this is a catalog; \"assay corpus export " + db},
		{export(db, "--format", "parquet", "--out", existing), "--overwrite"},
		{export(db, "--format", "parquet", "--out", "-"), "cannot go to stdout"},
		{export(db, "--json", "--out", "-"), "both print to stdout"},
		{export(db, "--out", db), "is the catalog itself"},
		{export(db, "--out", filepath.Join(dir, "no", "such")), "no such file"},
		{[]string{"corpus", "export", db, "--format", "jsonl"}, `"out" not set`},
		{[]string{"corpus", "import", "--format", "kaggle", papers}, `"out" or "db" not set`},
		{[]string{"corpus", "import", "--format", "kaggle", papers, "--db", text}, "text.db: it is no SQLite file"},
		{[]string{"corpus", "import", "--format", "kaggle", papers, "--db", newer}, "use a newer assay"},
		{[]string{"corpus", "import", "--format", "kaggle", papers, "--db", dir}, "is a folder"},
		{[]string{"corpus", "import", "--format", "kaggle", text, "--db", filepath.Join(dir, "new.db")}, "text.db:1"},
	} {
		before := readAll(t, db)
		_, message, code := call(t, nil, c.args...)
		if code != exitUsage || !strings.Contains(message, c.want) || strings.Contains(message, "\n") {
			t.Errorf("%v: code %d: %s; want %q", c.args, code, message, c.want)
		}
		if readAll(t, db) != before {
			t.Fatalf("%v changed the catalog", c.args)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
