package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/networks"
	"assay/results"
)

// A table of every kind, with one key a line at the end, and the structs that
// hold its keys.
var schema = []struct {
	name, before string
	keys         []any
}{
	{"top", "", []any{&Config{}}},
	{"corpus", "[corpus]\n", []any{&Corpus{}}},
	{"split", "[split]\n", []any{&Split{}}},
	{"decision", "[decision]\n", []any{&Decision{}}},
	{"results", "[results]\n", []any{&Results{}}},
	{"embeddings of a file", "[embeddings.x]\n", []any{&Embeddings{}}},
	{"trained embeddings", "[embeddings.x]\ntrain = true\n", []any{&Training{}}},
	{"counts", "[features.x]\nkind = \"counts\"\n", []any{&Counting{}}},
	{"vectors", "[features.x]\nkind = \"vectors\"\n", []any{&Vectors{}}},
	{"sequences", "[features.x]\nkind = \"sequences\"\n", []any{&Sequences{}}},
	{"words", "[features.x]\nkind = \"words\"\n", []any{&Words{}}},
	{"features", "[features.x]\n", []any{&Features{}}},
	{"published", "[[published]]\n", []any{&Published{}}},
	{"naive Bayes", "[[model]]\nname = \"x\"\nkind = \"naive_bayes\"\n", []any{&NaiveBayes{}}},
	{"logistic regression", "[[model]]\nname = \"x\"\nkind = \"logistic_regression\"\n", []any{&LogisticRegression{}}},
	{"random forest", "[[model]]\nname = \"x\"\nkind = \"random_forest\"\n", []any{&RandomForest{}}},
	{"golearn's naive Bayes", "[[model]]\nname = \"x\"\nbackend = \"golearn\"\nkind = \"naive_bayes\"\n", []any{&GolearnNaiveBayes{}}},
	{"golearn's regression", "[[model]]\nname = \"x\"\nbackend = \"golearn\"\nkind = \"logistic_regression\"\n", []any{&GolearnLogisticRegression{}}},
	{"golearn's forest", "[[model]]\nname = \"x\"\nbackend = \"golearn\"\nkind = \"random_forest\"\n", []any{&GolearnRandomForest{}}},
	{"SHA-RNN", "[embeddings.v]\ntrain = true\n[[model]]\nname = \"x\"\nkind = \"sha_rnn\"\nembeddings = \"v\"\n", []any{&networks.SHARNN{}}},
	{"LSTM", "[[model]]\nname = \"x\"\nkind = \"lstm\"\n", []any{&networks.LSTM{}}},
	{"model", "[[model]]\n", []any{&Model{}}},
	{"sweep", "[[model]]\nname = \"x\"\nkind = \"random_forest\"\n[model.sweep]\nmax_depth = [1, 2]\n", []any{&Sweep{}}},
}

// Whatever a key's value is instead of what it should be, one message says so with
// its line, and nothing else is found wrong because of it.
func TestWrongTypesAreToldOnce(t *testing.T) {
	given := map[string]string{ // so that nothing else is missing
		"corpus": "path = \"synthetic\"\n", "published": "model = \"y\"\n", "features": "kind = \"counts\"\n",
		"model": "name = \"x\"\nkind = \"naive_bayes\"\n", "embeddings of a file": "file = \"x\"\n",
	}
	for _, table := range schema {
		for _, s := range table.keys {
			for key, f := range tagged(s) {
				for _, wrong := range wrongValues(f.Type) {
					head, body := "name = \"t\"\n", table.before
					if table.name == "top" {
						head, body = without(head, key), ""
					}
					if table.name != "corpus" {
						body = "[corpus]\npath = \"synthetic\"\n" + body
					}
					if !strings.Contains(body, "[[model]]") {
						body = "[[model]]\nname = \"NB\"\nkind = \"naive_bayes\"\n" + body
					}
					line := key + " = " + wrong + "\n"
					if table.name == "top" {
						head += line
					} else {
						body += without(given[table.name], key) + line
					}
					text := head + body
					at := 1 + strings.Count(text[:strings.LastIndex(text, line)], "\n")
					_, err := Parse(text, "t.toml", nil)
					prefix := fmt.Sprintf("t.toml:%d: %s: ", at, key)
					if err == nil || !fault.IsUsage(err) || !strings.HasPrefix(err.Error(), prefix) || strings.Contains(err.Error(), "\n") {
						t.Errorf("%s, %s = %s: want one line with %q, have %v", table.name, key, wrong, prefix, err)
					}
				}
			}
		}
	}
}

// without drops the line of a key.
func without(text, key string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, key+" ") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// wrongValues are values of TOML that a key of a type cannot have.
func wrongValues(want reflect.Type) []string {
	all := map[string][]reflect.Kind{ // and the kinds that can
		`"word"`: {reflect.String}, `""`: {reflect.String}, `1.5`: {reflect.Float64}, `1.0`: {reflect.Float64}, `1e3`: {reflect.Float64},
		`true`: {reflect.Bool}, `1`: {reflect.Float64, reflect.Int, reflect.Int64, reflect.Uint64}, `1979-05-27`: nil, `[[1]]`: nil, `[true]`: nil, `{ a = 1 }`: nil,
	}
	var out []string
	for text, kinds := range all {
		if !slices.Contains(kinds, want.Kind()) {
			out = append(out, text)
		}
	}
	return out
}

// Where it is clear what was meant, the message says how that is written.
func TestWrongTypesSayWhatToWrite(t *testing.T) {
	for line, want := range map[string]string{
		"seeds = [1.0]":        "2: seeds: element 1: want an integer, have 1.0: write 1",
		"seeds = [1, 1e3]":     "2: seeds: element 2: want an integer, have 1000.0: write 1000",
		"seeds = [1.5]":        "2: seeds: element 1: want an integer, have 1.5",
		"seeds = 1":            "2: seeds: want a list of integers, have 1: write [1]",
		"seeds = \"1\"":        "2: seeds: want a list of integers, have \"1\": write [1]",
		"seeds = [[1, 2]]":     "2: seeds: element 1: want an integer, have a list",
		"seeds = [\"1\"]":      "2: seeds: element 1: want an integer, have \"1\": write 1",
		"seeds = []":           "2: seeds: at least one is needed",
		"seeds = [1, 2, 1, 1]": "2: seeds: 1 stands twice; equal seeds are no replicates",
		"seeds = [-1]":         "2: seeds: element 1: -1 is negative",
		"corpus.path = 2024":   "2: path: want a string, have 2024: write \"2024\"",
		"corpus.path = [\"a\"]\ncorpus.sample = \"10\"":                 "3: sample: want an integer, have \"10\": write 10",
		"corpus.path = \" \"":                                           "2: path: is empty; name a folder of shards, or \"synthetic\"",
		"corpus.path = \"x\"\nresults.path = \"\"":                      "3: path: is empty; name a folder for results, or leave the key out",
		"corpus.path = \"x\"\ncorpus.taxonomy = \"\"":                   "3: taxonomy: ",
		"corpus.path = \"x\"\nsplit.per_seed = \"true\"":                "3: per_seed: want true or false, have \"true\": write true",
		"corpus.path = \"x\"\nsplit.per_seed = 1":                       "3: per_seed: want true or false, have 1",
		"corpus.path = \"x\"\ndecision.rules = \"tuned\"":               "3: rules: want a list of strings, have \"tuned\": write [\"tuned\"]",
		"corpus.path = \"x\"\ndecision.rules = [\"tuned\", \"tuned\"]":  "3: rules: \"tuned\" stands twice",
		"corpus.path = \"x\"\nembeddings.a.file = \" \"":                "3: file: \" \" names no file of word vectors",
		"corpus.path = \"x\"\nembeddings.\" \".file = \"x\"":            "3: embeddings: \" \" is no name: use 1 to 80 printable characters",
		"corpus.path = \"x\"\nfeatures.\"\".kind = \"counts\"":          "3: features: \"\" is no name: use 1 to 80 printable characters",
		"corpus.path = \"x\"\npublished = [{ model = \"\", f1 = 0.4 }]": "3: model: \"\": use 1 to 80 printable characters",
	} {
		text := "name = \"t\"\n" + line + "\n"
		if !strings.Contains(line, "corpus.path") {
			text += "corpus.path = \"x\"\n"
		}
		_, err := Parse(text+"[[model]]\nname = \"NB\"\nkind = \"naive_bayes\"\n", "t.toml", nil)
		if err == nil || !strings.Contains(err.Error(), "t.toml:"+want) || strings.Contains(err.Error(), "\n") != strings.Contains(line, "[\"a\"]") {
			t.Errorf("%s:\n%v\nwant %s", line, err, want)
		}
	}
}

// Names that are empty or white, and numbers published twice of one model.
func TestNamesAndNumbersOfNoUse(t *testing.T) {
	two := minimal + "[[published]]\nmodel = \"Nb\"\nf1 = 0.45\n[[published]]\nmodel = \"NB\"\nf1 = 0.4\n[[published]]\nmodel = \"NB\"\nf1 = 0.5\n"
	for text, want := range map[string]string{
		strings.Replace(minimal, `"t"`, `""`, 1):          `t.toml:1: name: "" cannot name a folder: use 1 to 80 letters, digits, '.', '_' and '-', beginning with a letter or digit`,
		strings.Replace(minimal, `"t"`, `" "`, 1):         `t.toml:1: name: " " cannot name a folder: use 1 to 80 letters, digits, '.', '_' and '-', beginning with a letter or digit`,
		strings.Replace(minimal, `"NB"`, `""`, 1):         `t.toml:5: name: "": use 1 to 80 printable characters`,
		strings.Replace(minimal, `"NB"`, "\"\u00a0\"", 1): `t.toml:5: name: "\u00a0": use 1 to 80 printable characters`,
		two: `t.toml:14: model: a second [[published]] is of "NB", the first stands in line 10: leave one out, or give it a name of its own`,
		"name = \"t\"\ncorpus.path = \"x\"\n[model]\nname = \"NB\"\n": `t.toml:3: model: want tables [[model]], have a table`,
		"name = \"t\"\ncorpus.path = \"x\"\nmodel = []\n":             `t.toml:3: no [[model]]: an experiment compares at least one`,
	} {
		if _, err := Parse(text, "t.toml", nil); err == nil || err.Error() != want {
			t.Errorf("%s\nhave %v\nwant %s", text, err, want)
		}
	}
}

// Whoever adds a key that may be 0 decides whether that is a number like others
// or has words of its own, which tables, plots and reports show.
func TestEveryZeroIsDecided(t *testing.T) {
	number := []string{ // less than any other value
		"split.validation", "embeddings.min_n", "embeddings.max_n", "embeddings.seed", "loss", "dropout", "recurrent_dropout", "spatial_dropout",
		"master_loss_ratio", "master_loss_decay", "warmup", "f1", "master_f1", "accuracy",
	}
	unseen := []string{"sweep.trials", "sweep.hours", "sweep.seed"} // of no run
	prefixes := map[string]string{"corpus": "corpus.", "split": "split.", "sweep": "sweep.", "trained embeddings": "embeddings.", "counts": "features.", "words": "features."}
	met := map[string]bool{}
	for _, table := range schema {
		for _, s := range table.keys {
			for key, f := range tagged(s) {
				kind := f.Type.Kind()
				if interval := f.Tag.Get("range"); kind != reflect.Uint64 && (kind != reflect.Int && kind != reflect.Int64 && kind != reflect.Float64 || interval != "" && !strings.HasPrefix(interval, "[0,")) {
					continue
				}
				key = prefixes[table.name] + key
				met[key] = true
				if _, inWords := results.ZeroMeans(key); inWords == slices.Contains(slices.Concat(number, unseen), key) {
					t.Errorf("%s may be 0: is that a number (then name it here), or has it words (then name it in package results)? It has words: %t", key, inWords)
				}
			}
		}
	}
	for _, key := range append(number, unseen...) {
		if !met[key] {
			t.Errorf("there is no key %s that may be 0", key)
		}
	}
	for _, key := range []string{"max_depth", "features.max_features", "corpus.sample", "stop_epoch", "clip_norm", "dimensions"} {
		if !met[key] {
			t.Errorf("there is no key %s that may be 0", key)
		}
	}
}
