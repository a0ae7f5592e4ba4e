package table

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"assay/internal/markup"
	"assay/results/compare"
)

// writeCSV writes RFC 4180 for programs: a header of column keys, every row
// with its status, numbers in full in the unit that writeJSON states. A column
// with intervals is followed by one of half their widths, KEY_half_width. Words are
// as markup.Cell makes them.
func writeCSV(out io.Writer, t Table) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	header := []string{"status"}
	seeds, papers := make([]bool, len(t.Columns)), make([]bool, len(t.Columns))
	for i, c := range t.Columns {
		for _, row := range t.Rows {
			n := row.Cells[i].Number
			seeds[i] = seeds[i] || n != nil && n.HalfWidth != nil
			papers[i] = papers[i] || n != nil && n.Papers != nil
		}
		header = append(header, c.Key)
		if seeds[i] {
			header = append(header, c.Key+"_half_width")
		}
		if papers[i] {
			header = append(header, c.Key+"_low", c.Key+"_high")
		}
	}
	if err := w.Write(markup.Cells(header...)); err != nil {
		return err
	}
	for _, row := range t.Rows {
		record := []string{string(row.Status)}
		for i, c := range row.Cells {
			record = append(record, csvCells(c, t.Columns[i].Numeric, seeds[i], papers[i])...)
		}
		if err := w.Write(markup.Cells(record...)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// csvCells is a cell's value and, where its column has them, its intervals.
func csvCells(c Cell, numeric, seeds, papers bool) []string {
	value, half, low, high := "", "", "", ""
	full := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch n := c.Number; {
	case !numeric:
		value = c.label()
	case n != nil:
		value = full(n.Value)
		if n.HalfWidth != nil {
			half = full(*n.HalfWidth)
		}
		if n.Papers != nil {
			low, high = full(n.Papers.Low), full(n.Papers.High)
		}
	}
	cells := []string{value}
	if seeds {
		cells = append(cells, half)
	}
	if papers {
		cells = append(cells, low, high)
	}
	return cells
}

type jsonTable struct {
	Caption string       `json:"caption"`
	Columns []jsonColumn `json:"columns"`
	Rows    []jsonRow    `json:"rows"`
	Notes   []string     `json:"notes"`
}

type jsonColumn struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	Unit  string `json:"unit,omitempty"`
	Lower bool   `json:"lower_is_better,omitempty"`
}

type jsonRow struct {
	Status  Status                `json:"status"`
	Labels  map[string]string     `json:"labels"`
	Numbers map[string]jsonNumber `json:"numbers"`
}

type jsonNumber struct {
	*compare.Number
	Best  bool `json:"best,omitempty"`
	Close bool `json:"not_significantly_below_best,omitempty"`
}

// writeJSON writes everything that the table knows, numbers in full.
func writeJSON(out io.Writer, t Table) error {
	doc := jsonTable{Caption: t.Caption, Columns: []jsonColumn{}, Rows: []jsonRow{}, Notes: append([]string{}, t.Notes...)}
	for _, c := range t.Columns {
		doc.Columns = append(doc.Columns, jsonColumn{c.Key, c.Title, c.Unit, c.Lower})
	}
	for _, row := range t.Rows {
		r := jsonRow{Status: row.Status, Labels: map[string]string{}, Numbers: map[string]jsonNumber{}}
		for i, c := range row.Cells {
			switch key := t.Columns[i].Key; {
			case !t.Columns[i].Numeric:
				r.Labels[key] = c.label()
			case c.Number != nil:
				r.Numbers[key] = jsonNumber{c.Number, c.Best, c.Close}
			}
		}
		doc.Rows = append(doc.Rows, r)
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
