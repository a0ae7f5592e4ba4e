package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/embeddings/vectorfile"
)

func newEmbed() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "embed",
		Short: "Train word vectors, look into files of them, convert them",
		Long: `Embed trains FastText vectors on a corpus and reads the files of others:
fastText's .bin and .vec, GloVe's text, word2vec's binary and text; all but .bin of
fastText also packed as gz, zip, xz or zst. A few lines that are no vectors are left
out and counted; a file of which more than 1 % are none is refused.

The GloVe vectors of the article are glove.6B.100d.txt in glove.6B.zip (862 MB)
from https://nlp.stanford.edu/data/glove.6B.zip (Stanford, public domain).

An experiment trains or reads vectors itself; see "configs/embeddings.toml".`,
		Args: unknownVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEmbedTrain(), newEmbedInfo(), newEmbedNeighbours(), newEmbedConvert())
	return cmd
}

// withVectors opens a file of vectors for the time of use.
func withVectors(ctx context.Context, path string, use func(embeddings.Vectors, vectorfile.Report) error) error {
	v, report, err := vectorfile.Open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(use(v, report), v.Close())
}

func newEmbedInfo() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info FILE",
		Short: "Look at a file of vectors: format, words, what was left out",
		Example: `  assay embed info arxiv.bin
  assay embed info data/glove.6B.zip --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withVectors(cmd.Context(), args[0], func(v embeddings.Vectors, report vectorfile.Report) error {
				info := newVectorInfo(args[0], v, report)
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), info)
				}
				return info.write(cmd.OutOrStdout())
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// vectorInfo is what `embed info` tells.
type vectorInfo struct {
	Path       string           `json:"path"`
	Format     string           `json:"format"`
	Words      int              `json:"words"`
	Dimensions int              `json:"dimensions"`
	Announced  int              `json:"announced,omitempty"`
	First      []string         `json:"first_words"`
	LeftOut    []leftOut        `json:"left_out,omitempty"`
	Training   *fasttextOptions `json:"training,omitempty"`
}

type leftOut struct {
	Reason string `json:"reason"`
	Lines  int    `json:"lines"`
	First  int64  `json:"first_line"`
	Word   string `json:"first_word"`
}

// fasttextOptions is how a FastText model was trained, as its file tells.
type fasttextOptions struct {
	Model       string  `json:"model"`
	Window      int     `json:"window"`
	Epochs      int     `json:"epochs"`
	MinCount    int     `json:"min_count"`
	MinN        int     `json:"min_n"`
	MaxN        int     `json:"max_n"`
	Buckets     int     `json:"buckets"`
	Negatives   int     `json:"negatives"`
	SubSampling float64 `json:"sub_sampling"`
}

func newVectorInfo(path string, v embeddings.Vectors, report vectorfile.Report) vectorInfo {
	info := vectorInfo{Path: path, Format: string(report.Format), Words: v.Len(), Dimensions: v.Dim(), Announced: report.Announced}
	for i := range min(10, v.Len()) {
		info.First = append(info.First, v.Word(i))
	}
	info.LeftOut = newLeftOut(report)
	if m, ok := v.(*fasttext.Model); ok {
		o := m.Options()
		info.Training = &fasttextOptions{o.Model, o.Window, o.Epochs, o.MinCount, o.MinN, o.MaxN, o.Buckets, o.Negatives, o.SubSampling}
	}
	return info
}

func newLeftOut(report vectorfile.Report) (left []leftOut) {
	for _, d := range []struct {
		reason string
		vectorfile.Dropped
	}{
		{"wrong number of columns", report.WrongColumns},
		{"word stood before", report.Duplicates},
		{"value is not finite", report.NotFinite},
		{"labels are no words", report.Labels},
	} {
		if d.Lines > 0 {
			left = append(left, leftOut{d.reason, d.Lines, d.First, d.Word})
		}
	}
	return left
}

func (l leftOut) String() string {
	return fmt.Sprintf("left out   %d lines, %s; the first is line %d, word %q\n", l.Lines, l.Reason, l.First, l.Word)
}

func (i vectorInfo) write(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "file       %s\nformat     %s\nwords      %d\ndimensions %d\n", i.Path, i.Format, i.Words, i.Dimensions)
	if i.Announced > 0 && i.Announced != i.Words {
		fmt.Fprintf(&b, "announced  %d words\n", i.Announced)
	}
	fmt.Fprintf(&b, "first      %s\n", strings.Join(i.First, " "))
	if t := i.Training; t != nil {
		fmt.Fprintf(&b, "trained    %s, window %d, %d epochs, minimum count %d, %d negatives, sub-sampling %g\n",
			t.Model, t.Window, t.Epochs, t.MinCount, t.Negatives, t.SubSampling)
		fmt.Fprintf(&b, "n-grams    %d to %d characters in %d buckets\n", t.MinN, t.MaxN, t.Buckets)
	}
	for _, l := range i.LeftOut {
		b.WriteString(l.String())
	}
	_, err := io.WriteString(out, b.String())
	return err
}
