package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"assay/corpus/ingest"
	"assay/corpus/shards"
	"assay/internal/fault"
)

type importOptions struct {
	ingest.Options
	out       string
	db        string
	shardRows int
	overwrite bool
	json      bool
}

func newCorpusImport() *cobra.Command {
	var opt importOptions
	cmd := &cobra.Command{
		Use:   "import --format kaggle|archive|parquet FILE… --out DIR|--db FILE",
		Short: "Turn metadata dumps into Parquet shards, or fill a catalog",
		Long: `Import reads metadata dumps, plain or packed as .gz, .xz, .zst or .zip (told by
their content, not their name), and writes Parquet shards with a manifest.
"-" reads standard input. Every record is accounted for; of several records
with one id the last is kept. Nothing is left in DIR unless all went well.

Formats: kaggle is the Kaggle "arxiv" snapshot's JSON lines; archive is the TSV
of the arxiv_archive (doi 10.5281/zenodo.1463242); parquet is what pyarrow, pandas,
polars, DuckDB, Spark and Hugging Face's datasets write: files, or folders of them.

Categories may be a list, or text that separates them by spaces, commas or
semicolons, or holds a list as JSON or Python write it; the first is the primary one.
versions may stand in any order: created is the day of the first.

Columns of Parquet are found by the fields' names and the usual others (arxiv_id,
summary, published, …), in any case. --columns names them where they are called
differently, with dots for those inside structs; an empty name leaves a field out.
The fields: id, title, abstract and categories, which are needed; primary (the
primary category), authors, authors_parsed, versions, created and updated.

Ids are brought to arXiv's own form, so that one paper is one paper however its id
is spelt: addresses, prefixes, versions and subject classes are removed, and ids
that a program read as numbers are restored (704.005 is 0704.0050). What cannot be
an arXiv id is malformed. --ids free keeps other ids as they are.

--db fills a SQLite catalog, instead of shards or beside them: one that harvests
then bring up to date and "assay corpus search" looks into. A new catalog appears
when all went well. In one that exists, papers are added, and replace those that were
not changed later; without --out this rule also holds for several records with one id.`,
		Example: `  assay corpus import --format kaggle arxiv-metadata-oai-snapshot.json --out data/arxiv
  xz -dc papers.jsonl.xz | assay corpus import --format kaggle - --out data/arxiv
  assay corpus import --format archive *.tsv.xz --out data/archive --skip-bad --json
  assay corpus import --format parquet papers.parquet --columns id=paper_id,abstract=text,created= --out data/papers
  assay corpus import --format kaggle arxiv-metadata-oai-snapshot.json --db arxiv.db`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.Inputs, opt.Stdin = args, cmd.InOrStdin()
			return runImport(cmd, opt)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opt.Format, "format", "", "kaggle, archive or parquet (required)")
	flags.StringToStringVar(&opt.Columns, "columns", nil, "FIELD=COLUMN,…: the columns of Parquet files that are called differently")
	flags.StringVar(&opt.out, "out", "", "folder for the shards (required, unless --db is given)")
	flags.StringVar(&opt.db, "db", "", "catalog to fill: a SQLite file, which may exist")
	flags.StringVar(&opt.IDs, "ids", ingest.IDsArxiv, "arxiv: bring ids to arXiv's form; free: keep them, for papers of other sources")
	flags.BoolVar(&opt.SkipBad, "skip-bad", false, "count malformed records instead of failing on the first")
	flags.BoolVar(&opt.overwrite, "overwrite", false, "replace the corpus in --out once the new one is whole")
	flags.IntVar(&opt.Workers, "workers", 0, "goroutines that parse; 0 is one a core")
	flags.IntVar(&opt.shardRows, "shard-rows", 0, "papers a shard; 0 is the default")
	flags.BoolVar(&opt.json, "json", false, "print the summary as JSON")
	required(cmd, "format")
	return cmd
}

// imported is what an import tells.
type imported struct {
	Summary *ingest.Summary `json:"summary"`
	Rows    int64           `json:"rows"`
	Shards  int             `json:"shards"`
	Hash    string          `json:"hash,omitempty"`
	Out     string          `json:"out,omitempty"`
	Catalog *ingest.Filled  `json:"catalog,omitempty"`
}

func runImport(cmd *cobra.Command, opt importOptions) error {
	if opt.out == "" && opt.db == "" {
		return fault.Usagef(`required flag(s) "out" or "db" not set: name a folder for shards or a catalog to fill`)
	}
	if opt.out == "" && (opt.overwrite || opt.shardRows != 0) {
		return fault.Usagef("corpus import: --overwrite and --shard-rows are for shards; name their folder by --out")
	}
	result := imported{Out: opt.out}
	if opt.out != "" {
		summary, m, err := ingest.ToShards(cmd.Context(), opt.Options, opt.out, shards.WriterOptions{
			ShardRows: opt.shardRows, Workers: opt.Workers, Overwrite: opt.overwrite,
		})
		if err != nil {
			return err
		}
		result.Summary, result.Rows, result.Shards, result.Hash = summary, m.Rows, len(m.Shards), m.Hash
	}
	if opt.db != "" {
		var err error
		if opt.out != "" {
			result.Catalog, err = ingest.ShardsToCatalog(cmd.Context(), opt.out, opt.db)
		} else {
			result.Summary, result.Catalog, err = ingest.ToCatalog(cmd.Context(), opt.Options, opt.db)
		}
		if err != nil {
			return forNowIf(err)
		}
	}
	return result.print(cmd.OutOrStdout(), opt.json)
}

func (r imported) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(out, r)
	}
	if err := r.Summary.WriteText(out); err != nil {
		return err
	}
	if r.Out != "" {
		if _, err := fmt.Fprintf(out, "wrote %d papers in %d shards to %s (corpus %.12s)\n", r.Rows, r.Shards, r.Out, r.Hash); err != nil {
			return err
		}
	}
	if r.Catalog == nil {
		return nil
	}
	return r.Catalog.WriteText(out)
}
