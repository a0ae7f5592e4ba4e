package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"assay/corpus/shards"
	"assay/embeddings/fasttext"
	"assay/embeddings/vectorfile"
	"assay/features"
	"assay/internal/atomicfile"
	"assay/internal/fault"
)

// embedTrain is what `embed train` was asked for.
type embedTrain struct {
	fasttext.Options
	out    string
	size   int64
	draw   uint64
	asJSON bool
}

func newEmbedTrain() *cobra.Command {
	t := embedTrain{Options: fasttext.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "train CORPUS --out FILE",
		Short: "Train FastText vectors on a corpus",
		Long: `Train learns vectors of the words of all papers of a corpus, or of a draw, by
skip-gram or CBOW with character n-grams and negative sampling. The defaults are
the article's. The file is fastText's .bin, which keeps the n-grams and so gives
any word a vector, or the text of the vocabulary's vectors if it ends in .vec.

Workers train without locks, and no two runs give quite the same vectors;
--deterministic trains on one core and gives the same bits each time. Beside its
vectors, 4 bytes a number, training needs 4 bytes a token on disk, in the folder
of FILE. Nothing is left under FILE's name before it is whole.

Vectors for an experiment are better trained by it ([embeddings.NAME] with
train = true): it leaves the text of the held-out papers out.`,
		Example: `  assay embed train data/arxiv --out arxiv.bin
  assay embed train data/arxiv --size 10000 --epochs 10 --min-count 5 --out small.vec`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withCorpus(args[0], func(c *shards.Corpus) error { return t.run(cmd.Context(), cmd.OutOrStdout(), c) })
		},
	}
	t.addFlags(cmd)
	required(cmd, "out")
	return cmd
}

func (t *embedTrain) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&t.out, "out", "", "file for the vectors, .bin or .vec (required)")
	f.StringVar(&t.Model, "model", t.Model, "skipgram or cbow")
	f.IntVar(&t.Dim, "dimensions", t.Dim, "length of a vector")
	f.IntVar(&t.Window, "window", t.Window, "neighbours on either side, at most")
	f.IntVar(&t.Epochs, "epochs", t.Epochs, "passes over the papers")
	f.IntVar(&t.MinCount, "min-count", t.MinCount, "words seen less often are left out")
	f.IntVar(&t.MinN, "min-n", t.MinN, "shortest character n-gram")
	f.IntVar(&t.MaxN, "max-n", t.MaxN, "longest character n-gram; 0 for none")
	f.IntVar(&t.Buckets, "buckets", t.Buckets, "vectors that all n-grams share")
	f.IntVar(&t.Negatives, "negatives", t.Negatives, "words drawn to be told apart from each neighbour")
	f.Float64Var(&t.LearningRate, "learning-rate", t.LearningRate, "at the start; it falls to 0")
	f.Float64Var(&t.SubSampling, "sub-sampling", t.SubSampling, "frequency above which words are thinned out; 1 keeps all")
	f.Uint64Var(&t.Seed, "seed", t.Seed, "of the first vectors and of what is drawn")
	f.BoolVar(&t.Deterministic, "deterministic", false, "the same bits each time, on one core")
	f.IntVar(&t.Workers, "workers", 0, "goroutines; 0 is one a core")
	f.Int64Var(&t.size, "size", 0, "papers to draw; 0 takes all")
	f.Uint64Var(&t.draw, "draw", 1, "which draw")
	f.BoolVar(&t.asJSON, "json", false, "print the report as JSON")
}

// trainReport is what `embed train` prints.
type trainReport struct {
	Out        string  `json:"out"`
	Papers     int64   `json:"papers"`
	Tokens     int64   `json:"tokens"` // of the vocabulary, in one epoch
	LeftOut    int64   `json:"left_out_tokens"`
	Words      int     `json:"words"`
	Dimensions int     `json:"dimensions"`
	Loss       float64 `json:"loss"`
	Seconds    float64 `json:"seconds"` // of training
	Rate       float64 `json:"words_per_second"`
	Exact      bool    `json:"deterministic"`
}

func (t *embedTrain) run(ctx context.Context, out io.Writer, c *shards.Corpus) error {
	if t.size < 0 {
		return fault.Usagef("embed train: --size %d: want 0 (all) or more", t.size)
	}
	if err := t.Validate(); err != nil {
		return err
	}
	if err := writable(t.out); err != nil {
		return err
	}
	atomicfile.RemoveStale(t.out, time.Hour)
	rows, err := c.Sample(t.size, t.draw)
	if err != nil {
		return err
	}
	t.TempDir = filepath.Dir(t.out)
	model, report, err := fasttext.Train(ctx, features.Pass{Corpus: c, Rows: rows, Workers: t.Workers}.Sentences(ctx), t.Options)
	if err != nil {
		return err
	}
	format := vectorfile.FastText
	if filepath.Ext(t.out) == ".vec" {
		format = vectorfile.Vec
	}
	if err := errors.Join(vectorfile.Write(ctx, t.out, format, model), model.Close()); err != nil {
		return err
	}
	r := trainReport{
		Out: t.out, Papers: report.Sentences, Tokens: report.Tokens, LeftOut: report.LeftOut, Words: report.Words,
		Dimensions: t.Dim, Loss: report.Loss, Seconds: report.Seconds, Rate: report.WordsRate, Exact: t.Deterministic,
	}
	if t.asJSON {
		return writeJSON(out, r)
	}
	_, err = fmt.Fprintf(out, "read       %d papers: %d tokens, and %d of words seen less than %d times, which are left out\ntrained    %d words, %d dimensions, in %.1f s: %.0f words/s, loss %.4f\nwrote      %s\n",
		r.Papers, r.Tokens, r.LeftOut, t.MinCount, r.Words, r.Dimensions, r.Seconds, r.Rate, r.Loss, r.Out)
	return err
}

// writable refuses, before hours of work, a file that cannot be written.
func writable(path string) error {
	if err := atomicfile.Probe(filepath.Dir(path)); err != nil {
		return fault.Usagef("embed: %s cannot be written: %w", path, err)
	}
	return nil
}
