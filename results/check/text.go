package check

import (
	"fmt"
	"io"
	"strings"

	"assay/internal/markup"
)

// WriteText writes the report for a terminal: what did not pass, or with all
// every metric, then faults, changes and a count.
func WriteText(out io.Writer, r Report, all bool) error {
	var b strings.Builder
	if r.Updated {
		for _, c := range r.Changes {
			fmt.Fprintln(&b, c)
		}
		for _, line := range r.cannotFail() {
			fmt.Fprintf(&b, "%s: %s\n", CannotFail, line)
		}
		fmt.Fprintf(&b, "%s: %s\n", r.Baseline, updated(r))
		_, err := io.WriteString(out, b.String())
		return err
	}
	if rows := r.rows(all); len(rows) > 1 {
		writeColumns(&b, rows)
		b.WriteByte('\n')
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "%s: %s\n", f.Verdict, markup.Line(f.String()))
	}
	if !all {
		for _, line := range r.cannotFail() {
			fmt.Fprintf(&b, "%s: %s\n", CannotFail, line)
		}
	}
	if len(r.Faults) > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s against %s: %s\n", r.Experiment, r.Baseline, r.summary())
	_, err := io.WriteString(out, b.String())
	return err
}

func updated(r Report) string {
	if len(r.Changes) == 0 {
		return "nothing changed"
	}
	return "written"
}

// summary is the verdict and the count: "regression: 3 of 80 metrics, 77 pass".
func (r Report) summary() string {
	text := string(r.Verdict)
	if n := len(r.Comparisons); n > 0 {
		var parts []string
		for _, v := range counted {
			if k := r.Counts[v]; k > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", k, v))
			}
		}
		text += fmt.Sprintf(" (of %d metrics %s)", n, strings.Join(parts, ", "))
	}
	if r.Verdict == Improvement {
		text += "; --update makes it the new baseline"
	}
	return text
}

// cannotFail names the first metrics that cannot fail, and how many there are.
func (r Report) cannotFail() []string {
	const most = 3
	var lines []string
	for _, c := range r.Comparisons {
		if c.Verdict == CannotFail {
			lines = append(lines, c.describe())
		}
	}
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most], fmt.Sprintf("and %d more; --verbose shows all", more))
	}
	return lines
}

var header = []string{"Model", "Rule", "Metric", "Baseline", "Now", "Difference", "Tolerance", "Verdict"}

// rows are the header and the comparisons to show: those that passed or cannot
// fail only where all are wanted, those that a fault explains never.
func (r Report) rows(all bool) [][]string {
	rows := [][]string{header}
	for _, c := range r.Comparisons {
		if c.Verdict.rank() <= Pass.rank() && !all || c.byFault() {
			continue
		}
		m, _ := lookup(c.Metric)
		now, difference := "–", "–"
		if c.Now != nil {
			now, difference = m.show(*c.Now), m.showDifference(*c.Difference)
		}
		tolerance, verdict := m.show(c.Allowed), string(c.Verdict)
		if c.P != nil {
			tolerance += fmt.Sprintf(" (p = %.3g)", *c.P)
		}
		if c.Reason != "" {
			verdict += ": " + c.Reason
		}
		rows = append(rows, []string{c.Model, c.Rule, c.Metric, m.show(c.Baseline), now, difference, tolerance, verdict})
	}
	return rows
}

// writeColumns aligns rows, numbers to the right, two spaces apart.
func writeColumns(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(header))
	for _, row := range rows {
		for i, cell := range row {
			cell = markup.Line(cell)
			row[i], widths[i] = cell, max(widths[i], markup.Width(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-markup.Width(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if numeric(i) {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

func numeric(column int) bool { return column >= 3 && column <= 6 }

// WriteMarkdown writes the report as a summary of a page, such as the one that
// $GITHUB_STEP_SUMMARY names.
func WriteMarkdown(out io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### assay check %s: %s\n\n", markup.Markdown(r.Experiment), r.Verdict)
	fmt.Fprintf(&b, "Against `%s`: %s\n", strings.ReplaceAll(r.Baseline, "`", "'"), markup.Markdown(r.summary()))
	if len(r.Faults)+r.Counts[CannotFail] > 0 {
		b.WriteByte('\n')
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "- **%s**: %s\n", f.Verdict, markup.Markdown(f.String()))
	}
	for _, line := range r.cannotFail() {
		fmt.Fprintf(&b, "- **%s**: %s\n", CannotFail, markup.Markdown(line))
	}
	if rows := r.rows(false); len(rows) > 1 {
		b.WriteByte('\n')
		for i, row := range rows {
			b.WriteByte('|')
			for _, cell := range row {
				b.WriteString(" " + markup.Markdown(cell) + " |")
			}
			b.WriteByte('\n')
			if i == 0 {
				b.WriteString("|---|---|---|---:|---:|---:|---:|---|\n")
			}
		}
	}
	if r.Updated {
		fmt.Fprintf(&b, "\nThe baseline: %s.\n\n", updated(r))
		for _, c := range r.Changes {
			fmt.Fprintf(&b, "- %s\n", markup.MarkdownLine(c.String()))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
