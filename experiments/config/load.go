package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"assay/configs"
	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/networks"
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
		text, err := readSource(source)
		return text, source, err
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
		if !errors.As(err, &pe) {
			return nil, fault.Usagef("%s: %w", file, err)
		}
		if what := otherFormat(text); what != "" {
			return nil, fault.Usagef("%s: is %s; %s", file, what, wantTOML)
		}
		return nil, fault.Usagef("%s:%s", file, underlined(text, pe))
	}
	if len(doc) == 0 {
		return nil, fault.Usagef("%s: is empty; %s", file, wantTOML)
	}
	b := newBinder(text, file)
	for _, o := range overrides {
		b.override(doc, o)
	}
	cfg := b.config(doc)
	if len(b.faults) > 0 {
		return nil, fault.Usage(b.faults.sorted())
	}
	return cfg, nil
}

// config binds a decoded document section by section and then checks what
// spans sections.
func (b *binder) config(doc map[string]any) *Config {
	cfg := &Config{}
	b.table("", doc, []string{"corpus", "split", "decision", "results", "embeddings", "features", "model", "published"}, cfg)
	b.table("corpus", b.section(doc, "corpus"), nil, &cfg.Corpus)
	b.table("split", b.section(doc, "split"), nil, &cfg.Split)
	b.table("decision", b.section(doc, "decision"), nil, &cfg.Decision)
	b.table("results", b.section(doc, "results"), nil, &cfg.Results)
	cfg.Embeddings = b.embeddings(b.section(doc, "embeddings"))
	cfg.Features = b.features(b.section(doc, "features"))
	for i, t := range b.tables(doc, "model") {
		cfg.Models = append(cfg.Models, b.model("model#"+strconv.Itoa(i), t, b.section(doc, "embeddings"), cfg))
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
		b.unread[key] = true
		return nil
	}
	return list
}

// builtin are the features that need no kind.
var builtin = []string{"counts", "tfidf", "vectors", "sequences", "words"}

func isBuiltin(name string) bool { return slices.Contains(builtin, name) }

// features binds [features.NAME] tables; the built-in names need no kind.
func (b *binder) features(tables map[string]any) []Features {
	var out []Features
	for _, name := range slices.Concat(builtin, slices.DeleteFunc(slices.Sorted(maps.Keys(tables)), isBuiltin)) {
		path := "features." + name
		values, ok := b.named("features", name, tables)
		if !ok {
			continue
		}
		if _, given := values["kind"]; isBuiltin(name) && !given {
			values["kind"] = name
		}
		f := Features{Name: name}
		f.Kind, _ = values["kind"].(string)
		if !isBuiltin(f.Kind) { // which other keys there are is not known
			b.table(path, only(values, "kind"), nil, &f)
			out = append(out, f)
			continue
		}
		b.table(path, values, nil, f.keys()...)
		if f.CountsTerms() && !b.faulty[path+".ngrams"] && (len(f.Ngrams) != 2 || f.Ngrams[0] < 1 || f.Ngrams[1] < f.Ngrams[0] || f.Ngrams[1] > 5) {
			b.fault(path+".ngrams", "ngrams: want [shortest, longest] with 1 <= shortest <= longest <= 5, have %v", f.Ngrams)
		}
		out = append(out, f)
	}
	return out
}

// embeddings binds [embeddings.NAME] tables: the keys of training are known
// only where train is set.
func (b *binder) embeddings(tables map[string]any) []Embeddings {
	var out []Embeddings
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		path := "embeddings." + name
		values, ok := b.named("embeddings", name, tables)
		if !ok {
			continue
		}
		e := Embeddings{Name: name}
		if raw, given := values["train"]; given {
			train, isBool := raw.(bool)
			e.Train = train || !isBool
		}
		b.table(path, values, nil, e.keys()...)
		switch given := e.File != ""; {
		case given && strings.TrimSpace(e.File) == "":
			b.fault(path+".file", "file: %q names no file of word vectors", e.File)
		case given == e.Train && !b.faulty[path+".file"] && !b.faulty[path+".train"]:
			b.fault(path, "embeddings.%s: give either file = \"…\" or train = true", name)
		case e.Train && e.MaxN > 0 && (e.MinN < 1 || e.MinN > e.MaxN):
			b.fault(path+".min_n", "min_n: want 1 to max_n = %d, have %d", e.MaxN, e.MinN)
		}
		out = append(out, e)
	}
	return out
}

// named returns the table of the name among tables, empty where absent; false
// where the name or the table is at fault.
func (b *binder) named(section, name string, tables map[string]any) (map[string]any, bool) {
	path := section + "." + name
	if !printable(name) {
		b.fault(path, "%s: %q is no name: use 1 to %d printable characters", section, name, longestName)
		return nil, false
	}
	raw, given := tables[name]
	if !given {
		return map[string]any{}, true
	}
	t, ok := raw.(map[string]any)
	if !ok {
		b.fault(path, "%s: want a table, have %s", path, describe(raw))
	}
	return t, ok
}

// model binds one [[model]] table and what its sweep makes of it; tables are
// those of word vectors.
func (b *binder) model(path string, values, tables map[string]any, cfg *Config) Model {
	raw, swept := values["sweep"]
	base := maps.Clone(values)
	delete(base, "sweep")
	m := b.plain(path, base)
	if swept && m.Options != nil {
		if m.Sweep = b.sweep(path+".sweep", raw, &m, cfg); m.Sweep != nil {
			m.Rungs = b.expand(path, base, tables, &m)
			if _, given := base["features"]; !given {
				m.Features = commonFeatures(m.Rungs)
			}
		}
	}
	return m
}

// only returns the values of these keys.
func only(values map[string]any, keys ...string) map[string]any {
	out := map[string]any{}
	for _, k := range keys {
		if v, ok := values[k]; ok {
			out[k] = v
		}
	}
	return out
}

// commonFeatures names the features of all settings, "" where they differ.
func commonFeatures(rungs [][]Model) string {
	common := ""
	for i, rung := range rungs {
		for j := range rung {
			if i == 0 && j == 0 {
				common = rung[j].Features
			} else if rung[j].Features != common {
				return ""
			}
		}
	}
	return common
}

// plain binds one [[model]] table without a sweep, with the options of its kind.
func (b *binder) plain(path string, values map[string]any) Model {
	m := Model{at: path}
	kind, _ := values["kind"].(string)
	backend, given := values["backend"].(string)
	if !given {
		backend = "native"
	}
	options := newOptions(kind, backend)
	if options == nil {
		// The kind or backend is at fault; binding the options of none would
		// call every further key unknown.
		b.table(path, only(values, "name", "kind", "backend", "features", "embeddings"), nil, &m)
		if native := newOptions(kind, "native"); native != nil && !b.faulty[path+".backend"] {
			b.fault(path+".backend", "backend: %s has no %s; leave the key out", backend, kind)
		}
		return m
	}
	b.table(path, values, nil, &m, options)
	m.Options = options
	if o, ok := options.(*networks.LSTM); ok {
		resolveLSTM(o, m.Embeddings)
	}
	if m.Features == "" {
		m.Features = m.defaultFeatures()
	}
	return m
}
