package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"assay/corpus"
)

// JSONLines writes papers as JSON lines in the field names of the Kaggle
// snapshot. Importing them with format "kaggle" gives the same papers.
func JSONLines(w io.Writer, papers iter.Seq2[*corpus.Paper, error]) error {
	type line struct {
		ID         string     `json:"id"`
		Title      string     `json:"title"`
		Categories string     `json:"categories"`
		Abstract   string     `json:"abstract"`
		Authors    [][]string `json:"authors_parsed"`
		Created    string     `json:"created,omitempty"`
		Updated    string     `json:"update_date,omitempty"`
	}
	out := bufio.NewWriterSize(w, 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for p, err := range papers {
		if err != nil {
			return err
		}
		l := line{
			ID: p.ID, Title: p.Title, Abstract: p.Abstract, Categories: strings.Join(p.Categories, " "),
			Authors: [][]string{}, Created: corpus.DayText(p.Created), Updated: corpus.DayText(p.Updated),
		}
		for _, name := range p.Authors {
			l.Authors = append(l.Authors, []string{name, "", ""}) // [last, first, suffix]
		}
		if err := enc.Encode(l); err != nil {
			return fmt.Errorf("corpus: write JSON lines: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("corpus: write JSON lines: %w", err)
	}
	return nil
}
