// Package table lays a comparison out as people read it: one row a model and
// decision rule or a pivot, means with their intervals, the best of each column,
// published numbers beside ours, and every run that has no result named. It computes
// nothing: see compare.
//
//	c, err := compare.Runs(runs, compare.Options{Published: published})
//	err = table.Write(os.Stdout, table.Of(c, table.Auto), table.Text)
package table

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"assay/internal/fault"
	"assay/results/compare"
)

// Table is a layout without a format. Each row has a cell for each column.
type Table struct {
	Caption string
	Columns []Column
	Rows    []Row
	Notes   []string // one paragraph each
}

// Column heads the cells below it.
type Column struct {
	Key     string // what programs call it: master_f1
	Title   string // what people read: Master F1
	Unit    string // of Number: fraction, points, nats, signed nats, seconds, bytes, runs; empty for words
	Numeric bool   // right-aligned
	Lower   bool   // of scores: less is better
}

// Status says what a row stands for: the outcome of its trials, or Published.
type Status = compare.Outcome

// Published is the status of a row of numbers from elsewhere.
const Published Status = "published"

// Row is one line of the table.
type Row struct {
	Status Status
	Cells  []Cell
}

// Cell is one place of the table. The zero value is an empty cell.
type Cell struct {
	Text     string          // without its interval
	Raw      string          // of a setting, what programs read for Text; empty: the same
	Interval string          // over seeds: half its width, as text; empty where none is shown
	Range    string          // over papers: from and to, as text; empty where none is shown
	Number   *compare.Number // what Text shows, in full; nil for words and empty cells
	Repeats  bool            // the cell above says the same: formats for people leave it out
	Best     bool            // the best of its column
	Close    bool            // not significantly below the best, or above where less is better
}

// Format is how a table is written.
type Format string

// The formats that Write knows.
const (
	Text     Format = "text"
	Markdown Format = "markdown"
	LaTeX    Format = "latex"
	CSV      Format = "csv"
	HTML     Format = "html"
	JSON     Format = "json"
)

var writers = []struct {
	format Format
	write  func(io.Writer, Table) error
}{
	{Text, writeText},
	{Markdown, writeMarkdown},
	{LaTeX, writeLaTeX},
	{CSV, writeCSV},
	{HTML, writeHTML},
	{JSON, writeJSON},
}

// Formats returns the names of all formats.
func Formats() []string {
	var names []string
	for _, w := range writers {
		names = append(names, string(w.format))
	}
	return names
}

// ParseFormat reads a format's name; its error, a usage error, names them all.
func ParseFormat(s string) (Format, error) {
	for _, w := range writers {
		if s == string(w.format) {
			return w.format, nil
		}
	}
	return "", fault.Usagef("table: format %q is unknown: want one of %s", s, strings.Join(Formats(), ", "))
}

// Of lays out a comparison, in the shape that it has; its cells show the given
// intervals.
func Of(c *compare.Comparison, intervals Intervals) Table {
	l := layout{c, intervals}
	if c.Pivot != nil {
		return pivotLayout{l, c.Pivot}.table()
	}
	return l.table()
}

// Write writes t in the given format, which ends with a line break.
func Write(out io.Writer, t Table, format Format) error {
	for i, row := range t.Rows {
		if len(row.Cells) != len(t.Columns) {
			return fmt.Errorf("table: write: row %d has %d cells for %d columns", i, len(row.Cells), len(t.Columns))
		}
	}
	for _, w := range writers {
		if w.format != format {
			continue
		}
		if err := w.write(out, t); err != nil {
			return fmt.Errorf("table: write %s: %w", format, err)
		}
		return nil
	}
	_, err := ParseFormat(string(format))
	return err
}

// label is a cell's text for programs.
func (c Cell) label() string { return cmp.Or(c.Raw, c.Text) }

// shown is a cell's text for people; gap stands before each interval.
func (c Cell) shown(gap string) string {
	if c.Repeats {
		return ""
	}
	text := c.Text
	if c.Interval != "" {
		text += gap + "± " + c.Interval
	}
	if c.Range != "" {
		text += gap + c.Range
	}
	return text
}
