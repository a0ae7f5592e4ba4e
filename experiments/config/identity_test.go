package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assay/configs"
)

// every has a model of each kind, on each kind of features.
const every = `name = "every"
[corpus]
path = "data/arxiv"
sample = 1000
taxonomy = "topics:cs.LG,cs.CV"
[split]
validation = 0.1
test = 0.1
[embeddings.v]
train = true
[embeddings.g]
file = "glove.txt"
[[model]]
name = "Bayes"
kind = "naive_bayes"
[[model]]
name = "Gauss"
kind = "naive_bayes"
variant = "gaussian"
embeddings = "g"
[[model]]
name = "LR"
kind = "logistic_regression"
[[model]]
name = "RF"
kind = "random_forest"
embeddings = "v"
features = "vectors"
[[model]]
name = "gBayes"
kind = "naive_bayes"
backend = "golearn"
[[model]]
name = "gLR"
kind = "logistic_regression"
backend = "golearn"
[[model]]
name = "gRF"
kind = "random_forest"
backend = "golearn"
[[model]]
name = "SHA"
kind = "sha_rnn"
embeddings = "v"
[[model]]
name = "L"
kind = "lstm"
[[model]]
name = "LV"
kind = "lstm"
embeddings = "g"
`

// before is a trial's identity as it was while it held the program's commit: what
// could not change a result was listed by hand.
func before(one *Config, data, code string) string {
	identity := *one
	identity.Embeddings = nil
	for _, e := range one.Embeddings {
		if e.File != "" {
			e.File = e.SHA256
		}
		identity.Embeddings = append(identity.Embeddings, e)
	}
	identity.Name, identity.Corpus.Path, identity.Results.Path = "", "", ""
	m := one.Models[0]
	options := reflect.New(reflect.TypeOf(m.Options).Elem())
	options.Elem().Set(reflect.ValueOf(m.Options).Elem())
	for name, value := range map[string]any{"MaxCoreHours": 0.0, "MaxGiB": 0.0, "Device": "cpu"} {
		if f := options.Elem().FieldByName(name); f.IsValid() {
			f.Set(reflect.ValueOf(value))
		}
	}
	m.Options = options.Interface()
	identity.Models = []Model{m}
	setting := sha256.Sum256([]byte(identity.Text()))
	full := sha256.Sum256([]byte(hex.EncodeToString(setting[:]) + "\ndata = " + data + "\ncode = " + code))
	return hex.EncodeToString(full[:])
}

// others are other values for a key.
func others(f reflect.StructField, v reflect.Value) []string {
	if words := f.Tag.Get("oneof"); words != "" {
		return strings.Fields(words)
	}
	switch v.Kind() {
	case reflect.Bool:
		return []string{"true", "false"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return []string{"2", "3", "40"}
	case reflect.Float64:
		return []string{"0.2", "0.3", "2", fmt.Sprint(math.Max(v.Float()/2, 1e-4))}
	case reflect.String:
		return []string{`"x"`, `"arxiv"`, `"v"`, `"g"`, `"tfidf"`, `"sequences"`, `"words"`}
	}
	return []string{`[1, 2]`, `["top:1"]`}
}

// variations are the values of --set that change one key of the experiment.
func variations(c *Config) (sets []string) {
	add := func(path string, structs ...any) {
		for _, s := range structs {
			for f, v := range fields(s) {
				for _, other := range others(f, v) {
					sets = append(sets, join(path, f.Tag.Get("toml"))+"="+other)
				}
			}
		}
	}
	add("", c)
	add("corpus", &c.Corpus)
	add("split", &c.Split)
	add("decision", &c.Decision)
	add("results", &c.Results)
	for i := range c.Embeddings {
		add("embeddings."+c.Embeddings[i].Name, c.Embeddings[i].keys()...)
	}
	for i := range c.Features {
		add("features."+c.Features[i].Name, c.Features[i].keys()...)
	}
	for i := range c.Models {
		add("model."+c.Models[i].Name, &c.Models[i], c.Models[i].Options)
	}
	return sets
}

// What told two trials apart before tells them apart now, and nothing else does but
// the versions of parts in the program's place.
func TestIdentitiesTellTheSameApart(t *testing.T) {
	texts := map[string]string{"every": every}
	for _, name := range configs.Names() {
		texts[name], _ = configs.Text(name)
	}
	now, then := map[string]string{}, map[string]string{}
	varied := map[string]bool{} // keys
	for name, text := range texts {
		sets := []string{"name=y"}
		if name == "every" {
			sets = append(sets, variations(mustParse(t, text))...)
		}
		for _, set := range sets {
			c, err := Parse(text, "t.toml", []string{set})
			if err != nil {
				continue
			}
			key, _, _ := strings.Cut(set, "=")
			varied[key[strings.LastIndexByte(key, '.')+1:]] = true
			for i := range c.Embeddings { // two places may have one content
				c.Embeddings[i].SHA256 = fmt.Sprint("content", len(c.Embeddings[i].File)%3)
			}
			for _, m := range c.Variants() {
				for _, data := range []string{"data", "more"} {
					one := c.One(m, c.Seeds[len(c.Seeds)-1])
					id, old := one.Identity(data).Hash, before(one, data, "code")
					if known, seen := then[id]; seen && known != old {
						t.Errorf("%s with %s: %s was told apart from another trial and no longer is", name, set, m.Name)
					}
					if known, seen := now[old]; seen && known != id {
						t.Errorf("%s with %s: %s is told apart from a trial that it equalled", name, set, m.Name)
					}
					then[id], now[old] = old, id
				}
			}
		}
	}
	t.Logf("%d trials in %d variations of keys", len(now), len(varied))
	for _, s := range schema {
		for _, keys := range s.keys {
			for key := range tagged(keys) {
				if !varied[key] && !slices.Contains([]string{"published", "sweep"}, s.name) {
					t.Errorf("no variation of %s.%s was read", s.name, key)
				}
			}
		}
	}
}

// A part's version changes the trials that use the part, and those alone.
func TestPartsOfATrial(t *testing.T) {
	c := mustParse(t, every)
	for name, want := range map[string]string{
		"Bayes": "corpus counts metrics naive_bayes shards stats text",
		"Gauss": "corpus metrics naive_bayes shards stats text vectorfile vectors",
		"LR":    "corpus counts logistic_regression metrics shards stats text tfidf",
		"RF":    "corpus fasttext metrics random_forest shards stats text vectorfile vectors",
		"gRF":   "corpus counts golearn metrics shards stats text",
		"SHA":   "corpus cpu engine fasttext metrics sequences sha_rnn shards stats text training vectorfile",
		"L":     "corpus cpu engine lstm metrics shards stats text training words",
		"LV":    "corpus cpu engine lstm metrics sequences shards stats text training vectorfile",
	} {
		at := slices.IndexFunc(c.Models, func(m Model) bool { return m.Name == name })
		id := c.One(&c.Models[at], 1).Identity("data")
		if got := strings.Join(slices.Sorted(id.Parts.Names()), " "); got != want {
			t.Errorf("%s comes from %s, want %s", name, got, want)
		}
	}
}

// A GPU and a CPU, and numbers of fewer bits, never share a trial; "auto" is what it
// stands for; models that know no device are the same everywhere.
func TestDevicesAreToldApart(t *testing.T) {
	id := func(model, device string, on compute) Identity {
		c := mustParse(t, every, "model."+model+".device="+device)
		at := slices.IndexFunc(c.Models, func(m Model) bool { return m.Name == model })
		return c.One(&c.Models[at], 1).identity("data", on)
	}
	for _, model := range []string{"SHA", "L"} {
		cpu := id(model, "cpu", compute{})
		if auto := id(model, "auto", compute{}); auto.Hash != cpu.Hash || auto.Setting != cpu.Setting {
			t.Errorf("%s: auto and cpu are two trials", model)
		}
		seen := map[string]compute{}
		for _, on := range []compute{{"cpu", "float32"}, {"cuda", "float32"}, {"cuda", "bfloat16"}, {"cpu", "bfloat16"}} {
			one := id(model, "auto", on)
			for _, hash := range []string{one.Hash, one.Setting} {
				if other, taken := seen[hash]; taken {
					t.Errorf("%s on %v is the trial on %v", model, on, other)
				}
				seen[hash] = on
			}
			if same := one.Hash == cpu.Hash; same != (on == compute{"cpu", "float32"}) {
				t.Errorf("%s on %v: equal to the CPU's: %t", model, on, same)
			}
		}
	}
	c := mustParse(t, every)
	bayes := c.One(&c.Models[0], 1)
	if bayes.identity("data", compute{"cuda", "float32"}).Hash != bayes.Identity("data").Hash {
		t.Error("naive Bayes depends on a GPU")
	}
}
