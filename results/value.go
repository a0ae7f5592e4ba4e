package results

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Value is the value of a setting, a key of a run's Params, as people read it and
// as filters, sorts and axes take it. The zero Value is that of a run without the
// key.
type Value struct {
	Text    string  // for people
	Raw     string  // as the run has it, for programs
	Number  float64 // where Numeric; +Inf of a limit that is not set
	Numeric bool
	Set     bool
}

// zeros are the settings of which 0 is no small number, in words. A record keeps
// the bare number, and so do those of older programs: what it means is said here,
// where all that show runs find it, and experiments' tests hold that every key with
// a zero is known to them.
var zeros = map[string]struct {
	word  string
	limit bool // the largest there is: nothing is cut off
}{
	"max_depth":             {"no limit", true},
	"features.max_features": {"no limit", true},
	"corpus.sample":         {"all", true},
	"stop_epoch":            {"off", true}, // the last epoch ends training
	"clip_norm":             {"off", true},
	"dimensions":            {"of the vectors", false}, // that embeddings names
}

// ZeroMeans says in words what 0 stands for in a setting; false where it is a
// number like others.
func ZeroMeans(key string) (word string, ok bool) {
	z, ok := zeros[key]
	return z.word, ok
}

// ValueOf returns the value that params have under the key.
func ValueOf(params map[string]any, key string) Value {
	v, ok := params[key]
	if !ok {
		return Value{}
	}
	if s, ok := v.(string); ok {
		return Word(s)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return Word(fmt.Sprint(v))
	}
	return ParseValue(key, string(text))
}

// ParseValue reads the value of a key as JSON writes it or as [Value.Text] shows it:
// what is a number is one, and 0 is what it means there.
func ParseValue(key, text string) Value {
	v := ParseNumber(text)
	z, special := zeros[key]
	if !special || text != z.word && !(v.Numeric && v.Number == 0) {
		return v
	}
	v = Word(z.word)
	if v.Raw = "0"; z.limit {
		v.Number, v.Numeric = math.Inf(1), true
	}
	return v
}

// ParseNumber reads a value that means what it says, whatever its key.
func ParseNumber(text string) Value {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Word(text)
	}
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		text = strconv.FormatFloat(x, 'g', -1, 64) // 0.10 and 1e-1 are one value
		if x == float64(int64(x)) && x < 1e15 && x > -1e15 {
			text = strconv.FormatInt(int64(x), 10)
		}
	}
	return Value{Text: text, Raw: text, Number: x, Numeric: true, Set: true}
}

// Word is a value that is no number; "" is none at all.
func Word(s string) Value { return Value{Text: s, Raw: s, Set: s != ""} }

// Unset stands for the value of a key that a run does not have.
const Unset = "unset"

// String is the value for people.
func (v Value) String() string {
	if !v.Set {
		return Unset
	}
	return v.Text
}

// Finite reports whether the value has a place on a scale of numbers.
func (v Value) Finite() bool { return v.Numeric && !math.IsInf(v.Number, 0) }

// CompareValues puts numbers first, ascending, a limit that is not set behind
// them, then words, then runs without the key.
func CompareValues(a, b Value) int {
	class := func(v Value) int {
		switch {
		case v.Numeric:
			return 0
		case v.Set:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(class(a), class(b)), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text))
}
