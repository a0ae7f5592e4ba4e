package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"assay/internal/format"
	"assay/results"
	"assay/results/compare"
)

// absent fills the cell of a number that there is not.
const absent = "–"

// layout makes the usual table of a comparison.
type layout struct {
	*compare.Comparison
	intervals Intervals
}

// place is a column with what it takes to fill it.
type place struct {
	Column
	metric     int  // index into Comparison.Metrics; −1 for model, rule and n
	difference bool // of the metric from the published one
}

// table makes the neutral table.
func (c layout) table() Table {
	places := c.places()
	t := Table{Caption: c.caption(c.Options.Name), Notes: c.allNotes()}
	for _, p := range places {
		t.Columns = append(t.Columns, p.Column)
	}
	last := map[string]int{} // group of each model
	for i, g := range c.Groups {
		last[g.Model.Name] = i
	}
	for i, g := range c.Groups {
		first := len(t.Rows)
		for _, row := range g.Rows {
			t.Rows = append(t.Rows, c.measuredRow(places, g, row))
		}
		for _, s := range []compare.Outcome{compare.Failed, compare.Interrupted, compare.Running, compare.Missing, compare.Damaged} {
			if seeds := seedsOf(g, s); len(seeds) > 0 {
				t.Rows = append(t.Rows, plainRow(places, s, g.Label, fmt.Sprintf("%s: %s", s, listSeeds(seeds))))
			}
		}
		if last[g.Model.Name] == i {
			t.Rows = append(t.Rows, c.publishedRows(places, g.Model.Name)...)
		}
		for j := first + 1; j < len(t.Rows); j++ {
			t.Rows[j].Cells[0].Repeats = t.Rows[j].Cells[0].Text == t.Rows[j-1].Cells[0].Text
		}
	}
	var names []string
	for _, p := range c.Options.Published {
		if !c.hasModel(p.Model) && !slices.Contains(names, p.Model) {
			names = append(names, p.Model)
			t.Rows = append(t.Rows, c.publishedRows(places, p.Model)...)
		}
	}
	return t
}

// places returns the columns: differences stand beside the score that others
// published.
func (c layout) places() []place {
	out := []place{
		{Column: Column{Key: "model", Title: "Model"}, metric: -1},
		{Column: Column{Key: "rule", Title: "Rule"}, metric: -1},
	}
	for j, m := range c.Metrics {
		out = append(out, place{Column: columnOf(m), metric: j})
		if slices.ContainsFunc(c.Options.Published, func(p compare.Published) bool {
			_, ok := m.Published(p)
			return ok && c.hasModel(p.Model)
		}) {
			unit := points
			if m.Unit == compare.Nats {
				unit = signedNats
			}
			out = append(out, place{Column: Column{Key: m.Key + "_difference", Title: "Δ", Unit: unit, Numeric: true}, metric: j, difference: true})
		}
	}
	return append(out, place{Column: Column{Key: "n", Title: "n", Unit: "runs", Numeric: true}, metric: -1})
}

func (c layout) hasModel(name string) bool {
	return slices.ContainsFunc(c.Groups, func(g *compare.Group) bool { return g.Model.Name == name })
}

func (c layout) measuredRow(places []place, g *compare.Group, row *compare.Row) Row {
	out := plainRow(places, compare.Measured, g.Label, row.Rule.String())
	for i, p := range places {
		cell := &out.Cells[i]
		switch {
		case p.Key == "n":
			cell.Text = fmt.Sprint(len(row.Runs))
			if len(row.Seeds) < len(g.Trials) {
				cell.Text += fmt.Sprintf("/%d", len(g.Trials))
			}
			cell.Number = &compare.Number{Value: float64(len(row.Runs))}
		case p.metric < 0 || row.Values[p.metric] == nil:
		case p.difference:
			for _, published := range c.Options.Published {
				if v, ok := c.Metrics[p.metric].Published(published); ok && published.Model == g.Model.Name {
					difference := row.Values[p.metric].Value - v
					if p.Unit == points {
						difference *= 100
					}
					cell.Text, cell.Number = show(p.Unit, difference), &compare.Number{Value: difference}
					break
				}
			}
		default:
			c.fill(cell, row, p.metric)
		}
	}
	return out
}

// fill shows the value of metric j, its intervals, and whether it is the best.
func (c layout) fill(cell *Cell, row *compare.Row, j int) {
	n, m := row.Values[j], c.Metrics[j]
	cell.Text, cell.Number = show(string(m.Unit), n.Value), n
	cell.Best, cell.Close = row.Best[j], row.Close[j]
	if !m.Score {
		return
	}
	seeds, papers := c.intervals.of(n)
	if seeds {
		cell.Interval = show(string(m.Unit), *n.HalfWidth)
	}
	if papers {
		cell.Range = "[" + show(string(m.Unit), n.Papers.Low) + ", " + show(string(m.Unit), n.Papers.High) + "]"
	}
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

func (c layout) publishedRows(places []place, model string) []Row {
	var rows []Row
	for _, published := range c.Options.Published {
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
			if v, ok := c.Metrics[p.metric].Published(published); ok {
				row.Cells[i].Text, row.Cells[i].Number = show(p.Unit, v), &compare.Number{Value: v}
				shown = true
			}
		}
		if shown {
			rows = append(rows, row)
		}
	}
	return rows
}

func seedsOf(g *compare.Group, o compare.Outcome) []uint64 {
	var seeds []uint64
	for _, t := range g.Trials {
		if t.Outcome == o {
			seeds = append(seeds, t.Run.Seed)
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
func (c layout) caption(name string) string {
	var parts []string
	if name != "" {
		parts = append(parts, name)
	}
	runs := c.Done()
	if len(runs) == 0 {
		return strings.Join(append(parts, "no finished run"), ": ")
	}
	d := runs[0].Data
	var facts []string
	if d.Name != "" {
		facts = append(facts, d.Name)
	}
	if n := span(runs, func(d results.Data) int { return d.Outside }); n != "0" && c.Options.Exclusive {
		facts = append(facts, n+" of none or several of the topics left out")
	} else if n != "0" {
		facts = append(facts, n+" without a category left out")
	}
	if d.Labels > 0 && c.Options.Exclusive {
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

// span is the range of a count over the runs, which differs between seeds where
// each draws its own papers.
func span(runs []results.Run, get func(results.Data) int) string {
	low, high := math.MaxInt, 0
	for _, r := range runs {
		low, high = min(low, get(r.Data)), max(high, get(r.Data))
	}
	if low == high {
		return format.Thousands(low)
	}
	return format.Thousands(low) + "–" + format.Thousands(high)
}
