package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"assay/internal/rng"
)

// Sweep is [model.sweep]: which settings of a model are tried. Beside its own
// keys the table holds any key of the model, or of a table of word vectors as
// "embeddings.NAME.key", with the values to try.
type Sweep struct {
	// Method takes all combinations of the values, draws them at random, or draws
	// them and trains only the better ones to the end (asynchronous successive
	// halving, Li et al. 2020, decided by the trials' numbers, not by their times).
	Method string `toml:"method" default:"grid" oneof:"grid random asha"`
	// Trials is how many settings there are at most; 0 takes a whole grid.
	Trials int `toml:"trials" default:"0" range:"[0,100000]"`
	// Hours end a sweep early: no trial begins once those that ended took as long
	// together. 0 sets no limit.
	Hours float64 `toml:"hours" default:"0" range:"[0,)"`
	Seed  uint64  `toml:"seed" default:"1"` // of what is drawn

	// What asha needs: of each Reduction settings one goes on to the next rung,
	// where it gets Reduction times the resource, up to what the model's key says.
	Resource    string `toml:"resource" default:"\"\""` // "": the epochs of a network, the trees of a forest
	MinResource int    `toml:"min_resource" default:"1" range:"[1,1000000]"`
	Reduction   int    `toml:"reduction" default:"3" range:"[2,1000]"`
	// Metric is judged on validation papers under Rule, the experiment's first
	// where it is empty.
	Metric string `toml:"metric" default:"f1" oneof:"f1 master_f1"`
	Rule   string `toml:"rule" default:"\"\""`

	Keys []SweepKey `toml:"-"` // in the order of the file
}

// SweepKey is a key with the values to try.
type SweepKey struct {
	Key    string // of the model, or embeddings.NAME.key
	Values []any  // as TOML gives them; of a range in a grid, its points
	Range  *Range // nil for a list
	// When holds, for each key named, the values under which this one is tried.
	// Otherwise it keeps the model's own value.
	When map[string][]any
}

// Range is an interval of numbers, both ends in it.
type Range struct {
	Min   float64 `toml:"min"`
	Max   float64 `toml:"max"`
	Step  float64 `toml:"step" default:"0" range:"[0,)"`       // 0: Count says, or any number is drawn
	Count int     `toml:"count" default:"0" range:"[0,10000]"` // points of equal distance
	Log   bool    `toml:"log" default:"false"`                 // distances of logarithms

	kind reflect.Kind // of the key
}

// digits to which a number of a range is rounded: a setting can be read and typed.
const digits = 6

func (r *Range) rounded(x float64) float64 {
	if r.kind != reflect.Float64 {
		return math.Round(x)
	}
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// points are the range's values in a grid, ascending.
func (r *Range) points() []float64 {
	var out []float64
	switch {
	case r.Step > 0:
		for i := 0; ; i++ {
			x := r.Min + float64(i)*r.Step
			if x > r.Max+1e-9*r.Step {
				return out
			}
			out = append(out, r.rounded(x))
		}
	case r.Count == 1:
		return []float64{r.Min}
	}
	for i := range r.Count {
		out = append(out, r.at(float64(i)/float64(r.Count-1)))
	}
	return out
}

// at returns the value at a share in [0, 1] of the way.
func (r *Range) at(share float64) float64 {
	if r.Log {
		return r.rounded(math.Exp(math.Log(r.Min) + share*(math.Log(r.Max)-math.Log(r.Min))))
	}
	return r.rounded(r.Min + share*(r.Max-r.Min))
}

// point is one setting: values by key.
type point map[string]any

// grid returns all combinations, the last key changing fastest, at most limit of
// them where that is above 0.
func (s *Sweep) grid(limit int) []point {
	out := []point{{}}
	for _, k := range s.Keys {
		var next []point
		for _, p := range out {
			for _, v := range k.Values {
				q := maps.Clone(p)
				q[k.Key] = v
				next = append(next, q)
			}
		}
		out = next
	}
	if limit > 0 && limit < len(out) {
		out = out[:limit]
	}
	return out
}

// draw returns setting number i of a model's random ones. Each key has its own
// random numbers: more settings or keys leave the others as they are.
func (s *Sweep) draw(model string, i int) point {
	p := point{}
	for _, k := range s.Keys {
		r := rng.New(s.Seed, "sweep", model, k.Key, strconv.Itoa(i))
		if k.Range == nil || len(k.Values) > 0 {
			p[k.Key] = k.Values[r.IntN(len(k.Values))]
			continue
		}
		p[k.Key] = asKind(k.Range.at(r.Float64()), k.Range.kind)
	}
	return p
}

// size is how many combinations the lists have, at most limit+1; 0 where a key
// is drawn from an interval.
func (s *Sweep) size(limit int) int {
	n := 1
	for _, k := range s.Keys {
		if len(k.Values) == 0 {
			return 0
		}
		if n *= len(k.Values); n > limit {
			return limit + 1
		}
	}
	return n
}

// active takes the keys out of the point whose conditions do not hold; base
// gives the values of keys that the point lacks. Conditions may depend on keys
// with conditions, but not in a circle, which bindings refuse.
func (s *Sweep) active(p point, base func(key string) any) point {
	out := point{}
	var holds func(k SweepKey) bool
	value := func(key string) any {
		at := slices.IndexFunc(s.Keys, func(k SweepKey) bool { return k.Key == key })
		if at >= 0 && holds(s.Keys[at]) {
			return p[key]
		}
		return base(key)
	}
	holds = func(k SweepKey) bool {
		for key, wanted := range k.When {
			have := value(key)
			if !slices.ContainsFunc(wanted, func(w any) bool { return sameValue(w, have) }) {
				return false
			}
		}
		return true
	}
	for _, k := range s.Keys {
		if holds(k) {
			out[k.Key] = p[k.Key]
		}
	}
	return out
}

// sameValue compares values of TOML, where 1 and 1.0 are the same number.
func sameValue(a, b any) bool {
	x, aok := number(a)
	y, bok := number(b)
	if aok && bok {
		return x == y
	}
	return reflect.DeepEqual(a, b)
}

func number(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	case int:
		return float64(x), true
	case uint64:
		return float64(x), true
	}
	return 0, false
}

// circular returns a key whose condition depends on itself, "" if there is none.
func (s *Sweep) circular() string {
	needs := map[string][]string{}
	for _, k := range s.Keys {
		needs[k.Key] = slices.Sorted(maps.Keys(k.When))
	}
	var reaches func(from, to string, depth int) bool
	reaches = func(from, to string, depth int) bool {
		for _, next := range needs[from] {
			if next == to || depth > 0 && reaches(next, to, depth-1) {
				return true
			}
		}
		return false
	}
	for _, k := range s.Keys {
		if reaches(k.Key, k.Key, len(s.Keys)) {
			return k.Key
		}
	}
	return ""
}

// text is the table as TOML, without its header.
func (s *Sweep) text() string {
	var b strings.Builder
	for _, k := range s.Keys {
		fmt.Fprintf(&b, "%s = %s\n", quoteKey(k.Key), k.text())
	}
	return b.String()
}

func (k *SweepKey) text() string {
	if k.Range == nil && len(k.When) == 0 {
		return listText(k.Values)
	}
	var parts []string
	if r := k.Range; r != nil {
		parts = append(parts, "min = "+tomlValue(r.Min), "max = "+tomlValue(r.Max))
		if r.Step > 0 {
			parts = append(parts, "step = "+tomlValue(r.Step))
		}
		if r.Count > 0 {
			parts = append(parts, "count = "+tomlValue(r.Count))
		}
		if r.Log {
			parts = append(parts, "log = true")
		}
	} else {
		parts = append(parts, "values = "+listText(k.Values))
	}
	if len(k.When) > 0 {
		var when []string
		for _, key := range slices.Sorted(maps.Keys(k.When)) {
			when = append(when, quoteKey(key)+" = "+listText(k.When[key]))
		}
		parts = append(parts, "when = { "+strings.Join(when, ", ")+" }")
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

func listText(values []any) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, tomlValue(v))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
