package config

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// fields yields the fields of the struct that s points to which are keys of a table.
func fields(s any) iter.Seq2[reflect.StructField, reflect.Value] {
	return func(yield func(reflect.StructField, reflect.Value) bool) {
		v := reflect.ValueOf(s).Elem()
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if key := f.Tag.Get("toml"); key != "" && key != "-" && !yield(f, v.Field(i)) {
				return
			}
		}
	}
}

// tagged returns the fields of the struct that s points to, by key.
func tagged(s any) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	for f := range fields(s) {
		out[f.Tag.Get("toml")] = f
	}
	return out
}

// Params lists the resolved options of an experiment of one trial, its features'
// and vectors' with a prefix.
func (c *Config) Params() map[string]any {
	m := &c.Models[0]
	out := map[string]any{"features": m.Features}
	if m.Embeddings != "" {
		out["embeddings"] = m.Embeddings
	}
	add := func(prefix string, structs ...any) {
		for _, s := range structs {
			for f, v := range fields(s) {
				out[prefix+f.Tag.Get("toml")] = v.Interface()
			}
		}
	}
	add("", m.Options)
	for i := range c.Features {
		add("features.", c.Features[i].keys()...)
	}
	for i := range c.Embeddings {
		add("embeddings.", c.Embeddings[i].keys()...)
	}
	return out
}

// Key is a key of an experiment's text.
type Key struct {
	Table string // "corpus", "model"; "" for keys above all tables
	Name  string // of the model, the features or the vectors; "" for other tables
	Key   string // "alpha", "sweep.method"
	Value any    // as TOML gives it
}

// Short is the key without its table's name: "model.alpha".
func (k Key) Short() string { return join(k.Table, k.Key) }

// Path is the key with its table's name: "model.Naive Bayes.alpha".
func (k Key) Path() string {
	if k.Name == "" {
		return k.Short()
	}
	return k.Table + "." + k.Name + "." + k.Key
}

// Keys lists the keys of a text that can change a result, by their paths. The text
// may be of another version of the program, with other keys.
func Keys(text string) ([]Key, error) {
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		return nil, err
	}
	var out []Key
	for table, v := range doc {
		switch v := v.(type) {
		case []map[string]any: // [[model]], [[published]]
			for i, t := range v {
				name, ok := t["name"].(string)
				if !ok {
					name = fmt.Sprint(i)
				}
				out = appendKeys(out, Key{Table: table, Name: name}, t)
			}
		case map[string]any:
			if table != "features" && table != "embeddings" {
				out = appendKeys(out, Key{Table: table}, v)
				continue
			}
			for name, t := range v {
				t, _ := t.(map[string]any)
				out = appendKeys(out, Key{Table: table, Name: name}, t)
			}
		default:
			out = append(out, Key{Key: table, Value: v})
		}
	}
	out = slices.DeleteFunc(out, func(k Key) bool { return !k.decides() })
	slices.SortFunc(out, func(a, b Key) int { return cmp.Compare(a.Path(), b.Path()) })
	return out, nil
}

// appendKeys appends those of a table, inner tables' with dots, under at.
func appendKeys(out []Key, at Key, table map[string]any) []Key {
	for key, v := range table {
		one := at
		one.Key = join(at.Key, key)
		if inner, ok := v.(map[string]any); ok {
			out = appendKeys(out, one, inner)
			continue
		}
		one.Value = v
		out = append(out, one)
	}
	return out
}

// decides reports whether the key's value can change a result.
func (k Key) decides() bool {
	if k.Table == "published" {
		return false
	}
	var structs []any
	switch k.Table {
	case "":
		structs = []any{&Config{}}
	case "corpus":
		structs = []any{&Corpus{}}
	case "results":
		structs = []any{&Results{}}
	case "model":
		model := tagged(&Model{})
		for _, kind := range strings.Fields(model["kind"].Tag.Get("oneof")) {
			for _, backend := range strings.Fields(model["backend"].Tag.Get("oneof")) {
				if o := newOptions(kind, backend); o != nil {
					structs = append(structs, o)
				}
			}
		}
	}
	return !slices.ContainsFunc(structs, func(s any) bool { return decidesNothing(tagged(s)[k.Key]) })
}

// decidesNothing reports whether the value of a key cannot change a result. A device
// cannot while there is one.
func decidesNothing(f reflect.StructField) bool {
	return f.Tag.Get("identity") == "-" || f.Tag.Get("identity") == "device"
}

// Settings lists the keys of a trial's text that can change its result, with their
// values and without the names of tables: "model.alpha", "features.terms", "seed".
func Settings(text string) (map[string]any, error) {
	keys, err := Keys(text)
	out := map[string]any{}
	for _, k := range keys {
		if list, ok := k.Value.([]any); ok && k.Path() == "seeds" && len(list) == 1 {
			k.Key, k.Value = "seed", list[0]
		}
		out[k.Short()] = k.Value
	}
	return out, err
}

// Changes says in words, a line a key, in what two experiments differ that can
// change a result.
func Changes(before, after string) []string {
	a, b := values(before), values(after)
	var out []string
	all := maps.Clone(a)
	maps.Copy(all, b)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if a[path] != b[path] {
			out = append(out, fmt.Sprintf("%s: %s → %s", path, cmp.Or(a[path], "none"), cmp.Or(b[path], "none")))
		}
	}
	return out
}

func values(text string) map[string]string {
	keys, _ := Keys(text) // what cannot be read has none
	out := map[string]string{}
	for _, k := range keys {
		out[k.Path()] = tomlValue(k.Value)
	}
	return out
}
