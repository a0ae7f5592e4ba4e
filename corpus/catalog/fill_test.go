package catalog

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"assay/corpus"
)

// A filled catalog is as one that was written otherwise: the same tables and
// indexes, the same papers, a log for the next writer.
func TestFilledIsAsWritten(t *testing.T) {
	ctx := context.Background()
	batch := Batch{
		Papers:    []*corpus.Paper{paper("a", "2020-01-01", "Graph"), paper("b", "2020-01-02", "Tree"), paper("c", "", "Cut")},
		Deleted:   []Deletion{{ID: "c"}},
		Documents: []*Document{{Source: "core", ID: "1", Authors: []string{"Cleo"}, Topics: []string{"T"}}},
		Marks:     []Mark{{"s", "k", "v"}},
	}
	written := open(t, Options{})
	write(t, written, batch)
	path := filepath.Join(t.TempDir(), "filled.db")
	n, err := Fill(ctx, path, func(c *Catalog) error {
		write(t, c, Batch{Papers: []*corpus.Paper{paper("a", "2019-01-01", "Replaced"), paper("d", "2020-01-01", "Gone")}})
		write(t, c, Batch{Deleted: []Deletion{{ID: "d", Day: day("2021-01-01")}}})
		write(t, c, batch)
		return nil
	})
	if want := (Counts{Papers: 2, Categories: 2, Authors: 4, Deleted: 2, Documents: 1, Topics: 1}); err != nil || n != want {
		t.Errorf("counts %+v, %v; want %+v", n, err, want)
	}
	if data, err := os.ReadFile(path); err != nil || data[18] != 2 || data[19] != 2 { // https://www.sqlite.org/fileformat2.html#database_header
		t.Errorf("the file is not in the mode of a log: %d, %d, %v", data[18], data[19], err)
	}
	filled := openFile(t, path, Options{})
	if got, want := papersOf(t, filled, Query{}), papersOf(t, written, Query{}); !reflect.DeepEqual(got, want) {
		t.Errorf("papers %s\nwant %s", show(got), show(want))
	}
	if got, want := schemaOf(t, filled), schemaOf(t, written); got != want || !strings.Contains(got, "papers_of_authors") {
		t.Errorf("schema\n%s\nwant\n%s", got, want)
	}
	verify(t, filled)
}

func schemaOf(t *testing.T, c *Catalog) (text string) {
	t.Helper()
	err := c.r.QueryRow("SELECT group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), char(10) ORDER BY type, name) FROM sqlite_schema").Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A draft whose log is still beside it is not whole.
func TestPublishRefusesWhatIsNotWhole(t *testing.T) {
	dir := t.TempDir()
	draft, path := filepath.Join(dir, "draft"), filepath.Join(dir, "c.db")
	for _, name := range []string{draft, draft + "-wal"} {
		if err := os.WriteFile(name, []byte("pages"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := publish(draft, path); err == nil || !strings.Contains(err.Error(), "its log could not be brought into it") {
		t.Errorf("with a log: %v", err)
	}
	if err := os.Remove(draft + "-wal"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another's"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := publish(draft, path); err == nil || !strings.Contains(err.Error(), "another process made it meanwhile") {
		t.Errorf("over another's: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := publish(draft, path); err != nil {
		t.Error(err)
	}
}

// A killed Fill leaves no catalog, and of one that exists the whole batches.
func TestKilledFill(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "c.db")
	kill := func() {
		cmd, stderr := start(t, "fill", path)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 5 {
			if !lines.Scan() {
				t.Fatalf("the child ended: %v: %s", cmd.Wait(), stderr)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
	}
	kill()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a killed Fill left a catalog: %v", err)
	}
	if _, err := Fill(ctx, path, func(*Catalog) error { return nil }); err != nil {
		t.Fatal(err)
	}
	kill()
	if pages := checkPages(t, path, 4); pages < 4 {
		t.Errorf("%d pages", pages)
	}
}
