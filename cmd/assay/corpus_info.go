package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest/ledger"
	"assay/corpus/shards"
	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/packed"
)

func newCorpusInfo() *cobra.Command {
	var taxonomy string
	var verify, asJSON bool
	cmd := &cobra.Command{
		Use:   "info DIR|DB",
		Short: "Look at a corpus: papers, shards, categories, dates; or count what a catalog holds",
		Example: `  assay corpus info data/arxiv
  assay corpus info arxiv.db
  assay corpus info data/arxiv --verify --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := corpus.LookupTaxonomy(taxonomy)
			if err != nil {
				return err
			}
			if packed.IsSQLite(args[0]) {
				if verify {
					return fault.Usagef("corpus info: --verify is for shards; a catalog is checked by SQLite as it is read")
				}
				return catalogInfo(cmd, args[0], asJSON)
			}
			return withCorpus(args[0], func(c *shards.Corpus) error {
				if verify {
					if err := c.Verify(cmd.Context()); err != nil {
						return err
					}
				}
				info, err := c.Info(cmd.Context(), t)
				if err != nil {
					return err
				}
				info.Verified = verify
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), info)
				}
				return info.WriteText(cmd.OutOrStdout())
			})
		},
	}
	cmd.Flags().StringVar(&taxonomy, "taxonomy", "arxiv-2019", "taxonomy to count by: "+strings.Join(corpus.TaxonomyNames(), ", "))
	cmd.Flags().BoolVar(&verify, "verify", false, "read every byte and compare it with the manifest")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with every category")
	return cmd
}

// catalogInfo prints what a catalog holds.
func catalogInfo(cmd *cobra.Command, path string, asJSON bool) error {
	return catalog.View(cmd.Context(), path, func(c *catalog.Catalog) error {
		n, err := c.Counts(cmd.Context())
		if err != nil {
			return err
		}
		var names corpus.NameCheck
		for p, err := range c.Papers(cmd.Context(), catalog.Query{}) {
			if err != nil {
				return err
			}
			names.Add(p)
		}
		flaws, err := ledger.ReadFlaws(cmd.Context(), c)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(cmd.OutOrStdout(), map[string]any{
				"mended_records": append([]ledger.Group{}, flaws.MendedRecords...), "unusable": append([]ledger.Group{}, flaws.Unusable...),
				"missing": append([]ledger.Part{}, flaws.Missing...), "path": path, "papers": n.Papers, "categories": n.Categories, "authors": n.Authors,
				"deleted": n.Deleted, "documents": n.Documents, "topics": n.Topics,
				"same_text": names.SameText(), "damaged_ids": names.Damaged(),
			})
		}
		t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "catalog\t%s\npapers\t%s\ncategories\t%s\nauthors\t%s\n", path, format.Thousands(n.Papers), format.Thousands(n.Categories), format.Thousands(n.Authors))
		fmt.Fprintf(t, "same text\t%s\n", names.SameText())
		if names.Damaged() > 0 {
			fmt.Fprintf(t, "ids\t%s\n", names.Damaged())
		}
		if n.Deleted > 0 {
			fmt.Fprintf(t, "withdrawn papers\t%s\n", format.Thousands(n.Deleted))
		}
		if n.Documents > 0 {
			fmt.Fprintf(t, "full texts\t%s, of %s topics\n", format.Thousands(n.Documents), format.Thousands(n.Topics))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		return flaws.WriteText(cmd.OutOrStdout(), 0)
	})
}
