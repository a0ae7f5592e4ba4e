package mistakes

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/format"
)

// summary writes what stands before the papers.
func (w *page) summary() {
	s := w.r.Summary
	of := "test papers"
	if w.r.Label != "" {
		of = "test papers that carry " + w.r.Label + " or were given it"
	}
	are := "are"
	if s.Wrong == 1 {
		are = "is"
	}
	switch {
	case s.Papers == 0:
		w.paragraph("There are no " + of + ".")
		return
	case w.r.OneLabel:
		w.paragraph(fmt.Sprintf("%s of %s %s %s wrong (%s). Mean confidence: %s where right, %s where wrong.",
			format.Thousands(s.Wrong), format.Thousands(s.Papers), of, are, share(s.Wrong, s.Papers), mean(s.Right), mean(s.Extra)))
	case w.r.Label != "":
		w.paragraph(fmt.Sprintf("Of %s %s, it was missed on %s and is extra on %s (%s wrong). Mean probability: %s where right, %s where missed, %s where extra.",
			format.Thousands(s.Papers), of, format.Thousands(s.Missed.Labels), format.Thousands(s.Extra.Labels), share(s.Wrong, s.Papers), mean(s.Right), mean(s.Missed), mean(s.Extra)))
	default:
		w.paragraph(fmt.Sprintf("%s of %s %s %s wrong (%s): %s with labels missed, %s with extra labels, %s with both.",
			format.Thousands(s.Wrong), format.Thousands(s.Papers), of, are, share(s.Wrong, s.Papers), format.Thousands(s.MissedOnly), format.Thousands(s.ExtraOnly), format.Thousands(s.Both)))
		w.paragraph(fmt.Sprintf("Of %s that papers carry, %s were predicted (right) and %s were not (missed); %s others were predicted (extra). Mean probability: %s where right, %s where missed, %s where extra.",
			format.Count(s.Right.Labels+s.Missed.Labels, "label"), format.Thousands(s.Right.Labels), format.Thousands(s.Missed.Labels), format.Thousands(s.Extra.Labels), mean(s.Right), mean(s.Missed), mean(s.Extra)))
	}
	w.confusions()
	w.bins()
}

func mean(t Tally) string {
	if t.Mean == nil {
		return "–"
	}
	return percent(*t.Mean)
}

// confusions writes the matrix, or what is confused most often.
func (w *page) confusions() {
	s := w.r.Summary
	if s.Matrix != nil {
		w.head("True labels down, predicted ones across")
		var rows [][]string
		for i, counts := range s.Matrix {
			row := []string{s.Labels[i]}
			all := 0
			for _, n := range counts {
				row = append(row, format.Thousands(n))
				all += n
			}
			rows = append(rows, append(row, share(all-counts[i], all)))
		}
		w.table(append(append([]string{""}, s.Labels...), "wrong"), rows, 1)
		return
	}
	if len(s.Confusions) > 0 {
		var rows [][]string
		for _, c := range s.Confusions {
			rows = append(rows, []string{c.True, c.Predicted, format.Thousands(c.Papers)})
		}
		if w.r.OneLabel {
			w.head("Most frequent confusions")
			w.table([]string{"is", "predicted", "papers"}, rows, 2)
		} else {
			w.head("Most frequent confusions, of a missed label with an extra one")
			w.table([]string{"missed", "extra", "papers"}, rows, 2)
		}
	}
	var rows [][]string
	for _, l := range s.ByLabel {
		rows = append(rows, []string{l.Label, format.Thousands(l.Carried), format.Thousands(l.Missed), share(l.Missed, l.Carried), format.Thousands(l.Extra)})
	}
	if len(rows) > 0 {
		w.head("Labels with the most errors")
		w.table([]string{"label", "carried", "missed", "share", "extra"}, rows, 1)
	}
}

// bins writes how errors and probabilities go together.
func (w *page) bins() {
	var rows [][]string
	for _, b := range w.r.Summary.Bins {
		if b.Right+b.Extra+b.Missed == 0 || w.r.OneLabel && b.Right+b.Extra == 0 {
			continue
		}
		row := []string{fmt.Sprintf("%.0f–%.0f %%", 100*b.Low, 100*b.High)}
		if w.r.OneLabel {
			row = append(row, format.Thousands(b.Right+b.Extra), format.Thousands(b.Extra))
		} else {
			row = append(row, format.Thousands(b.Right), format.Thousands(b.Missed), format.Thousands(b.Extra))
		}
		rows = append(rows, append(row, share(b.Extra, b.Right+b.Extra)))
	}
	if w.r.OneLabel {
		w.head("Errors by confidence")
		w.table([]string{"confidence", "papers", "wrong", "share"}, rows, 1)
		return
	}
	w.head("Labels by the probability that the run gave them")
	w.table([]string{"probability", "right", "missed", "extra", "extra of predicted"}, rows, 1)
}

// notes say what words are, and what is amiss.
func (w *page) notes() {
	var notes []string
	if f := w.r.Words; f != nil {
		what := "the " + strings.ReplaceAll(f.Fields, "+", " and the ")
		if f.First > 0 {
			what = fmt.Sprintf("the first %s %s of %s", format.Thousands(f.First), f.Terms, what)
		}
		how := "the number after “for” and a label is how often the paper uses words that speak for that label. The surest of them follow, each with its own uses."
		if w.r.Paper != nil {
			how = "“papers of it” and “others” are the training papers that use the word."
		}
		notes = append(notes, fmt.Sprintf("Words: %s A word speaks for a label if, of the %s training papers, a larger share of the label's than of all others has it in %s (log-odds ratio with a Dirichlet prior, z ≥ %v).",
			how, format.Thousands(f.Train), what, Speaking))
	}
	if !w.r.OneLabel && slices.ContainsFunc(w.r.Shown(), func(p *Paper) bool { return p.Wrong }) {
		of := "its worst decision"
		if w.r.Label != "" {
			of = "the decision on " + w.r.Label
		}
		notes = append(notes, "How sure an error is: of "+of+", the probability of an extra label, or what is left to 100 % of a missed one.")
	}
	for i, n := range append(notes, w.r.Notes...) {
		if i == 0 {
			w.gap()
		}
		w.paragraph(n)
	}
}

// explain writes a paper with all words that speak for its labels.
func (w *page) explain(p *Paper) {
	if w.markdown {
		w.head(w.escape(p.ID))
		if p.Title != "" {
			w.paragraph(p.Title)
		}
		if w.r.OneLabel {
			w.paragraph("Predicted: " + w.verdict(p) + ".")
		} else {
			w.paragraph("How it fared: " + w.verdict(p) + ".")
		}
		for _, l := range w.lists(p) {
			w.line("- %s: %s", l[0], w.escape(l[1]))
		}
	} else {
		w.line("\n%s  %s", p.ID, w.verdict(p))
		w.body(p)
	}
	for _, s := range p.Speaks {
		if len(s.Words) == 0 {
			w.head(w.escape(s.Label) + ": no word of the paper speaks for it")
			continue
		}
		w.head(fmt.Sprintf("%s: %s of %s that speak for it", w.escape(s.Label), format.Count(s.Uses, "use"), format.Count(len(s.Words), "word")))
		var rows [][]string
		for _, x := range s.Words {
			rows = append(rows, []string{x.Word, fmt.Sprint(x.Uses), fmt.Sprintf("%.1f", x.Z), fmt.Sprintf("%.2f", x.LogOdds), format.Thousands(int(x.Papers)), format.Thousands(int(x.Elsewhere))})
		}
		w.table([]string{"word", "uses", "z", "log odds", "papers of it", "others"}, rows, 1)
	}
}
