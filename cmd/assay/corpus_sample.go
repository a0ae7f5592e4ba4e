package main

import (
	"io"

	"github.com/spf13/cobra"

	"assay/corpus/export"
	"assay/corpus/shards"
	"assay/internal/fault"
)

// drawFlags are the flags of commands that draw papers.
type drawFlags struct {
	size int64
	seed uint64
	out  string
}

func (d *drawFlags) add(cmd *cobra.Command) {
	cmd.Flags().Int64Var(&d.size, "size", 0, "papers to draw; 0 takes all")
	cmd.Flags().Uint64Var(&d.seed, "seed", 1, "which draw")
}

func newCorpusSample() *cobra.Command {
	var draw drawFlags
	cmd := &cobra.Command{
		Use:   "sample DIR --size N --seed S --out FILE",
		Short: "Draw papers uniformly, without replacement",
		Long: `Sample draws papers by seed. The draw depends on the number of papers in the
corpus, the size and the seed alone; a smaller draw by the same seed is part of
a larger one. Papers are written in the order of the corpus as JSON lines that
"assay corpus import --format kaggle" reads.`,
		Example: `  assay corpus sample data/arxiv --size 10000 --seed 42 --out mini.jsonl
  assay corpus sample data/arxiv --size 100 --out - | head`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if draw.size < 0 {
				return fault.Usagef("corpus sample: --size %d: want 0 (all) or more", draw.size)
			}
			return withCorpus(args[0], func(c *shards.Corpus) error {
				rows, err := c.Sample(draw.size, draw.seed)
				if err != nil {
					return err
				}
				return writeOut(cmd.OutOrStdout(), draw.out, func(w io.Writer) error {
					return export.JSONLines(w, c.Papers(cmd.Context(), rows))
				})
			})
		},
	}
	draw.add(cmd)
	cmd.Flags().StringVar(&draw.out, "out", "", "file for the papers, - for stdout (required)")
	required(cmd, "out")
	return cmd
}
