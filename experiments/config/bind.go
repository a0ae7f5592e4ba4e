package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"assay/internal/defaults"
	"assay/internal/suggest"
)

// binder copies decoded TOML tables into tagged structs and collects every
// fault on the way instead of stopping at the first.
type binder struct {
	file   string
	lines  lines
	flags  map[string]string // path → the --set flag that set it
	faults Faults
	faulty map[string]bool // paths with a fault, so that one mistake is reported once
	unread map[string]bool // those whose values could not be read: no further check is made of them
}

func newBinder(text, file string) *binder {
	return &binder{file: file, lines: locate(text), flags: map[string]string{}, faulty: map[string]bool{}, unread: map[string]bool{}}
}

func (b *binder) fault(path, format string, args ...any) {
	if b.unread[path] {
		return
	}
	b.faulty[path] = true
	line := b.lines.of(path)
	place := b.file
	if flag := b.flags[path]; flag != "" {
		place = flag
	} else if line > 0 {
		place += ":" + strconv.Itoa(line)
	}
	f := Fault{Place: place, Message: fmt.Sprintf(format, args...), line: line}
	if !slices.Contains(b.faults, f) { // each setting of a sweep may meet it
		b.faults = append(b.faults, f)
	}
}

// table binds the table at path into the given structs, whose keys together
// are the table's schema; extra names the further keys that are bound
// elsewhere. Keys that none of them knows are faults.
func (b *binder) table(path string, values map[string]any, extra []string, into ...any) {
	known := slices.Clone(extra)
	for _, s := range into {
		for f, v := range fields(s) {
			key := f.Tag.Get("toml")
			known = append(known, key)
			at := join(path, key)
			if raw, given := values[key]; given {
				b.field(at, key, f, v, raw)
			} else {
				b.setDefault(at, f, v)
			}
			b.unread[at] = b.faulty[at]
		}
	}
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, k) {
			hint := suggest.Hint(k, known)
			if hint == "" {
				slices.Sort(known)
				hint = "; known here: " + strings.Join(known, ", ")
			}
			b.fault(join(path, k), "unknown key %q%s%s", k, in(path), hint)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// in names the table of a path for a message.
func in(path string) string {
	if path == "" {
		return ""
	}
	name, _, _ := strings.Cut(path, "#")
	return " in [" + name + "]"
}

func (b *binder) setDefault(path string, f reflect.StructField, dst reflect.Value) {
	text, ok := f.Tag.Lookup("default")
	if !ok {
		dir, key, _ := cutLast(path)
		b.fault(path, "missing key %q%s", key, in(dir))
		return
	}
	if dst.Kind() != reflect.Slice {
		if err := defaults.Field(dst, text); err != nil {
			panic(fmt.Sprintf("config: default of %s: %v", f.Name, err))
		}
		return
	}
	var doc map[string]any
	if _, err := toml.Decode("v = "+text, &doc); err != nil {
		panic(fmt.Sprintf("config: default of %s: %v", f.Name, err))
	}
	if msg := assign(dst, doc["v"]); msg != "" {
		panic(fmt.Sprintf("config: default of %s: %s", f.Name, msg))
	}
}

func cutLast(path string) (dir, key string, ok bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

func (b *binder) field(path, key string, f reflect.StructField, dst reflect.Value, raw any) {
	if _, isText := raw.(string); !isText && dst.Kind() == reflect.String && b.flags[path] != "" {
		// On a command line nobody quotes corpus.path=2024.
		_, text, _ := strings.Cut(b.flags[path], "=")
		raw = strings.TrimSpace(text)
	}
	if msg := assign(dst, raw); msg != "" {
		b.fault(path, "%s: %s", key, msg)
		return
	}
	if words := f.Tag.Get("oneof"); words != "" {
		list := strings.Fields(words)
		if s := dst.String(); !slices.Contains(list, s) {
			b.fault(path, "%s: unknown value %q%s; one of %s", key, s, suggest.Hint(s, list), strings.Join(list, ", "))
		}
	}
	if interval := f.Tag.Get("range"); interval != "" {
		if msg := outside(interval, dst); msg != "" {
			b.fault(path, "%s: %s", key, msg)
		}
	}
}

// assign copies a decoded value into dst and returns what is wrong with it.
func assign(dst reflect.Value, raw any) string {
	switch dst.Kind() {
	case reflect.String:
		if s, ok := raw.(string); ok {
			dst.SetString(s)
			return ""
		}
	case reflect.Bool:
		if v, ok := raw.(bool); ok {
			dst.SetBool(v)
			return ""
		}
	case reflect.Int, reflect.Int64:
		if v, ok := raw.(int64); ok {
			dst.SetInt(v)
			return ""
		}
	case reflect.Uint64:
		if v, ok := raw.(int64); ok {
			if v < 0 {
				return fmt.Sprintf("%d is negative", v)
			}
			dst.SetUint(uint64(v))
			return ""
		}
	case reflect.Float64:
		switch v := raw.(type) {
		case int64:
			dst.SetFloat(float64(v))
			return ""
		case float64:
			dst.SetFloat(v)
			return ""
		}
	case reflect.Slice:
		return assignSlice(dst, raw)
	}
	return mismatch(dst.Type(), raw)
}

func assignSlice(dst reflect.Value, raw any) string {
	list, ok := raw.([]any)
	if !ok {
		return mismatch(dst.Type(), raw)
	}
	out := reflect.MakeSlice(dst.Type(), len(list), len(list))
	for i, x := range list {
		if msg := assign(out.Index(i), x); msg != "" {
			return fmt.Sprintf("element %d: %s", i+1, msg)
		}
	}
	dst.Set(out)
	return ""
}

// mismatch says what a value is instead of what is wanted and, where its text
// makes clear what was meant, how that is written.
func mismatch(want reflect.Type, raw any) string {
	text := fmt.Sprintf("want %s, have %s", kindName(want), describe(raw))
	v, ok := meant(want, raw)
	if ok && reflect.TypeOf(v) != reflect.TypeOf(raw) && assign(reflect.New(want).Elem(), v) == "" {
		text += ": write " + tomlValue(v)
	}
	return text
}

// meant is a value of another type that says the same: 1 for 1.0 and "1", "1" for
// 1, [1] for 1 and 1 for [1].
func meant(want reflect.Type, raw any) (any, bool) {
	list, isList := raw.([]any)
	switch {
	case want.Kind() == reflect.Slice && isList:
	case want.Kind() == reflect.Slice:
		if assign(reflect.New(want.Elem()).Elem(), raw) == "" {
			return []any{raw}, true
		}
		v, ok := meant(want.Elem(), raw)
		return []any{v}, ok
	case isList && len(list) == 1:
		return list[0], true
	}
	switch v := raw.(type) {
	case string:
		return overrideValue(strings.TrimSpace(v)), want.Kind() != reflect.String
	case float64:
		if want.Kind() != reflect.String {
			return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
		}
		return describe(v), true
	case int64, bool:
		return fmt.Sprint(v), want.Kind() == reflect.String
	}
	return nil, false
}

// outside checks a number against an interval like "[0,1)" or "(0,)".
func outside(interval string, v reflect.Value) string {
	var x float64
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		x = float64(v.Int())
	default:
		x = v.Float()
	}
	low, high, _ := strings.Cut(interval[1:len(interval)-1], ",")
	lo, _ := strconv.ParseFloat(low, 64)
	hi := math.Inf(1)
	if high != "" {
		hi, _ = strconv.ParseFloat(high, 64)
	}
	ok := x > lo || (x == lo && interval[0] == '[')
	ok = ok && (x < hi || (x == hi && interval[len(interval)-1] == ']'))
	switch {
	case ok && !math.IsInf(x, 0):
		return ""
	case high == "" && interval[0] == '[':
		return fmt.Sprintf("%v is out of range: at least %s", x, low)
	case high == "":
		return fmt.Sprintf("%v is out of range: greater than %s", x, low)
	}
	return fmt.Sprintf("%v is out of range %s", x, interval)
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list of " + strings.TrimPrefix(strings.TrimPrefix(kindName(t.Elem()), "a "), "an ") + "s"
	}
	return "an integer"
}

func describe(raw any) string {
	switch v := raw.(type) {
	case string:
		return strconv.Quote(v)
	case map[string]any:
		return "a table"
	case []map[string]any:
		return "a list of tables"
	case []any:
		return "a list"
	case float64:
		return tomlValue(v) // 1.0, which is no integer
	default:
		return fmt.Sprint(v)
	}
}
