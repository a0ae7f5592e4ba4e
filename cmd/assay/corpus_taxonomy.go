package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"assay/corpus"
)

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
