package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/results"
	"assay/results/metrics"
)

// widestKeyed is the longest title of a column, in runes, that still names its
// keys; where one is longer all show the values alone.
const widestKeyed = 22

// layOut makes the neutral table.
func (p *pivot) layOut() Table {
	name := p.pivotName()
	if p.opt.Name != "" {
		name = p.opt.Name + ": " + name
	}
	p.opt.Name = name
	t := Table{Caption: p.caption(), Columns: p.columns(), Notes: p.pivotNotes()}
	flagged := p.anyFlagged()
	for i, row := range p.rows {
		out := Row{Status: p.status(row)}
		for k, v := range row.values {
			repeats := i > 0 && k+1 < len(row.values) && slices.Equal(p.rows[i-1].values[:k+1], row.values[:k+1])
			out.Cells = append(out.Cells, Cell{Text: v.String(), Raw: v.Raw, Repeats: repeats})
		}
		for j := range p.metrics {
			for _, col := range p.cols {
				out.Cells = append(out.Cells, p.cell(p.cells[[2]*pivotAxis{row, col}], j))
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
func (p *pivot) pivotName() string {
	var titles []string
	for _, m := range p.metrics {
		titles = append(titles, m.Title)
	}
	name := strings.Join(titles, ", ") + " by " + strings.Join(p.view.Rows, ", ")
	if len(p.view.Cols) > 0 {
		name += " (rows) and " + strings.Join(p.view.Cols, ", ") + " (columns)"
	}
	if p.rule != "" {
		name += ", rule " + p.rule
	}
	return name
}

func (p *pivot) columns() []Column {
	var out []Column
	for _, key := range p.view.Rows {
		title := key
		if slices.Contains(fixedKeys(), key) {
			title = strings.ToUpper(key[:1]) + key[1:]
		}
		out = append(out, Column{Key: key, Title: title})
	}
	titles := p.colTitles()
	for _, m := range p.metrics {
		for i, col := range p.cols {
			c := m.Column
			switch {
			case len(p.view.Cols) == 0:
			case len(p.metrics) == 1:
				c.Title = titles[i]
			default:
				c.Title += " " + titles[i]
			}
			if len(p.view.Cols) > 0 {
				c.Key += "@" + p.axisKey(col, p.view.Cols)
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
func (p *pivot) colTitles() []string {
	var keyed, bare []string
	longest := 0
	for _, col := range p.cols {
		var words []string
		for _, v := range col.values {
			words = append(words, v.String())
		}
		bare = append(bare, strings.Join(words, ", "))
		keyed = append(keyed, p.axisName(col, p.view.Cols))
		longest = max(longest, utf8.RuneCountInString(keyed[len(keyed)-1]))
	}
	if longest > widestKeyed {
		return bare
	}
	return keyed
}

// axisName is KEY=VALUE of each key.
func (p *pivot) axisName(a *pivotAxis, keys []string) string {
	var parts []string
	for i, key := range keys {
		parts = append(parts, key+"="+a.values[i].String())
	}
	return strings.Join(parts, ",")
}

// axisKey is axisName for programs, with the values as the runs have them.
func (p *pivot) axisKey(a *pivotAxis, keys []string) string {
	var parts []string
	for i, key := range keys {
		parts = append(parts, key+"="+cmp.Or(a.values[i].Raw, results.Unset))
	}
	return strings.Join(parts, ",")
}

// cellName names a cell in notes.
func (p *pivot) cellName(row, col *pivotAxis) string {
	var parts []string
	for _, v := range row.values {
		parts = append(parts, v.String())
	}
	name := strings.Join(parts, ", ")
	if len(col.values) > 0 {
		name += " at " + strings.ReplaceAll(p.axisName(col, p.view.Cols), ",", ", ")
	}
	return name
}

func (p *pivot) cell(c *pivotCell, j int) Cell {
	n := c.number(j)
	if n == nil {
		return Cell{Text: absent}
	}
	var out Cell
	if c.row != nil {
		p.fill(&out, c.row, j)
		return out
	}
	return Cell{Text: show(p.metrics[j].Unit, n.Value) + merged, Number: n}
}

// status is that of the row's trials: measured where one is.
func (p *pivot) status(row *pivotAxis) Status {
	first := Measured
	for _, col := range p.cols {
		c := p.cells[[2]*pivotAxis{row, col}]
		if c == nil {
			continue
		}
		if c.row != nil || c.numbers != nil {
			return Measured
		}
		if first == Measured {
			first = c.items[0].status
		}
	}
	return first
}

// pivotNotes explains what the table shows and names what it does not.
func (p *pivot) pivotNotes() []string {
	var notes []string
	if why := p.incomparable(); why != "" {
		notes = append(notes, "NOT COMPARABLE: "+why+"; no best is marked.")
	}
	if len(p.done()) > 0 {
		notes = append(notes, p.cellNote())
		notes = append(notes, p.mergedNotes()...)
		notes = append(notes, p.testNotes()...)
		notes = append(notes, p.pivotRuleNote())
	}
	notes = append(notes, twinNotes(p.done())...)
	notes = append(notes, p.unfinishedNotes()...)
	notes = append(notes, p.warningNotes()...)
	return append(notes, p.notes...)
}

// cellNote says what a cell is the mean of.
func (p *pivot) cellNote() string {
	var n [2]int
	var seeds, papers, empty bool
	for _, row := range p.rows {
		for _, col := range p.cols {
			c := p.cells[[2]*pivotAxis{row, col}]
			if c == nil || c.row == nil {
				empty = empty || c == nil || c.numbers == nil
				continue
			}
			widen(&n, len(c.row.Runs))
			for j, v := range c.row.values {
				showSeeds, showPapers := p.shows(v)
				seeds, papers = seeds || showSeeds && p.metrics[j].score, papers || showPapers
			}
		}
	}
	text := "Scores in percent, on the test papers."
	switch {
	case n[1] == 1:
		text += " A cell is one run."
	case n[1] > 1:
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
	for _, m := range p.metrics {
		if m.note != "" {
			text += " " + m.note + "."
		}
	}
	return text
}

func (p *pivot) pivotRuleNote() string {
	var parts, others []string
	for _, r := range rulesOf(p.done()) {
		if p.byRule() || r.String() == p.rule {
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
func (p *pivot) unfinishedNotes() []string {
	var reasons []string
	who := map[string]map[string][]uint64{} // seeds by reason and label
	labels := map[string][]string{}         // by reason, in order
	for _, g := range p.groups {
		for _, e := range g.entries {
			item := underRule(e, p.rule)
			if e.status == Measured && (p.byRule() || item.status == Measured) {
				continue
			}
			reason := string(item.status)
			if item.status != Running { // where it runs is no result
				reason += ": " + strings.TrimSuffix(oneLine(item.message), ".")
			}
			if who[reason] == nil {
				who[reason] = map[string][]uint64{}
				reasons = append(reasons, reason)
			}
			if who[reason][g.label] == nil {
				labels[reason] = append(labels[reason], g.label)
			}
			who[reason][g.label] = append(who[reason][g.label], item.run.Seed)
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
		notes = append(notes, fmt.Sprintf("%s %s: %s.", count(n, "run", "runs"), reason, strings.Join(parts, "; ")))
	}
	return notes
}

// warningNotes repeats what the runs warn of, each warning once.
func (p *pivot) warningNotes() []string {
	var warnings []string
	times := map[string]int{}
	first := map[string]string{}
	for _, g := range p.groups {
		for _, e := range g.entries {
			for _, w := range e.run.Warnings {
				if w = strings.TrimSuffix(oneLine(w), "."); times[w] == 0 {
					warnings = append(warnings, w)
					first[w] = fmt.Sprintf("%s, seed %d", g.label, e.run.Seed)
				}
				times[w]++
			}
		}
	}
	var notes []string
	for _, w := range warnings {
		who := first[w]
		if n := times[w] - 1; n > 0 {
			who += " and " + count(n, "other run", "other runs")
		}
		notes = append(notes, fmt.Sprintf("%s: %s.", who, w))
	}
	return notes
}
