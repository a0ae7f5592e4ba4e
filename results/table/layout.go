package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"assay/internal/numerals"
	"assay/results"
)

// absent fills the cell of a number that there is not.
const absent = "–"

// place is a column with what it takes to fill it.
type place struct {
	Column
	metric     int  // index into comparison.metrics; −1 for model, rule and n
	difference bool // of the metric from the published one
}

// layOut makes the neutral table.
func (c *comparison) layOut() Table {
	places := c.places()
	t := Table{Caption: c.caption(), Notes: c.allNotes()}
	for _, p := range places {
		t.Columns = append(t.Columns, p.Column)
	}
	last := map[string]int{} // group of each model
	for i, g := range c.groups {
		last[g.name] = i
	}
	for i, g := range c.groups {
		first := len(t.Rows)
		for _, row := range g.rows {
			t.Rows = append(t.Rows, c.measuredRow(places, g, row))
		}
		for _, s := range []Status{Failed, Interrupted, Running, Missing, Damaged} {
			if seeds := g.seeds(s); len(seeds) > 0 {
				t.Rows = append(t.Rows, plainRow(places, s, g.label, fmt.Sprintf("%s: %s", s, listSeeds(seeds))))
			}
		}
		if last[g.name] == i {
			t.Rows = append(t.Rows, c.publishedRows(places, g.name)...)
		}
		for j := first + 1; j < len(t.Rows); j++ {
			t.Rows[j].Cells[0].Repeats = t.Rows[j].Cells[0].Text == t.Rows[j-1].Cells[0].Text
		}
	}
	var names []string
	for _, p := range c.opt.Published {
		if !c.hasModel(p.Model) && !slices.Contains(names, p.Model) {
			names = append(names, p.Model)
			t.Rows = append(t.Rows, c.publishedRows(places, p.Model)...)
		}
	}
	return t
}

// places returns the columns: differences stand beside the score that others
// published.
func (c *comparison) places() []place {
	out := []place{
		{Column: Column{Key: "model", Title: "Model"}, metric: -1},
		{Column: Column{Key: "rule", Title: "Rule"}, metric: -1},
	}
	for j, m := range c.metrics {
		out = append(out, place{Column: m.Column, metric: j})
		if slices.ContainsFunc(c.opt.Published, func(p PublishedResult) bool {
			_, ok := p.score(m.Key)
			return ok && c.hasModel(p.Model)
		}) {
			unit := "points"
			if m.Unit == "nats" {
				unit = "signed nats"
			}
			out = append(out, place{Column: Column{Key: m.Key + "_difference", Title: "Δ", Unit: unit, Numeric: true}, metric: j, difference: true})
		}
	}
	return append(out, place{Column: Column{Key: "n", Title: "n", Unit: "runs", Numeric: true}, metric: -1})
}

func (c *comparison) hasModel(name string) bool {
	return slices.ContainsFunc(c.groups, func(g *group) bool { return g.name == name })
}

// score returns the published value of the metric, if there is one.
func (p PublishedResult) score(key string) (float64, bool) {
	v := math.NaN()
	switch key {
	case "f1":
		v = p.F1
	case "master_f1":
		v = p.MasterF1
	case exactKey, accuracyKey:
		v = p.Accuracy
	case "loss":
		v = p.Loss
	}
	return v, !math.IsNaN(v)
}

func (c *comparison) measuredRow(places []place, g *group, row *measured) Row {
	out := plainRow(places, Measured, g.label, row.rule.String())
	for i, p := range places {
		cell := &out.Cells[i]
		switch {
		case p.Key == "n":
			cell.Text = fmt.Sprint(len(row.Runs))
			if len(row.Seeds) < len(g.entries) {
				cell.Text += fmt.Sprintf("/%d", len(g.entries))
			}
			cell.Number = &Number{Value: float64(len(row.Runs))}
		case p.metric < 0 || row.values[p.metric] == nil:
		case p.difference:
			for _, published := range c.opt.Published {
				if v, ok := published.score(c.metrics[p.metric].Key); ok && published.Model == g.name {
					difference := row.values[p.metric].Value - v
					if p.Unit == "points" {
						difference *= 100
					}
					cell.Text, cell.Number = show(p.Unit, difference), &Number{Value: difference}
					break
				}
			}
		default:
			c.fill(cell, row, p.metric)
		}
	}
	return out
}

// fill shows the value of metric j, its intervals and its mark.
func (c *comparison) fill(cell *Cell, row *measured, j int) {
	n, m := row.values[j], c.metrics[j]
	cell.Text, cell.Number = show(m.Unit, n.Value), n
	cell.Best, cell.Close = row.best[j], row.close[j]
	if !m.score {
		return
	}
	seeds, papers := c.shows(n)
	if seeds {
		cell.Interval = show(m.Unit, *n.HalfWidth)
	}
	if papers {
		cell.Range = "[" + show(m.Unit, n.Papers.Low) + ", " + show(m.Unit, n.Papers.High) + "]"
	}
}

// shows says which of its intervals a number shows.
func (c *comparison) shows(n *Number) (seeds, papers bool) {
	seeds, papers = n != nil && n.HalfWidth != nil, n != nil && n.Papers != nil
	switch c.opt.Intervals {
	case "seeds":
		return seeds, false
	case "papers":
		return false, papers
	case "both":
		return seeds, papers
	case "none":
		return false, false
	}
	return seeds, papers && !seeds
}

// plainRow says model and rule, and that all else is absent.
func plainRow(places []place, s Status, model, rule string) Row {
	row := Row{Status: s, Cells: make([]Cell, len(places))}
	for i, p := range places {
		switch {
		case p.Key == "model":
			row.Cells[i].Text = model
		case p.Key == "rule":
			row.Cells[i].Text = rule
		case p.metric >= 0 && !p.difference:
			row.Cells[i].Text = absent
		}
	}
	return row
}

func (c *comparison) publishedRows(places []place, model string) []Row {
	var rows []Row
	for _, published := range c.opt.Published {
		if published.Model != model {
			continue
		}
		row := plainRow(places, Published, model, string(Published))
		shown := false
		for i, p := range places {
			if p.metric < 0 || p.difference {
				continue
			}
			row.Cells[i].Text = ""
			if v, ok := published.score(p.Key); ok {
				row.Cells[i].Text, row.Cells[i].Number = show(p.Unit, v), &Number{Value: v}
				shown = true
			}
		}
		if shown {
			rows = append(rows, row)
		}
	}
	return rows
}

func (g *group) seeds(s Status) []uint64 {
	var seeds []uint64
	for _, e := range g.entries {
		if e.status == s {
			seeds = append(seeds, e.run.Seed)
		}
	}
	return seeds
}

func listSeeds(seeds []uint64) string {
	if len(seeds) > 4 {
		return fmt.Sprintf("%d seeds", len(seeds))
	}
	var parts []string
	for _, s := range seeds {
		parts = append(parts, fmt.Sprint(s))
	}
	if len(parts) == 1 {
		return "seed " + parts[0]
	}
	return "seeds " + strings.Join(parts, ", ")
}

// caption names the comparison and its papers.
func (c *comparison) caption() string {
	var parts []string
	if c.opt.Name != "" {
		parts = append(parts, c.opt.Name)
	}
	runs := c.done()
	if len(runs) == 0 {
		return strings.Join(append(parts, "no finished run"), ": ")
	}
	d := runs[0].Data
	var facts []string
	if d.Name != "" {
		facts = append(facts, d.Name)
	}
	if n := span(runs, func(d results.Data) int { return d.Outside }); n != "0" && c.opt.Exclusive {
		facts = append(facts, n+" of none or several of the topics left out")
	} else if n != "0" {
		facts = append(facts, n+" without a category left out")
	}
	if d.Labels > 0 && c.opt.Exclusive {
		facts = append(facts, fmt.Sprintf("%d topics", d.Labels))
	} else if d.Labels > 0 {
		facts = append(facts, fmt.Sprintf("%d categories in %d master categories", d.Labels, d.Masters))
	}
	facts = append(facts, fmt.Sprintf("%s papers to train, %s to validate, %s to test",
		span(runs, func(d results.Data) int { return d.Train }),
		span(runs, func(d results.Data) int { return d.Validation }),
		span(runs, func(d results.Data) int { return d.Test })))
	return strings.Join(append(parts, strings.Join(facts, "; ")), ": ")
}

func (c *comparison) done() []results.Run {
	var runs []results.Run
	for _, g := range c.groups {
		runs = append(runs, g.done()...)
	}
	return runs
}

// span is the range of a count over the runs, which differs between seeds where
// each draws its own papers.
func span(runs []results.Run, get func(results.Data) int) string {
	low, high := math.MaxInt, 0
	for _, r := range runs {
		low, high = min(low, get(r.Data)), max(high, get(r.Data))
	}
	if low == high {
		return numerals.Thousands(low)
	}
	return numerals.Thousands(low) + "–" + numerals.Thousands(high)
}
