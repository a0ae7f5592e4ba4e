package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
)

// FixedKeys are the keys of settings that every run has beside those of its
// parameters.
func FixedKeys() []string {
	return []string{"model", "kind", "backend", "rule", "seed", "features", "embeddings"}
}

// settingKeys returns all keys that name a setting of the runs: the fixed ones
// and then the parameters, ascending.
func settingKeys(runs []results.Run) []string {
	var params []string
	seen := map[string]bool{}
	for _, key := range FixedKeys() {
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
	return append(FixedKeys(), params...)
}

// checkSetting refuses a key that is none of the known ones; what says who asks.
func checkSetting(what, key string, known []string) error {
	if !slices.Contains(known, key) && slices.Contains(Keys(), key) {
		return fault.Usagef("%s: %s is a metric, not a setting of a run", what, key)
	}
	return checkKey(what, key, known, known)
}

// checkKey refuses a key that is none of those accepted; the settings among them are
// listed where none is alike.
func checkKey(what, key string, accepted, settings []string) error {
	if slices.Contains(accepted, key) {
		return nil
	}
	if hint := suggest.Hint(key, accepted); hint != "" {
		return fault.Usagef("%s: no run has a setting %q%s", what, key, hint)
	}
	return fault.Usagef("%s: no run has a setting %q; there are %s", what, key, strings.Join(settings, ", "))
}

// settingOf returns the run's value of the key; rule is the decision rule that
// its scores are of.
func settingOf(r results.Run, rule, key string) results.Value {
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
		text := strconv.FormatUint(r.Seed, 10)
		return results.Value{Text: text, Raw: text, Number: float64(r.Seed), Numeric: true, Set: true}
	}
	return results.ValueOf(r.Params, key)
}

// distinct returns the different values of the key, in the order in which they
// are met.
func distinct(values []results.Value) []results.Value {
	var out []results.Value
	seen := map[results.Value]bool{}
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// list writes values, ascending, the first few of many.
func list(values []results.Value, joint string) string {
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
