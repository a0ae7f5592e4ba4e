package table

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/results"
	"assay/results/compare"
)

// merged stands at a cell whose runs differ in more than their seed.
const merged = "†"

// pivotLayout makes the table of a pivot.
type pivotLayout struct {
	layout
	pivot *compare.Pivot
}

// widestKeyed is the longest title of a column, in runes, that still names its
// keys; where one is longer all show the values alone.
const widestKeyed = 22

// table makes the neutral table.
func (p pivotLayout) table() Table {
	name := p.pivotName()
	if p.Options.Name != "" {
		name = p.Options.Name + ": " + name
	}
	t := Table{Caption: p.caption(name), Columns: p.columns(), Notes: p.pivotNotes()}
	flagged := p.anyFlagged()
	for i, row := range p.pivot.Rows {
		out := Row{Status: p.status(row)}
		for k, v := range row.Values {
			repeats := i > 0 && k+1 < len(row.Values) && slices.Equal(p.pivot.Rows[i-1].Values[:k+1], row.Values[:k+1])
			out.Cells = append(out.Cells, Cell{Text: v.String(), Raw: v.Raw, Repeats: repeats})
		}
		for j := range p.Metrics {
			for _, col := range p.pivot.Cols {
				out.Cells = append(out.Cells, p.cell(p.pivot.Cell(row, col), j))
			}
		}
		if flagged {
			out.Cells = append(out.Cells, Cell{Text: p.mergedText(row)})
		}
		t.Rows = append(t.Rows, out)
	}
	return t
}

// pivotName says what is shown by what.
func (p pivotLayout) pivotName() string {
	var titles []string
	for _, m := range p.Metrics {
		titles = append(titles, m.Title)
	}
	name := strings.Join(titles, ", ") + " by " + strings.Join(p.pivot.View.Rows, ", ")
	if len(p.pivot.View.Cols) > 0 {
		name += " (rows) and " + strings.Join(p.pivot.View.Cols, ", ") + " (columns)"
	}
	if p.pivot.Rule != "" {
		name += ", rule " + p.pivot.Rule
	}
	return name
}

func (p pivotLayout) columns() []Column {
	var out []Column
	for _, key := range p.pivot.View.Rows {
		title := key
		if slices.Contains(compare.FixedKeys(), key) {
			title = strings.ToUpper(key[:1]) + key[1:]
		}
		out = append(out, Column{Key: key, Title: title})
	}
	titles := p.colTitles()
	for _, m := range p.Metrics {
		for i, col := range p.pivot.Cols {
			c := columnOf(m)
			switch {
			case len(p.pivot.View.Cols) == 0:
			case len(p.Metrics) == 1:
				c.Title = titles[i]
			default:
				c.Title += " " + titles[i]
			}
			if len(p.pivot.View.Cols) > 0 {
				c.Key += "@" + axisKey(col)
			}
			out = append(out, c)
		}
	}
	if p.anyFlagged() {
		out = append(out, Column{Key: "merged", Title: merged})
	}
	return out
}

// colTitles are the columns' titles, without a metric.
func (p pivotLayout) colTitles() []string {
	var keyed, bare []string
	longest := 0
	for _, col := range p.pivot.Cols {
		var words []string
		for _, v := range col.Values {
			words = append(words, v.String())
		}
		bare = append(bare, strings.Join(words, ", "))
		keyed = append(keyed, col.String())
		longest = max(longest, utf8.RuneCountInString(keyed[len(keyed)-1]))
	}
	if longest > widestKeyed {
		return bare
	}
	return keyed
}

// axisKey is KEY=VALUE of each key for programs, with the values as the runs have them.
func axisKey(a *compare.Axis) string {
	var parts []string
	for i, key := range a.Keys {
		parts = append(parts, key+"="+cmp.Or(a.Values[i].Raw, results.Unset))
	}
	return strings.Join(parts, ",")
}

func (p pivotLayout) cell(c *compare.PivotCell, j int) Cell {
	n := c.Number(j)
	if n == nil {
		return Cell{Text: absent}
	}
	var out Cell
	if c.Row != nil {
		p.fill(&out, c.Row, j)
		return out
	}
	return Cell{Text: show(string(p.Metrics[j].Unit), n.Value) + merged, Number: n}
}

// status is that of the row's trials: measured where one is.
func (p pivotLayout) status(row *compare.Axis) Status {
	first := compare.Measured
	for _, col := range p.pivot.Cols {
		c := p.pivot.Cell(row, col)
		if c == nil {
			continue
		}
		if c.Measured() {
			return compare.Measured
		}
		if first == compare.Measured {
			first = c.Trials[0].Outcome
		}
	}
	return first
}

func (p pivotLayout) anyFlagged() bool {
	return slices.ContainsFunc(p.pivot.Rows, func(row *compare.Axis) bool {
		return slices.ContainsFunc(p.pivot.Cols, func(col *compare.Axis) bool {
			c := p.pivot.Cell(row, col)
			return c != nil && len(c.Hidden) > 0
		})
	})
}

// mergedText names what the row's cells hide and, where they do not all hide the
// same, which.
func (p pivotLayout) mergedText(row *compare.Axis) string {
	var texts []string
	cols := map[string][]string{}
	measured := 0
	for _, col := range p.pivot.Cols {
		c := p.pivot.Cell(row, col)
		if !c.Measured() {
			continue
		}
		measured++
		var keys []string
		for _, h := range c.Hidden {
			keys = append(keys, h.Key)
		}
		text := strings.Join(keys, ", ")
		if text == "" {
			continue
		}
		if cols[text] == nil {
			texts = append(texts, text)
		}
		cols[text] = append(cols[text], col.String())
	}
	for i, text := range texts {
		if len(cols[text]) < measured {
			texts[i] += " at " + strings.Join(cols[text], ", ")
		}
	}
	return strings.Join(texts, "; ")
}
