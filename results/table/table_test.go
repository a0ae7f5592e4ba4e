package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/internal/fault"
	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

var update = flag.Bool("update", false, "write the golden files anew")

func rule(t testing.TB, s string) metrics.Rule {
	t.Helper()
	r, err := metrics.ParseRule(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run invents a finished run whose scores lie around base.
func run(t testing.TB, model, backend string, seed uint64, base float64, params map[string]any) results.Run {
	t.Helper()
	r := rng.New(seed, "table test", model, backend)
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	out := results.Run{
		Experiment: "quickstart", Trial: fmt.Sprintf("%s-%s-%v-%d", model, backend, params["alpha"], seed),
		Model: results.Model{Name: model, Kind: "kind", Backend: backend}, Seed: seed, Params: params,
		State: results.Done, Started: begun, Finished: begun.Add(90 * time.Second),
		Data: results.Data{
			Hash: "c0ffee", Name: "4,000 synthetic papers", Taxonomy: "arxiv-2019", Split: "15 %, 25 %",
			Labels: 148, Masters: 6, Train: 2400 + int(seed), Validation: 600, Test: 1000 - int(seed),
		},
		Stages:     []results.Stage{{Name: "features", Seconds: 0.5}, {Name: "fit", Seconds: 100 * base * base}},
		PeakMemory: 300 << 20,
	}
	for i, name := range []string{"fixed:0.5", "tuned"} {
		f := base + 0.05*float64(i) + 0.004*r.NormFloat64()
		out.Results = append(out.Results, results.RuleResult{
			Decision: metrics.Decision{Rule: rule(t, name)},
			All: metrics.Report{
				SampleF1: f, MicroF1: f - 0.01, MacroF1: f / 2, SamplePrecision: f, SampleRecall: f,
				PrecisionAt: []metrics.PrecisionAt{{K: 1, Value: base + 0.2}, {K: 3, Value: f / 2}},
			},
			Master: metrics.Report{SampleF1: f + 0.3},
		})
	}
	return out
}

// example holds one of everything that a table can show.
func example(t testing.TB) ([]results.Run, compare.Options) {
	t.Helper()
	var runs, expected []results.Run
	for seed := uint64(1); seed <= 3; seed++ {
		nb := run(t, "Naive Bayes", "native", seed, 0.41, map[string]any{"alpha": 1.0, "features": "counts"})
		lr := run(t, "Logistic regression", "native", seed, 0.552, map[string]any{"c": 1})
		alike := run(t, "Log. regression, golearn", "golearn", seed, 0.551, map[string]any{"c": 1})
		rf := run(t, "Random forest", "native", seed, 0.2, map[string]any{"trees": 100})
		lstm := run(t, "LSTM", "native", seed, 0, nil)
		expected = append(expected, nb, lr, alike, rf, lstm)
		if seed == 2 {
			rf.State, rf.Results, rf.Error = results.Failed, nil, "baselines: fit random forest: tree 7: out of memory"
		}
		runs = append(runs, nb, lr, alike, rf)
	}
	lstm := expected[4]
	lstm.State, lstm.Results = results.Running, nil
	lstm.Provenance.Host = "node3"
	runs = append(runs, lstm)
	return runs, compare.Options{
		Name: "quickstart", Expected: expected,
		Problems: []results.Problem{{Trial: expected[9].Trial, Path: "results/runs/quickstart/lstm", Err: fmt.Errorf("run.json was changed or damaged: its checksum does not match")}},
		Published: []compare.Published{
			{Model: "Naive Bayes", F1: 0.4032, MasterF1: math.NaN(), Source: "Scholarly (2020): 1.3M papers"},
			{Model: "SHA-RNN", F1: 0.6496, MasterF1: 0.93, Source: "Scholarly (2020): 1.3M papers"},
			{Model: "Random forest", F1: 0.0862, MasterF1: math.NaN(), Source: "Scholarly (2020): 1.3M papers"},
		},
	}
}

// lay compares runs and lays the comparison out, as the command does.
func lay(v compare.View, runs []results.Run, opt compare.Options, intervals ...Intervals) (Table, error) {
	c, err := v.Compare(runs, opt)
	if err != nil {
		return Table{}, fmt.Errorf("table: %w", err)
	}
	return Of(c, append(intervals, Auto)[0]), nil
}

func laid(t testing.TB, runs []results.Run, opt compare.Options, intervals ...Intervals) Table {
	t.Helper()
	table, err := lay(compare.View{}, runs, opt, intervals...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func written(t testing.TB, table Table, f Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, table, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostile has every sign that some format gives a meaning.
func hostile() Table {
	return Table{
		Caption: `A & B_1 <50 %> "x" | $y$ {z} \w ~ ^ #1`,
		Columns: []Column{{Key: "model", Title: "Model <i>"}, {Key: "f1", Title: "F1 % | &", Unit: "fraction", Numeric: true}},
		Rows: []Row{
			{Status: compare.Measured, Cells: []Cell{{Text: `<script>alert("x")</script>`}, {Text: "50.00", Interval: "1.00", Best: true, Number: &compare.Number{Value: 0.5}}}},
			{Status: compare.Measured, Cells: []Cell{{Text: `a|b & c_d, "e" $f$ \g{h}`}, {Text: "49.00", Close: true, Number: &compare.Number{Value: 0.49}}}},
		},
		Notes: []string{`note with | & _ % # ~ ^ \ <b> and "quotes"`},
	}
}

func TestGolden(t *testing.T) {
	runs, opt := example(t)
	single := slices.DeleteFunc(slices.Clone(runs), func(r results.Run) bool { return r.Seed != 1 || r.State != results.Done })
	judged := slices.Clone(runs)
	papers := invent(judged, 400, true)
	both := opt
	both.Papers = papers.of
	one := slices.DeleteFunc(slices.Clone(judged), func(r results.Run) bool { return r.Seed != 1 || r.State != results.Done })
	for name, table := range map[string]Table{
		"both":    laid(t, judged, both, Both),
		"papers":  laid(t, one, compare.Options{Name: "quickstart", Papers: papers.of}),
		"full":    laid(t, runs, opt),
		"single":  laid(t, single, compare.Options{Name: "quickstart"}),
		"hostile": hostile(),
		"empty":   laid(t, nil, compare.Options{Name: "quickstart"}),
	} {
		for _, f := range Formats() {
			path := filepath.Join("testdata", name+"."+f)
			got := written(t, table, Format(f))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs (go test ./results/table -update writes it anew):\n%s", path, got)
			}
		}
	}
}

// The order in which a store lists runs must not show.
func TestOrderOfRunsDoesNotMatter(t *testing.T) {
	runs, opt := example(t)
	opt.Papers = invent(runs, 50, true).of
	for _, expected := range [][]results.Run{opt.Expected, nil} {
		opt.Expected = expected
		want := written(t, laid(t, runs, opt), JSON)
		for seed := range uint64(5) {
			shuffled := slices.Clone(runs)
			rng.New(seed, "shuffle").Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if got := written(t, laid(t, shuffled, opt), JSON); got != want {
				t.Fatalf("shuffled runs gave another table:\n%s\nwant\n%s", got, want)
			}
		}
	}
}

// A run read back from the store holds its parameters as JSON numbers; with
// what was expected, as Go values, it is one group all the same.
func TestParamsReadBackAreTheSameGroup(t *testing.T) {
	params := map[string]any{"alpha": 1e6, "list": []int{1, 2}, "trees": int64(100)}
	expected := run(t, "M", "native", 1, 0.4, params)
	text, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	done := run(t, "M", "native", 2, 0.4, nil)
	if err := dec.Decode(&done.Params); err != nil {
		t.Fatal(err)
	}
	table := laid(t, []results.Run{done}, compare.Options{Expected: []results.Run{expected, done}})
	if got := table.Rows[0].Cells[len(table.Columns)-1].Text; got != "1/2" {
		t.Errorf("n is %q, want 1/2: %+v", got, table.Rows)
	}
}

func TestMeanAndInterval(t *testing.T) {
	var runs []results.Run
	for i, f := range []float64{0.40, 0.42, 0.44} {
		r := run(t, "M", "native", uint64(i), 0.4, nil)
		r.Results = r.Results[:1]
		r.Results[0].All.SampleF1 = f
		runs = append(runs, r)
	}
	table := laid(t, runs, compare.Options{Metrics: []string{"f1"}})
	cell := table.Rows[0].Cells[2]
	if cell.Text != "42.00" || cell.Interval != "4.97" || !slices.Equal(cell.Number.Replicates, []float64{0.40, 0.42, 0.44}) {
		t.Errorf("cell %+v, want 42.00 ± 4.97 (t = 4.303, sd = 2)", cell)
	}
	if len(table.Columns) != 4 || cell.Best {
		t.Errorf("columns %+v; a row alone is no best: %v", table.Columns, cell.Best)
	}
}

func TestBestAndClose(t *testing.T) {
	runs, f := models(t, 3, "a", "b", "c"), outcomes{}
	for i := range runs {
		own := rng.New(runs[i].Seed, runs[i].Model.Name)
		share := map[string]float64{"a": 0.62, "b": 0.6, "c": 0.4}[runs[i].Model.Name]
		f.set(&runs[i], 0, constant(600, func(int) bool { return own.Float64() < share }))
	}
	table := laid(t, runs, compare.Options{Metrics: []string{"f1"}, Papers: f.of})
	marks := func() (s string) {
		for _, row := range table.Rows {
			switch c := row.Cells[2]; {
			case c.Best:
				s += "*"
			case c.Close:
				s += "~"
			default:
				s += "."
			}
		}
		return s
	}
	if marks() != "*~." {
		t.Errorf("marks %q, want *~.", marks())
	}
	runs[4].Data.Hash = "other"
	table = laid(t, runs, compare.Options{Metrics: []string{"f1"}})
	if marks() != "..." || !strings.HasPrefix(table.Notes[0], "NOT COMPARABLE: the runs read different corpora") {
		t.Errorf("different corpora: marks %q, notes %q", marks(), table.Notes)
	}
}

func TestNothingIsLeftOutInSilence(t *testing.T) {
	runs, opt := example(t)
	table := laid(t, runs, opt)
	text := written(t, table, Text)
	for _, want := range []string{
		"failed: seed 2", "tree 7: out of memory", "2/3", "running: seed 1", "running: on node3",
		"damaged: seed 2", "checksum does not match", "missing: seed 3", "missing: not run yet", "SHA-RNN",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q:\n%s", want, text)
		}
	}
	older := runs[0]
	older.Trial = "older"
	table = laid(t, append(runs, older), opt)
	if !strings.Contains(table.Notes[len(table.Notes)-1], "1 run of other configurations") {
		t.Errorf("notes %q", table.Notes)
	}
	opt.Expected = nil
	older.Started = older.Started.Add(-time.Hour)
	older.Results = nil
	table = laid(t, append([]results.Run{older}, runs...), opt)
	if !strings.Contains(table.Notes[len(table.Notes)-2], "1 run with the same model, parameters and seed as a later one not shown") ||
		!strings.Contains(table.Notes[len(table.Notes)-1], "Not read: results/runs/quickstart/lstm") {
		t.Errorf("notes %q", table.Notes)
	}
	at := slices.IndexFunc(table.Rows, func(r Row) bool { return r.Cells[0].Text == "Naive Bayes" })
	if n := table.Rows[at].Cells[len(table.Columns)-1].Text; n != "3" {
		t.Errorf("the later run is not shown: n is %q", n)
	}
	empty := runs[0]
	empty.Results = nil
	table = laid(t, []results.Run{empty}, compare.Options{})
	if table.Rows[0].Status != compare.Damaged {
		t.Errorf("a done run without results is %q", table.Rows[0].Status)
	}
}

// A metric that one replicate lacks has no mean.
func TestMissingMetricIsAbsent(t *testing.T) {
	a, b := run(t, "M", "native", 1, 0.4, nil), run(t, "M", "native", 2, 0.4, nil)
	b.Results[0].All.PrecisionAt = nil
	table := laid(t, []results.Run{a, b}, compare.Options{Metrics: []string{"precision_at_1"}})
	if got := table.Rows[0].Cells[2]; got.Text != absent || got.Number != nil {
		t.Errorf("cell %+v", got)
	}
	if got := table.Rows[1].Cells[2]; got.Text != "60.00" {
		t.Errorf("cell %+v", got)
	}
	b.Results[0].All.SampleF1 = math.NaN()
	if _, err := lay(compare.View{}, []results.Run{a, b}, compare.Options{}); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a NaN gave %v", err)
	}
}

func TestSweepRowsSayWhatDiffers(t *testing.T) {
	table := laid(t, []results.Run{
		run(t, "M", "native", 1, 0.4, map[string]any{"alpha": 0.5, "features": "counts"}),
		run(t, "M", "native", 1, 0.5, map[string]any{"alpha": 1.0, "features": "counts"}),
	}, compare.Options{})
	if a, b := table.Rows[0].Cells[0].Text, table.Rows[2].Cells[0].Text; a != "M (alpha=0.5)" || b != "M (alpha=1)" {
		t.Errorf("labels %q and %q", a, b)
	}
}

func TestTextFitsATerminal(t *testing.T) {
	runs, opt := example(t)
	opt.Papers = invent(runs, 50, true).of
	for _, kind := range IntervalKinds() {
		for i, line := range strings.Split(written(t, laid(t, runs, opt, Intervals(kind)), Text), "\n") {
			if n := len([]rune(line)); n > textWidth {
				t.Errorf("line %d is %d wide: %s", i+1, n, line)
			}
		}
	}
}

func TestCSVIsReadBack(t *testing.T) {
	runs, opt := example(t)
	table := laid(t, runs, opt)
	records, err := csv.NewReader(strings.NewReader(written(t, table, CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(table.Rows)+1 || records[0][0] != "status" {
		t.Errorf("%d records, header %v", len(records), records[0])
	}
	if got := fmt.Sprint(table.Rows[0].Cells[2].Number.Value); !slices.Contains(records[1], got) {
		t.Errorf("record %v lacks F1 in full, %s", records[1], got)
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct {
		want string
		call func() error
	}{
		{`format "pdf" is unknown: want one of text, markdown, latex, csv, html, json`, func() error { _, err := ParseFormat("pdf"); return err }},
		{`column "f2" is unknown: want some of f1, master_f1`, func() error { _, err := lay(compare.View{}, nil, compare.Options{Metrics: []string{"f2"}}); return err }},
		{`format "pdf"`, func() error { return Write(&bytes.Buffer{}, Table{}, "pdf") }},
	} {
		if err := c.call(); err == nil || !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want a usage error with %q", err, c.want)
		}
	}
	if err := Write(&bytes.Buffer{}, Table{Columns: []Column{{Key: "a"}}, Rows: []Row{{}}}, Text); err == nil {
		t.Error("a row without cells was accepted")
	}
}

func TestShow(t *testing.T) {
	for _, c := range []struct {
		unit string
		v    float64
		want string
	}{
		{"fraction", 0.40321, "40.32"}, {"points", 1.234, "+1.23"}, {"points", -1.2, "−1.20"},
		{"seconds", 0.0421, "42 ms"}, {"seconds", 0.99961, "1.0 s"}, {"seconds", 12.34, "12.3 s"}, {"seconds", 99.96, "100 s"},
		{"seconds", 700, "12 min"}, {"seconds", 7260, "2 h 01"}, {"bytes", 412.4 * (1 << 20), "412 MiB"},
	} {
		if got := show(c.unit, c.v); got != c.want {
			t.Errorf("show(%s, %v) = %q, want %q", c.unit, c.v, got, c.want)
		}
	}
}

// Runs that should have seen the same word vectors, and did not, are named.
func TestVectorsThatDiffer(t *testing.T) {
	run := func(trial string, seed uint64, hash string, dimensions int) results.Run {
		return results.Run{
			Trial: trial, Seed: seed, State: results.Done, Model: results.Model{Name: trial}, Params: map[string]any{"embeddings.dimensions": dimensions},
			Vectors: &results.Vectors{Name: "fasttext", SHA256: hash, Tokens: 1, CoveredTokens: 1},
			Results: []results.RuleResult{{}},
		}
	}
	for name, c := range map[string]struct {
		runs []results.Run
		want bool
	}{
		"other content":  {[]results.Run{run("a", 1, "x", 100), run("b", 1, "y", 100)}, true},
		"the same":       {[]results.Run{run("a", 1, "x", 100), run("b", 1, "x", 100)}, false},
		"other seeds":    {[]results.Run{run("a", 1, "x", 100), run("b", 2, "y", 100)}, false},
		"other settings": {[]results.Run{run("a", 1, "x", 100), run("b", 1, "y", 50)}, false},
	} {
		table, err := lay(compare.View{}, c.runs, compare.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(table.Notes, "\n"), "NOT THE SAME VECTORS: runs of one seed saw different trainings of fasttext"); got != c.want {
			t.Errorf("%s: noted %t, want %t: %q", name, got, c.want, table.Notes)
		}
	}
}
