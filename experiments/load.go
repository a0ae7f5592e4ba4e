package experiments

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"assay/configs"
	"assay/internal/fault"
	"assay/internal/suggest"
)

// Load reads the experiment in the file source or, if source is a bare name,
// the embedded experiment of that name, applies the --set overrides (each
// "key=value", see override), fills the defaults and validates. The error is a
// usage error; where the text parses, it is Faults: everything that is wrong.
func Load(source string, overrides []string) (*Config, error) {
	text, file, err := read(source)
	if err != nil {
		return nil, fault.Usage(err)
	}
	return Parse(text, file, overrides)
}

// read returns the text of an experiment and the name to report faults under.
func read(source string) (text, file string, err error) {
	info, err := os.Stat(source)
	if err == nil && !info.IsDir() {
		data, err := os.ReadFile(source)
		if err != nil {
			return "", "", fmt.Errorf("read experiment: %w", err)
		}
		if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
			return "", "", fmt.Errorf("read experiment %s: it holds binary data; an experiment is a TOML text", source)
		}
		return string(data), source, nil
	}
	if text, ok := configs.Text(source); ok { // a folder may have the name, too
		return text, source + " (embedded)", nil
	}
	if err == nil {
		return "", "", fmt.Errorf("read experiment %s: it is a folder; name a TOML file", source)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("read experiment: %w", err)
	}
	names := configs.Names()
	return "", "", fmt.Errorf("read experiment %s: no such file, and no embedded experiment of that name%s (embedded: %s)",
		source, suggest.Hint(source, names), strings.Join(names, ", "))
}

// Parse is Load on a text; file names it in messages.
func Parse(text, file string, overrides []string) (*Config, error) {
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return nil, fault.Usagef("%s:%s", file, underlined(text, pe))
		}
		return nil, fault.Usagef("%s: %w", file, err)
	}
	b := &binder{file: file, lines: locate(text), flags: map[string]string{}, faulty: map[string]bool{}}
	for _, o := range overrides {
		b.override(doc, o)
	}
	cfg := b.config(doc)
	if len(b.faults) > 0 {
		return nil, fault.Usage(b.faults.sorted())
	}
	return cfg, nil
}

// underlined returns the line number of a syntax error, what is wrong, and the
// line with the place marked. The decoder's own excerpt panics on some texts
// with carriage returns, and its line is 0 there, so both come from the offset.
func underlined(text string, pe toml.ParseError) string {
	at := min(max(pe.Position.Start, 0), len(text))
	begin := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[begin:], "\n")
	number := 1 + strings.Count(text[:begin], "\n")
	return fmt.Sprintf("%d: %s\n    %s\n    %s^", number, pe.Message,
		strings.TrimRight(line, "\r"), strings.Map(blank, text[begin:at]))
}

// blank keeps tabs, so that a mark below a line stands where it should.
func blank(r rune) rune {
	if r == '\t' {
		return r
	}
	return ' '
}

// config binds a decoded document section by section and then checks what
// spans sections.
func (b *binder) config(doc map[string]any) *Config {
	cfg := &Config{}
	b.table("", doc, []string{"corpus", "split", "decision", "results", "features", "model", "published"}, cfg)
	b.table("corpus", b.section(doc, "corpus"), nil, &cfg.Corpus)
	b.table("split", b.section(doc, "split"), nil, &cfg.Split)
	b.table("decision", b.section(doc, "decision"), nil, &cfg.Decision)
	b.table("results", b.section(doc, "results"), nil, &cfg.Results)
	cfg.Features = b.features(b.section(doc, "features"))
	for i, t := range b.tables(doc, "model") {
		cfg.Models = append(cfg.Models, b.model("model#"+strconv.Itoa(i), t))
	}
	for i, t := range b.tables(doc, "published") {
		var p Published
		b.table("published#"+strconv.Itoa(i), t, nil, &p)
		cfg.Published = append(cfg.Published, p)
	}
	b.validate(cfg)
	return cfg
}

// section returns the table named key, empty where absent.
func (b *binder) section(doc map[string]any, key string) map[string]any {
	raw, given := doc[key]
	if !given {
		return nil
	}
	t, ok := raw.(map[string]any)
	if !ok {
		b.fault(key, "%s: want a table [%s], have %s", key, key, describe(raw))
	}
	return t
}

// tables returns the array of tables named key.
func (b *binder) tables(doc map[string]any, key string) []map[string]any {
	raw, given := doc[key]
	if !given {
		return nil
	}
	if list, ok := raw.([]map[string]any); ok {
		return list
	}
	inline, ok := raw.([]any) // key = [{…}, {…}]
	var list []map[string]any
	for _, x := range inline {
		t, isTable := x.(map[string]any)
		ok = ok && isTable
		list = append(list, t)
	}
	if !ok {
		b.fault(key, "%s: want tables [[%s]], have %s", key, key, describe(raw))
		return nil
	}
	return list
}

// features binds [features.NAME] tables; the built-in names need no kind.
func (b *binder) features(tables map[string]any) []Features {
	var out []Features
	for _, name := range append([]string{"counts", "tfidf"}, sortedKeys(tables, "counts", "tfidf")...) {
		path := "features." + name
		if !printable(name) {
			b.fault(path, "features: %q is no name: use 1 to %d printable characters", name, longestName)
			continue
		}
		builtin := name == "counts" || name == "tfidf"
		values := map[string]any{}
		if raw, given := tables[name]; given {
			t, ok := raw.(map[string]any)
			if !ok {
				b.fault(path, "features.%s: want a table, have %s", name, describe(raw))
				continue
			}
			values = t
		}
		if _, given := values["kind"]; builtin && !given {
			values["kind"] = name
		}
		f := Features{Name: name}
		b.table(path, values, nil, &f)
		if len(f.Ngrams) != 2 || f.Ngrams[0] < 1 || f.Ngrams[1] < f.Ngrams[0] || f.Ngrams[1] > 5 {
			b.fault(path+".ngrams", "ngrams: want [shortest, longest] with 1 <= shortest <= longest <= 5, have %v", f.Ngrams)
		}
		out = append(out, f)
	}
	return out
}

// model binds one [[model]] table with the options of its kind.
func (b *binder) model(path string, values map[string]any) Model {
	var m Model
	kind, _ := values["kind"].(string)
	backend, given := values["backend"].(string)
	if !given {
		backend = "native"
	}
	options := newOptions(kind, backend)
	if options == nil {
		// The kind or backend is at fault; binding the options of none would
		// call every further key unknown.
		common := map[string]any{}
		for _, k := range []string{"name", "kind", "backend", "features"} {
			if v, ok := values[k]; ok {
				common[k] = v
			}
		}
		b.table(path, common, nil, &m)
		return m
	}
	b.table(path, values, nil, &m, options)
	m.Options = options
	if m.Features == "" {
		m.Features = defaultFeatures(m.Kind)
	}
	return m
}
