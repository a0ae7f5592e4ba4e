package mistakes

import (
	"fmt"
	"strings"

	"assay/internal/markup"
)

const (
	lineWidth = 80 // columns of a terminal's line
	fewWords  = 8  // the surest words for a label that it shows
)

// page writes a report for a reader, as text or as Markdown.
type page struct {
	r        *Report
	b        *strings.Builder
	markdown bool
}

func (w *page) write() {
	title := w.r.name() + ", rule " + w.r.Rule.String()
	if w.r.Rule.NeedsValidation() {
		title += " (threshold " + threshold(w.r.Threshold) + ")"
	}
	if w.markdown {
		w.line("# Errors of %s\n", w.escape(title))
	} else {
		w.wrap(title, "", "  ")
	}
	if w.r.Data != "" {
		w.paragraph(w.r.Data)
	}
	if w.r.Paper != nil {
		w.explain(w.r.Paper)
		w.notes()
		return
	}
	w.gap()
	w.summary()
	w.notes()
	most := "Most sure errors"
	if len(w.r.MostSure) == w.r.Summary.Wrong {
		most = "All errors, the most sure first"
	}
	w.papers(most, w.r.MostSure)
	w.papers("Least sure errors", w.r.LeastSure)
}

func (w *page) line(format string, args ...any) { fmt.Fprintf(w.b, format+"\n", args...) }

// gap leaves a line free, where none is.
func (w *page) gap() {
	if !strings.HasSuffix(w.b.String(), "\n\n") {
		w.line("")
	}
}

// head begins a section.
func (w *page) head(text string) {
	w.gap()
	if w.markdown {
		w.line("## %s\n", text)
		return
	}
	w.line("%s", text)
}

func (w *page) escape(s string) string {
	if w.markdown {
		return markup.Markdown(s)
	}
	return s
}

// paragraph writes prose, wrapped for a terminal.
func (w *page) paragraph(text string) {
	if w.markdown {
		w.line("%s\n", markup.MarkdownLine(text))
		return
	}
	w.wrap(text, "", "")
}

// wrap breaks text into lines, the first after one indent, the others after another.
// A percent sign, and the sign that there is more, stay with what they follow.
func (w *page) wrap(text, first, others string) {
	line, indent := "", first
	words := strings.Fields(text)
	for i, word := range words {
		wide := markup.Width(indent) + markup.Width(line) + 1 + markup.Width(word)
		if i+1 < len(words) && (words[i+1] == more || words[i+1][0] == '%') {
			wide += 1 + markup.Width(words[i+1])
		}
		if line != "" && wide > lineWidth {
			w.line("%s%s", indent, line)
			line, indent = "", others
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	w.line("%s%s", indent, line)
}

// table writes a table; all but the first left columns are numbers.
func (w *page) table(titles []string, rows [][]string, left int) {
	if len(rows) == 0 {
		return
	}
	if w.markdown {
		w.markdownTable(titles, rows, left)
		return
	}
	widths := make([]int, len(titles))
	for _, row := range append([][]string{titles}, rows...) {
		for i, c := range row {
			widths[i] = max(widths[i], markup.Width(c))
		}
	}
	for _, row := range append([][]string{titles}, rows...) {
		text := "  "
		for i, c := range row {
			fill := strings.Repeat(" ", widths[i]-markup.Width(c))
			if i < left {
				text += c + fill
			} else {
				text += fill + c
			}
			text += "  "
		}
		w.line("%s", strings.TrimRight(text, " "))
	}
}

func (w *page) markdownTable(titles []string, rows [][]string, left int) {
	row := func(cells []string) {
		var out []string
		for _, c := range cells {
			out = append(out, w.escape(c))
		}
		w.line("| %s |", strings.Join(out, " | "))
	}
	row(titles)
	text := "|"
	for i := range titles {
		if i < left {
			text += ":--|"
		} else {
			text += "--:|"
		}
	}
	w.line("%s", text)
	for _, r := range rows {
		row(r)
	}
}

// papers writes a list of errors.
func (w *page) papers(title string, papers []Paper) {
	if len(papers) == 0 {
		return
	}
	w.head(title)
	for i := range papers {
		p := &papers[i]
		if w.markdown {
			w.item(i+1, p)
			continue
		}
		w.line("%3d. %s  %s", i+1, p.ID, w.verdict(p))
		w.body(p)
		w.speaks(p)
	}
}

// verdict says in a few words what was predicted.
func (w *page) verdict(p *Paper) string {
	switch {
	case w.r.OneLabel && !p.Wrong:
		return fmt.Sprintf("is %s, predicted %s: right, %s sure", p.True[0], p.Predicted[0], percent(*p.Confidence))
	case w.r.OneLabel:
		return fmt.Sprintf("is %s, predicted %s: wrong, %s sure", p.True[0], p.Predicted[0], percent(*p.Confidence))
	case !p.Wrong:
		return "all labels right"
	}
	return "wrong, " + percent(*p.Confidence) + " sure"
}

// lists are the labels of a paper of several, in words.
func (w *page) lists(p *Paper) (out [][2]string) {
	if w.r.OneLabel {
		return nil
	}
	for _, l := range []struct {
		name   string
		labels []Label
	}{{"missed", p.Missed}, {"extra", p.Extra}, {"right", p.Right}} {
		var texts []string
		for _, x := range l.labels {
			texts = append(texts, x.Label+" "+percent(x.Probability))
		}
		if len(texts) > 0 {
			out = append(out, [2]string{l.name, strings.Join(texts, ", ")})
		}
	}
	return out
}

const indent = "     " // of what stands below a paper's first line

// body writes a paper's title and its labels, where it has several.
func (w *page) body(p *Paper) {
	if p.Title != "" {
		w.wrap(p.Title, indent, indent)
	}
	for _, l := range w.lists(p) {
		w.wrap(l[1], fmt.Sprintf("%s%-6s  ", indent, l[0]), indent+"        ")
	}
}

// speaks writes a line for each label that words speak for.
func (w *page) speaks(p *Paper) {
	label, uses := 0, 0
	for _, s := range p.Speaks {
		label, uses = max(label, markup.Width(s.Label)), max(uses, len(fmt.Sprint(s.Uses)))
	}
	for _, s := range p.Speaks {
		fill := strings.Repeat(" ", label-markup.Width(s.Label))
		first := fmt.Sprintf("%sfor %s%s %*d", indent, s.Label, fill, uses, s.Uses)
		if len(s.Words) == 0 {
			w.line("%s", first)
			continue
		}
		w.wrap(s.list(fewWords, plainly), first+": ", strings.Repeat(" ", markup.Width(first)+2))
	}
}

// item is a paper in a Markdown list.
func (w *page) item(rank int, p *Paper) {
	first := fmt.Sprintf("%d. ", rank)
	title := "."
	if p.Title != "" {
		title = ": " + w.escape(p.Title)
	}
	w.line("%s**%s** (%s)%s", first, w.escape(p.ID), w.escape(w.verdict(p)), title)
	inside := strings.Repeat(" ", len(first)) // else it is a list of its own
	for _, l := range w.lists(p) {
		w.line("%s- %s: %s", inside, l[0], w.escape(l[1]))
	}
	for _, s := range p.Speaks {
		w.line("%s- for %s", inside, s.line(fewWords, w.escape))
	}
}
