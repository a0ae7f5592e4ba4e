package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
)

// setting is the value of a key in one run, as filters compare and pivots sort it.
type setting = results.Value

// fixedKeys are the keys that every run has beside those of its parameters.
func fixedKeys() []string {
	return []string{"model", "kind", "backend", "rule", "seed", "features", "embeddings"}
}

// settingKeys returns all keys that name a setting of the runs: the fixed ones
// and then the parameters, ascending.
func settingKeys(runs []results.Run) []string {
	var params []string
	seen := map[string]bool{}
	for _, key := range fixedKeys() {
		seen[key] = true
	}
	for _, r := range runs {
		for key := range r.Params {
			if !seen[key] {
				seen[key] = true
				params = append(params, key)
			}
		}
	}
	slices.Sort(params)
	return append(fixedKeys(), params...)
}

// checkKey refuses a key that is none of the known ones; what says who asks.
func checkKey(what, key string, known []string) error {
	switch {
	case slices.Contains(known, key):
		return nil
	case slices.Contains(Columns(), key):
		return fault.Usagef("table: %s: %s is a metric, not a setting of a run", what, key)
	}
	if hint := suggest.Hint(key, known); hint != "" {
		return fault.Usagef("table: %s: no run has a setting %q%s", what, key, hint)
	}
	return fault.Usagef("table: %s: no run has a setting %q; there are %s", what, key, strings.Join(known, ", "))
}

// settingOf returns the run's value of the key; rule is the decision rule that
// its scores are of.
func settingOf(r results.Run, rule, key string) setting {
	switch key {
	case "model":
		return results.Word(r.Model.Name)
	case "kind":
		return results.Word(r.Model.Kind)
	case "backend":
		return results.Word(r.Model.Backend)
	case "rule":
		return results.Word(rule)
	case "seed":
		return setting{Text: strconv.FormatUint(r.Seed, 10), Raw: strconv.FormatUint(r.Seed, 10), Number: float64(r.Seed), Numeric: true, Set: true}
	}
	return results.ValueOf(r.Params, key)
}

// distinct returns the different values of the key, in the order in which they
// are met.
func distinct(values []setting) []setting {
	var out []setting
	seen := map[setting]bool{}
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// listSettings writes values, ascending, the first few of many.
func listSettings(values []setting, joint string) string {
	const most = 8
	values = distinct(values)
	slices.SortStableFunc(values, results.CompareValues)
	var parts []string
	for i, v := range values {
		if i == most && len(values) > most+1 {
			return strings.Join(parts, ", ") + fmt.Sprintf(" and %d more", len(values)-most)
		}
		parts = append(parts, v.String())
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + joint + parts[n-1]
	}
	return strings.Join(parts, "")
}
