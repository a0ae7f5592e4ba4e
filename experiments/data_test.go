package experiments

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/features"
)

// writeCorpus writes n papers, each with a word of its own, every fourth one
// outside the article's taxonomy.
func writeCorpus(t *testing.T, n, shardRows int) *shards.Corpus {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "corpus")
	w, err := shards.Create(dir, shards.WriterOptions{ShardRows: shardRows})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		category := []string{"cs.LG", "math.CO", "hep-th", "econ.EM"}[i%4]
		err := w.Add(&corpus.Paper{
			ID: fmt.Sprintf("2001.%05d", i), Title: "Common title", Abstract: fmt.Sprintf("word%05d $x$ stands here alone", i),
			Categories: []string{category},
		})
		if err != nil {
			t.Fatal(err)
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
	return c
}

func prepared(t *testing.T, c *shards.Corpus, workers int, overrides ...string) *dataset {
	t.Helper()
	cfg := mustParse(t, minimal, append([]string{"split.validation=0.2", "split.test=0.2"}, overrides...)...)
	d, err := prepare(context.Background(), c, cfg, 1, cfg.Features, workers)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// No paper of validation or test leaves a trace in the vocabulary or in the
// weights of TF-IDF.
func TestOnlyTrainingPapersTeach(t *testing.T) {
	const n = 400
	d := prepared(t, writeCorpus(t, n, 0), 2)
	if d.outside != n/4 || d.drawn != n {
		t.Errorf("%d of %d papers outside the taxonomy, want %d of %d", d.outside, d.drawn, n/4, n)
	}
	counts, err := d.set(d.declared["counts"], 2)
	if err != nil {
		t.Fatal(err)
	}
	vocabulary := counts.Vocabulary()
	for p, ids := range d.ids {
		if len(ids) == 0 || d.labels[p].Rows() != len(ids) {
			t.Fatalf("part %v: %d papers, %d rows of labels", corpus.Part(p), len(ids), d.labels[p].Rows())
		}
		for _, id := range ids {
			_, known := vocabulary.Index("word" + id[len(id)-5:])
			if known != (corpus.Part(p) == corpus.Train) {
				t.Errorf("the word of %s paper %s: in the vocabulary %t", corpus.Part(p), id, known)
			}
		}
	}
	// Fitting TF-IDF on the training papers alone gives the same rows.
	set, err := d.set(d.declared["tfidf"], 2)
	if err != nil {
		t.Fatal(err)
	}
	alone := features.NewTFIDF(features.TFIDFOptions{Sublinear: true, L2: true, SmoothIDF: true})
	alone.Fit(counts.Rows[corpus.Train].(*features.CSR))
	want, err := alone.Transform(counts.Rows[corpus.Test].(*features.CSR), 1)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(set.Rows[corpus.Test], want) {
		t.Error("TF-IDF of the test papers depends on more than the training papers")
	}
}

// Neither shards nor workers change what a model sees.
func TestShardsAndWorkersDoNotChangeTheData(t *testing.T) {
	first := prepared(t, writeCorpus(t, 300, 0), 1, "corpus.sample=200")
	for _, c := range []struct{ shardRows, workers int }{{0, 3}, {70, 1}, {70, 2}} {
		d := prepared(t, writeCorpus(t, 300, c.shardRows), c.workers, "corpus.sample=200")
		for _, name := range []string{"counts", "tfidf", "words"} {
			f := first.declared[name]
			have, err := d.set(f, c.workers)
			want, err2 := first.set(f, 1)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if !reflect.DeepEqual(d.ids, first.ids) || !reflect.DeepEqual(d.labels, first.labels) || !reflect.DeepEqual(have.Rows, want.Rows) {
				t.Errorf("%d papers a shard and %d workers change the data of %s", c.shardRows, c.workers, name)
			}
		}
	}
}

// With per_seed each seed holds out other papers; without, the same.
func TestPerSeedSplit(t *testing.T) {
	c := writeCorpus(t, 300, 0)
	for _, perSeed := range []bool{false, true} {
		cfg := mustParse(t, minimal, "split.validation=0.2", "split.test=0.2", fmt.Sprintf("split.per_seed=%t", perSeed))
		var held [2][]string
		for i := range held {
			d, err := prepare(context.Background(), c, cfg, uint64(i+1), cfg.Features, 2)
			if err != nil {
				t.Fatal(err)
			}
			held[i] = d.ids[corpus.Test]
		}
		if same := reflect.DeepEqual(held[0], held[1]); same == perSeed {
			t.Errorf("per_seed = %t: the two seeds hold out the same papers: %t", perSeed, same)
		}
	}
}
