package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/embeddings/vectorfile"
	"assay/internal/fault"
)

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

func newEmbedNeighbours() *cobra.Command {
	var count, workers int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "neighbours FILE WORD…",
		Aliases: []string{"neighbors"},
		Short:   "List the words whose vectors are nearest, by cosine",
		Example: `  assay embed neighbours arxiv.bin neutrino sheaf
  assay embed neighbours data/glove.6B.100d.txt learning --count 20`,
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if count < 1 {
				return fault.Usagef("embed neighbours: --count %d: want 1 or more", count)
			}
			return withVectors(cmd.Context(), args[0], func(v embeddings.Vectors, _ vectorfile.Report) error {
				return neighbours(cmd.Context(), cmd.OutOrStdout(), v, args[1:], count, workers, asJSON)
			})
		},
	}
	cmd.Flags().IntVar(&count, "count", 10, "how many")
	cmd.Flags().IntVar(&workers, "workers", 0, "goroutines; 0 is one a core")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// wordNeighbours is what `embed neighbours` tells of a word.
type wordNeighbours struct {
	Word       string                 `json:"word"`
	Known      bool                   `json:"known"` // false: made from n-grams or found in lower case
	Neighbours []embeddings.Neighbour `json:"neighbours"`
}

func neighbours(ctx context.Context, out io.Writer, v embeddings.Vectors, words []string, count, workers int, asJSON bool) error {
	var all []wordNeighbours
	for _, word := range words {
		near, match, err := embeddings.Neighbours(ctx, v, word, count, workers)
		if err != nil {
			return err
		}
		all = append(all, wordNeighbours{Word: word, Known: match == embeddings.Exact, Neighbours: near})
	}
	if asJSON {
		return writeJSON(out, all)
	}
	var b strings.Builder
	for i, w := range all {
		if len(all) > 1 || !w.Known {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(w.Word)
			if !w.Known {
				b.WriteString(" (not in the vocabulary)")
			}
			b.WriteByte('\n')
		}
		for _, n := range w.Neighbours {
			fmt.Fprintf(&b, "%.4f  %s\n", n.Similarity, n.Word)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func newEmbedConvert() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "convert FROM TO",
		Short: "Write vectors in another format",
		Long: `Convert reads vectors in any format and writes fastText's .vec (text with a
header), word2vec's binary, GloVe's text, or, from a FastText model alone, its .bin.
The name of TO says which, or --format does. All but .bin hold the vectors of the
vocabulary alone: out of a FastText model the n-grams are lost.`,
		Example: `  assay embed convert arxiv.bin arxiv.vec
  assay embed convert glove.6B.100d.txt glove.w2v --format word2vec`,
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := targetFormat(args[1], format)
			if err != nil {
				return err
			}
			if err := writable(args[1]); err != nil {
				return err
			}
			return withVectors(cmd.Context(), args[0], func(v embeddings.Vectors, report vectorfile.Report) error {
				if err := vectorfile.Write(cmd.Context(), args[1], target, v); err != nil {
					return err
				}
				if target == vectorfile.FastText {
					report.Labels = vectorfile.Dropped{} // they are written, too
				}
				text := fmt.Sprintf("wrote %d words of %d dimensions to %s (%s)\n", v.Len(), v.Dim(), args[1], target)
				for _, l := range newLeftOut(report) {
					text += l.String()
				}
				_, err := io.WriteString(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "vec, word2vec, glove or fasttext; by default what the name ends in")
	return cmd
}

// targetFormat tells the format to write from the flag or the file's name.
func targetFormat(path, flag string) (vectorfile.Format, error) {
	switch f := vectorfile.Format(flag); f {
	case vectorfile.Vec, vectorfile.Word2vec, vectorfile.GloVe, vectorfile.FastText:
		return f, nil
	case "":
	default:
		return "", fault.Usagef("embed convert: --format %s: want vec, word2vec, glove or fasttext", flag)
	}
	switch ext := filepath.Ext(path); ext {
	case ".vec":
		return vectorfile.Vec, nil
	case ".txt":
		return vectorfile.GloVe, nil
	case ".bin":
		return "", fault.Usagef("embed convert: %s: .bin is fastText's or word2vec's: say --format fasttext or --format word2vec", path)
	default:
		return "", fault.Usagef("embed convert: %s: the name does not tell the format: say --format vec, word2vec, glove or fasttext", path)
	}
}
