package plot

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// Embeddings draws tables of word vectors against each other: models that differ
// in their table alone share a row, with a symbol and an interval for each table,
// and beside it the differences to the reference, "" for the first table. Models
// with one table alone are left out and counted; none to compare is an error of
// usage.
func Embeddings(runs []results.Run, opt Options, reference string) (Figure, error) {
	s, err := selectDone(runs, opt)
	if err != nil {
		return Figure{}, err
	}
	rule, err := s.rule()
	if err != nil {
		return Figure{}, err
	}
	rows, tables, alone := pairs(s.groups)
	if len(rows) == 0 {
		return Figure{}, fault.Usagef("plot: no two finished models differ in their word vectors alone, so that there is nothing to compare")
	}
	if reference == "" {
		reference = tables[0]
	}
	if !slices.Contains(tables, reference) {
		return Figure{}, fault.Usagef("plot: no compared model has the word vectors %q%s; there are %s", reference, suggest.Hint(reference, tables), strings.Join(tables, ", "))
	}
	d := tableDrawing{rows: rows, tables: tables, reference: reference, rule: rule}
	fig := Figure{Title: title(opt, s.runs), Columns: 2}
	for _, m := range s.metrics {
		fig.Panels = append(fig.Panels, d.scores(m), d.differences(m))
	}
	if !hasPoints(fig.Panels[0]) {
		return Figure{}, fault.Usagef("plot: no run has a value of %s by the rule %s", s.metrics[0].Key, rule)
	}
	fig.Notes = append([]string{"Decision: " + ruleWords(rule) + "."}, d.seen.notes("Symbols")...)
	if d.paired {
		fig.Notes = append(fig.Notes, "Differences: mean over the seeds that both have, with its paired 95 % interval (Student's t).")
	}
	if alone > 0 {
		fig.Notes = append(fig.Notes, format.Count(alone, "setting")+" without a partner on other vectors not shown.")
	}
	fig.Notes = append(fig.Notes, s.notes()...)
	return fig, nil
}

// row is a model with each of its tables.
type row struct {
	label  string
	groups map[string]*group // by table
}

// pairs joins groups that differ in their table of word vectors alone. Tables
// are in the order of their first appearance.
func pairs(groups []*group) (rows []*row, tables []string, alone int) {
	var members [][]*group
	for _, g := range groups {
		if _, ok := g.Params["embeddings"]; !ok {
			continue
		}
		i := slices.IndexFunc(members, func(m []*group) bool { return partners(m[0], g) })
		if i < 0 {
			members = append(members, []*group{g})
			continue
		}
		members[i] = append(members[i], g)
	}
	var firsts []*group
	for _, m := range members {
		r := &row{groups: map[string]*group{}}
		var names []string
		for _, g := range m {
			table := g.value("embeddings")
			if r.groups[table] == nil {
				r.groups[table] = g
				names = append(names, g.Model.Name)
			}
		}
		if len(r.groups) < 2 {
			alone += len(m)
			continue
		}
		for _, g := range m {
			tables = append(tables, g.value("embeddings"))
		}
		r.label = sharedName(unique(names))
		rows, firsts = append(rows, r), append(firsts, m[0])
	}
	tellApart(rows, firsts)
	return rows, unique(tables), alone
}

// partners reports whether groups differ in their word vectors alone.
func partners(a, b *group) bool {
	if a.Model.Kind != b.Model.Kind || a.Model.Backend != b.Model.Backend {
		return false
	}
	return !slices.ContainsFunc(differing([]*group{a, b}), func(k string) bool {
		table, _, _ := strings.Cut(k, ".")
		return table != "embeddings"
	})
}

// sharedName is what models' names begin with: "LR" of "LR on FastText" and "LR
// on GloVe"; all of them where that is nothing.
func sharedName(names []string) string {
	first := strings.Fields(names[0])
	n := len(first)
	for _, name := range names[1:] {
		w := strings.Fields(name)
		n = min(n, len(w))
		for i := range n {
			if w[i] != first[i] {
				n = i
				break
			}
		}
	}
	for n > 0 && len(names) > 1 && slices.Contains([]string{"on", "with", "and", "by", "from", "–", "-", "+"}, first[n-1]) {
		n--
	}
	if n == 0 {
		return strings.Join(names, " / ")
	}
	return strings.TrimRight(strings.Join(first[:n], " "), " ,:(")
}

// tellApart adds to equal labels the settings in which their rows differ.
func tellApart(rows []*row, firsts []*group) {
	same := map[string][]*group{}
	for i, r := range rows {
		same[r.label] = append(same[r.label], firsts[i])
	}
	for i, r := range rows {
		var parts []string
		for _, k := range differing(same[r.label]) {
			if table, _, _ := strings.Cut(k, "."); table != "embeddings" {
				parts = append(parts, firsts[i].describe(k))
			}
		}
		if len(parts) > 0 {
			r.label += " (" + strings.Join(parts, ", ") + ")"
		}
	}
}

type tableDrawing struct {
	rows      []*row
	tables    []string
	reference string
	rule      metrics.Rule
	seen      origins
	paired    bool
}

func (d *tableDrawing) categories() []string {
	var out []string
	for _, r := range d.rows {
		out = append(out, r.label)
	}
	return out
}

// offset sets the symbols of a row apart.
func offset(i, n int) float64 { return 0.6 * (float64(i) - float64(n-1)/2) / float64(n) }

// scores draws the metric of each table.
func (d *tableDrawing) scores(m metric) Panel {
	p := Panel{Horizontal: true, X: Axis{Label: m.label()}, Y: Axis{Categories: d.categories()}}
	for i, table := range d.tables {
		s := Series{Name: table, Colour: i, Mark: Dots}
		for y, r := range d.rows {
			g := r.groups[table]
			if g == nil {
				continue
			}
			if e, ok := m.estimate(d.rule, g.runs); ok {
				s.Points = append(s.Points, Point{X: e.mean, Y: float64(y) + offset(i, len(d.tables)), Interval: e.interval})
				d.seen.add(e, g)
			}
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// differences draws each table minus the reference, over the seeds of both.
func (d *tableDrawing) differences(m metric) Panel {
	unit := m.unit
	if m.Unit == compare.Fraction {
		unit = "points"
	}
	p := Panel{Horizontal: true, Y: Axis{Categories: d.categories()},
		X:      Axis{Label: fmt.Sprintf("%s: difference to %s, %s", m.Name, d.reference, unit), Zero: true},
		Series: []Series{{Colour: -1, Mark: Rule}}}
	for i, table := range d.tables {
		if table == d.reference {
			continue
		}
		s := Series{Name: table, Colour: i, Mark: Dots}
		for y, r := range d.rows {
			if r.groups[table] == nil || r.groups[d.reference] == nil {
				continue
			}
			if pt, ok := d.difference(m, r.groups[table], r.groups[d.reference]); ok {
				pt.Y = float64(y)
				if len(d.tables) > 2 {
					pt.Y += offset(i, len(d.tables))
				}
				s.Points = append(s.Points, pt)
			}
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// difference is the mean difference over common seeds, on the X axis.
func (d *tableDrawing) difference(m metric, a, b *group) (Point, bool) {
	x, okX := m.estimate(d.rule, a.runs)
	y, okY := m.estimate(d.rule, b.runs)
	if !okX || !okY {
		return Point{}, false
	}
	s, _, err := compare.Paired(x.number, y.number, x.of.Pairs(y.of))
	if err != nil {
		return Point{}, false
	}
	p := Point{X: m.times * s.Mean}
	if s.HasInterval() {
		p.Interval = &Range{m.times * (s.Mean - s.HalfWidth), m.times * (s.Mean + s.HalfWidth)}
		d.paired = true
	}
	return p, true
}
