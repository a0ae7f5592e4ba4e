package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/arxivapi"
	"assay/internal/fault"
)

const arxivHelp = `Harvest arxiv asks arXiv's query API for the papers of categories, one category after
the other, the paper changed last first. It suits one category, or a few, and their
daily news; all of arXiv is had sooner and with less load for arXiv in another way.

What to run for all of arXiv, the best first:
  1. The "arxiv" snapshot that Kaggle distributes, one file of about 5 GB, renewed once
     a week. Nothing is asked of arXiv, and the import takes minutes:
       assay corpus import --format kaggle arxiv-metadata-oai-snapshot.json --db arxiv.db
     Prefer it whenever papers of the last days do not matter.
  2. OAI-PMH, which arXiv recommends: each paper comes once, deletions are told, and a
     daily run keeps up. It takes about a day:
       assay corpus harvest oai --db arxiv.db --contact me@example.org
  3. This command without --category. A paper comes once for each category it has: about
     5 million entries in slices of 1,000, some 6,000 requests. By arXiv's rule, one
     request every 3 seconds over one connection, the pauses alone are 5 hours; with
     answers of 10 to 30 seconds it is one to two and a half days, more on days of blocks.

A category of 100,000 papers takes about 110 requests: 6 minutes of pauses, with the
answers half an hour to an hour. The bar shows papers, their rate, the pauses so far
and the time left: of the category at first, of all once one is finished.

The harvest may be stopped or killed at any moment; the same command goes on where it
was, with no paper twice and none missing. arXiv at times answers with empty pages,
429, 503 or not at all: each request is tried --attempts times with growing rests, at
least what Retry-After says, and then the command ends with code 75 and names what
it could not get. Wait an hour, and run it again.

A paper that holds what XML forbids is mended, kept and named. A slice that arrives whole
and cannot be read in each of 8 tries is asked around: by halves of the time of submission,
then paper by paper. The minute of the paper that remains is named as missing, and the
command goes on and ends with code 4, not 75: waiting alone will not help. Each later run
asks for the missing minutes once more, and "assay corpus info DB" lists them.

Daily updates: run the same command again. A category that was read once is asked only
for what was changed since, from 7 days before its last harvest, since papers appear in
the API some days after the date that they carry: one or two requests a category.
--since asks for the papers changed on that day or later, whatever was read before. A
paper that arXiv held back for longer appears with its old date; the API cannot
find it by --since, OAI-PMH can.

When it is done, "assay corpus export arxiv.db --format parquet --out data/arxiv" makes
the shards that experiments read.

Categories of more than 30,000 papers, the most that the API gives for a question, are
asked for in parts by the time of submission.`

const arxivExample = `  assay corpus harvest arxiv --category cs.LG --category cs.CV --db arxiv.db --contact me@example.org
  assay corpus harvest arxiv --category "math.*" --db math.db
  assay corpus harvest arxiv --category cs.LG --since 2026-11-01 --db news.db
  assay corpus harvest arxiv --db arxiv.db --contact me@example.org`

type arxivOptions struct {
	harvestFlags
	categories []string
	since      string
	slice      int
	limit      int
}

func newHarvestArxiv() *cobra.Command {
	var opt arxivOptions
	cmd := &cobra.Command{
		Use:     "arxiv [--category ID]… [--db FILE]",
		Short:   "Ask arXiv's query API: the papers of a category or a few, their daily news",
		Long:    arxivHelp,
		Example: arxivExample,
		Args:    usageArgs(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return harvestArxiv(cmd, opt) },
	}
	opt.add(cmd, service{name: "arXiv's API", url: arxivapi.URL, db: "arxiv.db", pause: 3 * time.Second})
	flags := cmd.Flags()
	flags.StringArrayVar(&opt.categories, "category", nil, "category, such as cs.LG, or cs.* for all of cs; may be given several times; without it all of arXiv")
	flags.StringVar(&opt.since, "since", "", "only papers changed on this day or later, YYYY-MM-DD; without it the harvest goes on after the last one")
	flags.IntVar(&opt.slice, "slice", arxivapi.SliceUsual, fmt.Sprintf("papers asked for at once, up to %d", arxivapi.SliceMost))
	flags.IntVar(&opt.limit, "limit", arxivapi.QueryMost, "papers that the service gives for one question; lists that are longer are asked for in parts")
	return cmd
}

func harvestArxiv(cmd *cobra.Command, opt arxivOptions) (err error) {
	since, err := flagDay("since", opt.since)
	if err != nil {
		return err
	}
	if opt.slice < 1 {
		return fault.Usagef("--slice %d; want 1 to %d", opt.slice, arxivapi.SliceMost)
	}
	if opt.limit < 1 {
		return fault.Usagef("--limit %d; it is %d at arXiv", opt.limit, arxivapi.QueryMost)
	}
	h := arxivapi.Options{
		URL: opt.url, Categories: opt.categories, Since: since, Slice: opt.slice, Limit: opt.limit,
		Note: func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), text) },
	}
	if err := h.Check(); err != nil {
		return err
	}
	var sum *arxivapi.Summary
	return opt.papers(cmd, func(client *harvest.Client, c *catalog.Catalog) (err error) {
		h.Client, h.Catalog = client, c
		sum, err = arxivapi.Harvest(cmd.Context(), h)
		return err
	}, func(e effort) error {
		return arxivReport{sum, e}.print(cmd.OutOrStdout(), opt.json)
	})
}

// arxivReport is what a harvest prints at its end, whatever that end is.
type arxivReport struct {
	*arxivapi.Summary
	effort
}

// categoriesShown is how many categories a report names one by one.
const categoriesShown = 20

func (r arxivReport) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(out, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d papers added, %d replaced, %d unchanged; %d entries in %d slices\n", r.Added, r.Replaced, r.Unchanged, r.Entries, r.Pages)
	fmt.Fprintf(&b, "%s, %d lists split, %d read again; %s\n", r.asked(), r.Splits, r.Again, r.rested())
	for _, m := range r.Miscounts {
		fmt.Fprintf(&b, "%s: the API counts %d papers and gives %d\n", m.List, m.Counted, m.Given)
	}
	if err := r.Flaws.WriteText(&b, r.Mended); err != nil {
		return err
	}
	for i, c := range r.Categories {
		if i == categoriesShown {
			fmt.Fprintf(&b, "and so of %d more categories\n", len(r.Categories)-i)
			break
		}
		from := ""
		if c.From != "" {
			from = " changed from " + c.From
		}
		fmt.Fprintf(&b, "%s has all of %s%s through %s%s\n", r.DB, c.Category, from, c.Through, butMissing(r.Missing))
	}
	if r.Unfinished != "" {
		fmt.Fprintf(&b, "stopped at %s\n", r.Unfinished)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
