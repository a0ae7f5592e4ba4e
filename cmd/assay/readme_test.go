package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"assay/experiments/config"
	"assay/internal/kernels"
)

// block returns the first fenced block of a language after a mark in a text.
func block(t *testing.T, text, mark, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, mark)
	_, rest, opened := strings.Cut(rest, "```"+language+"\n")
	body, _, closed := strings.Cut(rest, "```")
	if !found || !opened || !closed {
		t.Fatalf("no block of %s after %q", language, mark)
	}
	return body
}

var (
	duration = regexp.MustCompile(`\d+(\.\d+)? (ms|s|min)\b`)
	layout   = regexp.MustCompile(`[ ─]+`)
)

// scoresOf drops what differs between machines: times, and the widths that
// follow from them.
func scoresOf(table string) string {
	return layout.ReplaceAllString(duration.ReplaceAllString(table, "T"), " ")
}

// The README shows what its first command prints.
func TestReadmeShowsTheQuickstart(t *testing.T) {
	if kernels.Implementation() == "go" {
		t.Skip("the reference rounds products that assembly fuses; the table is that of assembly")
	}
	readme := readFile(t, "README.md")
	want := block(t, readme, "go run ./cmd/assay run quickstart", "text")
	got := mustCall(t, "run", "quickstart", "--results", t.TempDir(), "--quiet")
	if scoresOf(got) != scoresOf(want) {
		t.Errorf("README.md shows\n%s\nbut the quickstart prints\n%s", want, got)
	}
}

// The README's experiment is one that assay accepts.
func TestReadmeExperimentIsValid(t *testing.T) {
	if _, err := config.Parse(block(t, readFile(t, "README.md"), "## An experiment", "toml"), "README.md", nil); err != nil {
		t.Error(err)
	}
}

// What is to be filled in is filled in.
func TestDocumentationHasNoPlaceholder(t *testing.T) {
	placeholder := regexp.MustCompile(`(?m)^[A-Z]{4,}$`)
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(documents) < 8 {
		t.Fatalf("documents %q, %v", documents, err)
	}
	names := []string{"README.md"}
	for _, path := range documents {
		names = append(names, "docs/"+filepath.Base(path))
	}
	for _, name := range names {
		if found := placeholder.FindString(readFile(t, name)); found != "" {
			t.Errorf("%s: %s stands where a text should", name, found)
		}
	}
}

// A folder in the working directory does not hide the experiment of its name.
func TestEmbeddedExperimentBesideAFolderOfItsName(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("quickstart", 0o755); err != nil {
		t.Fatal(err)
	}
	if out := mustCall(t, "run", "quickstart", "--dry-run"); !strings.Contains(out, "12 trials on 4000 papers, 12 to run") {
		t.Errorf("dry run printed\n%s", out)
	}
	if _, err := os.Stat("results"); err == nil {
		t.Error("a dry run made the results folder")
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
