package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/internal/fault"
)

// TestToShards imports text with duplicates, which begins the corpus anew,
// and reads it back; the bytes must not depend on the workers.
func TestToShards(t *testing.T) {
	text := someLines(0, 3000) + someLines(1000, 2000)
	want, _, err := importText(t, "kaggle", text, false)
	if err != nil {
		t.Fatal(err)
	}
	hashes := map[string]bool{}
	for _, workers := range []int{1, 4} {
		parent := t.TempDir()
		dir := filepath.Join(parent, "corpus")
		s, m, err := ToShards(context.Background(),
			Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{"-"}, Stdin: pipe{strings.NewReader(text)}, Workers: workers},
			dir, shards.WriterOptions{ShardRows: 700, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if s.Kept != 3000 || s.Duplicates != 1000 || m.Rows != 3000 || m.Source != "kaggle" || len(m.Shards) != 5 {
			t.Errorf("summary %+v, manifest %+v", s, m)
		}
		hashes[m.Hash] = true
		comparePapers(t, readBack(t, dir), want)
		checkOnly(t, parent, "corpus")
	}
	if len(hashes) != 1 {
		t.Errorf("hashes differ: %v", hashes)
	}
}

func readBack(t *testing.T, dir string) []*corpus.Paper {
	t.Helper()
	c, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows := make([]int64, c.Rows())
	for i := range rows {
		rows[i] = int64(i)
	}
	var papers []*corpus.Paper
	for p, err := range c.Papers(context.Background(), rows) {
		if err != nil {
			t.Fatal(err)
		}
		q := *p
		if len(q.Authors) == 0 {
			q.Authors = nil
		}
		papers = append(papers, &q)
	}
	return papers
}

// checkOnly fails unless the folder holds exactly the named entries.
func checkOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !reflect.DeepEqual(got, names) {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}

// TestToShardsFails: a failed import leaves what was there.
func TestToShardsFails(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "corpus")
	run := func(text string) (*Summary, error) {
		s, m, err := ToShards(context.Background(),
			Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{"-"}, Stdin: pipe{strings.NewReader(text)}},
			dir, shards.WriterOptions{Overwrite: true})
		if (m == nil) != (err != nil) {
			t.Errorf("manifest %v, error %v", m, err)
		}
		return s, err
	}
	bad := someLines(0, 2000) + someLines(5, 10) + "{\n"
	s, err := run(bad)
	if err == nil || !fault.IsUsage(err) || !strings.Contains(err.Error(), "stdin:2006: invalid JSON") || s == nil {
		t.Fatalf("%+v, %v", s, err)
	}
	checkOnly(t, parent)
	if _, err := run(someLines(0, 7)); err != nil {
		t.Fatal(err)
	}
	if _, err := run(bad); err == nil {
		t.Fatal("the malformed line passed")
	}
	checkOnly(t, parent, "corpus")
	if n := len(readBack(t, dir)); n != 7 {
		t.Errorf("the old corpus has %d papers, want 7", n)
	}
	if _, err := run(""); fmt.Sprint(err) != "corpus: import: stdin is empty" {
		t.Errorf("got %v", err)
	}
}
