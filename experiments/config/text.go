package config

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Text writes the resolved configuration as TOML, every key with its value, in
// the order of the schema. Parse reads it back to an equal Config.
func (c *Config) Text() string {
	var b bytes.Buffer
	writeKeys(&b, c)
	section(&b, "[corpus]", &c.Corpus)
	section(&b, "[split]", &c.Split)
	section(&b, "[decision]", &c.Decision)
	section(&b, "[results]", &c.Results)
	for i := range c.Embeddings {
		section(&b, "[embeddings."+quoteKey(c.Embeddings[i].Name)+"]", c.Embeddings[i].keys()...)
	}
	for i := range c.Features {
		if c.Features[i].late(c) {
			continue
		}
		section(&b, "[features."+quoteKey(c.Features[i].Name)+"]", c.Features[i].keys()...)
	}
	for i := range c.Models {
		m := &c.Models[i]
		section(&b, "[[model]]", m, m.Options)
		if m.Sweep != nil {
			section(&b, "[model.sweep]", m.Sweep)
			b.WriteString(m.Sweep.text())
		}
	}
	for i := range c.Published {
		section(&b, "[[published]]", &c.Published[i])
	}
	return b.String()
}

// late reports whether the features came after others were in use, and are as
// they are without being declared, and of no model: then the text leaves them out.
func (f *Features) late(c *Config) bool {
	if f.Name != "words" || f.Kind != "words" {
		return false
	}
	var usual Words
	newBinder("", "").table("", nil, nil, &usual)
	return f.Words == usual && !slices.ContainsFunc(c.Variants(), func(m *Model) bool { return m.Features == f.Name })
}

func section(b *bytes.Buffer, header string, structs ...any) {
	fmt.Fprintf(b, "\n%s\n", header)
	for _, s := range structs {
		writeKeys(b, s)
	}
}

// writeKeys writes the tagged fields of the struct that s points to.
func writeKeys(b *bytes.Buffer, s any) {
	for f, v := range fields(s) {
		if late := f.Tag.Get("late"); late != "" && fmt.Sprint(v.Interface()) == late {
			continue
		}
		if v.Kind() == reflect.Float64 && math.IsNaN(v.Float()) {
			continue // stands for an absent key
		}
		fmt.Fprintf(b, "%s = %s\n", f.Tag.Get("toml"), tomlValue(v.Interface()))
	}
}

// tomlValue encodes one value by the TOML encoder.
func tomlValue(v any) string {
	switch v := v.(type) { // as the encoder writes them, at a hundredth of the time
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case string:
		if !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
			return `"` + v + `"`
		}
	}
	out, err := toml.Marshal(map[string]any{"v": v})
	if err != nil {
		panic(fmt.Sprintf("config: encode %v: %v", v, err)) // only kinds of the schema come here
	}
	return strings.TrimSpace(strings.TrimPrefix(string(out), "v = "))
}

func quoteKey(key string) string {
	for _, r := range key {
		if !(r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return tomlValue(key)
		}
	}
	return key
}
