package compare

import (
	"slices"
	"strings"

	"assay/results"
)

// Difference is a setting in which runs differ.
type Difference struct {
	Key    string
	Values []results.Value // of each, in their order
}

// List writes the different values, ascending.
func (d Difference) List() string { return list(d.Values, ", ") }

// shown is a run under the rule whose scores are shown, "" where none is chosen.
type shown struct {
	run  results.Run
	rule string
}

// differences finds in what runs differ, but for their seed and the keys left out.
// Where they are of several models, kinds, features or embeddings, naming these is
// enough for what only one of them has.
func differences(of []shown, keys []string, without ...string) []Difference {
	var out []Difference
	for _, key := range keys {
		if key == "seed" || slices.Contains(without, key) {
			continue
		}
		values := make([]results.Value, len(of))
		for i, s := range of {
			values[i] = settingOf(s.run, s.rule, key)
		}
		if len(distinct(values)) > 1 && !follows(key, values, out) {
			out = append(out, Difference{key, values})
		}
	}
	return out
}

// follows reports whether a difference that is already named says the value of the
// key: the model its kind and backend, the embeddings all that is said of them, and
// any of them whether there is a key at all.
func follows(key string, values []results.Value, named []Difference) bool {
	set := slices.DeleteFunc(slices.Clone(values), func(v results.Value) bool { return !v.Set })
	for _, d := range named {
		var implied bool
		switch d.Key {
		case "model":
			implied = key == "kind" || key == "backend" || len(distinct(set)) < 2
		case "kind", "backend":
			implied = len(distinct(set)) < 2
		case "features", "embeddings":
			implied = strings.HasPrefix(key, d.Key+".")
		}
		if implied && d.decides(values) {
			return true
		}
	}
	return false
}

// decides reports whether runs of equal value of the difference have equal values.
func (d Difference) decides(values []results.Value) bool {
	of := map[results.Value]results.Value{}
	for i, k := range d.Values {
		if v, seen := of[k]; seen && v != values[i] {
			return false
		}
		of[k] = values[i]
	}
	return true
}

// Differences finds in what settings the groups differ, but for the keys left out.
func Differences(groups []*Group, without ...string) []Difference {
	var of []shown
	var runs []results.Run
	for _, g := range groups {
		of = append(of, shown{run: g.first()})
		runs = append(runs, g.first())
	}
	return differences(of, settingKeys(runs), without...)
}

// label names groups; those that share a model's name are told apart by the settings
// in which they differ.
func label(groups []*Group) {
	byName := map[string][]*Group{}
	for _, g := range groups {
		byName[g.Model.Name] = append(byName[g.Model.Name], g)
	}
	for _, same := range byName {
		parts := make([][]string, len(same))
		for _, d := range Differences(same) {
			for i, v := range d.Values {
				parts[i] = append(parts[i], d.Key+"="+v.String())
			}
		}
		for i, g := range same {
			g.Label = g.Model.Name
			if parts[i] != nil {
				g.Label += " (" + strings.Join(parts[i], ", ") + ")"
			}
		}
	}
}
