package ingest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/internal/fault"
)

// parquetBytes returns a Parquet file of rows, in row groups of some 500 rows.
func parquetBytes[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, append(options, parquet.MaxRowsPerRowGroup(500))...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// simpleRow has the columns that are needed.
type simpleRow struct {
	ID         string `parquet:"id"`
	Title      string `parquet:"title"`
	Abstract   string `parquet:"abstract,optional,zstd"`
	Categories string `parquet:"categories,dict"`
}

func simpleRows(n int) []simpleRow {
	var rows []simpleRow
	for i := range n {
		rows = append(rows, simpleRow{fmt.Sprintf("2001.%05d", i+1), fmt.Sprintf("On %d bees", i), fmt.Sprintf("We count %d bees.", i), "cs.LG, stat.ML"})
	}
	return rows
}

func importParquet(t testing.TB, content []byte, columns map[string]string, skipBad bool) ([]*corpus.Paper, *Summary, error) {
	t.Helper()
	sink := &memorySink{}
	s, err := Import(context.Background(), Options{
		Format: "parquet", Inputs: []string{"-"}, Stdin: pipe{bytes.NewReader(content)}, SkipBad: skipBad, TempDir: t.TempDir(), Columns: columns,
	}, sink)
	return sink.papers, s, err
}

// TestParquetWaysIn reads the same rows as a file, from a pipe, packed, in a
// zip and out of a folder, with an id that comes again, which takes a second reading.
func TestParquetWaysIn(t *testing.T) {
	rows := simpleRows(1300)
	rows[1200].ID = rows[7].ID
	content := parquetBytes(t, rows)
	var packed, zipped bytes.Buffer
	gz := gzip.NewWriter(&packed)
	archive := zip.NewWriter(&zipped)
	for _, name := range []string{"data/a.parquet", "README.md"} {
		m, err := archive.Create(name)
		if err == nil {
			_, err = m.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := gz.Write(content); err != nil || gz.Close() != nil || archive.Close() != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string][]byte{
		"b/train-00001.parquet": parquetBytes(t, rows[1000:]), "a.PARQUET": parquetBytes(t, rows[:1000]),
		"_metadata.parquet": []byte("no Parquet"), "__assay__/x.parquet": nil, ".hidden/x.parquet": nil, "b/notes.txt": nil,
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for what, input := range map[string]string{
		"file": writeFile(t, "p", string(content)), "gzip": writeFile(t, "p", packed.String()),
		"zip": writeFile(t, "p", zipped.String()), "folder": folder, "pipe": "-",
	} {
		sink := &memorySink{}
		temp := t.TempDir()
		s, err := Import(context.Background(), Options{
			Format: "parquet", Inputs: []string{input}, Stdin: pipe{bytes.NewReader(content)}, TempDir: temp,
		}, sink)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if s.Read != 1300 || s.Kept != 1299 || s.Duplicates != 1 || sink.resets != 1 {
			t.Errorf("%s: %+v", what, s)
		}
		first, last := sink.papers[0], sink.papers[1298]
		if first.ID != "2001.00001" || last.Title != "On 1299 bees" || strings.Join(last.Categories, " ") != "cs.LG stat.ML" {
			t.Errorf("%s: %+v, %+v", what, first, last)
		}
		checkOnly(t, temp)
	}
}

// writeShards writes a corpus of 1,200 papers of every kind, and returns its hash. An
// old one has manifest and checksums beside the shards, as earlier programs wrote them.
func writeShards(t *testing.T, dir string, old bool) string {
	t.Helper()
	w, err := shards.Create(dir, shards.WriterOptions{ShardRows: 500})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for i := range 1200 {
		p := &corpus.Paper{
			ID: fmt.Sprintf("2001.%05d", i+1), Title: fmt.Sprintf("Über %d bees", i), Abstract: strings.Repeat("We count $\\beta$.\n", 1+i%90),
			Categories: []string{"cs.LG", "stat.ML"}[:1+i%2], Authors: []string{"B. Ee", "Ö. Honig", "C"}[:i%4],
		}
		if i%5 > 0 {
			p.Created = testDay("1969-12-30").AddDate(0, 0, 9*i)
			p.Updated = p.Created.AddDate(0, 0, i%3)
		}
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	m, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if old {
		private := filepath.Join(dir, "__assay__")
		for _, err := range []error{
			os.Rename(filepath.Join(private, "manifest.json"), filepath.Join(dir, "manifest.json")),
			os.Rename(filepath.Join(private, "checksums.crc32c"), filepath.Join(dir, "checksums.crc32c")),
			os.Remove(private),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return m.Hash
}

// TestParquetOfOwnShards: a corpus imported as Parquet is the same corpus,
// whatever lies beside the shards.
func TestParquetOfOwnShards(t *testing.T) {
	for _, old := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "own")
		hash := writeShards(t, dir, old)
		_, m, err := ToShards(t.Context(), Options{Format: "parquet", Inputs: []string{dir}},
			filepath.Join(t.TempDir(), "c"), shards.WriterOptions{ShardRows: 500})
		if err != nil || m.Hash != hash {
			t.Errorf("old %v: %+v, %v; want the hash %s", old, m, err, hash)
		}
	}
}

func TestParquetColumnsChosen(t *testing.T) {
	type paper struct {
		Head string `parquet:"head"`
	}
	type row struct {
		ID      float64  `parquet:"id"`
		Number  int64    `parquet:"Paper-ID"`
		Meta    *paper   `parquet:"meta"`
		Text    string   `parquet:"text"`
		Subject []string `parquet:"subject,list"`
		Written string   `parquet:"CREATED,optional"`
		Year    int32    `parquet:"updated"`
	}
	content := parquetBytes(t, []row{{704.005, 704, &paper{"On bees"}, "We count.", []string{"cs.LG"}, "2007-04-02 10:00:00", 2007}})
	choose := func(pairs ...string) map[string]string {
		m := map[string]string{"id": "id", "title": "meta.head", "abstract": "text", "categories": "subject", "updated": ""}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	papers, _, err := importParquet(t, content, choose(), false)
	if err != nil {
		t.Fatal(err)
	}
	comparePapers(t, papers, []*corpus.Paper{{ID: papers[0].ID, Title: "On bees", Abstract: "We count.", Categories: []string{"cs.LG"}, Created: testDay("2007-04-02")}})
	if papers[0].ID == "" {
		t.Error("the number gave no id")
	}
	columns := `"id", "Paper-ID", "meta", "text", "subject", "CREATED", "updated"`
	without := func(fields ...string) map[string]string {
		m := choose()
		for _, f := range fields {
			delete(m, f)
		}
		return m
	}
	for want, named := range map[string]map[string]string{
		`stdin: "id", "Paper-ID" may each hold the field id; choose one by --columns id=COLUMN`:                                                                            without("id"),
		`stdin: no column holds the field title; the file has ` + columns + `; name one by --columns title=COLUMN`:                                                         without("title"),
		`stdin: no column holds the field abstract; the file has ` + columns + `; name one by --columns abstract=COLUMN`:                                                   without("abstract"),
		`stdin: there is no column "txt"; did you mean "text"?; the file has ` + columns:                                                                                   choose("abstract", "txt"),
		`stdin: there is no column "meta.tail"; the file has ` + columns:                                                                                                   choose("title", "meta.tail"),
		`stdin: the column "meta" holds structs, and the field title is texts`:                                                                                             choose("title", "meta"),
		`stdin: the column "subject" holds lists of texts, and the field title is texts`:                                                                                   choose("title", "subject"),
		`stdin: the column "updated" holds integers, and the field updated is texts, days, times; leave it out by --columns updated=`:                                      without("updated"),
		`unknown field "titel" for a column; did you mean "title"? (known: id, title, abstract, categories, primary, authors, authors_parsed, versions, created, updated)`: choose("titel", "x"),
		`the field "abstract" must have a column; name it by abstract=COLUMN`:                                                                                              choose("abstract", ""),
	} {
		_, _, err := importParquet(t, content, named, false)
		if err == nil || err.Error() != "corpus: import: "+want || !fault.IsUsage(err) {
			t.Errorf("got  %v\nwant corpus: import: %s", err, want)
		}
	}
	_, _, err = importText(t, "kaggle", line("1", "One", "cs.LG"), false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Import(t.Context(), Options{Format: "kaggle", Inputs: []string{"x"}, Columns: choose()}, &memorySink{})
	if err == nil || !strings.Contains(err.Error(), "only those of parquet can be chosen") {
		t.Errorf("columns of JSON lines: %v", err)
	}
}

// TestParquetNumbersAsIDs: numbers come as the shortest decimal text.
func TestParquetNumbersAsIDs(t *testing.T) {
	write := func(v any) string {
		c := map[string]parquet.Node{"id": parquet.Leaf(parquet.DoubleType)}
		switch v.(type) {
		case float32:
			c["id"] = parquet.Leaf(parquet.FloatType)
		case int64:
			c["id"] = parquet.Int(64)
		case uint32:
			c["id"] = parquet.Uint(32)
		}
		var out bytes.Buffer
		w := parquet.NewWriter(&out, parquet.NewSchema("row", parquet.Group(c)))
		if _, err := w.WriteRows([]parquet.Row{{parquet.ValueOf(v).Level(0, 0, 0)}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		rows := newTableRows(file, []chosenColumn{{&tableFields[0], file.Root().Column("id")}})
		defer rows.Close()
		text := new(strings.Builder)
		if _, err := fmt.Fprint(text, readAll(t, rows)); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	for want, v := range map[string]any{
		"704.005": 704.005, "1808.0576399999998": 1808.0576399999998, "704.0001": float32(704.0001), "9901001": int64(9901001), "4294967295": uint32(4294967295),
	} {
		if got := write(v); got != `{"id":"`+want+`"}`+"\n" {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestParquetMalformedRecords(t *testing.T) {
	rows := simpleRows(700)
	for name, c := range map[string]struct {
		spoil func(r *simpleRow)
		want  string
	}{
		"null abstract": {func(r *simpleRow) { r.Abstract = "" }, `missing abstract: paper "2001.00601"`},
		"UTF-8":         {func(r *simpleRow) { r.Title = "a\xffb" }, `invalid UTF-8`},
		"no id":         {func(r *simpleRow) { r.ID = "" }, `missing or invalid id`},
		"categories":    {func(r *simpleRow) { r.Categories = "[]" }, `missing categories: paper "2001.00601"`},
	} {
		bad := append([]simpleRow(nil), rows...)
		c.spoil(&bad[600])
		content := parquetBytes(t, bad)
		_, _, err := importParquet(t, content, nil, false)
		want := "corpus: import: stdin:601: " + c.want + "; correct it, or leave such records out with --skip-bad"
		if err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, want)
		}
		papers, s, err := importParquet(t, content, nil, true)
		if err != nil || len(papers) != 699 || s.Malformed != 1 || s.MalformedBy[0].Places[0] != "stdin:601" {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func TestParquetUnusable(t *testing.T) {
	whole := parquetBytes(t, simpleRows(1300))
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "data.arrow"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	spoilt := bytes.Clone(whole)
	at := bytes.Index(spoilt, []byte("On 700 bees"))
	if at < 0 {
		t.Fatal("the title is not in the file as it is")
	}
	copy(spoilt[at-4:], "\xff\xff\xff\xff")
	type bool1 struct {
		ID bool `parquet:"id"`
	}
	type lz4 struct {
		ID         string `parquet:"id,lz4"`
		Title      string `parquet:"title"`
		Abstract   string `parquet:"abstract"`
		Categories string `parquet:"categories"`
	}
	file := func(content []byte) string { return writeFile(t, "f.parquet", string(content)) }
	for want, input := range map[string]string{
		"f.parquet is empty": file(nil),
		"f.parquet is no Parquet file, it holds text; name the format that it has (kaggle, archive, parquet)": file([]byte(line("1", "One", "cs.LG"))),
		"f.parquet: the Parquet file has no footer; it is truncated or still being written, fetch it again":   file(whole[:len(whole)-1]),
		"f.parquet: the Parquet file has no footer; ":                                                         file(whole[:5]),
		"f.parquet is encrypted Parquet":                                                                      file([]byte("PARE0000PARE")),
		"f.parquet: footer: ":                                                                                 file(append(append([]byte("PAR1"), bytes.Repeat([]byte{0xff}, 40)...), "\x20\x00\x00\x00PAR1"...)),
		"row group 2 (rows 501 to 1000), column \"title\": ":                                                  file(spoilt),
		"the input holds no record":                                                                           file(parquetBytes(t, simpleRows(0))),
		"there is no Parquet file (.parquet, .parq, .pq) in the folder " + empty + `; it holds "data.arrow"`:  empty,
		`the column "id" holds values of a type that no field of a paper has, and the field id is texts, `:    file(parquetBytes(t, []bool1{{}})),
		`the column "id" is packed by LZ4, which this program does not read`:                                  file(parquetBytes(t, []lz4{{"1", "t", "a", "cs.LG"}})),
		"no such file or directory":                                                                           filepath.Join(empty, "nothing.parquet"),
	} {
		_, err := Import(context.Background(), Options{Format: "parquet", Inputs: []string{input}, SkipBad: true}, &memorySink{})
		if err == nil || !strings.Contains(err.Error(), want) || !fault.IsUsage(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
