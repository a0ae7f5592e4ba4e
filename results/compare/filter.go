package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
)

// Filter keeps the runs that meet all of its conditions; the zero Filter keeps every
// run. A condition is KEY=VALUE, or has !=, <, <=, > or >= in place of =. Keys are
// model, kind, backend, rule, seed, the runs' parameters and the metrics. Numbers are
// compared as numbers, so that 0.1, 0.10 and 1e-1 are one; of metrics they are in the
// metric's unit, shares as fractions of 1 or with a percent sign. The value unset is
// that of a run without the key.
//
// A condition on the rule, or on a metric under a rule, leaves a run the results that
// meet it, and drops the run where none does.
type Filter struct{ conditions []condition }

type condition struct {
	source     string
	key, op    string
	value      results.Value
	wantsUnset bool
	metric     *Metric // of this key; nil where there is none
	given      bool    // as a condition; else by the flag of its own that rules have
}

// operators, those first that begin with another.
func operators() []string { return []string{"!=", "<=", ">=", "=", "<", ">"} }

// ParseFilter reads conditions and, unless it is "", the one decision rule to keep.
// Whether the keys and values are those of any run is asked when the filter is used.
// Errors are usage errors.
func ParseFilter(where []string, rule string) (Filter, error) {
	var f Filter
	for _, s := range where {
		c, err := parseCondition(s)
		if err != nil {
			return Filter{}, err
		}
		f.conditions = append(f.conditions, c)
	}
	if rule != "" {
		parsed, err := metrics.ParseRule(rule)
		if err != nil {
			return Filter{}, err
		}
		f.conditions = append(f.conditions, condition{source: "rule=" + parsed.String(), key: "rule", op: "=", value: results.Word(parsed.String())})
	}
	return f, nil
}

func parseCondition(s string) (condition, error) {
	at := strings.IndexAny(s, "=!<>")
	if at > 0 {
		for _, op := range operators() {
			value, ok := strings.CutPrefix(s[at:], op)
			if !ok {
				continue
			}
			value = strings.TrimSpace(value)
			c := condition{source: s, key: strings.TrimSpace(s[:at]), op: op, wantsUnset: value == results.Unset, given: true}
			c.value = results.ParseValue(c.key, value)
			if n := results.ParseNumber(value); c.ordering() && n.Numeric { // what lies above 0 does
				c.value = n
			}
			if m, ok := Lookup(c.key); ok {
				c.metric = &m
				if share, ok := percentage(value); ok && m.Unit == Fraction {
					c.value = share
				}
			}
			if c.ordering() && !c.value.Numeric {
				return condition{}, fault.Usagef("where %q: %s compares numbers, and %q is none", s, op, value)
			}
			if c.key != "" && value != "" {
				return c, nil
			}
		}
	}
	return condition{}, fault.Usagef("where %q: want KEY=VALUE, or !=, <, <=, > or >= in place of =", s)
}

// percentage reads 50% as 0.5, and keeps the text.
func percentage(text string) (results.Value, bool) {
	number, ok := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil {
		return results.Value{}, false
	}
	return results.Value{Text: text, Raw: text, Number: x / 100, Numeric: true, Set: true}, true
}

func (c condition) ordering() bool { return c.op != "=" && c.op != "!=" }

// met reports whether a run with this value is kept.
func (c condition) met(v results.Value) bool {
	var order int
	switch {
	case c.wantsUnset:
		return v.Set == (c.op == "!=")
	case c.value.Numeric && v.Numeric:
		order = cmp.Compare(v.Number, c.value.Number)
	case c.ordering():
		return false
	default:
		order = cmp.Compare(v.Text, c.value.Text)
	}
	switch c.op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// Keep returns the runs that meet the filter, with the results left that it leaves.
// A key that no run has, and conditions that none meets, are usage errors that name
// what there is.
func (f Filter) Keep(runs []results.Run) ([]results.Run, error) {
	if err := f.check(runs, runs); err != nil {
		return nil, err
	}
	return f.keep(runs), nil
}

func (f Filter) keep(runs []results.Run) []results.Run {
	kept := []results.Run{}
	for _, r := range runs {
		if r, ok := f.meets(r); ok {
			kept = append(kept, r)
		}
	}
	return kept
}

// String is the conditions in words, without the rule that has a flag of its own.
func (f Filter) String() string {
	var parts []string
	for _, c := range f.conditions {
		if c.given {
			parts = append(parts, c.key+" "+c.op+" "+c.value.Text)
		}
	}
	return strings.Join(parts, " and ")
}

// meets reports whether the run meets all conditions, with the results left that
// those on its rules leave.
func (f Filter) meets(r results.Run) (results.Run, bool) {
	for _, c := range f.conditions {
		switch {
		case !c.byResult(r):
			if !c.met(c.valueOf(r, results.RuleResult{})) {
				return r, false
			}
		case len(r.Results) > 0:
			r.Results = slices.DeleteFunc(slices.Clone(r.Results), func(res results.RuleResult) bool { return !c.met(c.valueOf(r, res)) })
			if len(r.Results) == 0 {
				return r, false
			}
		case c.key != "rule" && !c.met(results.Value{}): // under which rules it would be measured is not known
			return r, false
		}
	}
	return r, true
}

// measures returns the metric that the condition is on; nil where it is on a setting,
// which goes before a metric of the same name.
func (c condition) measures(r results.Run) *Metric {
	if _, isSetting := r.Params[c.key]; isSetting {
		return nil
	}
	return c.metric
}

// byResult reports whether the run has a value under each of its rules.
func (c condition) byResult(r results.Run) bool {
	m := c.measures(r)
	return c.key == "rule" || m != nil && m.Score
}

// valueOf is what the condition asks for, of a run and one of its results.
func (c condition) valueOf(r results.Run, res results.RuleResult) results.Value {
	if m := c.measures(r); m != nil {
		v, ok := m.Value(r, res, nil)
		if !ok {
			return results.Value{}
		}
		return results.ParseNumber(strconv.FormatFloat(v, 'g', -1, 64))
	}
	rule := ""
	if c.key == "rule" {
		rule = res.Decision.Rule.String()
	}
	return settingOf(r, rule, c.key)
}

// check refuses keys that are none of the settings of all runs, and conditions that
// leave nothing of the pool, naming the values that there are.
func (f Filter) check(all, pool []results.Run) error {
	settings := settingKeys(all)
	for _, c := range f.conditions {
		if err := checkKey(fmt.Sprintf("where %q", c.source), c.key, slices.Concat(settings, Keys()), settings); err != nil {
			return err
		}
	}
	for _, c := range f.conditions {
		if err := c.checkMet(pool); err != nil {
			return err
		}
	}
	if len(pool) > 0 && len(f.conditions) > 0 && len(f.keep(pool)) == 0 {
		var parts []string
		for _, c := range f.conditions {
			parts = append(parts, c.source)
		}
		return fault.Usagef("no run meets all of %s", strings.Join(parts, ", "))
	}
	return nil
}

// checkMet refuses a condition that no run of the pool meets. Where a value is of each
// rule, runs without a result say nothing.
func (c condition) checkMet(pool []results.Run) error {
	var values []results.Value
	for _, r := range pool {
		if !c.byResult(r) {
			values = append(values, c.valueOf(r, results.RuleResult{}))
			continue
		}
		for _, res := range r.Results {
			values = append(values, c.valueOf(r, res))
		}
	}
	switch {
	case len(values) == 0 || slices.ContainsFunc(values, c.met):
		return nil
	case c.ordering() && !slices.ContainsFunc(values, func(v results.Value) bool { return v.Numeric }):
		return fault.Usagef("where %q: %s is no number; it is %s", c.source, c.key, list(values, " or "))
	case c.metric != nil:
		return fault.Usagef("where %q: no run meets it; %s is %s%s", c.source, c.key, spread(values), c.metric.hint(c.value))
	}
	return fault.Usagef("where %q: no run meets it; %s is %s", c.source, c.key, list(values, " or "))
}

// spread is the smallest and the largest of measured values.
func spread(values []results.Value) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v.Numeric {
			low, high = min(low, v.Number), max(high, v.Number)
		}
	}
	switch {
	case low > high:
		return results.Unset
	case low == high:
		return fmt.Sprintf("%.4g", low)
	}
	return fmt.Sprintf("%.4g to %.4g", low, high)
}

// hint says what unit a value of the metric is in, where that was mistaken.
func (m Metric) hint(v results.Value) string {
	if m.Unit == Fraction && v.Numeric && v.Number > 1 {
		return "; shares are fractions of 1, or have a percent sign"
	}
	return ""
}
