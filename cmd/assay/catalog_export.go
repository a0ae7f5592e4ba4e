package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/export"
	"assay/corpus/shards"
	"assay/internal/fault"
	"assay/internal/progress"
	"assay/internal/suggest"
)

const exportHelp = `Export writes the papers of a catalog in the order of their ids, so that the same
papers give the same bytes however they were harvested. It may run while a
harvest writes, and sees the papers of one moment.

  parquet  a folder of shards, as import writes them: what assay runs on
  jsonl    a JSON object a line, which "assay corpus import --format kaggle" reads
  tsv      a header, then a line a paper: title, abstract, and a column a category
           of the taxonomy, 1 where the paper carries it and 0 where not. In the
           text, \t stands for a tab, \n for a line feed, \r for a carriage return
           and \\ for a backslash. Papers without any of the categories are left out.

--documents exports full texts instead: each becomes a paper whose abstract is the full
text and whose categories are its topics as one word each (Deep Learning is
deep-learning). Documents of several topics keep all of them; the taxonomy
topics:a,b leaves them out. Without --taxonomy, tsv has the topics asked for as columns.`

const exportExample = `  assay corpus export arxiv.db --format parquet --out data/arxiv
  assay corpus export arxiv.db --format tsv --category cs.LG --category cs.CV --taxonomy topics:cs.LG,cs.CV --out two.tsv
  assay corpus export arxiv.db --format jsonl --since 2026-08-01 --out - | gzip > august.jsonl.gz
  assay corpus export core.db --documents --format parquet --out data/core`

type exportOptions struct {
	db, format, out, taxonomy string
	categories, topics        []string
	since                     string
	documents, overwrite      bool
	json                      bool
}

func newCorpusExport() *cobra.Command {
	var opt exportOptions
	cmd := &cobra.Command{
		Use:     "export DB --format parquet|tsv|jsonl --out PATH",
		Short:   "Write a catalog's papers as shards, TSV or JSON lines",
		Long:    exportHelp,
		Example: exportExample,
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.db = args[0]
			return runExport(cmd, opt)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opt.format, "format", "", "parquet, tsv or jsonl (required)")
	flags.StringVar(&opt.out, "out", "", "folder for parquet; file for the others, - for stdout (required)")
	flags.StringVar(&opt.taxonomy, "taxonomy", "", "columns of tsv: "+strings.Join(corpus.TaxonomyNames(), ", ")+" (default arxiv-2019)")
	flags.StringArrayVar(&opt.categories, "category", nil, "papers that carry this category only; may be given several times")
	flags.StringVar(&opt.since, "since", "", "papers changed on this day or later only, YYYY-MM-DD")
	flags.BoolVar(&opt.documents, "documents", false, "export full texts instead of papers")
	flags.StringArrayVar(&opt.topics, "topic", nil, "full texts of this topic only; may be given several times")
	flags.BoolVar(&opt.overwrite, "overwrite", false, "replace the corpus or file in --out once the new one is whole")
	flags.BoolVar(&opt.json, "json", false, "print the summary as JSON")
	required(cmd, "format", "out")
	return cmd
}

// exporter is an export under way.
type exporter struct {
	exportOptions
	since   time.Time
	labels  *corpus.Taxonomy // of tsv
	papers  int64
	leftOut map[string]int64 // by reason
}

// check reads the flags; those that would have no effect are refused.
func (opt exportOptions) check() (*exporter, error) {
	e := &exporter{exportOptions: opt, leftOut: map[string]int64{}}
	formats := []string{"parquet", "tsv", "jsonl"}
	var dayErr error
	if opt.since != "" {
		e.since, dayErr = time.Parse(time.DateOnly, opt.since)
	}
	for _, r := range []struct {
		wrong bool
		text  string
	}{
		{!slices.Contains(formats, opt.format), fmt.Sprintf("unknown format %q%s (known: %s)", opt.format, suggest.Hint(opt.format, formats), strings.Join(formats, ", "))},
		{opt.out == "", "--out is empty"},
		{dayErr != nil, fmt.Sprintf("--since %q is no day of the form YYYY-MM-DD, such as 2026-08-01", opt.since)},
		{opt.taxonomy != "" && opt.format != "tsv", "--taxonomy is for --format tsv; shards and JSON lines keep all categories"},
		{sameFile(opt.out, opt.db), fmt.Sprintf("--out %s is the catalog itself; name another file", opt.out)},
		{isFolder(opt.out) && opt.format != "parquet", fmt.Sprintf("--out %s is a folder; --format %s writes a file", opt.out, opt.format)},
		{isFile(opt.out) && opt.format == "parquet", fmt.Sprintf("--out %s is a file; --format parquet makes a folder", opt.out)},
		{isFile(opt.out) && opt.format != "parquet" && !opt.overwrite, fmt.Sprintf("--out %s exists; --overwrite replaces it", opt.out)},
		{opt.out == "-" && opt.format == "parquet", "--format parquet makes a folder; it cannot go to stdout"},
		{opt.out == "-" && opt.json, "--json and --out - would both print to stdout"},
		{opt.documents && len(opt.categories) > 0, "--category is for papers; use --topic with --documents"},
		{opt.documents && opt.since != "", "--since is for papers: full texts have no day of change"},
		{!opt.documents && len(opt.topics) > 0, "--topic is for full texts; use it with --documents, or --category for papers"},
	} {
		if r.wrong {
			return nil, fault.Usagef("corpus export: %s", r.text)
		}
	}
	var err error
	if opt.taxonomy != "" {
		e.labels, err = corpus.LookupTaxonomy(opt.taxonomy)
	}
	return e, err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func runExport(cmd *cobra.Command, opt exportOptions) error {
	e, err := opt.check()
	if err != nil {
		return err
	}
	return withCatalog(cmd.Context(), opt.db, func(c *catalog.Catalog) error {
		if err := e.know(cmd.Context(), c); err != nil {
			return err
		}
		hash, err := e.write(cmd, c)
		if err != nil {
			return err
		}
		return e.report(cmd, hash)
	})
}

// know compares what is asked for with what the catalog has.
func (e *exporter) know(ctx context.Context, c *catalog.Catalog) error {
	if !e.documents {
		known, err := c.Categories(ctx)
		for _, id := range e.categories {
			if err == nil && !slices.Contains(known, id) {
				err = fault.Usagef("corpus export: no paper of %s carries the category %q%s", e.db, id, suggest.Hint(id, known))
			}
		}
		if e.labels == nil && err == nil {
			e.labels, err = corpus.LookupTaxonomy("arxiv-2019")
		}
		return err
	}
	topics, err := c.Topics(ctx)
	if err != nil {
		return err
	}
	known := slugs(topics)
	for _, t := range e.topics {
		if !slices.Contains(known, catalog.SlugOf(t)) {
			return fault.Usagef("corpus export: no document of %s has the topic %q%s", e.db, t, suggest.Hint(catalog.SlugOf(t), known))
		}
	}
	if e.format != "tsv" || e.labels != nil {
		return nil
	}
	columns := known
	if len(e.topics) > 0 {
		columns = slugs(e.topics)
	}
	if len(columns) < 2 {
		return fault.Usagef("corpus export: tsv needs a column a topic, and at least 2; %s has %d of those asked for: name more --topic, or a --taxonomy", e.db, len(columns))
	}
	e.labels, err = corpus.LookupTaxonomy("topics:" + strings.Join(columns, ","))
	return err
}

// slugs returns the slugs of topics, distinct and ascending.
func slugs(topics []string) (list []string) {
	for _, t := range topics {
		if s := catalog.SlugOf(t); s != "" {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// write writes what is asked for and returns the hash of a corpus of shards.
func (e *exporter) write(cmd *cobra.Command, c *catalog.Catalog) (hash string, err error) {
	ctx := cmd.Context()
	total := int64(0)
	if len(e.categories)+len(e.topics) == 0 && e.since.IsZero() {
		n, err := c.Counts(ctx)
		if err != nil {
			return "", err
		}
		total = n.Papers
		if e.documents {
			total = n.Documents
		}
	}
	bar := progress.Start(ctx, "export", total, "papers")
	defer bar.Done()
	papers := c.Papers(ctx, catalog.Query{Categories: e.categories, Since: e.since})
	if e.documents {
		papers = e.fromDocuments(c.Documents(ctx, e.topics))
	}
	papers = e.count(papers, bar)
	switch e.format {
	case "parquet":
		return writeShards(ctx, papers, e.out, shards.WriterOptions{Source: "catalog", Overwrite: e.overwrite})
	case "tsv":
		return "", writeOut(cmd.OutOrStdout(), e.out, func(w io.Writer) error { return writeTSV(w, papers, e.labels) })
	}
	return "", writeOut(cmd.OutOrStdout(), e.out, func(w io.Writer) error { return export.JSONLines(w, papers) })
}

// fromDocuments makes papers of full texts.
func (e *exporter) fromDocuments(docs iter.Seq2[*catalog.Document, error]) iter.Seq2[*corpus.Paper, error] {
	return func(yield func(*corpus.Paper, error) bool) {
		for d, err := range docs {
			if err != nil {
				yield(nil, err)
				return
			}
			p := &corpus.Paper{ID: d.Source + ":" + d.ID, Title: d.Title, Abstract: d.FullText, Categories: slugs(d.Topics), Authors: d.Authors, Created: d.Published}
			switch {
			case strings.TrimSpace(d.FullText) == "":
				e.leftOut["without a full text"]++
			case len(p.Categories) == 0:
				e.leftOut["without a topic"]++
			case !yield(p, nil):
				return
			}
		}
	}
}

// count counts the papers that are written. That there are none is an error: no
// format could be read back.
func (e *exporter) count(papers iter.Seq2[*corpus.Paper, error], bar progress.Bar) iter.Seq2[*corpus.Paper, error] {
	return func(yield func(*corpus.Paper, error) bool) {
		for p, err := range papers {
			if err == nil {
				bar.Add(1)
				if e.format == "tsv" {
					if labels, _ := e.labels.Labels(p); len(labels) == 0 {
						e.leftOut[e.labels.LeftOut()]++
						continue
					}
				}
				e.papers++
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
		if e.papers == 0 {
			yield(nil, fault.Usagef("corpus export: there is nothing to write: %s has no such %s%s", e.db, e.things(), e.leftOutText(" to write; left out: ")))
		}
	}
}

func (e *exporter) things() string {
	if e.documents {
		return "document"
	}
	return "paper"
}

// leftOutText lists what was left out and why, or is empty.
func (e *exporter) leftOutText(head string) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(e.leftOut)) {
		parts = append(parts, fmt.Sprintf("%d %s", e.leftOut[reason], reason))
	}
	if len(parts) == 0 {
		return ""
	}
	return head + strings.Join(parts, ", ")
}

func (e *exporter) report(cmd *cobra.Command, hash string) error {
	if e.json {
		return writeJSON(cmd.OutOrStdout(), struct {
			DB      string           `json:"db"`
			Format  string           `json:"format"`
			Out     string           `json:"out"`
			Papers  int64            `json:"papers"`
			LeftOut map[string]int64 `json:"left_out"`
			Hash    string           `json:"hash,omitempty"`
		}{e.db, e.format, e.out, e.papers, e.leftOut, hash})
	}
	to, out := e.out, cmd.OutOrStdout()
	if e.out == "-" {
		to, out = "stdout", cmd.ErrOrStderr()
	}
	if hash != "" {
		to += fmt.Sprintf(" (corpus %.12s)", hash)
	}
	_, err := fmt.Fprintf(out, "wrote %d papers to %s%s\n", e.papers, to, e.leftOutText("; left out: "))
	return err
}
