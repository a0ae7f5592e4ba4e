// Package table lays runs out as the comparison that people read: one row a
// model and decision rule, replicates joined to a mean and its interval,
// published numbers beside ours, and every run that has no result named.
//
//	t, err := table.Compare(runs, table.Options{Published: published})
//	err = table.Write(os.Stdout, t, table.Text)
package table

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"assay/internal/fault"
	"assay/results"
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

// Status says what a row stands for.
type Status string

// The kinds of rows.
const (
	Measured    Status = "measured"
	Published   Status = "published"
	Failed      Status = "failed"
	Interrupted Status = "interrupted"
	Running     Status = "running"
	Missing     Status = "missing"
	Damaged     Status = "damaged"
)

// Row is one line of the table.
type Row struct {
	Status Status
	Cells  []Cell
}

// Cell is one place of the table. The zero value is an empty cell.
type Cell struct {
	Text     string  // without its interval
	Raw      string  // of a setting, what programs read for Text; empty: the same
	Interval string  // over seeds: half its width, as text; empty where none is shown
	Range    string  // over papers: from and to, as text; empty where none is shown
	Number   *Number // what Text shows, in full; nil for words and empty cells
	Repeats  bool    // the cell above says the same: formats for people leave it out
	Best     bool    // the best of its column
	Close    bool    // not significantly below the best, or above where less is better
}

// Number is a cell's value in its column's unit.
type Number struct {
	Value float64 `json:"value"`
	// HalfWidth is half the width of the 95 % interval over seeds; nil with one
	// replicate, and where all have this value.
	HalfWidth  *float64  `json:"half_width,omitempty"`
	Replicates []float64 `json:"replicates,omitempty"` // ascending by seed, of equal runs one
	// Papers is the 95 % interval over test papers, of the replicates as they
	// are; nil where it is not known.
	Papers *results.Interval `json:"over_papers,omitempty"`
	Tests  []Test            `json:"tests,omitempty"` // against the best of the column
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
