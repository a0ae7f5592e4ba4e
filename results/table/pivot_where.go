package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
)

// condition is one of View.Where.
type condition struct {
	source     string
	key, op    string
	value      setting
	wantsUnset bool
}

// operators, those first that begin with another.
func operators() []string { return []string{"!=", "<=", ">=", "=", "<", ">"} }

func parseCondition(s string) (condition, error) {
	at := strings.IndexAny(s, "=!<>")
	if at > 0 {
		for _, op := range operators() {
			value, ok := strings.CutPrefix(s[at:], op)
			if !ok {
				continue
			}
			value = strings.TrimSpace(value)
			c := condition{source: s, key: strings.TrimSpace(s[:at]), op: op, wantsUnset: value == results.Unset}
			c.value = results.ParseValue(c.key, value)
			if n := results.ParseNumber(value); c.ordering() && n.Numeric { // what lies above 0 does
				c.value = n
			}
			if c.ordering() && !c.value.Numeric {
				return condition{}, fault.Usagef("table: where %q: %s compares numbers, and %q is none", s, op, value)
			}
			if c.key != "" && value != "" {
				return c, nil
			}
		}
	}
	return condition{}, fault.Usagef("table: where %q: want KEY=VALUE, or !=, <, <=, > or >= in place of =", s)
}

func (c condition) ordering() bool { return c.op != "=" && c.op != "!=" }

// met reports whether a run with this value is kept.
func (c condition) met(v setting) bool {
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

// conditions reads Where and Rule and checks their keys.
func (v View) conditions(known []string) ([]condition, error) {
	var out []condition
	for _, s := range v.Where {
		c, err := parseCondition(s)
		if err == nil {
			err = checkKey(fmt.Sprintf("where %q", s), c.key, known)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if v.Rule != "" {
		rule, err := metrics.ParseRule(v.Rule)
		if err != nil {
			return nil, err
		}
		out = append(out, condition{source: "rule=" + rule.String(), key: "rule", op: "=", value: results.Word(rule.String())})
	}
	return out, nil
}

// keep drops the runs, expected trials and problems that a condition leaves out,
// and says in words which are left.
func (v View) keep(runs []results.Run, opt *Options) (kept []results.Run, words string, err error) {
	all := slices.Concat(opt.Expected, runs)
	conditions, err := v.conditions(settingKeys(all))
	if err != nil || len(conditions) == 0 {
		return runs, "", err
	}
	pool := runs
	if opt.Expected != nil {
		pool = opt.Expected
	}
	if err := checkMet(conditions, pool); err != nil {
		return nil, "", err
	}
	out := map[string]bool{}
	before := len(pool)
	if opt.Expected != nil {
		expected := []results.Run{}
		for _, r := range opt.Expected {
			if r, ok := meets(r, conditions); ok {
				expected = append(expected, r)
			} else {
				out[r.Trial] = true
			}
		}
		opt.Expected, before = expected, len(opt.Expected)
	}
	for _, r := range runs {
		if r, ok := meets(r, conditions); ok {
			kept = append(kept, r)
		}
	}
	opt.Problems = slices.DeleteFunc(slices.Clone(opt.Problems), func(p results.Problem) bool { return out[p.Trial] })
	var parts []string
	for _, c := range conditions[:len(v.Where)] {
		parts = append(parts, c.key+" "+c.op+" "+c.value.Text)
	}
	if len(parts) == 0 {
		return kept, "", nil
	}
	n := len(kept)
	if opt.Expected != nil {
		n = len(opt.Expected)
	}
	return kept, fmt.Sprintf("where %s (%d of %s)", strings.Join(parts, " and "), n, count(before, "trial", "trials")), nil
}

// meets reports whether the run meets all conditions, with the results left that
// those on its rules leave.
func meets(r results.Run, conditions []condition) (results.Run, bool) {
	for _, c := range conditions {
		if c.key != "rule" {
			if !c.met(settingOf(r, "", c.key)) {
				return r, false
			}
			continue
		}
		if len(r.Results) == 0 { // what it would have measured is not known
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(r.Results), func(res results.RuleResult) bool {
			return !c.met(results.Word(res.Decision.Rule.String()))
		})
		if r.Results = kept; len(kept) == 0 {
			return r, false
		}
	}
	return r, true
}

// checkMet refuses conditions that leave nothing, naming the values that there
// are.
func checkMet(conditions []condition, pool []results.Run) error {
	for i, c := range conditions {
		var values []setting
		for _, r := range pool {
			if c.key != "rule" {
				values = append(values, settingOf(r, "", c.key))
			}
			for _, res := range r.Results {
				if c.key == "rule" {
					values = append(values, results.Word(res.Decision.Rule.String()))
				}
			}
		}
		if len(values) == 0 {
			continue
		}
		if c.ordering() && !slices.ContainsFunc(values, func(s setting) bool { return s.Numeric }) {
			return fault.Usagef("table: where %q: %s is no number; it is %s", c.source, c.key, listSettings(values, " or "))
		}
		if !slices.ContainsFunc(pool, func(r results.Run) bool { _, ok := meets(r, conditions[i:i+1]); return ok }) {
			return fault.Usagef("table: where %q: no run meets it; %s is %s", c.source, c.key, listSettings(values, " or "))
		}
	}
	if len(pool) > 0 && !slices.ContainsFunc(pool, func(r results.Run) bool { _, ok := meets(r, conditions); return ok }) {
		var parts []string
		for _, c := range conditions {
			parts = append(parts, c.source)
		}
		return fault.Usagef("table: no run meets all of %s", strings.Join(parts, ", "))
	}
	return nil
}
