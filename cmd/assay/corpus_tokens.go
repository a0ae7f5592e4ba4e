package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"assay/corpus/shards"
	"assay/features"
	"assay/internal/progress"
)

func newCorpusTokens() *cobra.Command {
	var draw drawFlags
	var workers int
	var ids bool
	cmd := &cobra.Command{
		Use:   "tokens DIR",
		Short: "Clean and tokenise papers, one a line",
		Long: `Tokens writes each paper as a line of tokens with single spaces between them:
title and abstract cleaned (equations become -EQN-), marked (-TITLE_START- …)
and tokenised by spaCy's English rules.`,
		Example: `  assay corpus tokens data/arxiv --size 3
  assay corpus tokens data/arxiv --ids --out tokens.tsv`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withCorpus(args[0], func(c *shards.Corpus) error {
				rows, err := c.Sample(draw.size, draw.seed)
				if err != nil {
					return err
				}
				return writeOut(cmd.OutOrStdout(), draw.out, func(w io.Writer) error {
					return writeTokens(cmd.Context(), w, c, rows, ids, workers)
				})
			})
		},
	}
	draw.add(cmd)
	cmd.Flags().StringVar(&draw.out, "out", "-", "file for the tokens, - for stdout")
	cmd.Flags().BoolVar(&ids, "ids", false, "begin each line with the paper's id and a tab")
	cmd.Flags().IntVar(&workers, "workers", 0, "goroutines that tokenise; 0 is one a core")
	return cmd
}

// writeTokens writes a line a paper, in the order of rows.
func writeTokens(ctx context.Context, w io.Writer, c *shards.Corpus, rows []int64, ids bool, workers int) error {
	bar := progress.Start(ctx, "tokenise", int64(len(rows)), "papers")
	defer bar.Done()
	var line []byte
	for p, err := range (features.Pass{Corpus: c, Rows: rows, Workers: workers}).InOrder(ctx) {
		if err != nil {
			return err
		}
		line = line[:0]
		if ids {
			line = append(append(line, p.Paper.ID...), '\t')
		}
		for i, token := range p.Tokens {
			if i > 0 {
				line = append(line, ' ')
			}
			line = append(line, token...)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
		bar.Add(1)
	}
	return nil
}
