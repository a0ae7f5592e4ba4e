package catalog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/corpus"
	"assay/internal/fault"
)

func TestWriteDecidesByDays(t *testing.T) {
	gone := func(id, d string) Deletion { return Deletion{ID: id, Day: day(d)} }
	type step struct {
		batch Batch
		want  Written
	}
	papers := func(list ...*corpus.Paper) []*corpus.Paper { return list }
	for _, c := range []struct {
		name  string
		steps []step
		left  string // titles
		tombs int64
	}{
		{"a later one replaces", []step{
			{Batch{Papers: papers(paper("a", "2020-01-01", "old"))}, Written{Added: 1}},
			{Batch{Papers: papers(paper("a", "2020-01-02", "new"))}, Written{Replaced: 1}},
		}, "new", 0},
		{"one of the same day replaces", []step{
			{Batch{Papers: papers(paper("a", "2020-01-01", "old"))}, Written{Added: 1}},
			{Batch{Papers: papers(paper("a", "2020-01-01", "new"))}, Written{Replaced: 1}},
		}, "new", 0},
		{"an earlier one does not", []step{
			{Batch{Papers: papers(paper("a", "2020-01-02", "new"))}, Written{Added: 1}},
			{Batch{Papers: papers(paper("a", "2020-01-01", "old"))}, Written{Unchanged: 1}},
			{Batch{Papers: papers(paper("a", "", "older"))}, Written{Unchanged: 1}},
		}, "new", 0},
		{"only the day of change is new", []step{
			{Batch{Papers: papers(paper("a", "2020-01-01", "same"))}, Written{Added: 1}},
			{Batch{Papers: papers(paper("a", "2020-01-02", "same"))}, Written{Replaced: 1}},
			{Batch{Papers: papers(paper("a", "2020-01-02", "same"))}, Written{Unchanged: 1}},
		}, "same", 0},
		{"within a batch", []step{
			{Batch{Papers: papers(paper("a", "2020-01-02", "late"), paper("a", "2020-01-01", "early"), paper("a", "2020-01-02", "last"))}, Written{Added: 1, Unchanged: 2}},
		}, "last", 0},
		{"a deletion removes", []step{
			{Batch{Papers: papers(paper("a", "2020-01-02", "x"), paper("b", "2020-01-02", "y"))}, Written{Added: 2}},
			{Batch{Deleted: []Deletion{gone("a", "2020-01-02"), gone("none", "2020-01-01")}}, Written{Removed: 1}},
		}, "y", 2},
		{"a deletion before the last change does not", []step{
			{Batch{Papers: papers(paper("a", "2020-01-02", "x"))}, Written{Added: 1}},
			{Batch{Deleted: []Deletion{gone("a", "2020-01-01")}}, Written{}},
		}, "x", 0},
		{"what was removed stays away", []step{
			{Batch{Deleted: []Deletion{gone("a", "2020-01-02")}}, Written{}},
			{Batch{Papers: papers(paper("a", "2020-01-02", "x"))}, Written{Unchanged: 1}},
		}, "", 1},
		{"unless it is newer", []step{
			{Batch{Deleted: []Deletion{gone("a", "2020-01-02")}}, Written{}},
			{Batch{Papers: papers(paper("a", "2020-01-03", "x"))}, Written{Added: 1}},
		}, "x", 0},
		{"both in a batch", []step{
			{Batch{Papers: papers(paper("a", "2020-01-03", "x"), paper("b", "2020-01-01", "y")), Deleted: []Deletion{gone("a", "2020-01-02"), gone("b", "2020-01-02"), gone("b", "2020-01-01")}}, Written{Added: 1, Unchanged: 1}},
		}, "x", 1},
		{"the later of two deletions counts", []step{
			{Batch{Deleted: []Deletion{gone("a", "2020-01-05"), gone("a", "2020-01-02")}}, Written{}},
			{Batch{Deleted: []Deletion{gone("a", "")}}, Written{}},
			{Batch{Papers: papers(paper("a", "2020-01-05", "x"))}, Written{Unchanged: 1}},
		}, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			cat := open(t, Options{})
			for i, s := range c.steps {
				if got := write(t, cat, s.batch); got != s.want {
					t.Errorf("step %d: %+v, want %+v", i, got, s.want)
				}
			}
			var titles []string
			for _, p := range papersOf(t, cat, Query{}) {
				titles = append(titles, p.Title)
			}
			if got := strings.Join(titles, " "); got != c.left {
				t.Errorf("left %q, want %q", got, c.left)
			}
			if n, err := cat.Counts(context.Background()); err != nil || n.Deleted != c.tombs {
				t.Errorf("%d deletions, %v; want %d", n.Deleted, err, c.tombs)
			}
			verify(t, cat)
		})
	}
}

// verify has SQLite check the file, its links and the search index.
func verify(t *testing.T, c *Catalog) {
	t.Helper()
	ctx := context.Background()
	for query, want := range map[string]string{
		"SELECT group_concat(integrity_check) FROM pragma_integrity_check": "ok",
		"SELECT count(*) FROM pragma_foreign_key_check":                    "0",
	} {
		var got string
		if err := c.w.QueryRowContext(ctx, query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s, %v", query, got, err)
		}
	}
	if err := c.Index(ctx); err != nil {
		t.Error(err)
	}
	if _, err := c.w.ExecContext(ctx, "INSERT INTO papers_text (papers_text, rank) VALUES ('integrity-check', 1)"); err != nil {
		t.Errorf("the search index: %v", err)
	}
}

// model is a catalog as its comments describe it, a record at a time.
type model struct {
	papers map[string]*corpus.Paper
	tombs  map[string]string
}

func (m *model) write(b Batch) {
	for _, p := range b.Papers {
		tomb, dead := m.tombs[p.ID]
		old := m.papers[p.ID]
		if dead && corpus.DayText(p.Updated) <= tomb || old != nil && corpus.DayText(p.Updated) < corpus.DayText(old.Updated) {
			continue
		}
		m.papers[p.ID] = p
		delete(m.tombs, p.ID)
	}
	for _, d := range b.Deleted {
		if old := m.papers[d.ID]; old != nil && corpus.DayText(old.Updated) > corpus.DayText(d.Day) {
			continue
		}
		delete(m.papers, d.ID)
		m.tombs[d.ID] = max(m.tombs[d.ID], corpus.DayText(d.Day))
	}
}

// Random batches give what the model gives, however they are cut and loaded.
func TestWriteIsTheModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	drawDay := func() string {
		if r.IntN(8) == 0 {
			return ""
		}
		return fmt.Sprintf("2020-01-%02d", 1+r.IntN(9))
	}
	c := open(t, Options{})
	bulk := open(t, Options{Bulk: true})
	m := model{papers: map[string]*corpus.Paper{}, tombs: map[string]string{}}
	for range 150 {
		var b Batch
		for range r.IntN(6) {
			p := paper(fmt.Sprintf("p%02d", r.IntN(12)), drawDay(), fmt.Sprintf("title%d", r.IntN(3)))
			p.Authors = p.Authors[:r.IntN(3)]
			if r.IntN(3) == 0 {
				p.Categories = append(p.Categories, fmt.Sprintf("x.C%d", r.IntN(9)))
			}
			b.Papers = append(b.Papers, p)
		}
		for range r.IntN(3) {
			b.Deleted = append(b.Deleted, Deletion{fmt.Sprintf("p%02d", r.IntN(12)), day(drawDay())})
		}
		before := len(m.papers)
		m.write(b)
		w := write(t, c, b)
		if write(t, bulk, b) != w {
			t.Fatal("a bulk load counts otherwise")
		}
		if w.Added+w.Replaced+w.Unchanged != len(b.Papers) || before+w.Added-w.Removed != len(m.papers) {
			t.Fatalf("%+v does not add up: %d papers, then %d", w, before, len(m.papers))
		}
		for _, cat := range []*Catalog{c, bulk} {
			got := map[string]*corpus.Paper{}
			for _, p := range papersOf(t, cat, Query{}) {
				if len(p.Authors) == 0 && m.papers[p.ID] != nil {
					p.Authors = m.papers[p.ID].Authors // none, in one way or the other
				}
				got[p.ID] = p
			}
			if !reflect.DeepEqual(got, m.papers) {
				t.Fatalf("after %+v the catalog and the model differ", b)
			}
		}
		if n, err := c.Counts(context.Background()); err != nil || n.Deleted != int64(len(m.tombs)) {
			t.Fatalf("%d deletions, %v; want %d", n.Deleted, err, len(m.tombs))
		}
		if r.IntN(20) == 0 {
			if err := bulk.Index(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	verify(t, c)
	verify(t, bulk)
}

func TestUnusableRecordsAreRefused(t *testing.T) {
	c := open(t, Options{})
	good := paper("a", "2020-01-01", "t")
	bad := *good
	for _, b := range []Batch{
		{Papers: []*corpus.Paper{good, {}}},
		{Papers: []*corpus.Paper{good, nil}},
		{Papers: []*corpus.Paper{good, {ID: "x", Title: "\xff"}}},
		{Papers: []*corpus.Paper{good, {ID: "x", Authors: []string{"\xff"}}}},
		{Papers: []*corpus.Paper{good, {ID: "x", Updated: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}},
		{Papers: []*corpus.Paper{&bad}, Deleted: []Deletion{{}}},
		{Papers: []*corpus.Paper{&bad}, Documents: []*Document{{ID: "x"}}},
		{Papers: []*corpus.Paper{&bad}, Documents: []*Document{{Source: "x", ID: "y", FullText: "\xff"}}},
	} {
		if _, err := c.Write(context.Background(), b); !fault.IsUsage(err) {
			t.Errorf("%+v: %v", b, err)
		}
	}
	if n := len(papersOf(t, c, Query{})); n > 0 {
		t.Errorf("%d papers of refused batches", n)
	}
}

// A batch that fails in its midst leaves nothing, not even names in memory.
func TestFailedBatchLeavesNothing(t *testing.T) {
	c, ctx := open(t, Options{}), context.Background()
	if _, err := c.w.ExecContext(ctx, "CREATE TRIGGER no BEFORE INSERT ON marks WHEN new.key = 'bad' BEGIN SELECT raise(ABORT, 'refused'); END"); err != nil {
		t.Fatal(err)
	}
	b := Batch{Papers: []*corpus.Paper{paper("a", "2020-01-01", "t")}, Documents: []*Document{{Source: "core", ID: "1", Authors: []string{"Cleo"}, Topics: []string{"T"}}},
		Marks: []Mark{{"s", "bad", "1"}}}
	if _, err := c.Write(ctx, b); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Fatalf("error %v", err)
	}
	if n, err := c.Counts(ctx); err != nil || n != (Counts{}) {
		t.Errorf("counts %+v, %v", n, err)
	}
	b.Marks[0].Key = "good"
	write(t, c, b)
	if n, err := c.Counts(ctx); err != nil || n != (Counts{Papers: 1, Categories: 2, Authors: 3, Documents: 1, Topics: 1}) {
		t.Errorf("counts %+v, %v", n, err)
	}
	verify(t, c)
}

// A full disk is an answer; with room again the same batch is written.
func TestFullDisk(t *testing.T) {
	c, ctx := open(t, Options{}), context.Background()
	var pages int
	if err := c.w.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		if _, err := c.w.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 2)
	b := Batch{Marks: []Mark{{"s", "k", "1"}}}
	for i := range 300 {
		b.Papers = append(b.Papers, paper(fmt.Sprint(i), "2020-01-01", strings.Repeat("long ", 100)))
	}
	_, err := c.Write(ctx, b)
	if err == nil || !strings.Contains(err.Error(), "the disk is full; free some space") || !strings.Contains(err.Error(), c.path) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if n, err := c.Counts(ctx); err != nil || n != (Counts{}) {
		t.Errorf("counts %+v, %v", n, err)
	}
	limit(1 << 30)
	write(t, c, b)
	verify(t, c)
}

// Many readers see whole batches while one writes.
func TestReadersWhileWriting(t *testing.T) {
	c, ctx := open(t, Options{}), context.Background()
	const batches, size = 30, 20
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			last := 0
			for {
				n := 0
				for p, err := range c.Papers(ctx, Query{}) {
					if err != nil {
						t.Errorf("read: %v", err)
						return
					}
					if len(p.Authors) != 2 {
						t.Errorf("paper without its authors: %+v", p)
					}
					n++
				}
				if n%size != 0 || n < last {
					t.Errorf("%d papers, after %d: a batch is not whole", n, last)
				}
				last = n
				if _, err := c.Search(ctx, "about", 5); err != nil {
					t.Errorf("search: %v", err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range batches {
		var b Batch
		for k := range size {
			b.Papers = append(b.Papers, paper(fmt.Sprintf("%d-%d", k, i), "2020-01-01", "t"))
		}
		write(t, c, b)
	}
	close(done)
	wg.Wait()
	// A reader that began before sees nothing of what comes later.
	n := 0
	for _, err := range c.Papers(ctx, Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			write(t, c, Batch{Papers: []*corpus.Paper{paper("zzz", "2020-01-01", "late")}})
		}
		n++
	}
	if n != batches*size {
		t.Errorf("%d papers, want those of the moment when reading began, %d", n, batches*size)
	}
}

func TestCancelledWrite(t *testing.T) {
	c := open(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Write(ctx, Batch{Papers: []*corpus.Paper{paper("a", "", "t")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
	for _, err := range c.Papers(ctx, Query{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read: %v", err)
		}
	}
	write(t, c, Batch{Papers: []*corpus.Paper{paper("a", "", "t")}})
}

// What memory forgets is asked of the file again.
func TestNamesAreBounded(t *testing.T) {
	c := open(t, Options{})
	c.authors = newNames(3)
	for i := range 40 {
		p := paper(fmt.Sprint(i), "2020-01-01", "t")
		p.Authors = nil
		for k := range 5 {
			p.Authors = append(p.Authors, fmt.Sprintf("author %d", (i*7+k*3)%11))
		}
		write(t, c, Batch{Papers: []*corpus.Paper{p}})
		if n := len(c.authors.young) + len(c.authors.old); n > 6 {
			t.Fatalf("%d names in memory", n)
		}
	}
	n, err := c.Counts(context.Background())
	if err != nil || n.Authors != 11 {
		t.Errorf("%d authors, %v; want 11", n.Authors, err)
	}
	for i, p := range papersOf(t, c, Query{}) {
		if len(slices.Compact(slices.Sorted(slices.Values(p.Authors)))) != 5 {
			t.Errorf("paper %d: authors %q", i, p.Authors)
		}
	}
}
