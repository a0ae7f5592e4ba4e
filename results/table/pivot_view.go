package table

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
)

// View says which of the runs a comparison shows, in what order and shape. The
// zero value changes nothing. Keys are model, kind, backend, rule, seed,
// features, embeddings and those of the runs' parameters, such as dropout or
// embeddings.dimensions.
type View struct {
	// Where holds conditions, KEY=VALUE or with !=, <, <=, > or >=, all of which
	// a run must meet. Numbers are compared as numbers; the value unset is that
	// of a run without the key.
	Where []string
	// Rule is the one decision rule whose scores are shown; "" shows all or, in a
	// pivot without the key rule, tuned where there is that and else the first.
	Rule string
	// Sort orders the rows by a key or a metric, ascending, or descending after
	// a minus sign. A metric orders a model by the best of its rows, a pivot's
	// row by the best of its cells. In a pivot, a key of its columns orders these.
	Sort string
	// Rows and Cols are the keys of a pivot: a row for each combination of values
	// of Rows, a column for each of Cols and, as Options.Columns, for each metric
	// (nil takes F1, of topics the accuracy). Without Rows there is the usual table.
	Rows, Cols []string
}

// Compare is Compare, of the runs and in the shape that v says. Unknown keys and
// conditions that no run meets are usage errors.
func (v View) Compare(runs []results.Run, opt Options) (Table, error) {
	if len(v.Rows) == 0 && len(v.Cols) > 0 {
		return Table{}, fault.Usagef("table: columns %s without rows: a pivot needs the keys of its rows", strings.Join(v.Cols, ", "))
	}
	all := slices.Concat(opt.Expected, runs)
	opt.Papers = wholeRuns(opt.Papers, runs)
	runs, filtered, err := v.keep(runs, &opt)
	if err != nil {
		return Table{}, err
	}
	if filtered != "" && opt.Name != "" {
		opt.Name += ", " + filtered
	} else if filtered != "" {
		opt.Name = filtered
	}
	if len(v.Rows) > 0 {
		return v.pivot(runs, opt, settingKeys(all))
	}
	if err := v.sortExpected(runs, &opt, settingKeys(all)); err != nil {
		return Table{}, err
	}
	return Compare(runs, opt)
}

// wholeRuns asks papers for runs as they are in the store: those of a view may have
// lost the results of other rules.
func wholeRuns(papers func(results.Run, metrics.Rule) (PaperScores, error), runs []results.Run) func(results.Run, metrics.Rule) (PaperScores, error) {
	if papers == nil {
		return nil
	}
	byTrial := map[string]results.Run{}
	for _, r := range runs {
		byTrial[r.Trial] = r
	}
	return func(r results.Run, rule metrics.Rule) (PaperScores, error) {
		if whole, ok := byTrial[r.Trial]; ok {
			r = whole
		}
		return papers(r, rule)
	}
}

// sortKey reads Sort: a metric, nil for a setting, and the direction.
func (v View) sortKey(known []string) (key string, m *metric, descending bool, err error) {
	key, descending = strings.CutPrefix(v.Sort, "-")
	for _, each := range metricsKnown() {
		if each.Key == key {
			return key, &each, descending, nil
		}
	}
	return key, nil, descending, checkKey("sort "+v.Sort, key, slices.Concat(known, Columns()))
}

// sortExpected orders the models of the usual table.
func (v View) sortExpected(runs []results.Run, opt *Options, known []string) error {
	if v.Sort == "" {
		return nil
	}
	key, m, descending, err := v.sortKey(known)
	switch {
	case err != nil:
		return err
	case key == "seed" || key == "rule":
		return fault.Usagef("table: sort %s: a row joins seeds and a model's rules stand together; sort by a metric or another setting", v.Sort)
	case opt.Expected == nil:
		return fmt.Errorf("table: sort %s: the expected trials are not given", v.Sort)
	}
	byTrial := map[string]results.Run{}
	for _, r := range runs {
		byTrial[r.Trial] = r
	}
	groups := map[string][]results.Run{}
	for _, want := range opt.Expected {
		k := groupKey(want)
		if r, ok := byTrial[want.Trial]; ok && r.State == results.Done {
			groups[k] = append(groups[k], r)
		} else if groups[k] == nil {
			groups[k] = []results.Run{}
		}
	}
	values := map[string]setting{}
	for _, want := range opt.Expected {
		k := groupKey(want)
		if _, seen := values[k]; seen {
			continue
		}
		values[k] = settingOf(want, "", key)
		if m != nil {
			if values[k], err = bestOf(*m, groups[k]); err != nil {
				return err
			}
		}
	}
	opt.Expected = slices.Clone(opt.Expected)
	slices.SortStableFunc(opt.Expected, func(a, b results.Run) int {
		return directed(values[groupKey(a)], values[groupKey(b)], descending)
	})
	return nil
}

// directed compares two values of a sort; those that are not there come last.
func directed(a, b setting, descending bool) int {
	if descending && a.Set && b.Set {
		return results.CompareValues(b, a)
	}
	return results.CompareValues(a, b)
}

// bestOf returns the replicates' best mean of the metric under any rule: the
// highest score, the lowest loss or cost.
func bestOf(m metric, runs []results.Run) (setting, error) {
	var best setting
	for _, rule := range rulesOf(runs) {
		with := slices.DeleteFunc(slices.Clone(runs), func(r results.Run) bool { _, ok := r.Result(rule); return !ok })
		n, err := replicate(m, rule, with)
		if err != nil {
			return setting{}, fmt.Errorf("table: sort: %w", err)
		}
		if n != nil && (!best.Set || m.better(n.Value, best.Number)) {
			best = setting{Number: n.Value, Numeric: true, Set: true}
		}
	}
	return best, nil
}
