package table

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
)

// swept invents a sweep: a network over dropout and embeddings, and a forest
// without either, with three seeds each; one trial failed, one is damaged, one
// has not run and one runs.
func swept(t testing.TB) ([]results.Run, compare.Options) {
	t.Helper()
	var runs, expected []results.Run
	add := func(r results.Run, label string) {
		r.Trial = fmt.Sprintf("%s-s%d", label, r.Seed)
		r.Experiment = "sweep"
		expected = append(expected, r)
		runs = append(runs, r)
	}
	for _, embeddings := range []string{"glove", "fasttext"} {
		for _, dropout := range []float64{0.2, 0, 0.1} {
			for seed := uint64(1); seed <= 3; seed++ {
				base := 0.5 + dropout*float64(len(embeddings))/50
				r := run(t, "LSTM", "native", seed, base, map[string]any{
					"features": "sequences", "embeddings": embeddings, "dropout": dropout,
					"embeddings.dimensions": 100 + 100*len(embeddings), "epochs": 5,
				})
				r.Model.Kind = "lstm"
				add(r, fmt.Sprintf("lstm-%s-%v", embeddings, dropout))
			}
		}
	}
	for seed := uint64(1); seed <= 3; seed++ {
		r := run(t, "Random forest", "native", seed, 0.45, map[string]any{"features": "counts", "trees": 100})
		r.Model.Kind = "random_forest"
		add(r, "forest")
	}
	runs[4].State, runs[4].Results, runs[4].Error = results.Failed, nil, "networks: loss is NaN at step 7"
	runs[9].State, runs[9].Results = results.Running, nil
	runs[9].Provenance.Host = "node3"
	opt := compare.Options{Name: "sweep", Expected: expected, Problems: []results.Problem{
		{Trial: expected[15].Trial, Path: "results/runs/sweep/x", Err: fmt.Errorf("run.json is damaged")},
	}}
	missing := []string{expected[15].Trial, expected[16].Trial}
	return slices.DeleteFunc(runs, func(r results.Run) bool { return slices.Contains(missing, r.Trial) }), opt
}

func viewed(t testing.TB, v compare.View, runs []results.Run, opt compare.Options, intervals ...Intervals) Table {
	t.Helper()
	table, err := lay(v, runs, opt, intervals...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestPivotGolden(t *testing.T) {
	runs, opt := swept(t)
	two := opt
	two.Metrics = []string{"f1", "micro_f1"}
	for name, table := range map[string]Table{
		"pivot":        viewed(t, compare.View{Rows: []string{"embeddings"}, Cols: []string{"dropout"}, Where: []string{"model=LSTM"}, Rule: "tuned"}, runs, opt),
		"pivot-merged": viewed(t, compare.View{Rows: []string{"model"}, Cols: []string{"dropout"}}, runs, opt),
		"pivot-rules":  viewed(t, compare.View{Rows: []string{"model", "dropout"}, Cols: []string{"rule"}, Where: []string{"embeddings!=glove"}, Sort: "-f1"}, runs, two),
		"pivot-wide":   viewed(t, compare.View{Rows: []string{"dropout"}, Cols: []string{"embeddings.dimensions"}, Sort: "-embeddings.dimensions"}, runs, two),
		"pivot-empty":  viewed(t, compare.View{Rows: []string{"model"}, Cols: []string{"dropout"}}, nil, opt),
		"pivot-sorted": viewed(t, compare.View{Sort: "-f1", Where: []string{"dropout>=0.1", "embeddings = fasttext"}, Rule: "fixed:0.50"}, runs, opt),
	} {
		formats := Formats()
		if name != "pivot" && name != "pivot-merged" {
			formats = []string{"text"}
		}
		for _, f := range formats {
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

// Neither the order of the runs nor when, where and how fast they ran shows, and
// parameters read back from JSON are those that were expected.
func TestPivotOfEqualResultsIsEqual(t *testing.T) {
	runs, opt := swept(t)
	v := compare.View{Rows: []string{"model", "embeddings"}, Cols: []string{"dropout"}, Where: []string{"dropout!=0.7"}, Sort: "-f1"}
	for _, f := range Formats() {
		want := written(t, viewed(t, v, runs, opt), Format(f))
		for seed := range uint64(5) {
			r := rng.New(seed, "elsewhere")
			other := slices.Clone(runs)
			r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
			for i := range other {
				o := &other[i]
				o.Started, o.Finished = o.Started.Add(time.Duration(i)*time.Hour), o.Finished.Add(time.Duration(i+1)*time.Hour)
				o.Stages, o.PeakMemory = []results.Stage{{Name: "fit", Seconds: r.Float64()}}, r.Uint64()>>30
				o.Provenance.Host, o.Provenance.CPUs = fmt.Sprintf("node%d", i), i
				text, err := json.Marshal(o.Params)
				if err != nil {
					t.Fatal(err)
				}
				dec := json.NewDecoder(strings.NewReader(string(text)))
				dec.UseNumber()
				o.Params = nil
				if err := dec.Decode(&o.Params); err != nil {
					t.Fatal(err)
				}
			}
			if got := written(t, viewed(t, v, other, opt), Format(f)); got != want {
				t.Fatalf("seed %d, %s: the pivot is\n%s\nwant\n%s", seed, f, got, want)
			}
		}
	}
}

// For any choice of keys a cell holds the mean of its runs, and is flagged if and
// only if they differ in a setting that is none of the keys.
func TestPivotFlagsWhatItMerges(t *testing.T) {
	runs, opt := swept(t)
	keys := []string{"model", "kind", "features", "embeddings", "dropout", "trees", "embeddings.dimensions", "epochs", "seed"}
	text := func(r results.Run, key string) string {
		if key == "seed" {
			return fmt.Sprint(r.Seed)
		}
		return (&compare.Group{Model: r.Model, Params: r.Params}).Setting(key).String()
	}
	flagged, clean := 0, 0
	for seed := range uint64(60) {
		r := rng.New(seed, "keys")
		order := slices.Clone(keys)
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		nRows, nCols := 1+r.IntN(2), r.IntN(3)
		v := compare.View{Rows: order[:nRows], Cols: order[nRows : nRows+nCols], Rule: "tuned"}
		table := viewed(t, v, runs, opt)
		for _, row := range table.Rows {
			for i, c := range table.Columns {
				if !c.Numeric {
					continue
				}
				want := map[string]string{}
				for k := range nRows {
					want[v.Rows[k]] = row.Cells[k].Text
				}
				_, at, _ := strings.Cut(c.Key, "@")
				for _, part := range strings.Split(at, ",") {
					if key, value, ok := strings.Cut(part, "="); ok {
						want[key] = value
					}
				}
				var in []results.Run
				sum := 0.0
				for _, run := range runs {
					fits := run.State == results.Done
					for key, value := range want {
						fits = fits && text(run, key) == value
					}
					if fits {
						in = append(in, run)
						sum += run.Results[1].All.SampleF1
					}
				}
				differ := false
				for _, key := range keys[:8] {
					for _, run := range in {
						if _, named := want[key]; !named && text(run, key) != text(in[0], key) {
							differ = true
						}
					}
				}
				cell := row.Cells[i]
				if len(in) == 0 {
					if cell.Text != absent || cell.Number != nil {
						t.Errorf("%v: cell %v of no run is %+v", v, want, cell)
					}
					continue
				}
				if cell.Number == nil || math.Abs(cell.Number.Value-sum/float64(len(in))) > 1e-12 || len(cell.Number.Replicates) != len(in) {
					t.Fatalf("%v: cell %v is %+v, want the mean %v of %d runs", v, want, cell, sum/float64(len(in)), len(in))
				}
				if got := strings.HasSuffix(cell.Text, merged); got != differ {
					t.Errorf("%v: cell %v is flagged: %t, want %t", v, want, got, differ)
				}
				if differ {
					flagged++
					if cell.Interval != "" || cell.Number.HalfWidth != nil || cell.Best || cell.Close {
						t.Errorf("%v: the flagged cell %v is %+v", v, want, cell)
					}
				} else {
					clean++
					if hasInterval := cell.Number.HalfWidth != nil; hasInterval != (len(in) > 1) {
						t.Errorf("%v: cell %v of %d runs has an interval: %t", v, want, len(in), hasInterval)
					}
				}
			}
		}
	}
	if flagged < 50 || clean < 50 {
		t.Errorf("%d cells flagged and %d not: too few of one kind to tell", flagged, clean)
	}
}

func TestPivotNamesEveryTrial(t *testing.T) {
	runs, opt := swept(t)
	runs[0].Warnings = []string{"the vectors glove cover 80 % of the tokens"}
	runs[1].Warnings = runs[0].Warnings
	notes := strings.Join(viewed(t, compare.View{Rows: []string{"model"}, Cols: []string{"dropout"}, Where: []string{"embeddings != none"}}, runs, opt).Notes, "\n")
	for _, want := range []string{
		"1 run failed: networks: loss is NaN at step 7: LSTM (embeddings=glove, dropout=0), seed 2.",
		"1 run running: LSTM (embeddings=fasttext, dropout=0.2), seed 1.",
		"1 run damaged: results/runs/sweep/x: run.json is damaged: LSTM (embeddings=fasttext, dropout=0.1), seed 1.",
		"1 run missing: not run yet: LSTM (embeddings=fasttext, dropout=0.1), seed 2.",
		"seed 1 and 1 other run: the vectors glove cover 80 % of the tokens.",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
	for i := range runs { // each column by itself could be compared
		if results.ValueOf(runs[i].Params, "dropout").Text == "0.2" {
			runs[i].Data.Hash = "other"
		}
	}
	table := viewed(t, compare.View{Rows: []string{"embeddings"}, Cols: []string{"dropout"}}, runs, opt)
	if !strings.HasPrefix(table.Notes[0], "NOT COMPARABLE") {
		t.Errorf("different corpora: notes %q", table.Notes)
	}
	for _, row := range table.Rows {
		if slices.ContainsFunc(row.Cells, func(c Cell) bool { return c.Best || c.Close }) {
			t.Errorf("different corpora, but a best: %+v", row)
		}
	}
}

// What the model or its embeddings say already is not named again; what both
// have and do not share is.
func TestPivotNamesWhatMatters(t *testing.T) {
	for _, c := range []struct {
		a, b, c map[string]any // parameters of models A, A and B
		want    string
	}{
		{map[string]any{"trees": 1}, map[string]any{"trees": 1}, map[string]any{"alpha": 2}, "model (A, B)"},
		{map[string]any{"trees": 1}, map[string]any{"trees": 3}, map[string]any{"alpha": 2}, "model (A, B), trees (1, 3, unset)"},
		{map[string]any{"epochs": 1}, map[string]any{"epochs": 1}, map[string]any{"epochs": 9}, "model (A, B), epochs (1, 9)"},
		{
			map[string]any{"embeddings": "x", "embeddings.dim": 1}, map[string]any{"embeddings": "y", "embeddings.dim": 2}, nil,
			"embeddings (x, y)",
		},
		{
			map[string]any{"embeddings": "x", "embeddings.dim": 1}, map[string]any{"embeddings": "y", "embeddings.dim": 2}, map[string]any{"embeddings": "x", "embeddings.dim": 3},
			"model (A, B), embeddings (x, y), embeddings.dim (1, 2, 3)",
		},
		{map[string]any{"dropout": 0.1, "epochs": 1}, map[string]any{"dropout": 0.2, "epochs": 2}, nil, "dropout (0.1, 0.2), epochs (1, 2)"},
	} {
		runs := []results.Run{run(t, "A", "native", 1, 0.4, c.a), run(t, "A", "native", 1, 0.4, c.b)}
		if c.c != nil {
			runs = append(runs, run(t, "B", "golearn", 1, 0.4, c.c))
		}
		for i := range runs {
			runs[i].Trial = fmt.Sprint(i)
		}
		notes := strings.Join(viewed(t, compare.View{Rows: []string{"rule"}}, runs, compare.Options{}).Notes, "\n")
		if want := "†: the mean of runs that differ in " + c.want + ", without interval"; !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
}

func TestPivotOrder(t *testing.T) {
	var runs []results.Run
	for _, x := range []any{10, 9, "auto", 0.5, nil, 100} {
		params := map[string]any{"x": x, "features": "counts"}
		if x == nil {
			delete(params, "x")
		}
		r := run(t, "M", "native", 1, 0.4, params)
		r.Trial = fmt.Sprint(x)
		runs = append(runs, r)
	}
	labels := func(v compare.View) (out string) {
		for _, row := range viewed(t, v, runs, compare.Options{}).Rows {
			out += row.Cells[0].Text + " "
		}
		return out
	}
	if got := labels(compare.View{Rows: []string{"x"}}); got != "0.5 9 10 100 auto unset " {
		t.Errorf("rows %s", got)
	}
	if got := labels(compare.View{Rows: []string{"x"}, Sort: "-x"}); got != "auto 100 10 9 0.5 unset " {
		t.Errorf("descending rows %s", got)
	}
	if got := labels(compare.View{Rows: []string{"x"}, Where: []string{"x!=unset", "x!=auto", "x!=9"}, Sort: "-x"}); got != "100 10 0.5 " {
		t.Errorf("rows left %s", got)
	}
	if got := labels(compare.View{Rows: []string{"x"}, Where: []string{"x=unset"}}); got != "unset " {
		t.Errorf("rows without x %s", got)
	}
	runs[0].Params["x"], runs[1].Params["x"] = json.Number("1e2"), json.Number("0.50")
	if got := labels(compare.View{Rows: []string{"x"}}); got != "0.5 100 auto unset " {
		t.Errorf("numbers written in two ways each: rows %s", got)
	}
}
