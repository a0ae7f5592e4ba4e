package table

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/format"
	"assay/internal/markup"
	"assay/results/compare"
	"assay/results/metrics"
)

// pivotNotes explains what the table shows and names what it does not.
func (p pivotLayout) pivotNotes() []string {
	var notes []string
	if why := p.Incomparable; why != "" {
		notes = append(notes, "NOT COMPARABLE: "+why+"; no best is marked.")
	}
	if len(p.Done()) > 0 {
		notes = append(notes, p.cellNote())
		notes = append(notes, p.mergedNotes()...)
		notes = append(notes, p.testNotes()...)
		notes = append(notes, p.pivotRuleNote())
	}
	notes = append(notes, twinNotes(p.Done())...)
	notes = append(notes, p.unfinishedNotes()...)
	notes = append(notes, p.warningNotes()...)
	return append(notes, p.Notes...)
}

// cellNote says what a cell is the mean of.
func (p pivotLayout) cellNote() string {
	var n compare.Span
	var seeds, papers, empty bool
	for _, row := range p.pivot.Rows {
		for _, col := range p.pivot.Cols {
			c := p.pivot.Cell(row, col)
			if c == nil || c.Row == nil {
				empty = empty || !c.Measured()
				continue
			}
			n.Add(len(c.Row.Runs))
			for j, v := range c.Row.Values {
				showSeeds, showPapers := p.intervals.of(v)
				seeds, papers = seeds || showSeeds && p.Metrics[j].Score, papers || showPapers
			}
		}
	}
	text := "Scores in percent, on the test papers."
	switch {
	case n.Most == 1:
		text += " A cell is one run."
	case n.Most > 1:
		text += fmt.Sprintf(" A cell is the mean of %s runs that differ in their seed alone.", countRange(n))
	}
	if seeds {
		text += " ±: 95 % t-interval of the mean over seeds."
	}
	if papers {
		text += " [ ]: 95 % bootstrap interval over papers, of the trained models as they are."
	}
	if empty {
		text += " " + absent + ": no finished run."
	}
	for _, m := range p.Metrics {
		if m.Note != "" {
			text += " " + m.Note + "."
		}
	}
	return text
}

func (p pivotLayout) pivotRuleNote() string {
	var parts, others []string
	for _, r := range compare.Rules(p.Done()) {
		if p.pivot.ByRule() || r.String() == p.pivot.Rule {
			parts = append(parts, describeRule(r))
		} else {
			others = append(others, r.String())
		}
	}
	text := "Rule " + strings.Join(parts, "; ") + "."
	if len(others) > 0 {
		text += " The runs have " + strings.Join(others, ", ") + ", too."
	}
	return text
}

func describeRule(r metrics.Rule) string { return fmt.Sprintf("%s: %s", r, r.Describe()) }

// unfinishedNotes names the trials without a result, those together of which the
// same is to be said.
func (p pivotLayout) unfinishedNotes() []string {
	var reasons []string
	who := map[string]map[string][]uint64{} // seeds by reason and label
	labels := map[string][]string{}         // by reason, in order
	for _, g := range p.Groups {
		for _, t := range g.Trials {
			if !p.pivot.ByRule() {
				t = t.Under(p.pivot.Rule)
			}
			if t.Outcome == compare.Measured {
				continue
			}
			reason := string(t.Outcome)
			if t.Outcome != compare.Running { // where it runs is no result
				reason += ": " + strings.TrimSuffix(markup.Line(t.Message), ".")
			}
			if who[reason] == nil {
				who[reason] = map[string][]uint64{}
				reasons = append(reasons, reason)
			}
			if who[reason][g.Label] == nil {
				labels[reason] = append(labels[reason], g.Label)
			}
			who[reason][g.Label] = append(who[reason][g.Label], t.Run.Seed)
		}
	}
	var notes []string
	for _, reason := range reasons {
		var parts []string
		n := 0
		for _, label := range labels[reason] {
			parts = append(parts, label+", "+listSeeds(who[reason][label]))
			n += len(who[reason][label])
		}
		notes = append(notes, fmt.Sprintf("%s %s: %s.", format.Count(n, "run"), reason, strings.Join(parts, "; ")))
	}
	return notes
}

// warningNotes repeats what the runs warn of, each warning once.
func (p pivotLayout) warningNotes() []string {
	var warnings []string
	times := map[string]int{}
	first := map[string]string{}
	for _, g := range p.Groups {
		for _, t := range g.Trials {
			for _, w := range t.Run.Warnings {
				if w = strings.TrimSuffix(markup.Line(w), "."); times[w] == 0 {
					warnings = append(warnings, w)
					first[w] = fmt.Sprintf("%s, seed %d", g.Label, t.Run.Seed)
				}
				times[w]++
			}
		}
	}
	var notes []string
	for _, w := range warnings {
		who := first[w]
		if n := times[w] - 1; n > 0 {
			who += " and " + format.Count(n, "other run")
		}
		notes = append(notes, fmt.Sprintf("%s: %s.", who, w))
	}
	return notes
}

// mergedNotes says what the flagged cells hide, those together that hide the
// same.
func (p pivotLayout) mergedNotes() []string {
	var texts []string
	cells := map[string][]string{}
	for _, row := range p.pivot.Rows {
		for _, col := range p.pivot.Cols {
			c := p.pivot.Cell(row, col)
			if c == nil || len(c.Hidden) == 0 {
				continue
			}
			var parts []string
			for _, h := range c.Hidden {
				parts = append(parts, fmt.Sprintf("%s (%s)", h.Key, h.List()))
			}
			text := strings.Join(parts, ", ")
			if cells[text] == nil {
				texts = append(texts, text)
			}
			cells[text] = append(cells[text], compare.CellName(row, col))
		}
	}
	const most = 4
	var notes []string
	for _, text := range texts {
		where := ""
		if len(texts) > 1 {
			names := cells[text]
			if len(names) > most+1 {
				names = append(slices.Clone(names[:most]), fmt.Sprintf("%d more cells", len(names)-most))
			}
			where = "; " + strings.Join(names, "; ")
		}
		notes = append(notes, merged+": the mean of runs that differ in "+text+", without interval and never the best"+where+".")
	}
	return notes
}
