package table

import (
	"html"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"assay/internal/markup"
)

// textWidth is what a terminal shows without breaking lines.
const textWidth = 118

// writeText writes for a terminal: rules without vertical lines, notes below.
// A table that would be wider than textWidth puts intervals on lines of their own, and then their ends.
func writeText(out io.Writer, t Table) error {
	cells := textCells(t, " ", " ")
	for _, gaps := range [][2]string{{"\n", " "}, {"\n", "\n"}} {
		if width(cells) > textWidth {
			cells = textCells(t, gaps[0], gaps[1])
		}
	}
	var b strings.Builder
	if t.Caption != "" {
		b.WriteString(wrap(markup.Line(t.Caption), "", textWidth) + "\n\n")
	}
	r := renderer.NewBlueprint(tw.Rendition{
		Borders: tw.Border{Left: tw.Off, Right: tw.Off, Top: tw.On, Bottom: tw.On},
		Symbols: tw.NewSymbols(tw.StyleLight),
		Settings: tw.Settings{
			Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.On},
			Lines:      tw.Lines{ShowTop: tw.On, ShowBottom: tw.On, ShowHeaderLine: tw.On},
		},
	})
	if err := render(&b, r, t, escaped(titles(t), markup.Line), cells); err != nil {
		return err
	}
	for _, n := range allNotes(t, "*", "~", markup.Line) {
		b.WriteString(wrap(n, "  ", textWidth) + "\n")
	}
	_, err := io.WriteString(out, trimLines(b.String()))
	return err
}

// textCells writes a * after the best and a ~ after what is close to it; where a
// column has such signs, the other numbers end in a space to stay aligned. gap stands
// before each interval, and within between the two ends of one.
func textCells(t Table, gap, within string) [][]string {
	signed := make([]bool, len(t.Columns))
	for _, row := range t.Rows {
		for i, c := range row.Cells {
			signed[i] = signed[i] || c.Best || c.Close
		}
	}
	var rows [][]string
	for _, row := range t.Rows {
		var cells []string
		for i, c := range row.Cells {
			sign := ""
			c.Text = markup.Line(c.Text)
			c.Range = strings.Replace(c.Range, ", ", ","+within, 1)
			switch {
			case c.Best:
				sign = "*"
			case c.Close:
				sign = "~"
			case signed[i]:
				sign = " "
			}
			first, rest, more := strings.Cut(c.shown(gap), "\n")
			text := first + sign
			if more {
				pad := strings.Repeat(" ", len(sign))
				text += "\n" + strings.ReplaceAll(rest, "\n", pad+"\n") + pad
			}
			cells = append(cells, text)
		}
		rows = append(rows, cells)
	}
	return rows
}

// width is that of the table as writeText draws it: a space on both sides of
// each cell.
func width(rows [][]string) int {
	var widest []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widest) {
				widest = append(widest, 0)
			}
			for line := range strings.Lines(cell) {
				widest[i] = max(widest[i], markup.Width(strings.TrimSuffix(line, "\n")))
			}
		}
	}
	total := 0
	for _, w := range widest {
		total += w + 2
	}
	return total
}

func writeMarkdown(out io.Writer, t Table) error {
	var rows [][]string
	for _, row := range t.Rows {
		var cells []string
		for _, c := range row.Cells {
			text := markup.Markdown(c.shown(" "))
			switch {
			case c.Best:
				text = "**" + text + "**"
			case c.Close:
				text += ` \~`
			}
			cells = append(cells, text)
		}
		rows = append(rows, cells)
	}
	var b strings.Builder
	if t.Caption != "" {
		b.WriteString("**" + markup.Markdown(t.Caption) + "**\n\n")
	}
	if err := render(&b, renderer.NewMarkdown(), t, escaped(titles(t), markup.Markdown), rows); err != nil {
		return err
	}
	b.WriteString("\n")
	for _, n := range allNotes(t, "Bold", `\~`, markup.MarkdownLine) {
		b.WriteString("- " + n + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func writeHTML(out io.Writer, t Table) error {
	var rows [][]string
	for _, row := range t.Rows {
		var cells []string
		for _, c := range row.Cells {
			text := escapeHTML(c.shown(" "))
			switch {
			case c.Best:
				text = "<strong>" + text + "</strong>"
			case c.Close:
				text += " ~"
			}
			cells = append(cells, text)
		}
		rows = append(rows, cells)
	}
	var b strings.Builder
	b.WriteString("<figure class=\"comparison\">\n<figcaption>" + escapeHTML(t.Caption) + "</figcaption>\n")
	// The cells are escaped above, so that the best can be strong.
	r := renderer.NewHTML(renderer.HTMLConfig{EscapeContent: false})
	if err := render(&b, r, t, escaped(titles(t), escapeHTML), rows); err != nil {
		return err
	}
	b.WriteString("<ul>\n")
	for _, n := range allNotes(t, "Bold", "~", escapeHTML) {
		b.WriteString("<li>" + n + "</li>\n")
	}
	b.WriteString("</ul>\n</figure>\n")
	_, err := io.WriteString(out, b.String())
	return err
}

func escapeHTML(s string) string { return html.EscapeString(markup.Line(s)) }

// render draws header and rows with one of tablewriter's renderers, leaving
// every text as it is.
func render(out io.Writer, r tw.Renderer, t Table, header []string, rows [][]string) error {
	var align []tw.Align
	for _, c := range t.Columns {
		if c.Numeric {
			align = append(align, tw.AlignRight)
		} else {
			align = append(align, tw.AlignLeft)
		}
	}
	cells := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{PerColumn: align},
	}
	w := tablewriter.NewTable(out,
		tablewriter.WithRenderer(r),
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithTrimLine(tw.Off),
		// Else signs such as ± and é count twice in some environments, and only there.
		tablewriter.WithEastAsian(tw.Off),
	)
	w.Header(header)
	if err := w.Bulk(rows); err != nil {
		return err
	}
	return w.Render()
}

func titles(t Table) []string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, c.Title)
	}
	return out
}

func escaped(texts []string, escape func(string) string) []string {
	var out []string
	for _, s := range texts {
		out = append(out, escape(s))
	}
	return out
}

// wrap breaks text between words into lines of at most so many columns, all but
// the first indented.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		n := markup.Width(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + indent)
			used = markup.Width(indent)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

// trimLines removes the spaces that fill the last column.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}
