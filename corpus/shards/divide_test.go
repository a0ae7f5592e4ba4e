package shards

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/arxivid"
)

// twinCorpus writes papers of which every third stands again under other ids, with
// other white space, and returns the text of each.
func twinCorpus(t *testing.T, seed uint64) (*Corpus, map[string]string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	texts := map[string]string{}
	var papers []*corpus.Paper
	for i := range 300 {
		p := &corpus.Paper{
			ID: fmt.Sprintf("1501.%05d", i+1), Title: fmt.Sprintf("On\n  case %d", i), Abstract: fmt.Sprintf("We study case %d.", i%7),
			Categories: []string{"cs.LG"},
		}
		papers, texts[p.ID] = append(papers, p), p.Title+p.Abstract
		for twin := range r.IntN(3) * (1 - min(i%3, 1)) {
			q := *p
			q.ID, q.Title = []string{fmt.Sprintf("math/0101%03d", i+1), fmt.Sprintf("1501.%d", i+1)}[twin], strings.Join(strings.Fields(p.Title), " ")
			papers, texts[q.ID] = append(papers, &q), texts[p.ID]
		}
	}
	r.Shuffle(len(papers), func(i, j int) { papers[i], papers[j] = papers[j], papers[i] })
	return testCorpus(t, papers), texts
}

func testCorpus(t *testing.T, papers []*corpus.Paper) *Corpus {
	t.Helper()
	dir := t.TempDir() + "/corpus"
	w, err := Create(dir, WriterOptions{ShardRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range papers {
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir)
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

// No text stands on two sides of a split, whatever the draw.
func TestDivideKeepsTwinsTogether(t *testing.T) {
	for seed := range uint64(20) {
		c, texts := twinCorpus(t, seed)
		split := corpus.Split{Validation: 0.2, Test: 0.3, Key: fmt.Sprint(seed)}
		for _, n := range []int64{0, 150} {
			rows, err := c.Sample(n, seed)
			if err != nil {
				t.Fatal(err)
			}
			d, err := c.Divide(context.Background(), split, rows, 1+int(seed)%3)
			if err != nil {
				t.Fatal(err)
			}
			sides, leader, papers := map[string]corpus.Part{}, map[string]string{}, map[string]int{}
			var ids []string
			for p, err := range c.Papers(context.Background(), rows) {
				if err != nil {
					t.Fatal(err)
				}
				id := strings.Clone(p.ID)
				ids = append(ids, id)
				papers[texts[id]]++
				if old, ok := leader[texts[id]]; !ok || arxivid.Compare(id, old) < 0 {
					leader[texts[id]] = id
				}
			}
			var want corpus.SameText
			var moved int64
			for pos, id := range ids {
				side, seen := sides[texts[id]]
				if sides[texts[id]] = d.Parts[pos]; seen && side != d.Parts[pos] {
					t.Fatalf("seed %d: the text of %s is on the sides %v and %v", seed, id, side, d.Parts[pos])
				}
				if d.Parts[pos] != split.Of(leader[texts[id]]) {
					t.Fatalf("seed %d: %s is on the side %v, its oldest twin %s on %v", seed, id, d.Parts[pos], leader[texts[id]], split.Of(leader[texts[id]]))
				}
				if d.Parts[pos] != split.Of(id) {
					moved++
				}
				if papers[texts[id]] > 1 {
					want.Papers++
				}
			}
			for _, n := range papers {
				if n > 1 {
					want.Texts++
				}
			}
			if d.SameText != want || d.Moved != moved || moved == 0 {
				t.Errorf("seed %d: %+v, moved %d; want %+v, moved %d", seed, d.SameText, d.Moved, want, moved)
			}
		}
	}
}

// Equal titles alone move nothing.
func TestDivideLeavesOthers(t *testing.T) {
	var papers []*corpus.Paper
	for i := range 400 {
		papers = append(papers, &corpus.Paper{ID: fmt.Sprintf("1501.%05d", i+1), Title: "Comment", Abstract: fmt.Sprint("Case ", i), Categories: []string{"cs.LG"}})
	}
	c := testCorpus(t, papers)
	rows, err := c.Sample(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	split := corpus.Split{Validation: 0.2, Test: 0.3, Key: "k"}
	d, err := c.Divide(context.Background(), split, rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	for pos, p := range papers {
		if d.Parts[pos] != split.Of(p.ID) {
			t.Errorf("%s is on the side %v, want %v", p.ID, d.Parts[pos], split.Of(p.ID))
		}
	}
	if d.SameText != (corpus.SameText{}) || d.Moved != 0 {
		t.Errorf("%+v", d)
	}
}
