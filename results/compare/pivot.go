package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
)

// Pivot is a comparison of cells that each join the runs with one combination of
// values.
type Pivot struct {
	View View
	Rule string // whose scores are shown; "" where rule is a key
	Rows []*Axis
	Cols []*Axis

	known []string // all keys of settings
	axes  map[string]*Axis
	cells map[[2]*Axis]*PivotCell
}

// Axis is a row or a column: the values of its keys.
type Axis struct {
	Keys   []string
	Values []results.Value

	best results.Value // what a sort by a metric orders a row by
}

// PivotCell is what the runs of a row and a column come to.
type PivotCell struct {
	Trials []Trial      // with the results of the cell's rule alone
	Hidden []Difference // in which the measured trials differ, beside the seed
	Row    *Row         // of the measured trials; nil where something is hidden

	rules   []string  // by trial
	numbers []*Number // by metric, where something is hidden
}

// Cell returns what stands at a row and a column; nil where there is no trial.
func (p *Pivot) Cell(row, col *Axis) *PivotCell { return p.cells[[2]*Axis{row, col}] }

// ByRule reports whether the rule is a key of the rows or columns.
func (p *Pivot) ByRule() bool { return p.Rule == "" }

// Measured reports whether some trial of the cell has a result.
func (c *PivotCell) Measured() bool { return c != nil && (c.Row != nil || c.numbers != nil) }

// Number returns the cell's value of metric j, without an interval where something is
// hidden; nil where there is none.
func (c *PivotCell) Number(j int) *Number {
	switch {
	case c == nil:
		return nil
	case c.Row != nil:
		return c.Row.Values[j]
	case c.numbers != nil:
		return c.numbers[j]
	}
	return nil
}

// String is KEY=VALUE of each key.
func (a *Axis) String() string {
	var parts []string
	for i, key := range a.Keys {
		parts = append(parts, key+"="+a.Values[i].String())
	}
	return strings.Join(parts, ",")
}

// CellName names the cell of a row and a column.
func CellName(row, col *Axis) string {
	var parts []string
	for _, v := range row.Values {
		parts = append(parts, v.String())
	}
	name := strings.Join(parts, ", ")
	if len(col.Values) > 0 {
		name += " at " + strings.ReplaceAll(col.String(), ",", ", ")
	}
	return name
}

// pivot compares the runs by the view's keys.
func (v View) pivot(runs []results.Run, opt Options, known []string) (*Comparison, error) {
	if len(opt.Metrics) == 0 {
		opt.Metrics = []string{"f1"}
		if opt.Exclusive {
			opt.Metrics = []string{Accuracy}
		}
	}
	c, err := begin(runs, opt)
	if err != nil {
		return nil, err
	}
	if err := v.checkKeys(known); err != nil {
		return nil, err
	}
	c.Pivot = &Pivot{View: v, known: known}
	c.Pivot.arrange(c.Groups, Rules(c.Done()))
	for _, col := range c.Pivot.Cols {
		if err := c.measureColumn(col); err != nil {
			return nil, err
		}
	}
	return c, c.Pivot.order(c.Metrics)
}

func (v View) checkKeys(known []string) error {
	var seen []string
	for _, key := range slices.Concat(v.Rows, v.Cols) {
		if err := checkSetting("pivot", key, known); err != nil {
			return err
		}
		if slices.Contains(seen, key) {
			return fault.Usagef("pivot: key %s is named twice among rows and columns", key)
		}
		seen = append(seen, key)
	}
	if v.Sort == "" {
		return nil
	}
	key, m, _, err := v.sortKey(known)
	if err == nil && m == nil && !slices.Contains(seen, key) {
		err = fault.Usagef("sort %s: %s is neither a row nor a column of the pivot, nor a metric", v.Sort, key)
	}
	return err
}

// arrange puts every trial, whatever came of it, into its cell.
func (p *Pivot) arrange(groups []*Group, known []metrics.Rule) {
	rules := []string{""}
	if len(known) > 0 {
		rules = nil
		for _, r := range known {
			rules = append(rules, r.String())
		}
	}
	if !slices.Contains(slices.Concat(p.View.Rows, p.View.Cols), "rule") {
		if len(known) > 0 {
			p.Rule = UsualRule(known).String()
		}
		rules = []string{p.Rule}
	}
	p.axes, p.cells = map[string]*Axis{}, map[[2]*Axis]*PivotCell{}
	for _, g := range groups {
		for _, t := range g.Trials {
			for _, rule := range rules {
				t := t.Under(rule)
				at := [2]*Axis{p.axis(&p.Rows, p.View.Rows, t.Run, rule), p.axis(&p.Cols, p.View.Cols, t.Run, rule)}
				if p.cells[at] == nil {
					p.cells[at] = &PivotCell{}
				}
				p.cells[at].Trials = append(p.cells[at].Trials, t)
				p.cells[at].rules = append(p.cells[at].rules, rule)
			}
		}
	}
}

// Under leaves the trial the result of one rule.
func (t Trial) Under(rule string) Trial {
	if t.Outcome != Measured {
		return t
	}
	all := t.Run.Results
	t.Run.Results = nil
	for _, res := range all {
		if res.Decision.Rule.String() == rule {
			t.Run.Results = []results.RuleResult{res}
		}
	}
	if t.Run.Results == nil {
		t.Outcome, t.Message = Damaged, "has no result under the rule "+rule
	}
	return t
}

// axis finds or makes the row or column of the run under the rule.
func (p *Pivot) axis(axes *[]*Axis, keys []string, run results.Run, rule string) *Axis {
	a := &Axis{Keys: keys}
	var text strings.Builder
	for _, key := range keys {
		v := settingOf(run, rule, key)
		a.Values = append(a.Values, v)
		fmt.Fprintf(&text, "%s=%q,", key, v.String())
	}
	if known := p.axes[text.String()]; known != nil {
		return known
	}
	p.axes[text.String()] = a
	*axes = append(*axes, a)
	return a
}

// measureColumn joins the runs of each cell of the column and compares those
// that hide nothing with each other, as the usual shape compares its rows.
func (c *Comparison) measureColumn(col *Axis) error {
	p := c.Pivot
	column := Comparison{Options: c.Options, Metrics: c.Metrics, Incomparable: c.Incomparable}
	column.Tests.Over, column.Tests.Untested = make([]bool, len(c.Metrics)), make([]int, len(c.Metrics))
	var clean []*PivotCell
	for _, row := range p.Rows {
		cell := p.Cell(row, col)
		if cell == nil {
			continue
		}
		g := &Group{Label: CellName(row, col)}
		var of []shown
		for i, t := range cell.Trials {
			if t.Outcome == Measured {
				g.Trials, of = append(g.Trials, t), append(of, shown{t.Run, cell.rules[i]})
			}
		}
		if len(g.Trials) == 0 {
			continue
		}
		slices.SortStableFunc(g.Trials, func(a, b Trial) int { return cmp.Compare(a.Run.Seed, b.Run.Seed) })
		if cell.Hidden = differences(of, p.known, slices.Concat(p.View.Rows, p.View.Cols, []string{"rule"})...); len(cell.Hidden) == 0 {
			column.Groups, clean = append(column.Groups, g), append(clean, cell)
			continue
		}
		rule := g.Done()[0].Results[0].Decision.Rule
		for _, m := range c.Metrics {
			n, err := m.Join(rule, g.Done())
			if err != nil {
				return fmt.Errorf("%s, rule %s, %s: %w", g.Label, rule, m.Key, err)
			}
			if n != nil {
				n.HalfWidth = nil // not of replicates
			}
			cell.numbers = append(cell.numbers, n)
		}
	}
	if err := column.measure(); err != nil {
		return err
	}
	if err := column.resample(); err != nil {
		return err
	}
	column.findBest()
	for i, g := range column.Groups {
		clean[i].Row = g.Rows[0]
	}
	c.Tests.add(column.Tests)
	c.Equal = append(c.Equal, column.Equal...)
	for _, n := range column.Notes {
		if !slices.Contains(c.Notes, n) {
			c.Notes = append(c.Notes, n)
		}
	}
	return nil
}

// order sorts rows and columns: numbers ascending, words in the order of the
// experiment, unless the view says otherwise.
func (p *Pivot) order(of []Metric) error {
	orderAxes(p.Rows, p.View.Rows, "", false)
	orderAxes(p.Cols, p.View.Cols, "", false)
	if p.View.Sort == "" {
		return nil
	}
	key, m, descending, err := p.View.sortKey(p.known)
	if err != nil {
		return err
	}
	if m == nil {
		orderAxes(p.Rows, p.View.Rows, key, descending)
		orderAxes(p.Cols, p.View.Cols, key, descending)
		return nil
	}
	j := slices.IndexFunc(of, func(o Metric) bool { return o.Key == m.Key })
	if j < 0 {
		var keys []string
		for _, o := range of {
			keys = append(keys, o.Key)
		}
		return fault.Usagef("sort %s: the pivot shows %s", p.View.Sort, strings.Join(keys, ", "))
	}
	for _, row := range p.Rows {
		for _, col := range p.Cols {
			if n := p.Cell(row, col).Number(j); n != nil && (!row.best.Set || m.Better(n.Value, row.best.Number)) {
				row.best = results.Value{Number: n.Value, Numeric: true, Set: true}
			}
		}
	}
	slices.SortStableFunc(p.Rows, func(a, b *Axis) int { return directed(a.best, b.best, descending) })
	return nil
}

// orderAxes sorts by the values of the keys or, where first is given, by those
// of this one key, words by the alphabet.
func orderAxes(axes []*Axis, keys []string, first string, descending bool) {
	if first != "" {
		if i := slices.Index(keys, first); i >= 0 {
			slices.SortStableFunc(axes, func(a, b *Axis) int { return directed(a.Values[i], b.Values[i], descending) })
		}
		return
	}
	met := make([]map[string]int, len(keys)) // where each word came first
	for i := range keys {
		met[i] = map[string]int{}
		for n, a := range axes {
			if _, seen := met[i][a.Values[i].Text]; !seen {
				met[i][a.Values[i].Text] = n
			}
		}
	}
	slices.SortStableFunc(axes, func(a, b *Axis) int {
		for i := range keys {
			x, y := a.Values[i], b.Values[i]
			order := results.CompareValues(x, y)
			if x.Set && y.Set && !x.Numeric && !y.Numeric {
				order = cmp.Compare(met[i][x.Text], met[i][y.Text])
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}
