package experiments

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/features"
	"assay/internal/fault"
	"assay/results"
)

// mostPapers is in how many training papers the most frequent term stands.
func mostPapers(t *testing.T, s *Session, seed uint64) int {
	t.Helper()
	d, err := prepare(t.Context(), s.corpus, s.Config, seed, s.Config.Features, 2)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := d.set(d.declared["counts"], 1)
	if err != nil {
		t.Fatal(err)
	}
	in, most := map[int32]int{}, 0
	for _, term := range counts.Rows[corpus.Train].(*features.CSR).Indices {
		in[term]++
		most = max(most, in[term])
	}
	return most
}

// Features without a term fail the models that learn from them, in the seeds in
// which they have none, and nothing else.
func TestFeaturesWithoutTermsFailTheirModelsAlone(t *testing.T) {
	const declared = `[features.rare]
kind = "counts"
min_documents = %d
[[model]]
name = "rare"
kind = "naive_bayes"
features = "rare"
`
	seeds := []string{"seeds=[1, 2]", "split.per_seed=true"}
	first := session(t, t.TempDir(), seeds...)
	one, other := mostPapers(t, first, 1), mostPapers(t, first, 2)
	if one == other {
		t.Fatalf("both seeds have a term in %d papers", one)
	}
	cfg := mustParse(t, two+fmt.Sprintf(declared, max(one, other)), seeds...)
	cfg.Results.Path = t.TempDir()
	s, err := Open(t.Context(), cfg, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 { // what failed is tried again
		for _, trial := range s.Trials() {
			run, reused, err := s.Run(t.Context(), trial, 0)
			if trial.Model.Name != "rare" || (trial.Seed == 1) == (one > other) {
				if err != nil || run.State != results.Done {
					t.Errorf("%s: %s, %v", trial.ID, run.State, err)
				}
				continue
			}
			const want = `experiments: features "rare": features: count: no term is left`
			if reused || !fault.IsUsage(err) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %s", trial.ID, err, want)
			}
			if kept, err := s.Store().Run(trial.Config.Name, trial.ID); err != nil || kept.State != results.Failed {
				t.Errorf("%s: stored as %s, %v; want failed", trial.ID, kept.State, err)
			}
		}
	}
}

// Papers of single letters have neither terms nor words of two characters: what
// keeps whole tokens has them. A cancelled pass lacks nothing, it has no end.
func TestPapersWithoutWords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "corpus")
	w, err := shards.Create(dir, shards.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		if err := w.Add(&corpus.Paper{ID: fmt.Sprintf("2001.%05d", i), Title: "x", Abstract: fmt.Sprintf("a %c %c", 'a'+i/8, 'a'+i%8), Categories: []string{"cs.LG"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d := prepared(t, c, 2, "corpus.text=abstract") // without markers of fields
	if _, err := d.set(d.declared["words"], 1); err == nil || !strings.HasPrefix(err.Error(), `experiments: features "words": features: words: no word is left`) {
		t.Errorf("words: error %v", err)
	}
	if _, err := d.set(d.declared["tfidf"], 1); err == nil || !strings.HasPrefix(err.Error(), `experiments: features "tfidf": features: count: no term is left`) {
		t.Errorf("tfidf: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := features.NewCollector(nil, 0).Finish(ctx, d.index); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled pass ends with %v", err)
	}
}
