package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"assay/corpus/synthetic"
	"assay/experiments"
	"assay/internal/fault"
)

func newCorpusSynthetic() *cobra.Command {
	opt := synthetic.Default
	var dir string
	var overwrite bool
	cmd := &cobra.Command{
		Use:   "synthetic --out DIR",
		Short: "Write the built-in synthetic papers as shards",
		Long: `Synthetic papers look like arXiv's but are drawn from a vocabulary written for
this program. They serve for trying things out; scores on them say nothing
about real papers.`,
		Example: `  assay corpus synthetic --papers 10000 --seed 7 --out data/synthetic`,
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.Papers < 1 {
				return fault.Usagef("corpus synthetic: --papers %d: want at least 1", opt.Papers)
			}
			if err := experiments.WriteSynthetic(cmd.Context(), dir, opt, overwrite); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "wrote %d synthetic papers to %s\n", opt.Papers, dir)
			return err
		},
	}
	cmd.Flags().IntVar(&opt.Papers, "papers", opt.Papers, "how many")
	cmd.Flags().Uint64Var(&opt.Seed, "seed", opt.Seed, "which")
	cmd.Flags().StringVar(&dir, "out", "", "folder for the shards (required)")
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "replace the corpus in --out once the new one is whole")
	required(cmd, "out")
	return cmd
}
