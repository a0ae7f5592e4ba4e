package config

import (
	"reflect"

	"github.com/BurntSushi/toml"
)

// Flat lists the keys of a TOML text with their values; models and the like are
// named, not numbered.
func Flat(text string) map[string]string {
	out := map[string]string{}
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		return out
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch x := v.(type) {
		case map[string]any:
			for k, inner := range x {
				walk(join(path, k), inner)
			}
		case []map[string]any:
			for i, t := range x {
				name, ok := t["name"].(string)
				if !ok {
					name = itoa(i)
				}
				walk(path+"."+name, t)
			}
		default:
			out[path] = tomlValue(v)
		}
	}
	walk("", doc)
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
	add := func(prefix string, s any) {
		v := reflect.ValueOf(s).Elem()
		for i := range v.NumField() {
			if key := v.Type().Field(i).Tag.Get("toml"); key != "" && key != "-" {
				out[prefix+key] = v.Field(i).Interface()
			}
		}
	}
	add("", m.Options)
	for i := range c.Features {
		for _, keys := range c.Features[i].keys() {
			add("features.", keys)
		}
	}
	for i := range c.Embeddings {
		for _, keys := range c.Embeddings[i].keys() {
			add("embeddings.", keys)
		}
	}
	return out
}
