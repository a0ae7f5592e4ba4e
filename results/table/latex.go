package table

import (
	"io"
	"strings"
)

// latexSpecial replaces what LaTeX would take for a command, and the signs that
// its text fonts may lack.
var latexSpecial = strings.NewReplacer(
	`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `#`, `\#`, `%`, `\%`,
	`_`, `\_`, `^`, `\textasciicircum{}`, `~`, `\textasciitilde{}`, `<`, `\textless{}`, `>`, `\textgreater{}`,
	`"`, `''`, `|`, `\textbar{}`,
	`±`, `$\pm$`, `−`, `$-$`, `–`, `--`, `Δ`, `$\Delta$`, `≥`, `$\geq$`, `≤`, `$\leq$`, `×`, `$\times$`, `…`, `\dots{}`,
)

// writeLaTeX writes a table environment for the package booktabs.
func writeLaTeX(out io.Writer, t Table) error {
	var b strings.Builder
	b.WriteString("% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n")
	b.WriteString("\\caption{" + latexSpecial.Replace(t.Caption) + "}\n\\begin{tabular}{")
	var titles []string
	for _, c := range t.Columns {
		if c.Numeric {
			b.WriteByte('r')
		} else {
			b.WriteByte('l')
		}
		titles = append(titles, latexSpecial.Replace(c.Title))
	}
	b.WriteString("}\n\\toprule\n" + strings.Join(titles, " & ") + " \\\\\n\\midrule\n")
	for i, row := range t.Rows {
		if i > 0 && !row.Cells[0].Repeats {
			b.WriteString("\\addlinespace\n")
		}
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, latexCell(c))
		}
		b.WriteString(strings.TrimRight(strings.Join(cells, " & "), " ") + " \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	if notes := allNotes(t, "Bold", "$\\sim$", latexSpecial.Replace); len(notes) > 0 {
		b.WriteString("\n\\smallskip\n\\begin{minipage}{\\linewidth}\\footnotesize\n" + strings.Join(notes, "\\\\\n") + "\n\\end{minipage}\n")
	}
	b.WriteString("\\end{table}\n")
	_, err := io.WriteString(out, b.String())
	return err
}

func latexCell(c Cell) string {
	text := latexSpecial.Replace(c.shown(" "))
	switch {
	case c.Best:
		return "\\textbf{" + text + "}"
	case c.Close:
		return text + "\\rlap{$^{\\sim}$}"
	}
	return text
}

// allNotes returns the notes and, before them, what the marks mean; best and
// closest are how the format marks them.
func allNotes(t Table, best, closest string, escape func(string) string) []string {
	var anyBest, anyClose, lower bool
	for _, row := range t.Rows {
		for i, c := range row.Cells {
			anyBest, anyClose = anyBest || c.Best, anyClose || c.Close
			lower = lower || c.Close && t.Columns[i].Lower
		}
	}
	var marks []string
	if anyBest {
		marks = append(marks, best+escape(": best measured of its column."))
	}
	if anyClose && lower {
		marks = append(marks, closest+escape(": not significantly worse."))
	} else if anyClose {
		marks = append(marks, closest+escape(": not significantly below it."))
	}
	var notes []string
	if len(marks) > 0 {
		notes = append(notes, strings.Join(marks, " "))
	}
	for _, n := range t.Notes {
		notes = append(notes, escape(n))
	}
	return notes
}
