package plot

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// Comparison draws a bar for each setting and decision rule, a panel for each
// metric: the mean over seeds with its 95 % interval by Student's t or, of one
// seed, the interval over test papers where the run keeps one. Published numbers
// are marks beside the bars. The error of runs that hold no result, and of
// options that name what there is not, is one of usage.
func Comparison(runs []results.Run, opt Options) (Figure, error) {
	s, err := selectDone(runs, opt)
	if err != nil {
		return Figure{}, err
	}
	fig := Figure{Title: title(opt, s.runs)}
	categories, published := comparisonRows(s.groups, opt)
	var seen origins
	for i, m := range s.metrics {
		p := comparisonPanel(m, s.rules, s.groups, &seen)
		p.Y.Categories = categories
		if theirs, ok := publishedSeries(m, published); ok {
			p.Series = append(p.Series, theirs)
		}
		if i == 0 || hasPoints(p) {
			fig.Panels = append(fig.Panels, p)
		} else {
			fig.Notes = append(fig.Notes, fmt.Sprintf("No run has a value of %s.", m.label()))
		}
	}
	if !hasPoints(fig.Panels[0]) {
		return Figure{}, fault.Usagef("plot: no run has a value of %s", s.metrics[0].Key)
	}
	fig.Notes = slices.Concat(fig.Notes, seen.notes("Bars"), s.notes())
	return fig, nil
}

// barWidth is the share of a row that its bars fill.
const barWidth = 0.76

// comparisonPanel draws the bars of one metric. What does not depend on the rule
// has one bar a setting.
func comparisonPanel(m metric, rules []metrics.Rule, groups []*group, seen *origins) Panel {
	p := Panel{Horizontal: true, X: Axis{Label: m.label(), Zero: true}}
	if !m.ofRule() {
		rules = rules[:1]
	}
	for i, rule := range rules {
		s := Series{Name: ruleWords(rule), Colour: i, Mark: Bars, Width: barWidth / float64(len(rules))}
		if !m.ofRule() {
			s.Name, s.Colour = "", -1
		}
		offset := (float64(i) - float64(len(rules)-1)/2) * s.Width
		for row, g := range groups {
			if e, ok := m.estimate(rule, g.runs); ok {
				s.Points = append(s.Points, Point{X: e.mean, Y: float64(row) + offset, Interval: e.interval})
				seen.add(e, g)
			}
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// publishedRow is a published number at its row.
type publishedRow struct {
	compare.Published
	row int
}

// comparisonRows returns the rows: the settings, and models that others alone
// have numbers of.
func comparisonRows(groups []*group, opt Options) (categories []string, published []publishedRow) {
	for _, g := range groups {
		categories = append(categories, g.label)
	}
	for _, p := range opt.Published {
		if len(opt.Models) > 0 && !slices.Contains(opt.Models, p.Model) {
			continue
		}
		rows := 0
		for row, g := range groups {
			if g.Model.Name == p.Model {
				published = append(published, publishedRow{p, row})
				rows++
			}
		}
		if rows == 0 {
			published = append(published, publishedRow{p, len(categories)})
			categories = append(categories, p.Model)
		}
	}
	return categories, published
}

func publishedSeries(m metric, rows []publishedRow) (Series, bool) {
	s := Series{Name: "published by others", Colour: -1, Mark: Ring}
	for _, p := range rows {
		if v, ok := m.Published(p.Published); ok {
			s.Points = append(s.Points, Point{X: m.times * v, Y: float64(p.row)})
		}
	}
	return s, len(s.Points) > 0
}

func hasPoints(p Panel) bool {
	return slices.ContainsFunc(p.Series, func(s Series) bool { return len(s.Points) > 0 })
}

// ruleWords says in words how a rule decides.
func ruleWords(r metrics.Rule) string {
	name, arg, _ := strings.Cut(r.String(), ":")
	switch name {
	case "fixed":
		return "threshold " + arg
	case "tuned":
		return "tuned threshold"
	}
	return name + " " + arg
}

// origins collects where the intervals of a picture come from.
type origins struct {
	fewest, most int // seeds of the intervals over seeds
	papers       int // the most of the intervals over papers
	alone        int // marks without an interval
}

func (o *origins) add(e estimate, g *group) {
	switch n := len(e.values); e.source {
	case overSeeds:
		if o.fewest == 0 || n < o.fewest {
			o.fewest = n
		}
		o.most = max(o.most, n)
	case overPapers:
		o.papers = max(o.papers, g.runs[0].Data.Test)
	default:
		o.alone++
	}
}

// notes says what the marks and their intervals are.
func (o *origins) notes(marks string) []string {
	var parts []string
	if o.most > 0 {
		n := fmt.Sprint(o.most)
		if o.fewest < o.most {
			n = fmt.Sprintf("%d to %d", o.fewest, o.most)
		}
		parts = append(parts, fmt.Sprintf("%s: means over %s seeds; error bars: 95 %% intervals over seeds (Student's t).", marks, n))
	}
	if o.papers > 0 {
		begin := marks + ": one run; error bars"
		if o.most > 0 {
			begin = "Of settings with one run, error bars"
		}
		parts = append(parts, fmt.Sprintf("%s: 95 %% intervals over %s test papers (bootstrap), which say nothing of the spread over seeds.", begin, format.Thousands(o.papers)))
	}
	if o.alone > 0 {
		begin := "Marks without an error bar"
		if o.most == 0 && o.papers == 0 {
			begin = marks
		}
		parts = append(parts, begin+": one run, or one value of several; no interval.")
	}
	return parts
}

// leftOut says what is not shown.
func leftOut(unfinished, again int) []string {
	var out []string
	if unfinished > 0 {
		out = append(out, format.Count(unfinished, "run")+" without a result not shown.")
	}
	if again > 0 {
		out = append(out, format.Count(again, "run")+" with the setting and seed of a later one not shown.")
	}
	return out
}
