package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/oaipmh"
	"assay/internal/fault"
)

const oaiHelp = `Harvest oai asks arXiv's OAI-PMH service for the metadata of its papers. It is the
way that arXiv recommends for all of its papers, for one of its sets, and for keeping
either up to date.

For all of arXiv, run the first command below and leave it alone. It may be stopped
(Ctrl-C) or killed at any moment; the same command goes on. After errors, blocks and
broken answers it asks again, --attempts times with growing rests, two hours in all;
then it ends with code 75 and is to be run another time. When it has come to its
end, run it once a day: it asks only for what was changed since. Then
  assay corpus export arxiv.db --format parquet --out data/arxiv
makes shards.

How long: arXiv has about 2.9 million papers and sends 1,300 to 2,500 a page, so
1,200 to 2,200 requests. By its rules one request may be made every 3 seconds:
that makes 1 to 2 hours of pauses. The server takes 10 to 60 seconds for a page:
with 30 seconds all of arXiv takes 10 to 20 hours, say a day. A set such as cs
takes a third of that. A daily run takes a minute.

If you do not need today's papers, the "arxiv" snapshot that Kaggle distributes
has the same metadata in one file of about 5 GB, renewed once a week:
  assay corpus import --format kaggle arxiv-metadata-oai-snapshot.json --out data/arxiv
That takes minutes, and spares arXiv a day's work. Harvest if you want a catalog
that follows arXiv day by day, or one set only.

A record that holds what XML forbids is mended, kept and named. Of a page that arrives
whole and cannot be read in each of 8 tries, records that are not well-formed are left
out and named. If it breaks off, it is asked around, by halves of its days. The
day that remains is named as missing; what can be read is kept, and the command goes on. At
the end the code is then 4, not 75: waiting alone will not help. Each later run asks
for the missing days once more, and "assay corpus info DB" lists them.

--from and --until are days of a record's last change, not of submission. Without
--from the harvest begins where the last one ended, or on arXiv's first day,
2005-09-16. In the format arXivRaw (the default) the day of the first version
is known; in arXiv the authors' names come in parts, but the day is that
of the latest version, and left out where it cannot be the first one's.`

const oaiExample = `  assay corpus harvest oai --db arxiv.db --contact me@example.org
  assay corpus harvest oai --db cs.db --set cs --set stat:stat:ML
  assay corpus harvest oai --db arxiv.db --from 2026-08-01 --until 2026-08-07
  assay corpus harvest oai --sets`

type oaiOptions struct {
	harvestFlags
	format      string
	sets        []string
	from, until string
	list        bool
}

func newHarvestOAI() *cobra.Command {
	var opt oaiOptions
	cmd := &cobra.Command{
		Use:     "oai [--db FILE] [--set SET]…",
		Short:   "Ask arXiv's OAI-PMH service: all papers, a set, daily updates",
		Long:    oaiHelp,
		Example: oaiExample,
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.list {
				return listOAISets(cmd, opt)
			}
			return harvestOAI(cmd, opt)
		},
	}
	opt.add(cmd, service{name: "arXiv's OAI-PMH", url: oaipmh.ArxivURL, db: "arxiv.db", pause: 3 * time.Second})
	flags := cmd.Flags()
	flags.StringVar(&opt.format, "format", oaipmh.Formats()[0], "metadata format: "+strings.Join(oaipmh.Formats(), " or "))
	flags.StringArrayVar(&opt.sets, "set", nil, "harvest this set only, such as cs or math:math:LO; may be given several times")
	flags.StringVar(&opt.from, "from", "", "first day of change, YYYY-MM-DD; without it the harvest goes on after the last one")
	flags.StringVar(&opt.until, "until", "", "last day of change, YYYY-MM-DD; without it up to now")
	flags.BoolVar(&opt.list, "sets", false, "list the service's sets and do nothing else")
	return cmd
}

func listOAISets(cmd *cobra.Command, opt oaiOptions) error {
	client, err := opt.client(cmd)
	if err != nil {
		return err
	}
	sets, err := oaipmh.Sets(cmd.Context(), client, opt.url)
	if err != nil {
		return harvestError(err)
	}
	if opt.json {
		return writeJSON(cmd.OutOrStdout(), sets)
	}
	t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, s := range sets {
		fmt.Fprintf(t, "%s\t%s\n", s.Spec, s.Name)
	}
	return t.Flush()
}

func harvestOAI(cmd *cobra.Command, opt oaiOptions) (err error) {
	from, err := flagDay("from", opt.from)
	if err != nil {
		return err
	}
	until, err := flagDay("until", opt.until)
	if err != nil {
		return err
	}
	if !until.IsZero() && until.Before(from) {
		return fault.Usagef("--from %s is after --until %s", opt.from, opt.until)
	}
	h := oaipmh.Options{
		URL: opt.url, Format: opt.format, Sets: opt.sets, From: from, Until: until,
		Note: func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), text) },
	}
	if err := h.Check(); err != nil {
		return err
	}
	var sum *oaipmh.Summary
	return opt.papers(cmd, func(client *harvest.Client, c *catalog.Catalog) (err error) {
		h.Client, h.Catalog = client, c
		sum, err = oaipmh.Harvest(cmd.Context(), h)
		return err
	}, func(e effort) error {
		return oaiReport{sum, e}.print(cmd.OutOrStdout(), opt.json)
	})
}

// oaiReport is what a harvest prints at its end, whatever that end is.
type oaiReport struct {
	*oaipmh.Summary
	effort
}

func (r oaiReport) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(out, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d papers added, %d replaced, %d unchanged, %d removed; %d records in %d pages\n", r.Added, r.Replaced, r.Unchanged, r.Removed, r.Records, r.Pages)
	fmt.Fprintf(&b, "%s, %d lists begun again; %s\n", r.asked(), r.Restarts, r.rested())
	if err := r.Flaws.WriteText(&b, r.Mended); err != nil {
		return err
	}
	for _, c := range r.Sets {
		set := "the service's records"
		if c.Set != "" {
			set = "the set " + c.Set
		}
		if c.Through == "" {
			fmt.Fprintf(&b, "%s: no day is complete yet\n", set)
			continue
		}
		fmt.Fprintf(&b, "%s has all of %s changed from %s through %s%s\n", r.DB, set, c.From, c.Through, butMissing(r.Missing))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
