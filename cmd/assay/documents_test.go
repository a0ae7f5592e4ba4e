package main

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/spf13/cobra"
	"mvdan.cc/sh/v3/syntax"

	"assay/corpus"
	"assay/corpus/export"
	"assay/corpus/synthetic"
)

// documents are the texts whose commands are tested.
func documents(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(paths) < 8 {
		t.Fatalf("documents %q, %v", paths, err)
	}
	names := []string{"README.md"}
	for _, path := range paths {
		names = append(names, "docs/"+filepath.Base(path))
	}
	return names
}

// shown is a block of shell commands in a document.
type shown struct {
	line   int
	needs  string // what a test lacks to run it: the mark `<!-- needs: … -->` above it
	script string
}

var needsMark = regexp.MustCompile(`^<!-- needs: (.+) -->$`)

// blocks returns the blocks of shell in a document.
func blocks(text string) []shown {
	var out []shown
	inside, other, mark := false, false, ""
	for i, line := range strings.Split(text, "\n") {
		found := needsMark.FindStringSubmatch(line)
		switch {
		case inside && line == "```":
			inside = false
		case inside:
			out[len(out)-1].script += line + "\n"
		case strings.HasPrefix(line, "```sh") && !other:
			out = append(out, shown{line: i + 1, needs: mark})
			inside, mark = true, ""
		case strings.HasPrefix(line, "```"):
			other = !other
		case found != nil:
			mark = found[1]
		}
	}
	return out
}

// commands returns the words of each simple command of a script, in its order; what
// the shell would put in place of $x is 0.
func commands(t *testing.T, script string) [][]string {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(script), "")
	if err != nil {
		t.Errorf("no shell script: %v\n%s", err, script)
		return nil
	}
	var out [][]string
	syntax.Walk(file, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			var words []string
			for _, word := range call.Args {
				words = append(words, wordOf(word.Parts))
			}
			out = append(out, words)
		}
		return true
	})
	return out
}

func wordOf(parts []syntax.WordPart) string {
	var b strings.Builder
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(p.Value)
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			b.WriteString(wordOf(p.Parts))
		default:
			b.WriteString("0")
		}
	}
	return strings.NewReplacer("{}", "0", `\`, "").Replace(b.String())
}

// assayArgs returns the arguments of a command that starts this program.
func assayArgs(words []string) ([]string, bool) {
	for _, program := range [][]string{{"assay"}, {"./assay"}, {"bin/assay"}, {"./bin/assay"}, {"go", "run", "./cmd/assay"}} {
		if len(words) >= len(program) && slices.Equal(words[:len(program)], program) {
			return words[len(program):], true
		}
	}
	// What another program starts: GNU parallel, xargs, srun.
	if at := slices.Index(words, "assay"); at > 0 && words[0] != "go" {
		return words[at+1:], true
	}
	return nil, false
}

// known says why a command line is none that this program takes.
func known(args []string) error {
	cmd, rest, err := newRoot().Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if cmd.HasSubCommands() && len(rest) > 0 {
		return fmt.Errorf("%s has no command %q", cmd.CommandPath(), rest)
	}
	return errors.Join(cmd.ValidateArgs(cmd.Flags().Args()), cmd.ValidateRequiredFlags())
}

// Commands that another test runs, with what they print.
var runElsewhere = map[string]string{
	"run quickstart": "TestReadmeShowsTheQuickstart",
	"check ci --baseline configs/baselines/ci.json":                                                        "TestTheRepositoryPassesItsCheck",
	"check ci --baseline configs/baselines/ci.json --tolerance f1=0.2% --tolerance validation_loss=0,0.1%": "TestTheRepositoryPassesItsCheck",
}

// Every command that README and docs show works: it is run on small synthetic data,
// or, where the document says what it needs, its verb, flags and arguments are known.
func TestDocumentedCommands(t *testing.T) {
	ran := 0
	for _, name := range documents(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text := readFile(t, name)
			root, err := filepath.Abs("../..")
			if err != nil {
				t.Fatal(err)
			}
			place := &workshop{root: root}
			t.Chdir(t.TempDir())
			for _, block := range blocks(text) {
				for _, words := range commands(t, block.script) {
					at := fmt.Sprintf("%s:%d: %s", name, block.line, strings.Join(words, " "))
					for i, word := range words {
						words[i] = cmp.Or(placeholders[word], word)
					}
					args, ours := assayArgs(words)
					if !ours {
						place.checkOther(t, at, words)
						continue
					}
					if err := known(args); err != nil {
						t.Errorf("%s: %v", at, err)
					} else if block.needs == "" && runElsewhere[strings.Join(args, " ")] == "" && !testing.Short() {
						place.run(t, at, args)
						ran++
					}
				}
			}
		})
	}
	if ran < 10 && !testing.Short() {
		t.Errorf("only %d commands were run", ran)
	}
}

// A workshop is a folder in which a document's commands find what they read.
type workshop struct{ root string }

// run runs a command, after making the inputs that it names.
func (w *workshop) run(t *testing.T, at string, args []string) {
	t.Helper()
	output := false
	for _, word := range args {
		path := strings.TrimPrefix(word, "corpus.path=")
		if fill := inputs[path]; fill != nil && !output {
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				fill(t, path)
			}
		}
		output = word == "--out" || word == "--db"
	}
	if _, err := os.Stat("results"); err != nil && args[0] == "table" {
		mustCall(t, "run", args[1], "--quiet")
	}
	if _, message, code := call(t, nil, args...); code != exitDone {
		t.Errorf("%s: code %d: %s", at, code, message)
	}
}

// placeholders are what documents write where a user has something of his own.
var placeholders = map[string]string{"CONFIG": "my.toml", "N": "0"}

// inputs are the files that documents speak of as given.
var inputs = map[string]func(t *testing.T, path string){
	"arxiv-metadata-oai-snapshot.json": papersTo,
	"papers.jsonl":                     papersTo,
	"data/arxiv":                       shardsTo,
	"my.toml": func(t *testing.T, path string) {
		writeFile(t, path, "name = 'mine'\n[corpus]\npath = 'synthetic'\nsample = 600\n[[model]]\nname = 'NB'\nkind = 'naive_bayes'\n[[model]]\nname = 'LR'\nkind = 'logistic_regression'\n")
	},
	"model": func(t *testing.T, path string) {
		writeFile(t, "small.toml", "name = 'small'\n[corpus]\npath = 'synthetic'\nsample = 300\n[[model]]\nname = 'NB'\nkind = 'naive_bayes'\n")
		mustCall(t, "run", "small.toml", "--results", "small", "--quiet")
		if err := os.CopyFS(path, os.DirFS(filepath.Join("small", "runs", trialsOf(t, "small")[0], "model"))); err != nil {
			t.Fatal(err)
		}
	},
	"papers.parquet": func(t *testing.T, path string) {
		parquetTo(t, path, []row{{"0704.0050", "A title", "An abstract.", "cs.LG"}})
	},
	"downloads/arxiv-abstracts": func(t *testing.T, path string) {
		parquetTo(t, filepath.Join(path, "train.parquet"), []row{{"0704.0050", "A title", "An abstract.", "cs.LG"}})
	},
	"other.parquet": func(t *testing.T, path string) {
		parquetTo(t, path, []otherRow{{"0704.0051", "An abstract.", "cs.LG", meta{"A headline"}}})
	},
	"data/glove.6B.zip": func(t *testing.T, path string) {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		w, err := z.Create("glove.6B.2d.txt")
		if err == nil {
			_, err = w.Write([]byte("the 0.5 0.25\nof -1 2\n"))
		}
		if err = errors.Join(err, z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	},
	"arxiv.bin": func(t *testing.T, path string) {
		shardsTo(t, "given")
		mustCall(t, "embed", "train", "given", "--out", path, "--dimensions", "8", "--epochs", "1", "--buckets", "1000")
	},
}

// papersTo writes synthetic papers as the Kaggle snapshot has them. Some words of
// the documents' searches are among them.
func papersTo(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	err = export.JSONLines(f, func(yield func(*corpus.Paper, error) bool) {
		for p := range synthetic.Papers(synthetic.Options{Papers: 600, Seed: 5}) {
			p.Abstract += " A graph neural network of neutrino, sheaf and reinforcement."
			if !yield(p, nil) {
				return
			}
		}
	})
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// shardsTo imports such papers.
func shardsTo(t *testing.T, path string) {
	t.Helper()
	papersTo(t, "given.jsonl")
	mustCall(t, "corpus", "import", "--format", "kaggle", "given.jsonl", "--out", path)
}

type row struct {
	ID         string `parquet:"id"`
	Title      string `parquet:"title"`
	Abstract   string `parquet:"abstract"`
	Categories string `parquet:"categories"`
}

type otherRow struct {
	ID         string `parquet:"paper_id"`
	Abstract   string `parquet:"abstract"`
	Categories string `parquet:"categories"`
	Meta       meta   `parquet:"meta"`
}

type meta struct {
	Headline string `parquet:"headline"`
}

// parquetTo writes papers as another program might.
func parquetTo[T any](t *testing.T, path string, rows []T) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkOther checks what can be checked of a command of another program: the scripts
// and packages that it names exist, and tests and benchmarks of these patterns.
func (w *workshop) checkOther(t *testing.T, at string, words []string) {
	t.Helper()
	if len(words) < 2 {
		return
	}
	if name := filepath.Base(words[0]); name == "bash" || strings.HasPrefix(name, "python") {
		if strings.Contains(words[1], "/") {
			if _, err := os.Stat(filepath.Join(w.root, words[1])); err != nil {
				t.Errorf("%s: %v", at, err)
			}
		}
	}
	if words[0] == "go" && (words[1] == "test" || words[1] == "build" || words[1] == "generate") {
		w.checkGo(t, at, words[2:])
	}
}

func (w *workshop) checkGo(t *testing.T, at string, words []string) {
	t.Helper()
	var patterns []string
	var source strings.Builder
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "./"):
			pattern := filepath.Join(w.root, strings.TrimSuffix(word, "..."), "*_test.go")
			if strings.HasSuffix(word, "...") {
				continue
			}
			if info, err := os.Stat(filepath.Dir(pattern)); err != nil || !info.IsDir() {
				t.Errorf("%s: no package %s", at, word)
			}
			files, _ := filepath.Glob(pattern)
			for _, file := range files {
				source.WriteString(readAll(t, file))
			}
		case i > 0 && (words[i-1] == "-run" || words[i-1] == "-bench" || words[i-1] == "-fuzz") && !slices.Contains([]string{"xxx", ".", "^$"}, word):
			patterns = append(patterns, word)
		}
	}
	for _, pattern := range patterns {
		for _, one := range strings.Split(pattern, "|") {
			name, err := regexp.Compile(`(?m)^func (?:Test|Benchmark|Fuzz)?\w*` + strings.TrimPrefix(strings.TrimSuffix(one, "$"), "Fuzz"))
			if err != nil || !name.MatchString(source.String()) {
				t.Errorf("%s: no test of the pattern %s (%v)", at, one, err)
			}
		}
	}
}

// The examples in the help of each verb are command lines that it takes.
func TestExamplesOfHelp(t *testing.T) {
	checked := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, words := range commands(t, cmd.Example) {
			args, ours := assayArgs(words)
			if !ours {
				continue
			}
			checked++
			if err := known(args); err != nil {
				t.Errorf("%s --help shows %q: %v", cmd.CommandPath(), strings.Join(words, " "), err)
			}
		}
		if cmd.Runnable() && cmd.Example == "" && !cmd.HasSubCommands() {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			if !c.Hidden {
				visit(c)
			}
		}
	}
	visit(newRoot())
	if checked < 30 {
		t.Errorf("only %d examples found", checked)
	}
}
