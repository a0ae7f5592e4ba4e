package results

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// A value reads as people write it and compares as what it is; a 0 that means
// something else is no number below the others.
func TestValues(t *testing.T) {
	params := map[string]any{
		"max_depth": json.Number("0"), "trees": 10, "dropout": 0.0, "clip_norm": 0.0, "dimensions": json.Number("0"),
		"max_features": "sqrt", "bootstrap": true, "features.ngrams": []int{1, 2}, "empty": "",
	}
	for key, want := range map[string]Value{
		"max_depth":       {"no limit", "0", math.Inf(1), true, true},
		"clip_norm":       {"off", "0", math.Inf(1), true, true},
		"dimensions":      {"of the vectors", "0", 0, false, true},
		"dropout":         {"0", "0", 0, true, true},
		"trees":           {"10", "10", 10, true, true},
		"max_features":    {"sqrt", "sqrt", 0, false, true},
		"bootstrap":       {"true", "true", 0, false, true},
		"features.ngrams": {"[1,2]", "[1,2]", 0, false, true},
		"empty":           {},
		"absent":          {},
	} {
		if got := ValueOf(params, key); got != want {
			t.Errorf("%s: %+v, want %+v", key, got, want)
		}
	}
	for text, want := range map[string]string{"0": "no limit", "0.0": "no limit", "no limit": "no limit", "1e1": "10", "0.10": "0.1"} {
		if got := ParseValue("max_depth", text).Text; got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
	order := []Value{Word("b"), {}, ParseValue("max_depth", "0"), ParseNumber("10"), Word("a"), ParseNumber("9"), ParseNumber("-1")}
	slices.SortFunc(order, CompareValues)
	var texts []string
	for _, v := range order {
		texts = append(texts, v.String())
	}
	if want := []string{"-1", "9", "10", "no limit", "a", "b", Unset}; !slices.Equal(texts, want) {
		t.Errorf("in the order %q, want %q", texts, want)
	}
}
