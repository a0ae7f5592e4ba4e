package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"assay/configs"
	"assay/experiments/config"
)

const minimal = `name = "t"
[corpus]
path = "synthetic"
[[model]]
name = "NB"
kind = "naive_bayes"
`

func mustParse(t *testing.T, text string, overrides ...string) *config.Config {
	t.Helper()
	cfg, err := config.Parse(text, "t.toml", overrides)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

var update = flag.Bool("update", false, "write the golden files anew")

// What is configured today keeps its identity: a key that came later does not
// change a trial, nor the resolved text, of an experiment that lacks it.
func TestIdentities(t *testing.T) {
	const golden = "testdata/identities.txt"
	var b strings.Builder
	for _, name := range configs.Names() {
		text, _ := configs.Text(name)
		cfg, err := config.Parse(text, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		whole := sha256.Sum256([]byte(cfg.Text()))
		fmt.Fprintf(&b, "%s %s\n", name, hex.EncodeToString(whole[:6]))
		for _, j := range Jobs(cfg, "data") {
			fmt.Fprintf(&b, "  %s %.12s %s\n", j.Key, j.Trial.Setting, j.Trial.DataKey)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	have, kept := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	if runtime.GOARCH != "amd64" { // the kind of processor is in the hash of the first column
		key := regexp.MustCompile(`^(  \S+)-[0-9a-f]{12} `)
		for _, lines := range [][]string{have, kept} {
			for i := range lines {
				lines[i] = key.ReplaceAllString(lines[i], "$1 ")
			}
		}
	}
	for i := range min(len(have), len(kept)) {
		if have[i] != kept[i] {
			t.Fatalf("line %d: %s\nwas %s\n(-update writes %s anew, where that is meant)", i+1, have[i], kept[i], golden)
		}
	}
	if len(have) != len(kept) {
		t.Errorf("%d lines, want %d", len(have), len(kept))
	}
}

// Places, devices and limits are no part of what jobs and kept checkpoints are named
// by; the content of a file of vectors is.
func TestPlacesAreNotIdentity(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const text = `name = "t"
[corpus]
path = "synthetic"
[embeddings.v]
file = "FILE"
[[model]]
name = "N"
kind = "sha_rnn"
embeddings = "v"
epochs = 4
[model.sweep]
method = "asha"
trials = 4
min_resource = 2
reduction = 2
dropout = [0.0, 0.1, 0.2, 0.3]
`
	names := func(file string, overrides ...string) (out []string) {
		cfg := mustParse(t, strings.Replace(text, "FILE", file, 1), overrides...)
		cfg.Results.Path = "results"
		if err := cfg.HashFiles(); err != nil {
			t.Fatal(err)
		}
		s := &Session{Config: cfg, Jobs: Jobs(cfg, "data")}
		for _, j := range s.Jobs {
			out = append(out, j.Key)
			if j.Decided() {
				out = append(out, s.rungPath(j.Trial))
			}
		}
		return out
	}
	base := names(write("a.txt", "we 1 2\n"))
	if len(base) != 2*4+2 || !strings.Contains(base[1], "rungs") {
		t.Fatalf("names %q", base)
	}
	for what, same := range map[string][]string{
		"another place of the vectors": names(write("b.txt", "we 1 2\n")),
		"a device that auto is":        names(filepath.Join(dir, "a.txt"), "model.N.device=cpu"),
		"another place of the corpus":  names(filepath.Join(dir, "a.txt"), "corpus.path=elsewhere"),
	} {
		if !slices.Equal(same, base) {
			t.Errorf("%s: names\n%q, before\n%q", what, same, base)
		}
	}
	for i, name := range names(write("a.txt", "we 1 3\n")) {
		if name == base[i] && i < 8 { // a place in a later rung depends on the trials before
			t.Errorf("other vectors left %s as it was", name)
		}
	}
}

func TestTrialIdentity(t *testing.T) {
	base := Trials(mustParse(t, minimal), "data")[0]
	same := func(what, text, data string, overrides ...string) {
		if got := Trials(mustParse(t, text, overrides...), data)[0]; got.ID != base.ID {
			t.Errorf("%s changed the trial from %s to %s", what, base.ID, got.ID)
		}
	}
	differs := func(what, text, data string, overrides ...string) {
		if got := Trials(mustParse(t, text, overrides...), data)[0]; got.ID == base.ID {
			t.Errorf("%s left the trial %s as it was", what, base.ID)
		}
	}
	same("the corpus folder's place", minimal, "data", "corpus.path=elsewhere")
	same("another experiment name", minimal, "data", "name=u")
	same("a published number", minimal+"[[published]]\nmodel = \"x\"\n", "data")
	same("an unused features table", minimal+"[features.other]\nkind = \"counts\"\n", "data")
	same("a spelled-out default", minimal+"alpha = 1.0\n", "data")
	differs("other data", minimal, "data2")
	differs("an option", minimal, "data", "model.NB.alpha=2")
	differs("the features' options", minimal, "data", "features.counts.min_documents=2")
	differs("the split", minimal, "data", "split.test=0.1")
	differs("the rules", minimal, "data", "decision.rules=[\"top:1\"]")
	differs("the seed", minimal, "data", "seeds=[2]")
	differs("the sample", minimal, "data", "corpus.sample=10")
}
