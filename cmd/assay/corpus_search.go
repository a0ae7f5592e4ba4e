package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/internal/fault"
	"assay/internal/markup"
)

type searchOptions struct {
	limit int
	json  bool
}

func newCorpusSearch() *cobra.Command {
	var opt searchOptions
	cmd := &cobra.Command{
		Use:   "search DB QUERY…",
		Short: "Find papers of a catalog by the words of title and abstract",
		Long: `Search lists the papers of a catalog whose title or abstract has what is asked
for, best first (BM25; a word of the title weighs as much as four of the abstract).

  graph networks        both words, anywhere; case and accents do not matter
  "graph networks"      one after the other
  graph OR tree cut     graph or tree, and cut: OR binds its neighbours
  neur*                 words that begin with neur
  graph -cut            graph without cut

All other signs only separate words. For the shell, put the query into single
quotes; write -- before a query that begins with a hyphen. The first search after a large
import may first have to build the search index.`,
		Example: `  assay corpus search arxiv.db 'graph neural network'
  assay corpus search arxiv.db '"random forest" OR boost* -survey' --limit 3 --json`,
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opt.limit < 1 {
				return fault.Usagef("corpus search: --limit %d: want at least 1", opt.limit)
			}
			return catalog.View(cmd.Context(), args[0], func(c *catalog.Catalog) error {
				hits, err := c.Search(cmd.Context(), strings.Join(args[1:], " "), opt.limit)
				if err != nil {
					return err
				}
				if opt.json {
					return printHitsJSON(cmd.OutOrStdout(), hits)
				}
				if len(hits) == 0 {
					return printNoHits(cmd, c)
				}
				return printHits(cmd.OutOrStdout(), hits)
			})
		},
	}
	cmd.Flags().IntVar(&opt.limit, "limit", 10, "papers at most")
	cmd.Flags().BoolVar(&opt.json, "json", false, "print JSON, with all of each paper")
	return cmd
}

func printHitsJSON(out io.Writer, hits []catalog.Hit) error {
	type hit struct {
		ID         string   `json:"id"`
		Score      float64  `json:"score"`
		Title      string   `json:"title"`
		Abstract   string   `json:"abstract"`
		Snippet    string   `json:"snippet"`
		Categories []string `json:"categories"`
		Authors    []string `json:"authors"`
		Created    string   `json:"created,omitempty"`
		Updated    string   `json:"updated,omitempty"`
	}
	list := make([]hit, 0, len(hits))
	for _, h := range hits {
		p := h.Paper
		list = append(list, hit{p.ID, h.Score, p.Title, p.Abstract, h.Snippet,
			append([]string{}, p.Categories...), append([]string{}, p.Authors...), corpus.DayText(p.Created), corpus.DayText(p.Updated)})
	}
	return writeJSON(out, list)
}

func printHits(out io.Writer, hits []catalog.Hit) error {
	var b strings.Builder
	for i, h := range hits {
		p := h.Paper
		facts := []string{p.ID}
		if len(p.Categories) > 0 {
			facts = append(facts, strings.Join(p.Categories, " "))
		}
		if d := corpus.DayText(p.Created); d != "" {
			facts = append(facts, d)
		}
		if who := someAuthors(p); who != "" {
			facts = append(facts, who)
		}
		fmt.Fprintf(&b, "%d. %s\n   %s\n   %s\n", i+1, markup.Line(p.Title), markup.Line(strings.Join(facts, " · ")), markup.Line(h.Snippet))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// printNoHits says that there are none, and why where that is not the query's doing.
func printNoHits(cmd *cobra.Command, c *catalog.Catalog) error {
	n, err := c.Counts(cmd.Context())
	if err != nil {
		return err
	}
	text := fmt.Sprintf("none of %d papers has that in title or abstract, which alone are searched\n", n.Papers)
	if n.Papers == 0 {
		text = fmt.Sprintf("the catalog has no papers (and %d full texts, which are not searched)\n", n.Documents)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), text)
	return err
}

// someAuthors names the first authors of a paper.
func someAuthors(p *corpus.Paper) string {
	const shown = 3
	if len(p.Authors) <= shown {
		return strings.Join(p.Authors, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(p.Authors[:shown], ", "), len(p.Authors)-shown)
}
