package experiments

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/results"
)

// Papers of equal text never stand on both sides of a split: each paper of this
// corpus has a twin and a word that only the two of them use, so that a vocabulary
// which knows a held-out paper's word has learnt from its twin.
func TestTwinsStayTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "corpus")
	w, err := shards.Create(dir, shards.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	word := map[string]string{}
	for i := range n {
		for _, id := range []string{fmt.Sprintf("1501.%05d", i+1), fmt.Sprintf("core:%d", i)} {
			word[id] = fmt.Sprintf("word%05d", i)
			p := &corpus.Paper{ID: id, Title: "Common title", Abstract: word[id] + " stands here", Categories: []string{"cs.LG"}}
			if err := w.Add(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	c, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	d := prepared(t, c, 2)
	side := map[string]corpus.Part{}
	for part, ids := range d.ids {
		for _, id := range ids {
			if before, seen := side[word[id]]; seen && before != corpus.Part(part) {
				t.Errorf("%s is on the sides %v and %v", word[id], before, corpus.Part(part))
			}
			side[word[id]] = corpus.Part(part)
		}
	}
	for _, name := range []string{"counts", "words"} {
		f := d.declared[name]
		set, err := d.set(f, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, term := range set.Vocabulary().Terms() {
			if part, ok := side[term]; ok && part != corpus.Train {
				t.Errorf("%s of a %v paper is in the vocabulary", term, part)
			}
		}
	}
	if want := (results.Twins{Texts: n, Papers: 2 * n, Moved: d.twins.Moved}); d.twins != want || d.twins.Moved == 0 || len(d.declared) == 0 {
		t.Errorf("twins %+v, want %+v; %d features", d.twins, want, len(d.declared))
	}
}
