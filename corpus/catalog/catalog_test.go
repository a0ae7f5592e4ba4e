package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/corpus"
)

// open opens a new catalog for the time of a test.
func open(t testing.TB, opt Options) *Catalog {
	t.Helper()
	opt.Create = true
	return openFile(t, filepath.Join(t.TempDir(), "c.db"), opt)
}

func openFile(t testing.TB, path string, opt Options) *Catalog {
	t.Helper()
	c, err := Open(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func write(t testing.TB, c *Catalog, b Batch) Written {
	t.Helper()
	w, err := c.Write(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func papersOf(t testing.TB, c *Catalog, q Query) []*corpus.Paper {
	t.Helper()
	var list []*corpus.Paper
	for p, err := range c.Papers(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func day(text string) time.Time {
	d, err := parseDay(sqlString(text))
	if err != nil {
		panic(err)
	}
	return d
}

// paper makes a paper of an id, a day of change and a title.
func paper(id, updated, title string) *corpus.Paper {
	return &corpus.Paper{ID: id, Title: title, Abstract: "About " + title + ".", Categories: []string{"cs.LG", "stat.ML"},
		Authors: []string{"Ada " + id, "Bob"}, Created: day("2001-02-03"), Updated: day(updated)}
}

func TestPapersComeBackAsTheyWere(t *testing.T) {
	c := open(t, Options{})
	want := []*corpus.Paper{
		{ID: "0704.0001", Title: "T\x00itle", Abstract: "a 'quoted' \"abstract\"\nwith lines; -- and SQL", Categories: []string{"cs.LG"}, Authors: []string{"Bob", "Ada", "Bob"}},
		{ID: "0704.0002", Created: day("0001-01-02"), Updated: day("9999-12-31")},
		{ID: "1001.0001v", Title: "Ünïcode 数学 😀", Categories: []string{"math.NA", "cs.NA", "cmp-lg", "no.such"}, Authors: []string{""}, Updated: day("2020-02-29")},
		{ID: "B", Categories: []string{"cs.LG", "cs.LG"}},
		{ID: "a"},
		{ID: "math/0611803", Authors: []string{"Bob"}},
		{ID: "x" + strings.Repeat("long", 1<<18), Title: strings.Repeat("数", 1<<20), Authors: []string{"Ada\x00", "Ada"}},
		{ID: "é"},
	}
	mixed := []*corpus.Paper{want[5], want[7], want[6], want[1], want[3], want[0], want[4], want[2]}
	if w := write(t, c, Batch{Papers: mixed}); w != (Written{Added: 8}) {
		t.Errorf("written %+v", w)
	}
	if got := papersOf(t, c, Query{}); !reflect.DeepEqual(got, want) {
		t.Errorf("read %s\nwant %s", show(got), show(want))
	}
	if w := write(t, c, Batch{Papers: mixed}); w != (Written{Unchanged: 8}) {
		t.Errorf("written again %+v", w)
	}
	n, err := c.Counts(context.Background())
	if want := (Counts{Papers: 8, Categories: 5, Authors: 4}); err != nil || n != want {
		t.Errorf("counts %+v, %v; want %+v", n, err, want)
	}
}

func show(papers []*corpus.Paper) (text string) {
	for _, p := range papers {
		text += fmt.Sprintf("%+v\n", *p)
	}
	return text
}

func ids(papers []*corpus.Paper) (list []string) {
	for _, p := range papers {
		list = append(list, p.ID)
	}
	return list
}

func TestMarks(t *testing.T) {
	c, ctx := open(t, Options{}), context.Background()
	write(t, c, Batch{Marks: []Mark{{"oai", "b", "1"}, {"oai", "a", "2"}, {"arxiv", "a", "3"}}})
	write(t, c, Batch{Marks: []Mark{{"oai", "b", "4"}, {"arxiv", "a", ""}, {"x", "y", ""}}})
	got, err := c.Marks(ctx, "oai")
	if want := []Mark{{"oai", "a", "2"}, {"oai", "b", "4"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("marks %v, %v; want %v", got, err, want)
	}
	write(t, c, Batch{Marks: []Mark{{"x", "a b", "5"}, {"x", "A", "6"}, {"x", "%", "7"}}})
	for begin, want := range map[string][]Mark{"a": {{"oai", "a", "2"}, {"x", "a b", "5"}}, "a ": {{"x", "a b", "5"}}, "%": {{"x", "%", "7"}}, "c": nil} {
		if got, err := c.MarksBeginning(ctx, begin); err != nil || !slices.Equal(got, want) {
			t.Errorf("marks that begin with %q: %v, %v; want %v", begin, got, err, want)
		}
	}
	for _, m := range []Mark{{"oai", "b", "4"}, {"arxiv", "a", ""}, {"x", "y", ""}} {
		if state, err := c.Mark(ctx, m.Source, m.Key); err != nil || state != m.State {
			t.Errorf("mark %v is %q, %v", m, state, err)
		}
	}
}

func sqlString(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

// clone returns a paper that shares nothing with p but text.
func clone(p *corpus.Paper) *corpus.Paper {
	q := *p
	q.Categories, q.Authors = slices.Clone(p.Categories), slices.Clone(p.Authors)
	return &q
}
