package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"assay/corpus"
	"assay/internal/fault"
)

// old makes a catalog as an older program left it, with papers.
func old(t *testing.T, version int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.db")
	script := strings.Join(migrations[:version], ";") + fmt.Sprintf(`; PRAGMA application_id = %d; PRAGMA user_version = %d;
		INSERT INTO papers (no, id, title, abstract, created, updated) VALUES (1, 'b', 'Graph b', 'x', '2001-01-01', NULL), (2, 'a', 'Graph a', 'y', NULL, '2002-01-01');
		INSERT INTO cats (no, id) VALUES (1, 'cs.LG'); INSERT INTO papers_cats VALUES (1, 0, 1);
		INSERT INTO authors (no, name) VALUES (7, 'Ada'); INSERT INTO papers_authors VALUES (2, 0, 7);
		INSERT INTO deletions VALUES ('gone', '2020-01-01'); INSERT INTO marks VALUES ('s', 'k', 'v');`, applicationID, version)
	if version == len(migrations) {
		script += "INSERT INTO papers_text_queue SELECT no FROM papers;"
	}
	execFile(t, path, script)
	return path
}

func execFile(t *testing.T, path, script string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOlderSchemasAreBroughtUpToDate(t *testing.T) {
	ctx := context.Background()
	for version := 1; version <= len(migrations); version++ {
		path := old(t, version)
		_, err := Open(ctx, path, Options{ReadOnly: true})
		if version < len(migrations) && !errors.Is(err, ErrOutdated) {
			t.Errorf("schema %d for reading alone: %v", version, err)
		}
		c := openFile(t, path, Options{})
		hits, err := c.Search(ctx, "graph", 5)
		if err != nil || len(hits) != 2 {
			t.Errorf("schema %d: %d hits, %v", version, len(hits), err)
		}
		got := papersOf(t, c, Query{})
		if len(got) != 2 || got[0].ID != "a" || got[0].Authors[0] != "Ada" || corpus.DayText(got[0].Updated) != "2002-01-01" || got[1].Categories[0] != "cs.LG" {
			t.Errorf("schema %d: %s", version, show(got))
		}
		if m, err := c.Mark(ctx, "s", "k"); err != nil || m != "v" {
			t.Errorf("schema %d: mark %q, %v", version, m, err)
		}
		w := write(t, c, Batch{Papers: []*corpus.Paper{paper("a", "2003-01-01", "new"), paper("gone", "2019-01-01", "z")}, Documents: []*Document{{Source: "core", ID: "1"}}})
		if w != (Written{Replaced: 1, Unchanged: 1, Documents: 1}) {
			t.Errorf("schema %d: written %+v", version, w)
		}
		verify(t, c)
		if id, err := identify(ctx, c.w); err != nil || id.version != int64(len(migrations)) {
			t.Errorf("schema %d became %d, %v", version, id.version, err)
		}
	}
}

// Every file that is no catalog is refused in one line, and stays as it was.
func TestWhatIsNoCatalogIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := func(name, script string) string {
		path := filepath.Join(dir, name)
		execFile(t, path, script)
		return path
	}
	newer := old(t, len(migrations))
	execFile(t, newer, fmt.Sprintf("PRAGMA user_version = %d", len(migrations)+1))
	whole, err := os.ReadFile(old(t, len(migrations)))
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, want string }{
		{"text", file("text", strings.Repeat("no database at all\n", 100)), "is no SQLite file"},
		{"short text", file("short", "no database"), "is no SQLite file"},
		{"another program's", database("other", "CREATE TABLE t (x)"), "is another program's SQLite file"},
		{"another program's, marked", database("marked", "PRAGMA application_id = 5; CREATE TABLE t (x)"), "is another program's SQLite file"},
		{"marked and empty", database("marked-empty", "PRAGMA application_id = 5"), "is another program's SQLite file"},
		{"newer", newer, fmt.Sprintf("has schema %d; this program knows none later than %d: use a newer assay", len(migrations)+1, len(migrations))},
		{"half a catalog", file("half", string(whole[:len(whole)/2])), "is damaged"},
		{"a folder", dir, "is a folder"},
		{"a device", os.DevNull, "is no ordinary file"},
		{"no folder", filepath.Join(dir, "no", "such.db"), "no such file"},
		{"no name", "", "no file is named"},
		{"a link to nothing", link, "missing"},
	} {
		before, _ := os.ReadFile(c.path)
		for _, opt := range []Options{{Create: true}, {}, {ReadOnly: true}} {
			cat, err := Open(context.Background(), c.path, opt)
			if err == nil { // damage may show only when it is read
				_, err = cat.Write(context.Background(), Batch{Marks: []Mark{{"s", "k", "1"}}})
				for _, rerr := range cat.Papers(context.Background(), Query{}) {
					err = errors.Join(err, rerr)
				}
				_ = cat.Close() // damaged
			}
			if c.name == "a link to nothing" && !opt.Create {
				continue
			}
			if !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) || opt.Create && strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %+v: %v; want %q", c.name, opt, err, c.want)
			}
		}
		if after, _ := os.ReadFile(c.path); string(after) != string(before) && c.name != "half a catalog" {
			t.Errorf("%s: the file was changed", c.name)
		}
	}
	missing := filepath.Join(dir, "missing.db")
	for _, opt := range []Options{{}, {ReadOnly: true}, {ReadOnly: true, Create: true}} {
		if _, err := Open(context.Background(), missing, opt); !fault.IsUsage(err) || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("missing file, %+v: %v", opt, err)
		}
		if _, err := os.Stat(missing); err == nil {
			t.Errorf("%+v made the file", opt)
		}
	}
	if _, err := Open(context.Background(), file("empty", ""), Options{}); !fault.IsUsage(err) || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("empty file: %v", err)
	}
	openFile(t, filepath.Join(dir, "empty"), Options{Create: true})
	openFile(t, filepath.Join(dir, "empty"), Options{ReadOnly: true})
}

// Names that mean something in a URI are names of files, too.
func TestOddNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "a?mode=memory", "a#b", "100%.db", "%41", "ü.db", "a&b;c=d", "file:x", "it's"} {
		path := filepath.Join(dir, name)
		c := openFile(t, path, Options{Create: true})
		write(t, c, Batch{Papers: []*corpus.Paper{paper("a", "", name)}})
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := papersOf(t, openFile(t, path, Options{ReadOnly: true}), Query{}); len(got) != 1 || got[0].Title != name {
			t.Errorf("%s: %v", name, got)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) < 9 {
		t.Errorf("%v, %v", left, err)
	}
}

// Two open catalogs of one file number authors and papers without clashing, as two
// processes would.
func TestTwoWriters(t *testing.T) {
	a := open(t, Options{})
	b := openFile(t, a.path, Options{})
	for i := range 20 {
		for k, c := range []*Catalog{a, b} {
			p := paper(fmt.Sprintf("%d-%d", i, k), "2020-01-01", "t")
			p.Authors = []string{fmt.Sprint("x", i), fmt.Sprint("y", k), fmt.Sprint("z", i+k)}
			p.Categories = []string{fmt.Sprint("c", i+k), fmt.Sprint("d", i/3)}
			write(t, c, Batch{Papers: []*corpus.Paper{p}})
		}
	}
	for _, p := range papersOf(t, a, Query{}) {
		var i, k int
		if _, err := fmt.Sscanf(p.ID, "%d-%d", &i, &k); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("[x%d y%d z%d] [c%d d%d]", i, k, i+k, i+k, i/3); fmt.Sprint(p.Authors, p.Categories) != want {
			t.Errorf("%s: %v %v, want %s", p.ID, p.Authors, p.Categories, want)
		}
	}
	verify(t, a)
}

// Several processes may make one catalog at the same time.
func TestConcurrentCreation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c, err := Open(context.Background(), path, Options{Create: true})
			if err != nil {
				t.Error(err)
				return
			}
			_, err = c.Write(context.Background(), Batch{Papers: []*corpus.Paper{paper(fmt.Sprint(i), "", "t")}})
			if err := errors.Join(err, c.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(papersOf(t, openFile(t, path, Options{}), Query{})); n != 8 {
		t.Errorf("%d papers, want 8", n)
	}
}

func TestQuery(t *testing.T) {
	c := open(t, Options{})
	var b Batch
	for i := range 2*pageRows + 10 {
		p := paper(fmt.Sprintf("p%05d", i), "2020-01-01", "t")
		if i%2 == 1 {
			p.Categories = []string{"math.NA", "cs.NA"}
		}
		if i%3 == 0 {
			p.Updated = day("2021-01-01")
		}
		if i%5 == 0 {
			p.Updated = day("")
		}
		b.Papers = append(b.Papers, p)
	}
	write(t, c, b)
	count := func(keep func(i int) bool) (n int) {
		for i := range b.Papers {
			if keep(i) {
				n++
			}
		}
		return n
	}
	for _, q := range []struct {
		query Query
		want  int
	}{
		{Query{}, len(b.Papers)},
		{Query{Categories: []string{"cs.NA"}}, count(func(i int) bool { return i%2 == 1 })},
		{Query{Categories: []string{"cs.NA", "stat.ML", "cs.LG"}}, len(b.Papers)},
		{Query{Categories: []string{"cs"}}, 0},
		{Query{Since: day("2020-01-01")}, count(func(i int) bool { return i%5 != 0 })},
		{Query{Since: day("2020-01-02"), Categories: []string{"cs.LG"}}, count(func(i int) bool { return i%5 != 0 && i%3 == 0 && i%2 == 0 })},
	} {
		if got := ids(papersOf(t, c, q.query)); len(got) != q.want {
			t.Errorf("%+v: %d papers, want %d", q.query, len(got), q.want)
		}
	}
	if list, err := c.Categories(context.Background()); err != nil || fmt.Sprint(list) != "[cs.LG cs.NA math.NA stat.ML]" {
		t.Errorf("categories %v, %v", list, err)
	}
	var rows string
	err := c.r.QueryRow("SELECT group_concat(cats.id || ' ' || cats.name || ' ' || master_cats.id, '; ' ORDER BY cats.id) FROM cats JOIN master_cats ON master_cats.no = master_cat").Scan(&rows)
	if want := "cs.LG Machine Learning cs; cs.NA Numerical Analysis cs; math.NA Numerical Analysis math; stat.ML Machine Learning stat"; err != nil || rows != want {
		t.Errorf("master categories %q, %v; want %q", rows, err, want)
	}
}

func TestFill(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "c.db")
	boom := errors.New("boom")
	put := func(id string, result error) func(*Catalog) error {
		return func(c *Catalog) error {
			_, err := c.Write(ctx, Batch{Papers: []*corpus.Paper{paper(id, "2020-01-01", "Graph")}})
			return errors.Join(err, result)
		}
	}
	if _, err := Fill(ctx, path, put("a", boom)); !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("a failed Fill left %v, %v", left, err)
	}
	for i, id := range []string{"a", "b"} {
		if n, err := Fill(ctx, path, put(id, nil)); err != nil || n.Papers != int64(i+1) || n.Authors != int64(i+2) {
			t.Fatal(n, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("Fill left %v, %v", left, err)
	}
	c := openFile(t, path, Options{ReadOnly: true})
	if hits, err := c.Search(ctx, "graph", 5); err != nil || len(hits) != 2 {
		t.Errorf("%d hits, %v", len(hits), err)
	}
	held := openFile(t, path, Options{})
	release, err := held.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fill(ctx, path, put("c", nil)); err == nil || !strings.Contains(err.Error(), "is being filled by process") {
		t.Errorf("Fill while another harvests: %v", err)
	}
	release()
}
