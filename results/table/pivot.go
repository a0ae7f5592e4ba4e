package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/results"
)

// merged marks a cell whose runs differ in more than their seed.
const merged = "†"

// pivot is a table of cells that each join the runs with one combination of
// values.
type pivot struct {
	comparison
	view  View
	known []string // all keys of settings
	rule  string   // whose scores are shown, where rule is no key
	items []pivotItem
	rows  []*pivotAxis
	cols  []*pivotAxis
	axes  map[string]*pivotAxis // both, by their keys and values
	cells map[[2]*pivotAxis]*pivotCell
}

// pivotAxis is a row or a column: the values of its keys.
type pivotAxis struct {
	values []setting
	best   setting // what a sort by a metric orders a row by
}

// pivotItem is what came of one trial under one rule.
type pivotItem struct {
	entry
	label string // of the trial's model, as the usual table has it
	rule  string
}

type pivotCell struct {
	items   []pivotItem
	hidden  []hiddenSetting // in which the measured items differ, beside the seed
	row     *measured       // of the measured items, where nothing is hidden
	numbers []*Number       // by metric, where something is
}

// pivot lays out the runs by the view's keys.
func (v View) pivot(runs []results.Run, opt Options, known []string) (Table, error) {
	if len(opt.Columns) == 0 {
		opt.Columns = []string{"f1"}
		if opt.Exclusive {
			opt.Columns = []string{accuracyKey}
		}
	}
	if opt.Intervals == "" {
		opt.Intervals = IntervalKinds()[0]
	}
	if !slices.Contains(IntervalKinds(), opt.Intervals) {
		return Table{}, fault.Usagef("table: intervals %q are unknown: want one of %s", opt.Intervals, strings.Join(IntervalKinds(), ", "))
	}
	chosen, err := chooseMetrics(opt.Columns)
	if err != nil {
		return Table{}, err
	}
	if err := v.checkKeys(known); err != nil {
		return Table{}, err
	}
	p := pivot{comparison: comparison{metrics: chosen, opt: opt}, view: v, known: known}
	p.collect(runs)
	p.tests.over, p.tests.untested = make([]bool, len(chosen)), make([]int, len(chosen))
	p.arrange()
	for _, col := range p.cols {
		if err := p.measureColumn(col); err != nil {
			return Table{}, err
		}
	}
	if err := p.order(); err != nil {
		return Table{}, err
	}
	return p.layOut(), nil
}

func (v View) checkKeys(known []string) error {
	var seen []string
	for _, key := range slices.Concat(v.Rows, v.Cols) {
		if err := checkKey("pivot", key, known); err != nil {
			return err
		}
		if slices.Contains(seen, key) {
			return fault.Usagef("table: pivot: key %s is named twice among rows and columns", key)
		}
		seen = append(seen, key)
	}
	if v.Sort == "" {
		return nil
	}
	key, m, _, err := v.sortKey(known)
	if err == nil && m == nil && !slices.Contains(seen, key) {
		err = fault.Usagef("table: sort %s: %s is neither a row nor a column of the pivot, nor a metric", v.Sort, key)
	}
	return err
}

func (p *pivot) byRule() bool {
	return slices.Contains(p.view.Rows, "rule") || slices.Contains(p.view.Cols, "rule")
}

// arrange puts every trial, whatever came of it, into its cell.
func (p *pivot) arrange() {
	rules := []string{""}
	if known := rulesOf(p.done()); len(known) > 0 {
		rules = nil
		for _, r := range known {
			rules = append(rules, r.String())
		}
	}
	if !p.byRule() {
		p.rule = rules[0]
		if slices.Contains(rules, "tuned") { // as plots do: it favours no model
			p.rule = "tuned"
		}
		rules = []string{p.rule}
	}
	p.axes, p.cells = map[string]*pivotAxis{}, map[[2]*pivotAxis]*pivotCell{}
	for _, g := range p.groups {
		for _, e := range g.entries {
			for _, rule := range rules {
				item := underRule(e, rule)
				item.label = g.label
				p.items = append(p.items, item)
				at := [2]*pivotAxis{p.axis(&p.rows, item, p.view.Rows), p.axis(&p.cols, item, p.view.Cols)}
				if p.cells[at] == nil {
					p.cells[at] = &pivotCell{}
				}
				p.cells[at].items = append(p.cells[at].items, item)
			}
		}
	}
}

// underRule leaves the run the result of one rule.
func underRule(e entry, rule string) pivotItem {
	if e.status == Measured {
		all := e.run.Results
		e.run.Results = nil
		for _, res := range all {
			if res.Decision.Rule.String() == rule {
				e.run.Results = []results.RuleResult{res}
			}
		}
		if e.run.Results == nil {
			e.status, e.message = Damaged, "has no result under the rule "+rule
		}
	}
	return pivotItem{entry: e, rule: rule}
}

// axis finds or makes the row or column of the item.
func (p *pivot) axis(axes *[]*pivotAxis, item pivotItem, keys []string) *pivotAxis {
	a := &pivotAxis{}
	var text strings.Builder
	for _, key := range keys {
		v := settingOf(item.run, item.rule, key)
		a.values = append(a.values, v)
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
// that hide nothing with each other, as the usual table compares its rows.
func (p *pivot) measureColumn(col *pivotAxis) error {
	column := comparison{metrics: p.metrics, opt: p.opt}
	var clean []*pivotCell
	for _, row := range p.rows {
		cell := p.cells[[2]*pivotAxis{row, col}]
		if cell == nil {
			continue
		}
		g := &group{name: p.axisName(row, p.view.Rows), label: p.cellName(row, col)}
		for _, item := range cell.items {
			if item.status == Measured {
				g.entries = append(g.entries, item.entry)
			}
		}
		if len(g.entries) == 0 {
			continue
		}
		slices.SortStableFunc(g.entries, func(a, b entry) int { return cmp.Compare(a.run.Seed, b.run.Seed) })
		if cell.hidden = p.hidden(cell); len(cell.hidden) == 0 {
			column.groups = append(column.groups, g)
			clean = append(clean, cell)
			continue
		}
		rule := g.entries[0].run.Results[0].Decision.Rule
		for _, m := range p.metrics {
			n, err := replicate(m, rule, g.done())
			if err != nil {
				return fmt.Errorf("table: %s, rule %s, %s: %w", g.label, rule, m.Key, err)
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
	if p.incomparable() == "" {
		column.mark()
	}
	for i, g := range column.groups {
		clean[i].row = g.rows[0]
	}
	p.join(column)
	return nil
}

// join adds what the notes say of a column to what they say of the others.
func (p *pivot) join(column comparison) {
	t, c := &p.tests, column.tests
	for i, span := range []*[2]int{&t.seeds, &t.papers} {
		if other := [][2]int{c.seeds, c.papers}[i]; other[1] > 0 {
			widen(span, other[0])
			widen(span, other[1])
		}
	}
	for j := range c.over { // neither is there where nothing was marked
		t.over[j] = t.over[j] || c.over[j]
		t.untested[j] += c.untested[j]
	}
	t.fewSeeds, t.widened = t.fewSeeds || c.fewSeeds, t.widened || c.widened
	t.few += c.few
	p.equal = append(p.equal, column.equal...)
	for _, n := range column.notes {
		if !slices.Contains(p.notes, n) {
			p.notes = append(p.notes, n)
		}
	}
}

// number returns the cell's value of metric j; nil where there is none.
func (c *pivotCell) number(j int) *Number {
	switch {
	case c == nil:
		return nil
	case c.row != nil:
		return c.row.values[j]
	case c.numbers != nil:
		return c.numbers[j]
	}
	return nil
}

// order sorts rows and columns: numbers ascending, words in the order of the
// experiment, unless the view says otherwise.
func (p *pivot) order() error {
	orderAxes(p.rows, p.view.Rows, "", false)
	orderAxes(p.cols, p.view.Cols, "", false)
	if p.view.Sort == "" {
		return nil
	}
	key, m, descending, err := p.view.sortKey(p.known)
	if err != nil {
		return err
	}
	if m == nil {
		orderAxes(p.rows, p.view.Rows, key, descending)
		orderAxes(p.cols, p.view.Cols, key, descending)
		return nil
	}
	j := slices.IndexFunc(p.metrics, func(o metric) bool { return o.Key == m.Key })
	if j < 0 {
		return fault.Usagef("table: sort %s: the pivot shows %s", p.view.Sort, strings.Join(p.opt.Columns, ", "))
	}
	for _, row := range p.rows {
		for _, col := range p.cols {
			n := p.cells[[2]*pivotAxis{row, col}].number(j)
			if n != nil && (!row.best.Set || m.better(n.Value, row.best.Number)) {
				row.best = setting{Number: n.Value, Numeric: true, Set: true}
			}
		}
	}
	slices.SortStableFunc(p.rows, func(a, b *pivotAxis) int { return directed(a.best, b.best, descending) })
	return nil
}

// orderAxes sorts by the values of the keys or, where first is given, by those
// of this one key, words by the alphabet.
func orderAxes(axes []*pivotAxis, keys []string, first string, descending bool) {
	if first != "" {
		if i := slices.Index(keys, first); i >= 0 {
			slices.SortStableFunc(axes, func(a, b *pivotAxis) int { return directed(a.values[i], b.values[i], descending) })
		}
		return
	}
	met := make([]map[string]int, len(keys)) // where each word came first
	for i := range keys {
		met[i] = map[string]int{}
		for n, a := range axes {
			if _, seen := met[i][a.values[i].Text]; !seen {
				met[i][a.values[i].Text] = n
			}
		}
	}
	slices.SortStableFunc(axes, func(a, b *pivotAxis) int {
		for i := range keys {
			x, y := a.values[i], b.values[i]
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
