package table

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
)

// setting is the value of a key in one run, as filters compare and pivots sort
// it. The zero value is that of a run without the key.
type setting struct {
	text    string
	number  float64
	numeric bool
	set     bool
}

// unset stands for the value of a key that a run does not have.
const unset = "unset"

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
		return word(r.Model.Name)
	case "kind":
		return word(r.Model.Kind)
	case "backend":
		return word(r.Model.Backend)
	case "rule":
		return word(rule)
	case "seed":
		return setting{text: strconv.FormatUint(r.Seed, 10), number: float64(r.Seed), numeric: true, set: true}
	}
	v, ok := r.Params[key]
	if !ok {
		return setting{}
	}
	if s, ok := v.(string); ok {
		return word(s)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return word(fmt.Sprint(v))
	}
	return parseSetting(string(text))
}

func word(s string) setting { return setting{text: s, set: s != ""} }

// parseSetting reads a value as JSON writes it: what is a number is one.
func parseSetting(text string) setting {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return word(text)
	}
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		text = strconv.FormatFloat(x, 'g', -1, 64) // 0.10 and 1e-1 are one value
		if x == float64(int64(x)) && x < 1e15 && x > -1e15 {
			text = strconv.FormatInt(int64(x), 10)
		}
	}
	return setting{text: text, number: x, numeric: true, set: true}
}

// shown is the value for people.
func (s setting) shown() string {
	if !s.set {
		return unset
	}
	return s.text
}

// compareSettings puts numbers first, ascending, then words, then runs without
// the key.
func compareSettings(a, b setting) int {
	class := func(s setting) int {
		switch {
		case s.numeric:
			return 0
		case s.set:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(class(a), class(b)), cmp.Compare(a.number, b.number), cmp.Compare(a.text, b.text))
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
	slices.SortStableFunc(values, compareSettings)
	var parts []string
	for i, v := range values {
		if i == most && len(values) > most+1 {
			return strings.Join(parts, ", ") + fmt.Sprintf(" and %d more", len(values)-most)
		}
		parts = append(parts, v.shown())
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + joint + parts[n-1]
	}
	return strings.Join(parts, "")
}
