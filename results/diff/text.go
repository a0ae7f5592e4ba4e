package diff

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"assay/internal/format"
	"assay/internal/markup"
	"assay/results"
	"assay/results/compare"
)

// Write writes the report for a terminal, with the papers of the first rule that
// both runs have.
func Write(out io.Writer, r Report) error {
	var b strings.Builder
	r.writeHead(&b)
	if r.Papers != nil {
		b.WriteString("\n" + commonPapers(r.Papers) + "\n")
	}
	if r.NoScores != "" {
		b.WriteString("\nNo scores to compare: " + r.NoScores + ".\n")
	}
	for _, d := range r.Rules {
		writeRule(&b, d)
	}
	for _, d := range r.Rules {
		if d.OnlyIn == "" {
			writePapers(&b, d)
			break
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (r Report) writeHead(b *strings.Builder) {
	w := newTabs(b)
	for i, s := range []Side{r.A, r.B} {
		fmt.Fprintf(w, "%c\t%s\t%s, seed %d, %s", 'A'+i, s.Run, s.Model, s.Seed, s.State)
		if s.Error != "" {
			fmt.Fprintf(w, ": %s", markup.Line(s.Error))
		}
		fmt.Fprintln(w)
	}
	flush(w)
	switch {
	case r.A.Run == r.B.Run:
		b.WriteString("\nA and B are the same run.\n")
	case r.Identical:
		b.WriteString("\nThe runs are identical: the same configuration, data and code, and the same predictions to the bit.\n")
	case r.SamePredictions:
		b.WriteString("\nThe predictions are the same to the bit.\n")
	}
	for _, section := range []struct {
		title   string
		changes []Change
	}{{"Configuration", r.Configuration}, {"Data", r.Data}, {"Code", r.Code}, {"Machine and cost", r.Machine}} {
		if len(section.changes) == 0 {
			fmt.Fprintf(b, "\n%s: no difference\n", section.title)
			continue
		}
		fmt.Fprintf(b, "\n%s\n", section.title)
		w := newTabs(b)
		for _, c := range section.changes {
			fmt.Fprintf(w, "  %s\t%s → %s\n", markup.Line(c.Key), markup.Line(shown(c.Key, c.A)), markup.Line(shown(c.Key, c.B)))
		}
		flush(w)
	}
}

// shown is a fact's value for people: a 0 in the words of its key.
func shown(key, value string) string {
	for _, k := range []string{strings.TrimPrefix(key, "model."), "corpus." + key} {
		if word, ok := results.ZeroMeans(k); ok && value == "0" {
			return word
		}
	}
	return value
}

// commonPapers says in words on which papers the runs are compared.
func commonPapers(c *compare.CommonPapers) string {
	text := fmt.Sprintf("Test papers: %s, the same for both.", format.Thousands(c.Both))
	if c.Whole() {
		return text
	}
	text = fmt.Sprintf("Test papers: %s of both runs, on which alone they are compared.\n ", format.Thousands(c.Both))
	if c.Both == 0 {
		text = "Test papers: none of both runs."
	}
	text += fmt.Sprintf(" Left out: %s of A alone, %s of B alone", format.Thousands(c.OnlyA), format.Thousands(c.OnlyB))
	if c.OtherTruth > 0 {
		text += fmt.Sprintf(", %s whose true categories differ", format.Thousands(c.OtherTruth))
	}
	if c.Both > 0 {
		text += ". Master F1 is not known for a part of the papers"
	}
	return text + "."
}

func writeRule(b *strings.Builder, d compare.RulePair) {
	if d.OnlyIn != "" {
		fmt.Fprintf(b, "\nRule %s: %s alone has it\n", d.Rule, strings.ToUpper(d.OnlyIn))
		return
	}
	b.WriteString("\n")
	const line = "%-18s %8s %8s %8s\n"
	fmt.Fprintf(b, line, "Rule "+d.Rule, "A", "B", "B − A")
	for _, s := range d.Scores {
		if s.Metric == "threshold" {
			fmt.Fprintf(b, "%-18s %8s %8s\n", "  threshold", fmt.Sprintf("%.4g", s.A), fmt.Sprintf("%.4g", s.B))
			continue
		}
		m, _ := compare.Lookup(s.Metric)
		fmt.Fprintf(b, line, "  "+m.Title, fmt.Sprintf("%.2f", 100*s.A), fmt.Sprintf("%.2f", 100*s.B), points(s.Points))
	}
	fmt.Fprintf(b, "  F1, B − A: %s points, 95 %% interval [%s, %s], p = %s by paired bootstrap over papers%s\n",
		points(100*d.F1.Difference), points(100*d.F1.Interval.Low), points(100*d.F1.Interval.High), pValue(d.F1.P), verdict(d.F1.P))
	fmt.Fprintf(b, "  F1 of a paper: A better on %s, B better on %s, equal on %s\n", format.Thousands(d.F1.ABetter), format.Thousands(d.F1.BBetter), format.Thousands(d.F1.Equal))
	fmt.Fprintf(b, "  All categories right: both %s, only A %s, only B %s, neither %s; McNemar p = %s%s\n",
		format.Thousands(d.Exact.Both), format.Thousands(d.Exact.OnlyA), format.Thousands(d.Exact.OnlyB), format.Thousands(d.Exact.Neither), pValue(d.Exact.McNemar), verdict(d.Exact.McNemar))
}

func writePapers(b *strings.Builder, d compare.RulePair) {
	if len(d.Papers) == 0 {
		return
	}
	fmt.Fprintf(b, "\nThe largest differences of a paper's F1, rule %s\n", d.Rule)
	for _, p := range d.Papers {
		fmt.Fprintf(b, "  %s  A %.2f, B %.2f\n", p.ID, 100*p.F1A, 100*p.F1B)
		for _, line := range []struct {
			who    string
			labels []string
		}{{"true", p.Truth}, {"A", p.A}, {"B", p.B}} {
			labels := strings.Join(line.labels, ", ")
			if labels == "" {
				labels = "–"
			}
			fmt.Fprintf(b, "    %-4s  %s\n", line.who, labels)
		}
	}
}

func points(x float64) string {
	s := fmt.Sprintf("%+.2f", x)
	if s == "-0.00" || s == "+0.00" {
		return "0.00"
	}
	return strings.Replace(s, "-", "−", 1)
}

func pValue(p float64) string {
	if p < 0.0001 {
		return fmt.Sprintf("%.1e", p)
	}
	return fmt.Sprintf("%.2g", p)
}

func verdict(p float64) string {
	if p < 1-compare.Level {
		return ""
	}
	return " (not significant)"
}

func newTabs(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

// flush empties w into memory, which cannot fail.
func flush(w *tabwriter.Writer) { _ = w.Flush() }
