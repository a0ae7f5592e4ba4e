package ingest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/testenv"
)

// kaggleSample returns real records of the Kaggle snapshot, as many as are
// wanted, or else ones that are made up in its shape.
func kaggleSample(t *testing.T, most int) string {
	t.Helper()
	text, err := os.ReadFile(testenv.Shared(t, "kaggle/arxiv-metadata-oai-snapshot.sample.jsonl"))
	if err != nil {
		text = []byte(strings.Repeat(record(`"categories":"cs.LG stat.ML","authors":"Bée A.","authors_parsed":[["Bée","A.",""]],`+
			`"versions":[{"version":"v1","created":"Mon, 2 Apr 2007 19:18:42 GMT"},{"version":"v2","created":"Tue, 3 Apr 2007 00:00:00 GMT"}],"update_date":"2008-11-26"`), 1))
	}
	lines := strings.SplitAfter(string(text), "\n")
	return strings.Join(lines[:min(most, len(lines))], "")
}

// Files of other tools hold the papers that they were made of.
func TestParquetOfOtherTools(t *testing.T) {
	python := testenv.Python(t, "pyarrow")
	text := kaggleSample(t, 100)
	want, _, err := importText(t, "kaggle", text, false)
	if err != nil {
		t.Fatal(err)
	}
	source, out := writeFile(t, "source.jsonl", text), t.TempDir()
	cmd := exec.Command(python, filepath.Join("testdata", "make_parquet.py"), out, source)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	list, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &problems)
	}
	for _, line := range strings.Split(problems.String(), "\n") {
		if strings.Contains(line, "not installed") {
			t.Log(line)
		}
	}
	ways := 0
	for line := range strings.Lines(string(list)) {
		name, named, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		t.Run(name, func(t *testing.T) {
			columns := map[string]string{}
			for pair := range strings.SplitSeq(named, ",") {
				if field, column, ok := strings.Cut(pair, "="); ok {
					columns[field] = column
				}
			}
			sink := &memorySink{}
			_, err := Import(context.Background(), Options{
				Format: "parquet", Inputs: []string{filepath.Join(out, name)}, Columns: columns,
			}, sink)
			if err != nil {
				t.Fatal(err)
			}
			comparePapers(t, sink.papers, want)
		})
		ways++
	}
	if ways < 15 {
		t.Errorf("%d ways to write the papers", ways)
	}
}
