package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"assay/embeddings"
	"assay/embeddings/vectorfile"
	"assay/internal/fault"
)

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
