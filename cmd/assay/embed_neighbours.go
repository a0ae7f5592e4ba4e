package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/embeddings"
	"assay/embeddings/vectorfile"
	"assay/internal/fault"
)

func newEmbedNeighbours() *cobra.Command {
	var count, workers int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "neighbours FILE WORD…",
		Aliases: []string{"neighbors"},
		Short:   "List the words whose vectors are nearest, by cosine",
		Example: `  assay embed neighbours arxiv.bin neutrino sheaf
  assay embed neighbours data/glove.6B.100d.txt learning --count 20`,
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if count < 1 {
				return fault.Usagef("embed neighbours: --count %d: want 1 or more", count)
			}
			return withVectors(cmd.Context(), args[0], func(v embeddings.Vectors, _ vectorfile.Report) error {
				return neighbours(cmd.Context(), cmd.OutOrStdout(), v, args[1:], count, workers, asJSON)
			})
		},
	}
	cmd.Flags().IntVar(&count, "count", 10, "how many")
	cmd.Flags().IntVar(&workers, "workers", 0, "goroutines; 0 is one a core")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// wordNeighbours is what `embed neighbours` tells of a word.
type wordNeighbours struct {
	Word       string                 `json:"word"`
	Known      bool                   `json:"known"` // false: made from n-grams or found in lower case
	Neighbours []embeddings.Neighbour `json:"neighbours"`
}

func neighbours(ctx context.Context, out io.Writer, v embeddings.Vectors, words []string, count, workers int, asJSON bool) error {
	var all []wordNeighbours
	for _, word := range words {
		near, match, err := embeddings.Neighbours(ctx, v, word, count, workers)
		if err != nil {
			return err
		}
		all = append(all, wordNeighbours{Word: word, Known: match == embeddings.Exact, Neighbours: near})
	}
	if asJSON {
		return writeJSON(out, all)
	}
	var b strings.Builder
	for i, w := range all {
		if len(all) > 1 || !w.Known {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(w.Word)
			if !w.Known {
				b.WriteString(" (not in the vocabulary)")
			}
			b.WriteByte('\n')
		}
		for _, n := range w.Neighbours {
			fmt.Fprintf(&b, "%.4f  %s\n", n.Similarity, n.Word)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
