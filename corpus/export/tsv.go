package export

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"assay/corpus"
)

// tsvText escapes what would end a field or a line.
var tsvText = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// TSV writes a header and a line a paper: title, abstract, and 1 or 0 for each category
// of the taxonomy. In the text, \t stands for a tab, \n for a line feed, \r for a carriage
// return and \\ for a backslash.
func TSV(w io.Writer, papers iter.Seq2[*corpus.Paper, error], t *corpus.Taxonomy) error {
	line := []byte("title\tabstract")
	for _, c := range t.Categories {
		line = append(append(line, '\t'), c.ID...)
	}
	carried := make([]bool, len(t.Categories))
	for p, err := range papers {
		if err != nil {
			return err
		}
		if len(line) > 0 { // the header waits for the first paper
			line = append(line, '\n')
		}
		line = append(line, tsvText.Replace(p.Title)+"\t"+tsvText.Replace(p.Abstract)...)
		clear(carried)
		labels, _ := t.Labels(p)
		for _, l := range labels {
			carried[l] = true
		}
		for _, is := range carried {
			if is {
				line = append(line, "\t1"...)
			} else {
				line = append(line, "\t0"...)
			}
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write TSV: %w", err)
		}
		line = line[:0]
	}
	return nil
}
