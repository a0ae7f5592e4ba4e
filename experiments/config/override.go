package config

import (
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"assay/internal/suggest"
)

// override applies one --set "key=value" to the decoded document. The key is a
// path as in the file: corpus.path, features.tfidf.min_documents, or
// model.NAME.key, where NAME may hold spaces and dots and * stands for every
// model that has the key. The value is TOML; what does not parse as TOML is taken as a string.
func (b *binder) override(doc map[string]any, text string) {
	flag := "--set " + text
	key, raw, ok := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		b.faults = append(b.faults, Fault{Place: flag, Message: "want key=value, such as corpus.path=data/arxiv"})
		return
	}
	value := overrideValue(strings.TrimSpace(raw))
	if rest, isModel := strings.CutPrefix(key, "model."); isModel {
		b.overrideModel(doc, rest, value, flag)
		return
	}
	b.flags[key] = flag
	parts := strings.Split(key, ".")
	table := doc
	for i, p := range parts[:len(parts)-1] {
		switch next := table[p].(type) {
		case map[string]any:
			table = next
		case nil:
			created := map[string]any{}
			b.flags[strings.Join(parts[:i+1], ".")] = flag
			table[p] = created
			table = created
		default:
			b.faults = append(b.faults, Fault{Place: flag, Message: strconv.Quote(p) + " is not a table"})
			return
		}
	}
	table[parts[len(parts)-1]] = value
}

func (b *binder) overrideModel(doc map[string]any, rest string, value any, flag string) {
	models, _ := doc["model"].([]map[string]any)
	name, key, ok := cutLast(rest)
	sweep := false
	if before, after, cut := strings.Cut(rest, ".sweep."); cut { // whose keys may have dots
		name, key, ok, sweep = before, after, true, true
	}
	if !ok || key == "" {
		b.faults = append(b.faults, Fault{Place: flag, Message: "want model.NAME.key=value"})
		return
	}
	var names []string
	found := false
	for i, m := range models {
		n, _ := m["name"].(string)
		switch {
		case sweep && (n == name || name == "*" && m["sweep"] != nil):
			table, ok := m["sweep"].(map[string]any)
			if !ok {
				table = map[string]any{}
				m["sweep"] = table
			}
			table[key] = value
			b.flags["model#"+itoa(i)+".sweep."+key] = flag
			found = true
		case !sweep && (n == name || name == "*" && takes(m, key)):
			m[key] = value
			b.flags["model#"+itoa(i)+"."+key] = flag
			found = true
		default:
			names = append(names, n)
		}
	}
	if !found && name == "*" {
		b.faults = append(b.faults, Fault{Place: flag, Message: "no model has a key " + strconv.Quote(key)})
		return
	}
	if !found {
		hint := suggest.Hint(name, names)
		if hint == "" {
			hint = "; models: " + strings.Join(names, ", ")
		}
		b.faults = append(b.faults, Fault{Place: flag, Message: "no model is named " + strconv.Quote(name) + hint})
	}
}

// takes reports whether a model of this kind and backend has the key.
func takes(model map[string]any, key string) bool {
	kind, _ := model["kind"].(string)
	backend, given := model["backend"].(string)
	if !given {
		backend = "native"
	}
	for _, s := range []any{&Model{}, newOptions(kind, backend)} {
		if s == nil {
			continue
		}
		if _, ok := tagged(s)[key]; ok {
			return true
		}
	}
	return false
}

func overrideValue(text string) any {
	var doc map[string]any
	if _, err := toml.Decode("v = "+text, &doc); err == nil && len(doc) == 1 {
		return doc["v"]
	}
	return text
}
