package experiments

import (
	"strings"
	"testing"

	"assay/experiments/config"
)

// The estimates against peaks that processes of one trial reached on real
// papers, in MiB: within a factor of two.
func TestMemoryEstimates(t *testing.T) {
	for _, c := range []struct {
		papers   int64
		config   string
		measured int64
	}{
		{100_000, "kind = \"naive_bayes\"", 290},
		{100_000, "kind = \"logistic_regression\"\nfeatures = \"pairs\"", 1010},
		{100_000, "kind = \"logistic_regression\"\nembeddings = \"fasttext\"", 1400},
		{100_000, "kind = \"sha_rnn\"\nembeddings = \"fasttext\"", 1400},
		{12_000, "kind = \"sha_rnn\"\nembeddings = \"fasttext\"", 805},
	} {
		cfg, err := config.Parse("name = \"m\"\n[corpus]\npath = \"x\"\n[embeddings.fasttext]\ntrain = true\n[features.pairs]\nkind = \"tfidf\"\nngrams = [1, 2]\nmin_documents = 5\n[[model]]\nname = \"m\"\n"+c.config, "m.toml", nil)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Corpus.Sample = c.papers
		s := &Session{Config: cfg}
		got := s.Memory(Jobs(cfg, "")[0].Trial) >> 20
		if got < c.measured/2 || got > 2*c.measured {
			t.Errorf("%d papers, %s: %d MiB, measured %d", c.papers, strings.ReplaceAll(c.config, "\n", ", "), got, c.measured)
		}
	}
}
