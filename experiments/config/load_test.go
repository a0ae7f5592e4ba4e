package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"assay/configs"
	"assay/internal/fault"
)

const minimal = `name = "t"
[corpus]
path = "synthetic"
[[model]]
name = "NB"
kind = "naive_bayes"
`

func mustParse(t *testing.T, text string, overrides ...string) *Config {
	t.Helper()
	cfg, err := Parse(text, "t.toml", overrides)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDefaults(t *testing.T) {
	cfg := mustParse(t, minimal)
	nb := cfg.Models[0].Options.(*NaiveBayes)
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"seeds", cfg.Seeds, []uint64{1}},
		{"taxonomy", cfg.Corpus.Taxonomy, "arxiv-2019"},
		{"test", cfg.Split.Test, 0.05},
		{"rules", cfg.Decision.Rules, []string{"fixed:0.5", "tuned"}},
		{"features", cfg.Models[0].Features, "counts"},
		{"variant", nb.Variant, "multinomial"},
		{"alpha", nb.Alpha, 1.0},
		{"built-in features", []string{cfg.Features[0].Name, cfg.Features[1].Kind}, []string{"counts", "tfidf"}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s = %v, want %v", c.what, c.got, c.want)
		}
	}
}

// Every fault is reported in one go, in the order of the lines.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		overrides  []string
		want       []string
	}{
		{"many at once", `name = "a b"
seeds = [1, 1]
[corpus]
path = "x"
sampel = 3
taxonomy = "arxiv-2018"
[split]
test = 1.5
[decision]
rules = ["tunned"]
[[model]]
name = "A"
kind = "naive_bayes"
alpha = "one"
epochs = 3
[[model]]
name = "A"
kind = "naive_bayse"
features = "count"
[[model]]
name = "C"
kind = "random_forest"
features = "count"
`, nil, []string{
			`t.toml:1: name: "a b" cannot name a folder: use 1 to 80 letters, digits, '.', '_' and '-', beginning with a letter or digit`,
			`t.toml:2: seeds: 1 stands twice; equal seeds are no replicates`,
			`t.toml:5: unknown key "sampel" in [corpus]; did you mean "sample"?`,
			`t.toml:6: taxonomy: `,
			`t.toml:8: test: 1.5 is out of range (0,1)`,
			`t.toml:10: rules: `,
			`t.toml:14: alpha: want a number, have "one"`,
			`t.toml:15: unknown key "epochs" in [model]; known here: alpha, backend, embeddings, features, fit_prior, kind, name, var_smoothing, variant`,
			`t.toml:17: name: a second model is named "A"; each row of the table needs its own name`,
			`t.toml:18: kind: unknown value "naive_bayse"; did you mean "naive_bayes"?; one of naive_bayes, logistic_regression, random_forest`,
			`t.toml:23: features: no [features.count]; did you mean "counts"?; declared: counts, tfidf`,
		}},
		{"missing keys", "[[model]]\nkind = \"random_forest\"\n", nil, []string{
			`t.toml: missing key "name"`,
			`t.toml: missing key "path" in [corpus]`,
			`t.toml:1: missing key "name" in [model]`,
		}},
		{"no model", "name = \"t\"\ncorpus.path = \"x\"\n", nil, []string{
			`t.toml: no [[model]]: an experiment compares at least one`,
		}},
		{"types", minimal + "features = 3\n[split]\nvalidation = true\n[features]\nmine = 3\n[published]\nf1 = 1\n", nil, []string{
			`t.toml:7: features: want a string, have 3`,
			`t.toml:9: validation: want a number, have true`,
			`t.toml:11: features.mine: want a table, have 3`,
			`t.toml:12: published: want tables [[published]], have a table`,
		}},
		{"split", minimal + "[split]\nvalidation = 0.6\ntest = 0.5\n", nil, []string{
			`t.toml:7: split: validation and test take 1.1 of the papers and leave none for training`,
		}},
		{"tuned without validation", minimal + "[split]\nvalidation = 0\n", nil, []string{
			`t.toml:8: rule "tuned" is chosen on validation papers, but split.validation is 0`,
		}},
		{"ngrams", minimal + "[features.two]\nkind = \"counts\"\nngrams = [2, 1]\n", nil, []string{
			`t.toml:9: ngrams: want [shortest, longest] with 1 <= shortest <= longest <= 5, have [2 1]`,
		}},
		{"golearn naive Bayes", minimal + "backend = \"golearn\"\nalpha = 2\nvariant = \"multinomial\"\n", nil, []string{
			`t.toml:8: unknown key "alpha" in [model]; known here: backend, embeddings, features, kind, max_core_hours, max_gib, name`,
			`t.toml:9: unknown key "variant" in [model]; known here: backend, embeddings, features, kind, max_core_hours, max_gib, name`,
		}},
		{"overrides", minimal, []string{"model.NBB.alpha=2", "corpus.sample=-1", "split", "model.NB.alpah=2", "nosuch.x=1"}, []string{
			`--set model.NBB.alpha=2: no model is named "NBB"; did you mean "NB"?`,
			`--set split: want key=value, such as corpus.path=data/arxiv`,
			`--set corpus.sample=-1: sample: -1 is out of range: at least 0`,
			`--set model.NB.alpah=2: unknown key "alpah" in [model]; did you mean "alpha"?`,
			`--set nosuch.x=1: unknown key "nosuch"; known here: corpus, decision, embeddings, features, model, name, published, results, seeds, split`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.text, "t.toml", c.overrides)
			if err == nil {
				t.Fatal("no error")
			}
			if !fault.IsUsage(err) {
				t.Errorf("not marked as a usage error: %v", err)
			}
			got := strings.Split(err.Error(), "\n")
			if len(got) > 1 {
				got = got[1:] // the count
			}
			for _, want := range c.want {
				if !containsPrefix(got, want) {
					t.Errorf("missing fault: %s", want)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("%d faults, want %d:\n%v", len(got), len(c.want), err)
			}
		})
	}
}

func containsPrefix(lines []string, prefix string) bool {
	for _, l := range lines {
		if strings.HasPrefix(l, prefix) {
			return true
		}
	}
	return false
}

func TestSyntaxErrorIsUnderlined(t *testing.T) {
	for text, want := range map[string]string{
		"name = \"t\"\npath = = 1\n[corpus]\n": "t.toml:2: expected value but found '=' instead\n    path = = 1\n           ^",
		"name = \"t\r\n":                       "t.toml:1: strings cannot contain newlines\n    name = \"t\n             ^",
		"\ta = 1 b\n":                          "t.toml:1: ",
		"a = \"":                               "t.toml:1: ",
	} {
		_, err := Parse(text, "t.toml", nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %q, want %q", text, err, want)
		}
	}
}

func TestOverrides(t *testing.T) {
	text := strings.Replace(minimal, `"NB"`, `"Naive Bayes 1.5"`, 1)
	cfg := mustParse(t, text, "model.Naive Bayes 1.5.alpha=0.25", "corpus.path=2024", "seeds=[4,5]",
		"features.tfidf.min_documents=3", "decision.rules=[\"top:2\"]", "model.*.fit_prior=false", "seeds=[4,5]")
	nb := cfg.Models[0].Options.(*NaiveBayes)
	if nb.Alpha != 0.25 || nb.FitPrior || cfg.Corpus.Path != "2024" || len(cfg.Seeds) != 2 ||
		cfg.Features[1].MinDocuments != 3 || cfg.Decision.Rules[0] != "top:2" {
		t.Errorf("overrides gave\n%s", cfg.Text())
	}
}

// The resolved configuration runs again as it is: text → Config → text.
func TestTextRoundTrip(t *testing.T) {
	for _, name := range configs.Names() {
		text, _ := configs.Text(name)
		cfg := mustParse(t, text)
		again := mustParse(t, cfg.Text())
		if got, want := again.Text(), cfg.Text(); got != want {
			t.Errorf("%s: the resolved text changes when read again:\n%s\n---\n%s", name, got, want)
		}
		for _, m := range cfg.Variants() {
			one := cfg.One(m, cfg.Seeds[0])
			back := mustParse(t, one.Text())
			if len(back.Models) != 1 || back.One(&back.Models[0], back.Seeds[0]).Identity("data").Hash != one.Identity("data").Hash {
				t.Errorf("%s: a trial of %s becomes another when run from its own configuration:\n%s", name, m.Name, one.Text())
			}
		}
	}
}

// * reaches the models that have the key, and is a fault where none has.
func TestOverrideOfEveryModel(t *testing.T) {
	text := minimal + "[[model]]\nname = \"RF\"\nkind = \"random_forest\"\n"
	cfg := mustParse(t, text, "model.*.trees=7")
	if n := cfg.Models[1].Options.(*RandomForest).Trees; n != 7 {
		t.Errorf("trees = %d, want 7", n)
	}
	_, err := Parse(text, "t.toml", []string{"model.*.tree=7"})
	if want := `--set model.*.tree=7: no model has a key "tree"`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// What no probability exceeds and more labels than there are decide nothing.
func TestRulesOutOfReach(t *testing.T) {
	for rule, want := range map[string]string{
		"fixed:1.5": `t.toml: rules: "fixed:1.5" can never hold or always does: scores are probabilities, want 0 <= X < 1`,
		"fixed:-1":  `t.toml: rules: "fixed:-1" can never hold or always does: scores are probabilities, want 0 <= X < 1`,
		"top:500":   `t.toml: rules: "top:500" asks for more labels than the 148 of arxiv-2019`,
	} {
		_, err := Parse(strings.Replace(minimal, "[corpus]", "[decision]\nrules = [\""+rule+"\"]\n[corpus]", 1), "t.toml", nil)
		if err == nil || strings.Replace(err.Error(), "t.toml:3:", "t.toml:", 1) != want {
			t.Errorf("%s: error %v, want %s", rule, err, want)
		}
	}
}

func TestLoadNamesTheEmbeddedExperiments(t *testing.T) {
	if _, err := Load("quickstart", nil); err != nil {
		t.Errorf("embedded quickstart: %v", err)
	}
	_, err := Load("quickstat", nil)
	if err == nil || !strings.Contains(err.Error(), `did you mean "quickstart"?`) {
		t.Errorf("error %v, want a hint at quickstart", err)
	}
	path := filepath.Join(t.TempDir(), "own.toml")
	if err := os.WriteFile(path, []byte(minimal), 0o644); err != nil {
		t.Fatal(err)
	}
	if cfg, err := Load(path, nil); err != nil || cfg.Name != "t" {
		t.Errorf("own file: %v, %v", cfg, err)
	}
}

func TestLocate(t *testing.T) {
	text := "a = 1 # [x]\nb = [\n  1, # ]\n  2]\n\n[t]\n'c d' = \"\"\"\n[no]\n\"\"\"\ne.f = {g = [1]}\n[[m]]\nk = 1\n[m.sub]\nz = '''\n'''\n[[m]]\nk = \"\\\"\" \n"
	want := lines{"a": 1, "b": 2, "t": 6, "t.c d": 7, "t.e": 10, "t.e.f": 10, "m#0": 11, "m#0.k": 12, "m#0.sub": 13, "m#0.sub.z": 14, "m#1": 16, "m#1.k": 17}
	if got := locate(text); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if n := want.of("m#1.unknown.deep"); n != 16 {
		t.Errorf("line of a key below [[m]] = %d, want its table's, 16", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(minimal)
	f.Add("[[model]]\nname = 3\n[model.x]\n")
	f.Add("a.b.c = [{x = 1}, {y = '''\n'''}]\n")
	for _, name := range configs.Names() {
		text, _ := configs.Text(name)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := Parse(text, "f.toml", nil)
		if err != nil {
			return
		}
		again, err := Parse(cfg.Text(), "g.toml", nil)
		if err != nil || again.Text() != cfg.Text() {
			t.Errorf("resolved text does not read back: %v\n%s", err, cfg.Text())
		}
	})
}
