package table

import (
	"io"
	"strings"

	"assay/internal/markup"
)

// writeLaTeX writes a table environment for the package booktabs, which compiles
// with pdfLaTeX whatever the names are.
func writeLaTeX(out io.Writer, t Table) error {
	var l markup.LaTeX
	var b strings.Builder
	b.WriteString("\\begin{table}\n\\centering\n\\caption" + latexCaption(&l, t.Caption) + "\n\\sbox0{\\begin{tabular}{")
	var titles []string
	for _, c := range t.Columns {
		if c.Numeric {
			b.WriteByte('r')
		} else {
			b.WriteByte('l')
		}
		titles = append(titles, l.Start(c.Title))
	}
	b.WriteString("}\n\\toprule\n" + strings.Join(titles, " & ") + " \\\\\n\\midrule\n")
	for i, row := range t.Rows {
		if i > 0 && !row.Cells[0].Repeats {
			b.WriteString("\\addlinespace\n")
		}
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, latexCell(&l, c))
		}
		b.WriteString(strings.TrimRight(strings.Join(cells, " & "), " ") + " \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}}%\n" + latexFit)
	if notes := allNotes(t, "Bold", "$\\sim$", l.Start); len(notes) > 0 {
		b.WriteString("\n\\smallskip\n\\begin{minipage}{\\linewidth}\\footnotesize\n" + strings.Join(notes, "\\\\\n") + "\n\\end{minipage}\n")
	}
	b.WriteString("\\end{table}\n")
	_, err := io.WriteString(out, "% needs \\usepackage{booktabs}; \\usepackage{graphicx} makes a table fit that is wider than the page\n"+l.Preamble()+b.String())
	return err
}

// latexFit writes the tabular, which is in box 0: TeX would let a page's edge cut it.
const latexFit = `\ifdefined\resizebox\ifdim\wd0>\linewidth\sbox0{\resizebox{\linewidth}{!}{\usebox0}}\fi\fi
\usebox0
`

// latexCaption is the argument of \caption. A list of tables stands before the
// tables, and so before the commands of the preamble: it gets plain text.
func latexCaption(l *markup.LaTeX, caption string) string {
	text := l.Text(caption)
	if l.Special() {
		return "[{" + l.Plain(caption) + "}]{" + text + "}"
	}
	return "{" + text + "}"
}

func latexCell(l *markup.LaTeX, c Cell) string {
	text := l.Start(c.shown(" "))
	switch {
	case c.Best:
		return "\\textbf{" + text + "}"
	case c.Close:
		return text + "\\rlap{$^{\\sim}$}"
	}
	return text
}

// allNotes returns the notes and, before them, what the signs at cells mean;
// best and closest are those of the format.
func allNotes(t Table, best, closest string, escape func(string) string) []string {
	var anyBest, anyClose, lower bool
	for _, row := range t.Rows {
		for i, c := range row.Cells {
			anyBest, anyClose = anyBest || c.Best, anyClose || c.Close
			lower = lower || c.Close && t.Columns[i].Lower
		}
	}
	var signs []string
	if anyBest {
		signs = append(signs, best+escape(": best measured of its column."))
	}
	if anyClose && lower {
		signs = append(signs, closest+escape(": not significantly worse."))
	} else if anyClose {
		signs = append(signs, closest+escape(": not significantly below it."))
	}
	var notes []string
	if len(signs) > 0 {
		notes = append(notes, strings.Join(signs, " "))
	}
	for _, n := range t.Notes {
		notes = append(notes, escape(n))
	}
	return notes
}
