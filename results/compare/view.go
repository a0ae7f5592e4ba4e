package compare

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/results"
	"assay/results/metrics"
)

// View says which of the runs a comparison shows, in what order and shape. The
// zero value changes nothing. Keys are model, kind, backend, rule, seed,
// features, embeddings and those of the runs' parameters, such as dropout or
// embeddings.dimensions.
type View struct {
	// Where holds conditions of a Filter, all of which a run must meet.
	Where []string
	// Rule is the one decision rule whose scores are shown; "" shows all or, in a
	// pivot without the key rule, tuned where there is that and else the first.
	Rule string
	// Sort orders the rows by a key or a metric, ascending, or descending after
	// a minus sign. A metric orders a model by the best of its rows, a pivot's
	// row by the best of its cells. In a pivot, a key of its columns orders these.
	Sort string
	// Rows and Cols are the keys of a pivot: a row for each combination of values
	// of Rows, a column for each of Cols and, as Options.Metrics, for each metric
	// (nil takes F1, of topics the accuracy). Without Rows there is the usual shape.
	Rows, Cols []string
}

// Compare is Runs, of the runs and in the shape that v says. Unknown keys and
// conditions that no run meets are usage errors.
func (v View) Compare(runs []results.Run, opt Options) (*Comparison, error) {
	if len(v.Rows) == 0 && len(v.Cols) > 0 {
		return nil, fault.Usagef("columns %s without rows: a pivot needs the keys of its rows", strings.Join(v.Cols, ", "))
	}
	all := slices.Concat(opt.Expected, runs)
	opt.Papers = wholeRuns(opt.Papers, runs)
	runs, filtered, err := v.keep(runs, &opt)
	if err != nil {
		return nil, err
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
		return nil, err
	}
	return Runs(runs, opt)
}

// keep drops the runs, expected trials and problems that a condition leaves out,
// and says in words which are left.
func (v View) keep(runs []results.Run, opt *Options) (kept []results.Run, words string, err error) {
	filter, err := ParseFilter(v.Where, v.Rule)
	if err != nil || len(filter.conditions) == 0 {
		return runs, "", err
	}
	pool := runs
	if opt.Expected != nil {
		pool = known(opt.Expected, runs)
	}
	if err := filter.check(slices.Concat(opt.Expected, runs), pool); err != nil {
		return nil, "", err
	}
	kept, in := filter.keep(runs), filter.keep(pool)
	if opt.Expected != nil {
		out := map[string]bool{}
		for _, r := range pool {
			_, ok := filter.meets(r)
			out[r.Trial] = !ok
		}
		opt.Expected = in
		opt.Problems = slices.DeleteFunc(slices.Clone(opt.Problems), func(p results.Problem) bool { return out[p.Trial] })
	}
	if text := filter.String(); text != "" {
		words = fmt.Sprintf("where %s (%d of %s)", text, len(in), format.Count(len(pool), "trial"))
	}
	return kept, words, nil
}

// known returns the expected trials, as their runs where there are such.
func known(expected, runs []results.Run) []results.Run {
	own, out := byTrial(runs), slices.Clone(expected)
	for i, want := range out {
		if r, ok := own[want.Trial]; ok {
			out[i] = r
		}
	}
	return out
}

func byTrial(runs []results.Run) map[string]results.Run {
	out := make(map[string]results.Run, len(runs))
	for _, r := range runs {
		out[r.Trial] = r
	}
	return out
}

// wholeRuns asks papers for runs as they are in the store: those of a view may have
// lost the results of other rules.
func wholeRuns(papers func(results.Run, metrics.Rule) (PaperScores, error), runs []results.Run) func(results.Run, metrics.Rule) (PaperScores, error) {
	if papers == nil {
		return nil
	}
	own := byTrial(runs)
	return func(r results.Run, rule metrics.Rule) (PaperScores, error) {
		if whole, ok := own[r.Trial]; ok {
			r = whole
		}
		return papers(r, rule)
	}
}

// sortKey reads Sort: a metric, nil for a setting, and the direction.
func (v View) sortKey(known []string) (key string, m *Metric, descending bool, err error) {
	key, descending = strings.CutPrefix(v.Sort, "-")
	if m, ok := Lookup(key); ok && !m.ByEpoch {
		return key, &m, descending, nil
	}
	return key, nil, descending, checkKey("sort "+v.Sort, key, slices.Concat(known, Keys()), slices.Concat(known, Keys()))
}

// sortExpected orders the models of the usual shape.
func (v View) sortExpected(runs []results.Run, opt *Options, known []string) error {
	if v.Sort == "" {
		return nil
	}
	key, m, descending, err := v.sortKey(known)
	switch {
	case err != nil:
		return err
	case key == "seed" || key == "rule":
		return fault.Usagef("sort %s: a row joins seeds and a model's rules stand together; sort by a metric or another setting", v.Sort)
	case opt.Expected == nil:
		return fmt.Errorf("sort %s: the expected trials are not given", v.Sort)
	}
	own, done := byTrial(runs), map[string][]results.Run{}
	for _, want := range opt.Expected {
		if r, ok := own[want.Trial]; ok && r.State == results.Done {
			done[groupKey(want)] = append(done[groupKey(want)], r)
		}
	}
	values := map[string]results.Value{}
	for _, want := range opt.Expected {
		k := groupKey(want)
		if _, seen := values[k]; seen {
			continue
		}
		values[k] = settingOf(want, "", key)
		if m != nil {
			if values[k], err = m.best(done[k]); err != nil {
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
func directed(a, b results.Value, descending bool) int {
	if descending && a.Set && b.Set {
		return results.CompareValues(b, a)
	}
	return results.CompareValues(a, b)
}

// best returns the replicates' best mean of the metric under any rule: the
// highest score, the lowest loss or cost.
func (m Metric) best(runs []results.Run) (results.Value, error) {
	var best results.Value
	for _, rule := range Rules(runs) {
		n, err := m.Join(rule, Under(rule, runs).Runs)
		if err != nil {
			return results.Value{}, fmt.Errorf("sort: %w", err)
		}
		if n != nil && (!best.Set || m.Better(n.Value, best.Number)) {
			best = results.Value{Number: n.Value, Numeric: true, Set: true}
		}
	}
	return best, nil
}
