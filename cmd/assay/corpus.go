package main

import (
	"errors"

	"github.com/spf13/cobra"

	"assay/corpus/shards"
)

func newCorpus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "corpus",
		Short: "Import, look at and sample papers",
		Args:  unknownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCorpusImport(), newCorpusInfo(), newCorpusSample(), newCorpusTokens(), newCorpusTaxonomy(), newCorpusSynthetic(),
		newHarvest(), newCorpusExport(), newCorpusSearch(), newCorpusCloud())
	return cmd
}

// withCorpus opens dir for the time of use.
func withCorpus(dir string, use func(*shards.Corpus) error) error {
	c, err := shards.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(use(c), c.Close())
}

// required marks flags without which a command makes no sense.
func required(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag's name is misspelt here
		}
	}
}
