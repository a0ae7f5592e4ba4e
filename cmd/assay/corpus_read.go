package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/corpus"
	"assay/corpus/export"
	"assay/corpus/shards"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/numerals"
	"assay/internal/packed"
	"assay/internal/progress"
)

// withCorpus opens dir for the time of use.
func withCorpus(dir string, use func(*shards.Corpus) error) error {
	c, err := shards.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(use(c), c.Close())
}

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
				info, err := gatherInfo(cmd.Context(), c, t)
				if err != nil {
					return err
				}
				info.Verified = verify
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), info)
				}
				return info.write(cmd.OutOrStdout())
			})
		},
	}
	cmd.Flags().StringVar(&taxonomy, "taxonomy", "arxiv-2019", "taxonomy to count by: "+strings.Join(corpus.TaxonomyNames(), ", "))
	cmd.Flags().BoolVar(&verify, "verify", false, "read every byte and compare it with the manifest")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with every category")
	return cmd
}

// corpusInfo is what `corpus info` tells.
type corpusInfo struct {
	Path       string          `json:"path"`
	Source     string          `json:"source"`
	Hash       string          `json:"hash"`
	Rows       int64           `json:"rows"`
	Shards     int             `json:"shards"`
	Bytes      int64           `json:"bytes"`
	Verified   bool            `json:"verified"`
	First      string          `json:"first_created,omitempty"`
	Last       string          `json:"last_created,omitempty"`
	SameText   corpus.SameText `json:"same_text"`   // papers under several ids with equal title and abstract
	DamagedIDs int64           `json:"damaged_ids"` // ids that are arXiv's in another form, or spoilt
	Taxonomy   string          `json:"taxonomy"`
	Labelled   int64           `json:"labelled"`   // papers with a category of the taxonomy
	LabelCount []int64         `json:"by_labels"`  // papers with 0, 1, 2, … labels
	Categories []categoryCount `json:"categories"` // most first
}

type categoryCount struct {
	ID     string `json:"id"`
	Papers int64  `json:"papers"`
}

func gatherInfo(ctx context.Context, c *shards.Corpus, t *corpus.Taxonomy) (*corpusInfo, error) {
	m := c.Manifest()
	info := &corpusInfo{Path: c.Path(), Source: m.Source, Hash: m.Hash, Rows: m.Rows, Shards: len(m.Shards), Taxonomy: t.Name}
	for _, s := range m.Shards {
		info.Bytes += s.Bytes
	}
	counts := make([]int64, len(t.Categories))
	var names corpus.NameCheck
	var first, last time.Time
	rows, err := c.Sample(0, 0)
	if err != nil {
		return nil, err
	}
	for p, err := range c.Papers(ctx, rows) {
		if err != nil {
			return nil, err
		}
		names.Add(p)
		labels, _ := t.Labels(p)
		for _, l := range labels {
			counts[l]++
		}
		for len(info.LabelCount) <= len(labels) {
			info.LabelCount = append(info.LabelCount, 0)
		}
		info.LabelCount[len(labels)]++
		if !p.Created.IsZero() && (first.IsZero() || p.Created.Before(first)) {
			first = p.Created
		}
		if p.Created.After(last) {
			last = p.Created
		}
	}
	info.SameText, info.DamagedIDs = names.SameText(), names.Damaged()
	info.Labelled = info.Rows - info.LabelCount[0]
	if !first.IsZero() {
		info.First, info.Last = first.Format(time.DateOnly), last.Format(time.DateOnly)
	}
	for i, n := range counts {
		info.Categories = append(info.Categories, categoryCount{t.Categories[i].ID, n})
	}
	slices.SortStableFunc(info.Categories, func(a, b categoryCount) int { return int(b.Papers - a.Papers) })
	return info, nil
}

func (i *corpusInfo) write(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "corpus     %s (%s)\n", i.Path, i.Source)
	fmt.Fprintf(&b, "hash       %s\n", i.Hash)
	if i.Verified {
		b.WriteString("verified   every byte is as written\n")
	}
	fmt.Fprintf(&b, "papers     %d in %d shards, %.1f MiB\n", i.Rows, i.Shards, float64(i.Bytes)/(1<<20))
	if i.First != "" {
		fmt.Fprintf(&b, "created    %s to %s\n", i.First, i.Last)
	}
	fmt.Fprintf(&b, "same text  %s\n", i.SameText)
	if i.DamagedIDs > 0 {
		fmt.Fprintf(&b, "ids        %s\n", damagedText(i.DamagedIDs))
	}
	fmt.Fprintf(&b, "taxonomy   %s: %d papers with a category of it, %d without\n", i.Taxonomy, i.Labelled, i.Rows-i.Labelled)
	b.WriteString("labels     ")
	for n, papers := range i.LabelCount {
		if n > 0 {
			fmt.Fprintf(&b, "%d: %d  ", n, papers)
		}
	}
	b.WriteString("(labels a paper: papers)\nlargest    ")
	for _, c := range i.Categories[:min(8, len(i.Categories))] {
		fmt.Fprintf(&b, "%s %d  ", c.ID, c.Papers)
	}
	_, err := fmt.Fprintln(out, strings.TrimRight(b.String(), " "))
	return err
}

// damagedText says what ids that are not in arXiv's form mean.
func damagedText(n int64) string {
	return numerals.Count(n, "id") + " not in arXiv's form, so that papers may stand twice; import again from the source, or say --ids free if they are not arXiv's"
}

// drawFlags are the flags of commands that draw papers.
type drawFlags struct {
	size int64
	seed uint64
	out  string
}

func (d *drawFlags) add(cmd *cobra.Command) {
	cmd.Flags().Int64Var(&d.size, "size", 0, "papers to draw; 0 takes all")
	cmd.Flags().Uint64Var(&d.seed, "seed", 1, "which draw")
}

func newCorpusSample() *cobra.Command {
	var draw drawFlags
	cmd := &cobra.Command{
		Use:   "sample DIR --size N --seed S --out FILE",
		Short: "Draw papers uniformly, without replacement",
		Long: `Sample draws papers by seed. The draw depends on the number of papers in the
corpus, the size and the seed alone; a smaller draw by the same seed is part of
a larger one. Papers are written in the order of the corpus as JSON lines that
"assay corpus import --format kaggle" reads.`,
		Example: `  assay corpus sample data/arxiv --size 10000 --seed 42 --out mini.jsonl
  assay corpus sample data/arxiv --size 100 --out - | head`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if draw.size < 0 {
				return fault.Usagef("corpus sample: --size %d: want 0 (all) or more", draw.size)
			}
			return withCorpus(args[0], func(c *shards.Corpus) error {
				rows, err := c.Sample(draw.size, draw.seed)
				if err != nil {
					return err
				}
				return writeOut(cmd.OutOrStdout(), draw.out, func(w io.Writer) error {
					return export.JSONLines(w, c.Papers(cmd.Context(), rows))
				})
			})
		},
	}
	draw.add(cmd)
	cmd.Flags().StringVar(&draw.out, "out", "", "file for the papers, - for stdout (required)")
	required(cmd, "out")
	return cmd
}

func newCorpusTokens() *cobra.Command {
	var draw drawFlags
	var workers int
	var ids bool
	cmd := &cobra.Command{
		Use:   "tokens DIR",
		Short: "Clean and tokenise papers, one a line",
		Long: `Tokens writes each paper as a line of tokens with single spaces between them:
title and abstract cleaned (equations become -EQN-), marked (-TITLE_START- …)
and tokenised by spaCy's English rules.`,
		Example: `  assay corpus tokens data/arxiv --size 3
  assay corpus tokens data/arxiv --ids --out tokens.tsv`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withCorpus(args[0], func(c *shards.Corpus) error {
				rows, err := c.Sample(draw.size, draw.seed)
				if err != nil {
					return err
				}
				return writeOut(cmd.OutOrStdout(), draw.out, func(w io.Writer) error {
					return writeTokens(cmd.Context(), w, c, rows, ids, workers)
				})
			})
		},
	}
	draw.add(cmd)
	cmd.Flags().StringVar(&draw.out, "out", "-", "file for the tokens, - for stdout")
	cmd.Flags().BoolVar(&ids, "ids", false, "begin each line with the paper's id and a tab")
	cmd.Flags().IntVar(&workers, "workers", 0, "goroutines that tokenise; 0 is one a core")
	return cmd
}

// writeTokens writes a line a paper, in the order of rows.
func writeTokens(ctx context.Context, w io.Writer, c *shards.Corpus, rows []int64, ids bool, workers int) error {
	bar := progress.Start(ctx, "tokenise", int64(len(rows)), "papers")
	defer bar.Done()
	var line []byte
	for p, err := range (features.Pass{Corpus: c, Rows: rows, Workers: workers}).InOrder(ctx) {
		if err != nil {
			return err
		}
		line = line[:0]
		if ids {
			line = append(append(line, p.Paper.ID...), '\t')
		}
		for i, token := range p.Tokens {
			if i > 0 {
				line = append(line, ' ')
			}
			line = append(line, token...)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
		bar.Add(1)
	}
	return nil
}
