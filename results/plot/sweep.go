package plot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/metrics"
)

// SweepOptions say what Sweep draws against what.
type SweepOptions struct {
	// X is the setting along the horizontal axis. Numbers lie on a scale, words
	// are categories. "model" stands for the model's name.
	X string
	// Log makes the scale logarithmic.
	Log bool
	// Series are the settings of which each combination is a line.
	Series []string
	// Around names a model: of the others, only those are drawn that differ from
	// it in X and Series alone.
	Around string
}

// Sweep draws metrics against a setting: a dot for each run, a line through the
// means, 95 % intervals over seeds. Settings that differ between runs and are
// neither on the axis nor in the legend are said in the subtitle; where runs of
// one place differ in them, their mean has no interval and no line.
func Sweep(runs []results.Run, opt Options, sweep SweepOptions) (Figure, error) {
	s, err := selectDone(runs, opt)
	if err != nil {
		return Figure{}, err
	}
	rule, err := s.rule()
	if err != nil {
		return Figure{}, err
	}
	if err := sweep.check(s.groups); err != nil {
		return Figure{}, err
	}
	farther, without := 0, 0
	if s.groups, farther, err = sweep.around(s.groups); err != nil {
		return Figure{}, err
	}
	if s.groups, without = withKey(s.groups, sweep.X); len(s.groups) == 0 {
		return Figure{}, fault.Usagef("plot: no finished run has the setting %q", sweep.X)
	}
	axis, err := sweep.axis(s.groups)
	if err != nil {
		return Figure{}, err
	}
	d := sweepDrawing{SweepOptions: sweep, groups: s.groups, axis: axis, rule: rule}
	if err := d.lines(); err != nil {
		return Figure{}, err
	}
	fig := Figure{Title: title(opt, s.runs), Subtitle: d.hidden()}
	for _, m := range s.metrics {
		p := d.panel(m)
		if !hasPoints(p) {
			return Figure{}, fault.Usagef("plot: no run has a value of %s by the rule %s", m.Key, rule)
		}
		fig.Panels = append(fig.Panels, p)
	}
	fig.Notes = append(d.notes(), s.notes(sweep.left(farther, without)...)...)
	return fig, nil
}

// check refuses settings that no run has.
func (s SweepOptions) check(groups []*group) error {
	keys := []string{modelKey}
	for _, g := range groups {
		keys = append(keys, slices.Collect(maps.Keys(g.Params))...)
	}
	keys = distinct(keys)
	if s.X == "" {
		return fault.Usagef("plot: a sweep needs the setting of its horizontal axis, --x%s", differingHint(groups))
	}
	for _, k := range append([]string{s.X}, s.Series...) {
		if !slices.Contains(keys, k) {
			return fault.Usagef("plot: no run has the setting %q%s%s", k, suggest.Hint(k, keys), differingHint(groups))
		}
	}
	return nil
}

// differingHint lists the settings that a sweep could be drawn of.
func differingHint(groups []*group) string {
	if d := differing(groups); len(d) > 0 {
		return "; the runs differ in " + strings.Join(d, ", ")
	}
	return ""
}

// modelKey stands for the model's name among the settings.
const modelKey = "model"

// value is the text of a setting of a group.
func (g *group) value(key string) string { return g.Setting(key).String() }

// explained reports whether a key follows from those that are drawn: itself, or
// inside a table that is drawn by name.
func (s SweepOptions) explained(key string) bool {
	table, _, _ := strings.Cut(key, ".")
	drawn := append([]string{s.X}, s.Series...)
	return slices.Contains(drawn, key) || slices.Contains(drawn, table)
}

// around keeps the groups that differ from those of the named model in what is
// drawn alone.
func (s SweepOptions) around(groups []*group) (kept []*group, farther int, err error) {
	if s.Around == "" {
		return groups, 0, nil
	}
	var centres []*group
	var names []string
	for _, g := range groups {
		if names = append(names, g.Model.Name); g.Model.Name == s.Around {
			centres = append(centres, g)
		}
	}
	if len(centres) == 0 {
		return nil, 0, fault.Usagef("plot: no finished run of a model %q%s; there are %s", s.Around, suggest.Hint(s.Around, unique(names)), strings.Join(unique(names), ", "))
	}
	for _, g := range groups {
		near := slices.ContainsFunc(centres, func(c *group) bool {
			same := c.Model.Kind == g.Model.Kind && c.Model.Backend == g.Model.Backend
			return same && !slices.ContainsFunc(differing([]*group{c, g}), func(k string) bool { return !s.explained(k) })
		})
		if near {
			kept = append(kept, g)
		}
	}
	return kept, len(groups) - len(kept), nil
}

// withKey keeps the groups that have a setting.
func withKey(groups []*group, key string) (kept []*group, without int) {
	for _, g := range groups {
		if _, ok := g.Params[key]; ok || key == modelKey {
			kept = append(kept, g)
		}
	}
	return kept, len(groups) - len(kept)
}

// axis makes the axis of X: of numbers where there are any, with what is none
// apart from them, such as a limit that is not set.
func (s SweepOptions) axis(groups []*group) (Axis, error) {
	a := Axis{Label: capital(words(s.X)), Log: s.Log}
	var apart []string
	for _, g := range groups {
		v := g.Setting(s.X)
		_, special := results.ZeroMeans(s.X)
		switch {
		case v.Finite() && s.Log && v.Number <= 0:
			return Axis{}, fault.Usagef("plot: %s has the value %v, which a logarithmic axis cannot show: leave out --log, or that value by --where", s.X, v.Number)
		case v.Finite():
			a.Ticks = append(a.Ticks, v.Number)
		case special && !slices.Contains(apart, v.String()):
			apart = append(apart, v.String())
		case !special:
			return s.wordAxis(a, groups)
		}
	}
	if a.Ticks == nil {
		return s.wordAxis(a, groups)
	}
	slices.Sort(a.Ticks)
	a.Ticks = slices.Compact(a.Ticks)
	a.setApart(apart)
	return a, nil
}

// wordAxis gives each value a place of its own, in the order of the runs.
func (s SweepOptions) wordAxis(a Axis, groups []*group) (Axis, error) {
	if s.Log {
		return Axis{}, fault.Usagef("plot: the values of %s are words: leave out --log", s.X)
	}
	a.Ticks = nil
	for _, g := range groups {
		if v := g.value(s.X); !slices.Contains(a.Categories, v) {
			a.Categories = append(a.Categories, v)
		}
	}
	return a, nil
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// left says which settings are not in the picture.
func (s SweepOptions) left(farther, without int) []string {
	var out []string
	if farther > 0 {
		out = append(out, fmt.Sprintf("%s that differ from %q in more than what is drawn not shown.", format.Count(farther, "setting"), s.Around))
	}
	if without > 0 {
		out = append(out, fmt.Sprintf("%s without the key %s not shown.", format.Count(without, "setting"), s.X))
	}
	return out
}

// line is one series: its settings by place on the axis.
type line struct {
	name  string
	cells []*cell
}

// cell is what lies at one place of a line. More than one group differs in
// settings that are not drawn.
type cell struct {
	x      float64
	groups []*group
}

type sweepDrawing struct {
	SweepOptions
	groups []*group
	axis   Axis
	rule   metrics.Rule
	series []*line
	seen   origins
	mixed  bool // some cell has several settings
	single bool // a run alone stands for some cell
}

// lines sorts the groups by series and place.
func (d *sweepDrawing) lines() error {
	for _, g := range d.groups {
		var parts []string
		for _, k := range d.Series {
			parts = append(parts, g.describe(k))
		}
		name := strings.Join(parts, ", ")
		i := slices.IndexFunc(d.series, func(l *line) bool { return l.name == name })
		if i < 0 {
			i = len(d.series)
			d.series = append(d.series, &line{name: name})
		}
		d.series[i].add(d.place(g), g)
	}
	if len(d.series) > mostCurves {
		return fault.Usagef("plot: %d lines cannot be told apart in one picture, which holds %d: choose some with --where", len(d.series), mostCurves)
	}
	for _, l := range d.series {
		slices.SortStableFunc(l.cells, func(a, b *cell) int { return cmp.Compare(a.x, b.x) })
		for _, c := range l.cells {
			d.mixed = d.mixed || len(c.groups) > 1
		}
	}
	return nil
}

func (l *line) add(x float64, g *group) {
	for _, c := range l.cells {
		if c.x == x {
			c.groups = append(c.groups, g)
			return
		}
	}
	l.cells = append(l.cells, &cell{x: x, groups: []*group{g}})
}

func (d *sweepDrawing) place(g *group) float64 {
	if d.axis.Categories != nil {
		return float64(slices.Index(d.axis.Categories, g.value(d.X)))
	}
	v := g.Setting(d.X)
	for _, p := range d.axis.Apart {
		if p.Label == v.String() {
			return p.At
		}
	}
	return v.Number
}

// panel draws one metric: dots of runs behind, then the lines.
func (d *sweepDrawing) panel(m metric) Panel {
	p := Panel{X: d.axis, Y: Axis{Label: m.label()}}
	var dots, lines []Series
	for i, l := range d.series {
		means := Series{Name: l.name, Colour: i, Mark: Line}
		if d.axis.Categories != nil || slices.ContainsFunc(l.cells, func(c *cell) bool { return len(c.groups) > 1 }) {
			means.Mark = Dots // a line between words, or between means of unlike settings, would mislead
		}
		if d.axis.Categories == nil {
			means.Shift = min(2*aside, 30/float64(len(d.series))) * (float64(i) - float64(len(d.series)-1)/2)
		}
		runs := Series{Colour: i, Mark: Faint, Shift: means.Shift + aside}
		apart := Series{Colour: i, Mark: Dots, Shift: means.Shift} // no line leads there
		for _, c := range l.cells {
			x := c.x
			if d.axis.Categories != nil {
				x += 0.5 * (float64(i) - float64(len(d.series)-1)/2) / float64(len(d.series))
			}
			mean, values, ok := d.estimate(m, c)
			if !ok {
				continue
			}
			if len(values) > 1 {
				for _, v := range values {
					runs.Points = append(runs.Points, Point{X: x, Y: v})
				}
			}
			mean.X = x
			if d.axis.isApart(x) {
				apart.Points = append(apart.Points, mean)
			} else {
				means.Points = append(means.Points, mean)
			}
		}
		dots, lines = append(dots, runs), append(lines, means)
		if apart.Points != nil {
			lines = append(lines, apart)
		}
	}
	p.Series = append(dots, lines...)
	return p
}

// aside is the distance of a mean's error bar from the dots of its runs, in points
// of 1/72 inch; the next line is as far from those.
const aside = 3.5

// estimate is the point of a cell and the values of its runs.
func (d *sweepDrawing) estimate(m metric, c *cell) (mean Point, values []float64, ok bool) {
	for _, g := range c.groups {
		e, ok := m.estimate(d.rule, g.runs)
		if !ok {
			return Point{}, nil, false
		}
		values = append(values, e.values...)
		mean.Y += e.mean / float64(len(c.groups))
		if len(c.groups) > 1 {
			continue
		}
		if e.source == overSeeds {
			mean.Interval = e.interval
			d.seen.add(e, g)
		} else if len(e.values) == 1 {
			d.single = true
		}
	}
	return mean, values, true
}
