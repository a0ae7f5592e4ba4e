package results

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/results/metrics"
)

func newStore(t testing.TB) *Store {
	t.Helper()
	s, err := CreateStore(filepath.Join(t.TempDir(), "results"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func trial(name string) Run {
	return Run{
		Experiment: "exp", Trial: name, Seed: 7,
		Model:  Model{Name: "Naive Bayes", Kind: "naive_bayes", Backend: "native"},
		Params: map[string]any{"alpha": 1.5, "features": "counts", "max": 1000000},
		Data:   Data{Hash: "abc", Labels: 3, Masters: 2, Train: 10, Test: 2},
	}
}

func claim(t testing.TB, s *Store, name string) *RunWriter {
	t.Helper()
	w, err := s.Claim(context.Background(), trial(name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func samplePredictions() Predictions {
	scores := multilabel.NewScores(3, 3)
	copy(scores.Data, []float64{0.1, 0.9, 1e-300, 1.0 / 3, 0.5, 0.2, 0, 1, 0.7})
	return Predictions{
		IDs:    []string{"1802.07540", "math/0611803", "x"},
		Labels: []string{"cs.LG", "math.LO", "stat.ML"},
		Truth:  multilabel.FromRows(3, [][]int32{{1}, {}, {0, 2}}),
		Scores: scores,
	}
}

func TestRunIsReadBackAsWritten(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t1")
	must(t, w.WriteConfig([]byte("name = \"exp\"\n")))
	must(t, w.Append(map[string]any{"epoch": 1, "loss": 0.25, "note": "<&>"}))
	must(t, w.Append(struct {
		Epoch int `json:"epoch"`
	}{2}))
	must(t, w.WriteModel("nb.bin", func(out io.Writer) error { _, err := out.Write([]byte("weights")); return err }))
	must(t, w.WritePredictions(samplePredictions()))
	w.Log().Info("hello", "n", 3)

	run := w.Run()
	rule, err := metrics.ParseRule("fixed:0.5")
	must(t, err)
	run.Results = []RuleResult{{Decision: metrics.Decision{Rule: rule, Threshold: 0.5}, All: metrics.Report{Papers: 3, Labels: 3, SampleF1: 1.0 / 3}}}
	run.Stages = []Stage{{Name: "fit", Seconds: 1.5}}
	must(t, w.Finish(run))

	runs, problems, err := s.List(context.Background(), "exp")
	if err != nil || len(problems) != 0 || len(runs) != 1 {
		t.Fatalf("List: %d runs, problems %v, %v", len(runs), problems, err)
	}
	got := runs[0]
	if got.State != Done || got.Seed != 7 || got.Model != run.Model || !reflect.DeepEqual(got.Results, run.Results) {
		t.Errorf("run %+v", got)
	}
	if got.Params["max"] != json.Number("1000000") || got.Provenance.PID != os.Getpid() || got.Finished.Before(got.Started) {
		t.Errorf("params %v, provenance %+v, %v to %v", got.Params, got.Provenance, got.Started, got.Finished)
	}
	if d, ok := got.Stage("fit"); !ok || d.Seconds() != 1.5 {
		t.Errorf("stage fit took %v, %v", d, ok)
	}
	if len(got.Files) != 3 || got.Files[0].Name != "config.toml" || got.Files[1].Name != "model/nb.bin" {
		t.Errorf("files %+v", got.Files)
	}
	must(t, s.Verify(got))
	p, err := s.Predictions(got)
	if err != nil || !reflect.DeepEqual(p, samplePredictions()) {
		t.Errorf("predictions %+v, %v", p, err)
	}
	records, err := s.Metrics("exp", "t1")
	if err != nil || len(records) != 2 || string(records[0]) != `{"epoch":1,"loss":0.25,"note":"<&>"}` {
		t.Errorf("metrics %s, %v", records, err)
	}
	log, err := os.ReadFile(filepath.Join(w.Dir(), logFile))
	if err != nil || !strings.Contains(string(log), "msg=hello n=3") {
		t.Errorf("log %q, %v", log, err)
	}
	onlyFiles(t, w.Dir(), "config.toml", "log.txt", "metrics.jsonl", "model", "predictions.parquet", "run.json")

	if _, err := s.Claim(context.Background(), trial("t1")); !errors.Is(err, ErrFinished) {
		t.Errorf("a second claim gave %v, want ErrFinished", err)
	}
	if err := w.Append(map[string]int{}); err == nil {
		t.Error("a finished run could still be written")
	}
}

func onlyFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s holds %v, want %v", dir, got, want)
	}
}

func TestFailedAndInterruptedRunsCanBeClaimedAnew(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, w.WriteModel("m", func(io.Writer) error { return nil }))
	must(t, w.Append(map[string]int{"epoch": 1}))
	must(t, w.Fail(errors.New("out of\nmemory")))
	r, err := s.Run("exp", "t")
	if err != nil || r.State != Failed || r.Error != "out of; memory" || r.Model.Name != "Naive Bayes" {
		t.Errorf("failed run %+v, %v", r, err)
	}
	w = claim(t, s, "t")
	if r, err = s.Run("exp", "t"); err != nil || r.State != Running || r.Error != "" || len(r.Files) != 0 {
		t.Errorf("claimed run %+v, %v", r, err)
	}
	if m, err := s.Metrics("exp", "t"); err != nil || len(m) != 0 {
		t.Errorf("a new attempt kept metrics %s, %v", m, err)
	}
	must(t, w.WriteConfig(nil))
	must(t, w.Close())
	if r, err = s.Run("exp", "t"); err != nil || r.State != Interrupted {
		t.Errorf("closed run %+v, %v", r, err)
	}
	w, err = s.Resume(context.Background(), trial("t"))
	must(t, err)
	if _, ok := w.Run().File("config.toml"); !ok {
		t.Error("a resumed run forgot the files it had")
	}
	must(t, w.Close())
}

// Whatever part of run.json is lost or changed, it is a problem, not a run.
func TestDamagedRunFileIsAProblem(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, w.Finish(w.Run()))
	path := filepath.Join(w.Dir(), runFile)
	whole, err := os.ReadFile(path)
	must(t, err)
	expect := func(what string, data []byte) {
		t.Helper()
		must(t, os.WriteFile(path, data, 0o644))
		runs, problems, err := s.List(context.Background(), "exp")
		if err != nil || len(runs) != 0 || len(problems) != 1 || !strings.Contains(problems[0].String(), path[:len(path)-len("/run.json")]) {
			t.Fatalf("%s: runs %v, problems %v, %v", what, runs, problems, err)
		}
		if strings.Contains(problems[0].String(), "\n") {
			t.Fatalf("%s: more than a line: %q", what, problems[0])
		}
	}
	for cut := range len(whole) - 2 { // without the last line break it is whole
		expect("cut at "+strconv.Itoa(cut), whole[:cut])
	}
	for at, b := range whole {
		if b >= '0' && b <= '9' {
			changed := bytes.Clone(whole)
			changed[at] = '0' + (b-'0'+1)%10
			expect("digit changed at "+strconv.Itoa(at), changed)
		}
	}
	must(t, os.Remove(path))
	_, problems, err := s.List(context.Background(), "exp")
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), "has no run.json") {
		t.Errorf("without run.json: %v, %v", problems, err)
	}
	// A damaged or missing run.json does not keep the trial from running again.
	must(t, claim(t, s, "t").Close())
}

func TestCopiedRunIsAProblem(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, w.Finish(w.Run()))
	must(t, os.Rename(w.Dir(), s.Path("exp", "u")))
	_, problems, err := s.List(context.Background(), "exp")
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Err.Error(), "is of run exp/t") {
		t.Errorf("problems %v, %v", problems, err)
	}
}

func TestDamagedFilesAreFound(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, w.WritePredictions(samplePredictions()))
	must(t, w.Finish(w.Run()))
	r, err := s.Run("exp", "t")
	must(t, err)
	path := filepath.Join(w.Dir(), predictionsFile)
	data, err := os.ReadFile(path)
	must(t, err)
	data[len(data)/2] ^= 1
	must(t, os.WriteFile(path, data, 0o644))
	if _, err := s.Predictions(r); err == nil || !strings.Contains(err.Error(), "changed or damaged") {
		t.Errorf("damaged predictions gave %v", err)
	}
	must(t, os.Remove(path))
	if err := s.Verify(r); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing predictions gave %v", err)
	}
}

func TestTornMetricsAreCutOff(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	for epoch := range 3 {
		must(t, w.Append(map[string]int{"epoch": epoch}))
	}
	must(t, w.Close())
	path := filepath.Join(w.Dir(), metricsFile)
	whole, err := os.ReadFile(path)
	must(t, err)
	ends := []int{0}
	for i, b := range whole {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	for cut := range len(whole) + 1 {
		must(t, os.WriteFile(path, whole[:cut], 0o644))
		want := 0
		for want+1 < len(ends) && ends[want+1] <= cut {
			want++
		}
		if records, err := s.Metrics("exp", "t"); err != nil || len(records) != want {
			t.Fatalf("cut at %d: %d records, %v, want %d", cut, len(records), err, want)
		}
	}
	must(t, os.WriteFile(path, whole[:len(whole)-5], 0o644))
	r, err := s.Resume(context.Background(), trial("t"))
	must(t, err)
	must(t, r.Append(map[string]int{"epoch": 2}))
	must(t, r.Close())
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, whole) {
		t.Errorf("after the cut and one more record: %q, %v, want %q", again, err, whole)
	}
	damaged := bytes.Clone(whole)
	damaged[ends[1]+3] ^= 1
	must(t, os.WriteFile(path, damaged, 0o644))
	if _, err := s.Metrics("exp", "t"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("damage in the middle gave %v", err)
	}
}

func TestPredictionsAreDeterministic(t *testing.T) {
	var a, b bytes.Buffer
	must(t, samplePredictions().encode(&a))
	must(t, samplePredictions().encode(&b))
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same predictions gave other bytes")
	}
}

// Runs on a corpus from before ids were repaired meet those on a new one.
func TestPredictionsKnowRepairedIDs(t *testing.T) {
	p := samplePredictions()
	p.IDs[0], p.IDs[1] = "704.005", "core:12"
	var text bytes.Buffer
	must(t, p.encode(&text))
	got, err := decodePredictions(bytes.NewReader(text.Bytes()), int64(text.Len()))
	must(t, err)
	if got.IDs[0] != "0704.0050" || got.IDs[1] != "core:12" {
		t.Errorf("ids %q", got.IDs)
	}
}

func TestBadInput(t *testing.T) {
	s := newStore(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o644))
	w := claim(t, s, "bad")
	nan := samplePredictions()
	nan.Scores.Data[4] = math.NaN()
	short := samplePredictions()
	short.IDs = short.IDs[1:]
	named := func(experiment, trial string) func() error {
		return func() error {
			_, err := s.Claim(context.Background(), Run{Experiment: experiment, Trial: trial})
			return err
		}
	}
	for _, c := range []struct {
		name, want string
		usage      bool
		call       func() error
	}{
		{"missing folder", "no such file", true, func() error { _, err := OpenStore(filepath.Join(dir, "none")); return err }},
		{"a file", "not a folder", true, func() error { _, err := OpenStore(file); return err }},
		{"below a file", "not a directory", true, func() error { _, err := CreateStore(filepath.Join(file, "x")); return err }},
		{"path as experiment", "cannot name a folder", true, named("../up", "t")},
		{"no trial", "cannot name a folder", true, named("exp", "")},
		{"hidden trial", "cannot name a folder", true, named("exp", ".t")},
		{"NaN score", "paper math/0611803 has no number as its score for math.LO", false, func() error { return w.WritePredictions(nan) }},
		{"short ids", "2 papers and 3 labels", false, func() error { return w.WritePredictions(short) }},
		{"record that is no object", "must be a JSON object", false, func() error { return w.Append(3) }},
		{"model file outside", "cannot name a folder", true, func() error { return w.WriteModel("../x", nil) }},
		{"save that fails", "boom", false, func() error { return w.WriteModel("x", func(io.Writer) error { return errors.New("boom") }) }},
		{"NaN result", "NaN", false, func() error {
			r := w.Run()
			r.Results = []RuleResult{{Decision: sampleDecision(t), All: metrics.Report{SampleF1: math.NaN()}}}
			return w.Finish(r)
		}},
	} {
		err := c.call()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "results: ") {
			t.Errorf("%s: error %q, want one line with %q", c.name, err, c.want)
		}
		if fault.IsUsage(err) != c.usage {
			t.Errorf("%s: usage error %v, want %v", c.name, !c.usage, c.usage)
		}
	}
	if r, err := s.Run("exp", "bad"); err != nil || r.State != Running {
		t.Errorf("after a refused finish the run is %q, %v", r.State, err)
	}
	must(t, w.Fail(errors.New("gave up")))
	onlyFiles(t, filepath.Join(w.Dir(), modelFolder))
}

func TestReadOnlyStoreIsRefusedBeforeWork(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("permissions do not bind the superuser")
	}
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, runsFolder), 0o555))
	if _, err := CreateStore(dir); !errors.Is(err, os.ErrPermission) || !fault.IsUsage(err) {
		t.Errorf("a read-only store gave %v", err)
	}
}

func sampleDecision(t testing.TB) metrics.Decision {
	t.Helper()
	rule, err := metrics.ParseRule("tuned")
	must(t, err)
	return metrics.Decision{Rule: rule, Threshold: 0.31}
}
