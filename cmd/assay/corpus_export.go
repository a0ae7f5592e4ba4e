package main

import (
	"fmt"
	"io"
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

// check reads the flags: what is wanted, and the taxonomy named, or nil. Flags that would have no effect are refused.
func (opt exportOptions) check() (want export.Selection, labels *corpus.Taxonomy, err error) {
	want = export.Selection{Categories: opt.categories, Documents: opt.documents, Topics: opt.topics}
	formats := []string{"parquet", "tsv", "jsonl"}
	var dayErr error
	if opt.since != "" {
		want.Since, dayErr = time.Parse(time.DateOnly, opt.since)
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
			return want, nil, fault.Usagef("corpus export: %s", r.text)
		}
	}
	if opt.taxonomy != "" {
		labels, err = corpus.LookupTaxonomy(opt.taxonomy)
	}
	return want, labels, err
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
	want, labels, err := opt.check()
	if err != nil {
		return err
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	return catalog.View(ctx, opt.db, func(c *catalog.Catalog) error {
		e, err := export.Select(ctx, c, want)
		if err != nil {
			return err
		}
		hash := ""
		switch opt.format {
		case "parquet":
			var m *shards.Manifest
			if m, err = shards.Write(ctx, opt.out, e.Papers(ctx), shards.WriterOptions{Source: "catalog", Overwrite: opt.overwrite}); err == nil {
				hash = m.Hash
			}
		case "tsv":
			if labels, err = e.Columns(labels); err == nil {
				err = writeOut(out, opt.out, func(w io.Writer) error { return export.TSV(w, e.Papers(ctx), labels) })
			}
		default:
			err = writeOut(out, opt.out, func(w io.Writer) error { return export.JSONLines(w, e.Papers(ctx)) })
		}
		if err != nil {
			return err
		}
		return opt.report(cmd, e, hash)
	})
}

func (opt exportOptions) report(cmd *cobra.Command, e *export.Export, hash string) error {
	if opt.json {
		return writeJSON(cmd.OutOrStdout(), struct {
			DB      string           `json:"db"`
			Format  string           `json:"format"`
			Out     string           `json:"out"`
			Papers  int64            `json:"papers"`
			LeftOut map[string]int64 `json:"left_out"`
			Hash    string           `json:"hash,omitempty"`
		}{opt.db, opt.format, opt.out, e.Written, e.LeftOut, hash})
	}
	to, out := opt.out, cmd.OutOrStdout()
	if opt.out == "-" {
		to, out = "stdout", cmd.ErrOrStderr()
	}
	if hash != "" {
		to += fmt.Sprintf(" (corpus %.12s)", hash)
	}
	_, err := fmt.Fprintf(out, "wrote %d papers to %s%s\n", e.Written, to, e.LeftOutText("; left out: "))
	return err
}
