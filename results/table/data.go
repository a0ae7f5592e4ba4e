package table

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
)

// writeCSV writes RFC 4180 for programs: a header of column keys, every row
// with its status, numbers in full in the unit that writeJSON states. A column
// with intervals is followed by one of half their widths, KEY_half_width.
func writeCSV(out io.Writer, t Table) error {
	intervals := make([]bool, len(t.Columns))
	for _, row := range t.Rows {
		for i, c := range row.Cells {
			intervals[i] = intervals[i] || c.Number != nil && c.Number.HalfWidth != nil
		}
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	header := []string{"status"}
	for i, c := range t.Columns {
		header = append(header, c.Key)
		if intervals[i] {
			header = append(header, c.Key+"_half_width")
		}
	}
	if err := w.Write(header); err != nil {
		return err
	}
	for _, row := range t.Rows {
		record := []string{string(row.Status)}
		for i, c := range row.Cells {
			value, half := "", ""
			switch {
			case !t.Columns[i].Numeric:
				value = c.Text
			case c.Number != nil:
				value = strconv.FormatFloat(c.Number.Value, 'g', -1, 64)
				if c.Number.HalfWidth != nil {
					half = strconv.FormatFloat(*c.Number.HalfWidth, 'g', -1, 64)
				}
			}
			record = append(record, value)
			if intervals[i] {
				record = append(record, half)
			}
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
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
}

type jsonRow struct {
	Status  Status                `json:"status"`
	Labels  map[string]string     `json:"labels"`
	Numbers map[string]jsonNumber `json:"numbers"`
}

type jsonNumber struct {
	*Number
	Best  bool `json:"best,omitempty"`
	Close bool `json:"not_significantly_below_best,omitempty"`
}

// writeJSON writes everything that the table knows, numbers in full.
func writeJSON(out io.Writer, t Table) error {
	doc := jsonTable{Caption: t.Caption, Columns: []jsonColumn{}, Rows: []jsonRow{}, Notes: append([]string{}, t.Notes...)}
	for _, c := range t.Columns {
		doc.Columns = append(doc.Columns, jsonColumn{c.Key, c.Title, c.Unit})
	}
	for _, row := range t.Rows {
		r := jsonRow{Status: row.Status, Labels: map[string]string{}, Numbers: map[string]jsonNumber{}}
		for i, c := range row.Cells {
			switch key := t.Columns[i].Key; {
			case !t.Columns[i].Numeric:
				r.Labels[key] = c.Text
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
