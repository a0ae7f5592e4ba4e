package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"assay/corpus"
	"assay/corpus/synthetic"
	"assay/experiments"
	"assay/internal/fault"
)

func newCorpus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "corpus",
		Short: "Import, look at and sample papers",
		Args:  unknownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCorpusImport(), newCorpusInfo(), newCorpusSample(), newCorpusTokens(), newCorpusTaxonomy(), newCorpusSynthetic())
	return cmd
}

type importOptions struct {
	corpus.ImportOptions
	out       string
	shardRows int
	overwrite bool
	json      bool
}

func newCorpusImport() *cobra.Command {
	var opt importOptions
	cmd := &cobra.Command{
		Use:   "import --format kaggle|archive FILE… --out DIR",
		Short: "Turn metadata dumps into Parquet shards",
		Long: `Import reads metadata dumps, plain or packed as .gz, .xz, .zst or .zip (told by
their content, not their name), and writes Parquet shards with a manifest.
"-" reads standard input. Every record is accounted for; of several records
with one id the last is kept. Nothing is left in DIR unless all went well.

Formats: kaggle is the Kaggle "arxiv" snapshot's JSON lines; archive is the TSV
of the arxiv_archive (doi 10.5281/zenodo.1463242).`,
		Example: `  assay corpus import --format kaggle arxiv-metadata-oai-snapshot.json --out data/arxiv
  xz -dc papers.jsonl.xz | assay corpus import --format kaggle - --out data/arxiv
  assay corpus import --format archive *.tsv.xz --out data/archive --skip-bad --json`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.Inputs, opt.Stdin = args, cmd.InOrStdin()
			return runImport(cmd, opt)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opt.Format, "format", "", "kaggle or archive (required)")
	flags.StringVar(&opt.out, "out", "", "folder for the shards (required)")
	flags.BoolVar(&opt.SkipBad, "skip-bad", false, "count malformed records instead of failing on the first")
	flags.BoolVar(&opt.overwrite, "overwrite", false, "replace the corpus in --out once the new one is whole")
	flags.IntVar(&opt.Workers, "workers", 0, "goroutines that parse; 0 is one a core")
	flags.IntVar(&opt.shardRows, "shard-rows", 0, "papers a shard; 0 is the default")
	flags.BoolVar(&opt.json, "json", false, "print the summary as JSON")
	required(cmd, "format", "out")
	return cmd
}

// required marks flags without which a command makes no sense.
func required(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag's name is misspelt here
		}
	}
}

func runImport(cmd *cobra.Command, opt importOptions) error {
	out := cmd.OutOrStdout()
	summary, manifest, err := corpus.ImportShards(cmd.Context(), opt.ImportOptions, opt.out, corpus.WriterOptions{
		ShardRows: opt.shardRows, Workers: opt.Workers, Overwrite: opt.overwrite,
	})
	if err != nil {
		return err
	}
	if opt.json {
		return writeJSON(out, struct {
			Summary *corpus.Summary `json:"summary"`
			Rows    int64           `json:"rows"`
			Shards  int             `json:"shards"`
			Hash    string          `json:"hash"`
			Out     string          `json:"out"`
		}{summary, manifest.Rows, len(manifest.Shards), manifest.Hash, opt.out})
	}
	if err := summary.WriteText(out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "wrote %d papers in %d shards to %s (corpus %.12s)\n", manifest.Rows, len(manifest.Shards), opt.out, manifest.Hash)
	return err
}

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

func newCorpusTaxonomy() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "taxonomy [NAME]",
		Short:   "List the categories that are labels",
		Long:    "Taxonomy lists the categories of a taxonomy in the order of their labels: arxiv-2019 (the default) or arxiv.",
		Example: `  assay corpus taxonomy arxiv-2019 --json`,
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "arxiv-2019"
			if len(args) > 0 {
				name = args[0]
			}
			t, err := corpus.LookupTaxonomy(name)
			if err != nil {
				return err
			}
			return printTaxonomy(cmd.OutOrStdout(), t, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with the ids that stand for another")
	return cmd
}

func printTaxonomy(out io.Writer, t *corpus.Taxonomy, asJSON bool) error {
	if asJSON {
		type category struct {
			ID    string `json:"id"`
			Name  string `json:"name"`
			Group int    `json:"group"`
		}
		type group struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}
		doc := struct {
			Name       string            `json:"name"`
			Groups     []group           `json:"groups"`
			Categories []category        `json:"categories"`
			Renamed    map[string]string `json:"renamed"`
		}{Name: t.Name, Renamed: t.Renamed()}
		for _, g := range t.Groups {
			doc.Groups = append(doc.Groups, group(g))
		}
		for _, c := range t.Categories {
			doc.Categories = append(doc.Categories, category(c))
		}
		return writeJSON(out, doc)
	}
	for _, c := range t.Categories {
		if _, err := fmt.Fprintf(out, "%-20s %-8s %s\n", c.ID, t.Groups[c.Group].ID, c.Name); err != nil {
			return err
		}
	}
	return nil
}
