package config

import (
	"cmp"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"assay/internal/suggest"
	"assay/results/metrics"
)

// mostSettings bounds a sweep: each setting is held in memory.
const mostSettings = 10_000

// sweep binds [model.sweep] of the model m, which is bound already.
func (b *binder) sweep(path string, raw any, m *Model, cfg *Config) *Sweep {
	t, ok := raw.(map[string]any)
	if !ok {
		b.fault(path, "sweep: want a table [model.sweep], have %s", describe(raw))
		return nil
	}
	s := &Sweep{}
	own := tagged(s)
	options, keys := map[string]any{}, map[string]any{}
	dotted := func(k string) int { return min(strings.Count(k, "."), 1) }
	names := slices.SortedFunc(maps.Keys(t), func(a, b string) int { // what --set gives wins over a table of the file
		return cmp.Or(cmp.Compare(dotted(a), dotted(b)), cmp.Compare(a, b))
	})
	for _, k := range names {
		if _, ok := own[k]; ok {
			options[k] = t[k]
		} else {
			flatten(keys, k, t[k])
		}
	}
	before := len(b.faults)
	b.table(path, options, nil, s)
	for _, key := range b.inOrder(path, keys) {
		if k, ok := b.sweepKey(path, key, keys[key], m, cfg); ok {
			s.Keys = append(s.Keys, k)
		}
	}
	if len(b.faults) > before {
		return nil
	}
	b.checkSweep(path, s, m, cfg)
	if len(b.faults) > before {
		return nil
	}
	return s
}

// flatten gives keys of tables inside the sweep, [model.sweep.embeddings.X], the
// dotted names that they have when they are quoted.
func flatten(into map[string]any, key string, v any) {
	t, ok := v.(map[string]any)
	_, values := t["values"]
	_, low := t["min"]
	_, high := t["max"]
	if !ok || values || low || high || !strings.HasPrefix(key+".", "embeddings.") {
		into[key] = v
		return
	}
	for k, inner := range t {
		flatten(into, key+"."+k, inner)
	}
}

// inOrder returns the keys as the file has them, by line, then by name.
func (b *binder) inOrder(path string, keys map[string]any) []string {
	names := slices.Collect(maps.Keys(keys))
	line := func(key string) int {
		if n, ok := b.lines[join(path, key)]; ok {
			return n
		}
		return math.MaxInt
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(line(a), line(b)), cmp.Compare(a, b)) })
	return names
}

// target finds the field of a key that a sweep names.
func (b *binder) target(path, key string, m *Model, cfg *Config) (reflect.StructField, bool) {
	known := map[string]reflect.StructField{}
	if rest, ok := strings.CutPrefix(key, "embeddings."); ok {
		name, inner, _ := cutLast(rest)
		at := slices.IndexFunc(cfg.Embeddings, func(e Embeddings) bool { return e.Name == name })
		if at < 0 {
			var tables []string
			for _, e := range cfg.Embeddings {
				tables = append(tables, e.Name)
			}
			b.fault(join(path, key), "%s: no [embeddings.%s]%s", key, name, suggest.Hint(name, tables))
			return reflect.StructField{}, false
		}
		for _, s := range cfg.Embeddings[at].keys() {
			maps.Copy(known, tagged(s))
		}
		key, path = inner, path+".embeddings."+name
	} else {
		for _, s := range []any{m, m.Options} {
			maps.Copy(known, tagged(s))
		}
	}
	for k, f := range known {
		why := ""
		switch {
		case slices.Contains([]string{"name", "kind", "backend", "train"}, k):
			why = "add another table instead"
		case decidesNothing(f):
			why = "it changes no result"
		default:
			continue
		}
		if k == key {
			b.fault(join(path, key), "%s: cannot be swept: %s", key, why)
			return reflect.StructField{}, false
		}
		delete(known, k)
	}
	f, ok := known[key]
	if !ok {
		names := slices.Sorted(maps.Keys(known))
		hint := suggest.Hint(key, names)
		if hint == "" {
			hint = "; known here: " + strings.Join(names, ", ")
		}
		b.fault(join(path, key), "unknown key %q to sweep%s", key, hint)
	}
	return f, ok
}

// sweepKey binds one key with its values.
func (b *binder) sweepKey(path, key string, raw any, m *Model, cfg *Config) (SweepKey, bool) {
	k := SweepKey{Key: key}
	f, ok := b.target(path, key, m, cfg)
	if !ok {
		return k, false
	}
	at := join(path, key)
	before := len(b.faults)
	switch v := raw.(type) {
	case []any:
		k.Values = v
	case map[string]any:
		b.described(at, key, v, f, &k)
	default:
		b.fault(at, "%s: want a list of values, or { min = …, max = … }, have %s", key, describe(raw))
	}
	if len(b.faults) > before {
		return k, false
	}
	if len(k.Values) == 0 && k.Range == nil {
		b.fault(at, "%s: a list without values leaves nothing to try", key)
	}
	for i, v := range k.Values {
		b.field(at, key, f, reflect.New(f.Type).Elem(), v)
		if slices.ContainsFunc(k.Values[:i], func(o any) bool { return sameValue(o, v) }) {
			b.fault(at, "%s: %s stands twice", key, tomlValue(v))
		}
	}
	return k, len(b.faults) == before
}

// described binds { values = …, when = … } and { min = …, max = …, … }.
func (b *binder) described(path, key string, t map[string]any, f reflect.StructField, k *SweepKey) {
	rest := maps.Clone(t)
	if raw, ok := rest["when"]; ok {
		delete(rest, "when")
		conditions, ok := raw.(map[string]any)
		if !ok || len(conditions) == 0 {
			b.fault(path, "%s: when: want { KEY = VALUE }, have %s", key, describe(raw))
		}
		k.When = map[string][]any{}
		for name, v := range conditions {
			if list, ok := v.([]any); ok {
				k.When[name] = list
			} else {
				k.When[name] = []any{v}
			}
		}
	}
	if raw, ok := rest["values"]; ok {
		list, isList := raw.([]any)
		if !isList || len(rest) > 1 {
			b.fault(path, "%s: want { values = [ … ] } with nothing but when beside it", key)
		}
		k.Values = list
		return
	}
	r := &Range{kind: f.Type.Kind()}
	b.table(path, rest, nil, r)
	integer := f.Type.Kind() != reflect.Float64
	if integer && f.Type.Kind() != reflect.Int && f.Type.Kind() != reflect.Int64 && f.Type.Kind() != reflect.Uint64 {
		b.fault(path, "%s: takes %s, which has no range; give a list", key, kindName(f.Type))
		return
	}
	switch {
	case !(r.Min < r.Max):
		b.fault(path, "%s: min = %g must lie below max = %g", key, r.Min, r.Max)
	case r.Log && r.Min <= 0:
		b.fault(path, "%s: min = %g of a logarithmic range must lie above 0", key, r.Min)
	case r.Step > 0 && (r.Count > 0 || r.Log):
		b.fault(path, "%s: a range has a step, or count and log, not both", key)
	case r.Step > 0 && (r.Max-r.Min)/r.Step > mostSettings:
		b.fault(path, "%s: the step %g makes more than %d values", key, r.Step, mostSettings)
	default:
		k.Range = r
		for _, x := range r.points() {
			k.Values = append(k.Values, asKind(x, f.Type.Kind()))
		}
		k.Values = slices.CompactFunc(k.Values, sameValue) // whole numbers of close points
		for _, end := range []float64{r.Min, r.Max} {
			b.field(path, key, f, reflect.New(f.Type).Elem(), asKind(end, f.Type.Kind()))
		}
	}
}

// asKind is a number as TOML would give it for a field of that kind.
func asKind(x float64, kind reflect.Kind) any {
	if kind == reflect.Float64 {
		return x
	}
	return int64(math.Round(x))
}

// checkSweep checks what the keys do not know of each other.
func (b *binder) checkSweep(path string, s *Sweep, m *Model, cfg *Config) {
	if len(s.Keys) == 0 {
		b.fault(path, "sweep: no key to sweep; name one, such as dropout = [0.0, 0.1]")
	}
	if key := s.circular(); key != "" {
		b.fault(join(path, key), "%s: its condition depends on itself", key)
	}
	for _, k := range s.Keys {
		for when, values := range k.When {
			b.checkCondition(join(path, k.Key), k.Key, when, values, s, m)
		}
		if s.Method == "grid" && len(k.Values) == 0 {
			b.fault(join(path, k.Key), "%s: a grid needs step or count to make values of a range", k.Key)
		}
	}
	size := s.size(mostSettings)
	switch {
	case s.Method == "grid" && size > mostSettings:
		b.fault(path, "sweep: the grid has more than %d settings; take fewer values, or method = \"random\"", mostSettings)
	case (s.Method == "random" || s.Method == "asha") && s.Trials == 0:
		b.fault(path, "sweep: method = %q needs trials, the number of settings to draw", s.Method)
	case s.Trials > mostSettings:
		b.fault(path+".trials", "trials: %d are more than %d", s.Trials, mostSettings)
	}
	b.checkHalving(path, s, m, cfg)
}

// checkCondition checks that a condition's key exists and can have its values.
func (b *binder) checkCondition(path, key, when string, values []any, s *Sweep, m *Model) {
	for _, keys := range []any{m, m.Options} {
		f, ok := tagged(keys)[when]
		if !ok {
			continue
		}
		own, _ := m.value(when)
		tried := []any{own}
		at := slices.IndexFunc(s.Keys, func(o SweepKey) bool { return o.Key == when })
		if at >= 0 {
			tried = append(tried, s.Keys[at].Values...)
		}
		for _, v := range values {
			before := len(b.faults)
			b.field(path, key+": when: "+when, f, reflect.New(f.Type).Elem(), v)
			never := len(b.faults) == before && !slices.ContainsFunc(tried, func(o any) bool { return sameValue(o, v) })
			if drawn := at >= 0 && len(s.Keys[at].Values) == 0; never && !drawn {
				b.fault(path, "%s: when: %s is never %s", key, when, tomlValue(v))
			}
		}
		return
	}
	if !slices.ContainsFunc(s.Keys, func(o SweepKey) bool { return o.Key == when }) {
		b.fault(path, "%s: when: the model has no key %q", key, when)
	}
}

// checkHalving checks the keys of asha, and that other methods have none.
func (b *binder) checkHalving(path string, s *Sweep, m *Model, cfg *Config) {
	if s.Method != "asha" {
		return
	}
	if s.Resource == "" {
		s.Resource = map[string]string{"sha_rnn": "epochs", "lstm": "epochs", "random_forest": "trees"}[m.Kind]
	}
	whole, ok := m.value(s.Resource)
	most, isInt := whole.(int)
	switch {
	case s.Resource == "":
		b.fault(path, "resource: name the key that says how long this model is trained, such as max_iterations")
	case !ok || !isInt:
		b.fault(path+".resource", "resource: %q is no whole number among the model's keys", s.Resource)
	case most < s.MinResource*s.Reduction:
		b.fault(path, "sweep: %s = %d leaves no second rung above min_resource = %d by a reduction of %d", s.Resource, most, s.MinResource, s.Reduction)
	case slices.ContainsFunc(s.Keys, func(k SweepKey) bool { return k.Key == s.Resource || k.Key == "stop_epoch" }):
		b.fault(path+"."+s.Resource, "%s: is the resource of asha and cannot be swept as well", s.Resource)
	default:
		rungs := s.resources(most)
		if least := power(s.Reduction, len(rungs)-1); s.Trials > 0 && s.Trials < least {
			b.fault(path+".trials", "trials: of %d none comes to the last of the %d rungs %v of %s: take %d at least, or raise min_resource", s.Trials, len(rungs), rungs, s.Resource, least)
		}
	}
	if cfg.Split.Validation == 0 && !b.faulty["split.validation"] {
		b.fault("split.validation", "asha chooses by validation papers, but split.validation is 0")
	}
	if s.Rule == "" && len(cfg.Decision.Rules) > 0 {
		s.Rule = cfg.Decision.Rules[0]
	}
	if rule, err := metrics.ParseRule(s.Rule); err != nil {
		b.fault(path+".rule", "rule: %v", err)
	} else if s.Rule = rule.String(); !slices.ContainsFunc(cfg.Decision.Rules, func(text string) bool {
		other, err := metrics.ParseRule(text)
		return err == nil && other == rule
	}) {
		b.fault(path+".rule", "rule: %q is not among decision.rules: %s", s.Rule, strings.Join(cfg.Decision.Rules, ", "))
	}
}

func power(base, exponent int) int {
	out := 1
	for range exponent {
		out *= base
	}
	return out
}

// resources are those of the rungs, ascending to the most.
func (s *Sweep) resources(most int) []int {
	var out []int
	for r := most; r >= s.MinResource; r /= s.Reduction {
		out = append(out, r)
	}
	slices.Reverse(out)
	return out
}

// value returns a resolved value of the model by its key.
func (m *Model) value(key string) (any, bool) {
	for _, s := range []any{m, m.Options} {
		v := reflect.ValueOf(s)
		if s == nil || v.IsNil() {
			continue
		}
		if f, ok := tagged(s)[key]; ok {
			return v.Elem().FieldByIndex(f.Index).Interface(), true
		}
	}
	return nil, false
}
