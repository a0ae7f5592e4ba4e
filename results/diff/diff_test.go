package diff

import (
	"bytes"
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

	"assay/experiments/config"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

var update = flag.Bool("update", false, "write the golden files anew")

var labels = []string{"cs.AI", "cs.LG", "hep-th", "math.AG", "math.NT", "stat.ML"}

func newStore(t testing.TB) *results.Store {
	t.Helper()
	s, err := results.CreateStore(filepath.Join(t.TempDir(), "results"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rule(t testing.TB, s string) metrics.Rule {
	t.Helper()
	r, err := metrics.ParseRule(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// predictions invents the scores of the papers from first to last: their truth
// depends on the paper alone, their scores on the model, too.
func predictions(model string, first, last int) results.Predictions {
	p := results.Predictions{Labels: labels, Truth: multilabel.New(len(labels)), Scores: &multilabel.Scores{Cols: len(labels)}}
	for i := first; i <= last; i++ {
		truth := rng.New(uint64(i), "truth")
		carried := []int32{int32(truth.IntN(len(labels))), int32(truth.IntN(len(labels)))}
		p.IDs = append(p.IDs, fmt.Sprintf("1001.%05d", i))
		p.Truth.Append(carried)
		r := rng.New(uint64(i), "scores", model)
		for c := range labels {
			score := math.Round(60*r.Float64()) / 100
			if slices.Contains(carried, int32(c)) {
				score += 0.3
			}
			p.Scores.Data = append(p.Scores.Data, score)
		}
	}
	return p
}

const configText = `name = "exp"
seeds = [%d]
[corpus]
path = "data/arxiv"
sample = 0
[results]
path = "results"
[features.counts]
min_documents = 1
[[model]]
name = %q
features = "counts"
alpha = %v
`

// save stores a finished run with these predictions and what is judged of them.
func save(t testing.TB, s *results.Store, trial string, seed uint64, alpha float64, p results.Predictions, edit func(*results.Run)) results.Run {
	t.Helper()
	run := results.Run{
		Experiment: "exp", Trial: trial, Seed: seed, Code: "sha256:abc",
		Model:  results.Model{Name: "Naive Bayes", Kind: "naive_bayes", Backend: "native"},
		Params: map[string]any{"alpha": alpha, "features": "counts", "features.min_documents": 1},
		Data: results.Data{
			Hash: "c0ffee00c0ffee00", Path: "data/arxiv", Name: "4,000 synthetic papers", Taxonomy: "arxiv-2019", Split: "25 %",
			Labels: len(labels), Masters: 3, Train: 2400, Validation: 600, Test: len(p.IDs),
		},
	}
	edit(&run)
	w, err := s.Claim(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.WriteConfig(fmt.Appendf(nil, configText, seed, run.Model.Name, alpha)); err != nil {
		t.Fatal(err)
	}
	if err := w.WritePredictions(p); err != nil {
		t.Fatal(err)
	}
	done := w.Run()
	for i, name := range []string{"fixed:0.5", "tuned"} {
		decision := metrics.Decision{Rule: rule(t, name), Threshold: []float64{0.5, 0.4 + alpha/10}[i]}
		predicted, err := decision.Apply(p.Scores)
		if err != nil {
			t.Fatal(err)
		}
		all, err := metrics.Evaluate(predicted, p.Truth, p.Scores)
		if err != nil {
			t.Fatal(err)
		}
		done.Results = append(done.Results, results.RuleResult{Decision: decision, All: all, Master: metrics.Report{SampleF1: 0.9 - alpha/10}})
	}
	if err := w.Finish(done); err != nil {
		t.Fatal(err)
	}
	read, err := s.Run("exp", trial)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func plain(*results.Run) {}

func compared(t testing.TB, s *results.Store, a, b results.Run, opt Options) Report {
	t.Helper()
	opt.Settings = config.Settings
	r, err := Compare(s, a, b, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func golden(t *testing.T, name string, r Report) {
	t.Helper()
	var text, doc bytes.Buffer
	if err := Write(&text, r); err != nil {
		t.Fatal(err)
	}
	enc := json.NewEncoder(&doc)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		t.Fatal(err)
	}
	for ext, got := range map[string]string{".txt": text.String(), ".json": doc.String()} {
		path := filepath.Join("testdata", name+ext)
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
			t.Errorf("%s differs (go test ./results/diff -update writes it anew):\n%s", path, got)
		}
	}
}

func TestGolden(t *testing.T) {
	s := newStore(t)
	a := save(t, s, "a", 1, 1, predictions("a", 1, 60), plain)
	b := save(t, s, "b", 1, 0.5, predictions("b", 1, 60), func(r *results.Run) {
		r.Model.Name, r.Code = "Bayes, smoothed less", "sha256:def"
	})
	again := save(t, s, "again", 1, 1, predictions("a", 1, 60), plain)
	later := save(t, s, "later", 2, 1, predictions("a", 41, 90), func(r *results.Run) { r.Data.Test = 50 })
	other := save(t, s, "other", 1, 1, predictions("a", 1, 60), func(r *results.Run) { r.Data.Taxonomy = "arxiv" })
	apart := save(t, s, "apart", 1, 1, predictions("a", 61, 90), plain)
	newer := save(t, s, "newer", 1, 1, predictions("a", 1, 60), func(r *results.Run) { r.Code = "sha256:def" })
	if r := compared(t, s, a, newer, Options{}); r.Identical || !r.SamePredictions {
		t.Errorf("equal predictions of other code: %+v", r)
	}
	for name, pair := range map[string][2]results.Run{
		"models": {a, b}, "identical": {a, again}, "overlap": {a, later}, "taxonomy": {a, other}, "apart": {a, apart},
	} {
		r := compared(t, s, pair[0], pair[1], Options{Papers: 3})
		r.Machine = []Change{} // real times; TestFacts has invented ones
		golden(t, name, r)
	}
}

// Each count by another way than Compare's.
func TestCounts(t *testing.T) {
	s := newStore(t)
	pa, pb := predictions("a", 1, 300), predictions("b", 1, 300)
	a, b := save(t, s, "a", 1, 1, pa, plain), save(t, s, "b", 1, 2, pb, plain)
	r := compared(t, s, a, b, Options{Papers: 300})
	if len(r.Rules) != 2 || r.Papers.Both != 300 || !r.Papers.Whole() || r.Identical || r.SamePredictions {
		t.Fatalf("report %+v", r)
	}
	d := r.Rules[0]
	var both, onlyA, onlyB, aBetter, bBetter int
	f1 := func(p results.Predictions, i int) (float64, bool) {
		hits, predicted, carried := 0, 0, 0
		for c := range labels {
			yes, is := p.Scores.Row(i)[c] > 0.5, slices.Contains(p.Truth.Row(i), int32(c))
			if yes {
				predicted++
			}
			if is {
				carried++
			}
			if yes && is {
				hits++
			}
		}
		return 2 * float64(hits) / float64(predicted+carried), hits == predicted && hits == carried
	}
	for i := range pa.IDs {
		x, rightA := f1(pa, i)
		y, rightB := f1(pb, i)
		switch {
		case rightA && rightB:
			both++
		case rightA:
			onlyA++
		case rightB:
			onlyB++
		}
		switch {
		case x > y:
			aBetter++
		case y > x:
			bBetter++
		}
	}
	if e := d.Exact; e.Both != both || e.OnlyA != onlyA || e.OnlyB != onlyB || e.Neither != 300-both-onlyA-onlyB {
		t.Errorf("exact %+v, want %d both, %d and %d alone", e, both, onlyA, onlyB)
	}
	if f := d.F1; f.ABetter != aBetter || f.BBetter != bBetter || f.Equal != 300-aBetter-bBetter || len(d.Papers) != aBetter+bBetter {
		t.Errorf("F1 %+v and %d papers, want %d and %d better", f, len(d.Papers), aBetter, bBetter)
	}
	if got := d.Scores[0]; got.A != a.Results[0].All.SampleF1 || got.B != b.Results[0].All.SampleF1 {
		t.Errorf("F1 %+v, but the runs have %v and %v", got, a.Results[0].All.SampleF1, b.Results[0].All.SampleF1)
	}
	for i := 1; i < len(d.Papers); i++ {
		if p, q := d.Papers[i-1], d.Papers[i]; math.Abs(p.F1A-p.F1B) < math.Abs(q.F1A-q.F1B) {
			t.Errorf("paper %d has a smaller difference than the next", i-1)
		}
	}
	back := compared(t, s, b, a, Options{}).Rules[0]
	if back.F1.Difference != -d.F1.Difference || back.F1.ABetter != d.F1.BBetter || back.Exact.OnlyA != d.Exact.OnlyB || back.Exact.McNemar != d.Exact.McNemar {
		t.Errorf("B against A: %+v %+v; A against B: %+v %+v", back.F1, back.Exact, d.F1, d.Exact)
	}
	if one := compared(t, s, a, b, Options{Rule: "tuned"}).Rules; len(one) != 1 || one[0].Rule != "tuned" || one[0].Scores[0].Metric != "threshold" {
		t.Errorf("rules %+v, want tuned alone", one)
	}
}

// The order of the papers does not matter, and those whose truth differs are
// left out and counted.
func TestPapersAreMatchedByID(t *testing.T) {
	s := newStore(t)
	p := predictions("a", 1, 40)
	order := make([]int, 40)
	for i := range order {
		order[i] = (i*7 + 3) % 40
	}
	turned := results.Predictions{Labels: p.Labels, Truth: multilabel.New(len(p.Labels)), Scores: &multilabel.Scores{Cols: p.Scores.Cols}}
	for _, i := range order {
		turned.IDs = append(turned.IDs, p.IDs[i])
		turned.Truth.Append(p.Truth.Row(i))
		turned.Scores.Data = append(turned.Scores.Data, p.Scores.Row(i)...)
	}
	a, b := save(t, s, "a", 1, 1, p, plain), save(t, s, "b", 1, 1, turned, plain)
	r := compared(t, s, a, b, Options{Papers: 5})
	if d := r.Rules[0]; r.SamePredictions || d.F1.Equal != 40 || d.F1.Difference != 0 || len(d.Papers) != 0 {
		t.Errorf("the same papers in another order: %+v", d)
	}
	relabelled := predictions("a", 1, 40)
	relabelled.Truth = multilabel.New(len(labels))
	for i := range 40 {
		row := p.Truth.Row(i)
		if i%10 == 0 {
			row = []int32{0, 1, 2, 3}
		}
		relabelled.Truth.Append(row)
	}
	c := save(t, s, "c", 1, 1, relabelled, plain)
	if got := compared(t, s, a, c, Options{}).Papers; *got != (compare.CommonPapers{Both: 36, OtherTruth: 4}) {
		t.Errorf("papers %+v", got)
	}
}

func TestUnfinishedRunsHaveNoScores(t *testing.T) {
	s := newStore(t)
	a := save(t, s, "a", 1, 1, predictions("a", 1, 20), plain)
	w, err := s.Claim(t.Context(), results.Run{Experiment: "exp", Trial: "b", Seed: 2, Model: a.Model, Params: map[string]any{"alpha": 3, "features": "counts", "features.min_documents": 1}, Data: a.Data, Code: a.Code})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Fail(fmt.Errorf("out of memory")); err != nil {
		t.Fatal(err)
	}
	b, err := s.Run("exp", "b")
	if err != nil {
		t.Fatal(err)
	}
	r := compared(t, s, a, b, Options{})
	if r.NoScores != "B is failed" || r.B.Error != "out of memory" || len(r.Rules) != 0 || r.Identical {
		t.Errorf("report %+v", r)
	}
	if !slices.Contains(r.Configuration, Change{"model.alpha", "1", "3"}) || !slices.Contains(r.Configuration, Change{"seed", "1", "2"}) {
		t.Errorf("configuration %+v", r.Configuration)
	}
	var text bytes.Buffer
	if err := Write(&text, r); err != nil || !strings.Contains(text.String(), "failed: out of memory") || !strings.Contains(text.String(), "No scores to compare: B is failed.") {
		t.Errorf("%v: %s", err, text.String())
	}
}

func TestDamageNamesTheFile(t *testing.T) {
	for _, c := range []struct {
		file   string
		damage func([]byte) []byte
		want   string
	}{
		{"predictions.parquet", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, "was changed or damaged"},
		{"predictions.parquet", func(b []byte) []byte { return b[:len(b)/2] }, "was changed or damaged"},
		{"predictions.parquet", nil, "no such file"},
		{"config.toml", func(b []byte) []byte { return append(b, "x = 1\n"...) }, "was changed or damaged"},
		{"config.toml", nil, "no such file"},
	} {
		s := newStore(t)
		a := save(t, s, "a", 1, 1, predictions("a", 1, 20), plain)
		b := save(t, s, "b", 1, 1, predictions("b", 1, 20), plain)
		path := filepath.Join(s.Path("exp", "b"), c.file)
		if c.damage == nil {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.damage(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, pair := range [][2]results.Run{{a, b}, {b, a}} {
			_, err := Compare(s, pair[0], pair[1], Options{Settings: config.Settings})
			if err == nil || fault.IsUsage(err) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %v, want one with %s", c.file, err, c.want)
			}
		}
	}
}

func TestBadOptions(t *testing.T) {
	s := newStore(t)
	a := save(t, s, "a", 1, 1, predictions("a", 1, 20), plain)
	for want, opt := range map[string]Options{
		"diff: neither run has the rule top:3; they have fixed:0.5, tuned": {Rule: "top:3"},
		"diff: -1 papers: want 0 or more":                                  {Papers: -1},
	} {
		opt.Settings = config.Settings
		if _, err := Compare(s, a, a, opt); err == nil || !fault.IsUsage(err) || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// A 0 is said in the words of its key; reports for programs keep the number.
func TestZerosInWords(t *testing.T) {
	for key, want := range map[string]string{
		"model.max_depth": "no limit", "features.max_features": "no limit", "corpus.sample": "all", "sample": "all",
		"model.clip_norm": "off", "model.dropout": "0", "papers left out": "0",
	} {
		if got := shown(key, "0"); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
		if got := shown(key, "10"); got != "10" {
			t.Errorf("%s: 10 is shown as %q", key, got)
		}
	}
}

func TestFacts(t *testing.T) {
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := results.Run{Started: begun, Finished: begun.Add(90 * time.Second), PeakMemory: 300 << 20, Stages: []results.Stage{{Name: "fit", Seconds: 0.0123}}}
	a.Provenance = results.Provenance{Host: "node1", OS: "linux", Arch: "amd64", CPUs: 2, Command: []string{"assay", "run", "x"}, Revision: "aaa", Go: "go1.26.8"}
	a.Data = results.Data{Hash: "0123456789abcdef", Test: 1000}
	b := a
	b.Provenance.Host, b.Provenance.CPUs, b.Provenance.Command = "node2", 1000, []string{"assay", "run", "x", "--workers", "4"}
	b.Provenance.Dirty = true
	b.Stages = []results.Stage{{Name: "fit", Seconds: 12.34}}
	b.Data.Hash, b.Data.Outside = "1123456789abcdef", 12345
	b.Vectors = &results.Vectors{Name: "glove", Path: "glove.txt", SHA256: "beef", Words: 10, Tokens: 10, CoveredTokens: 9, Distinct: 4, CoveredDistinct: 3}
	for _, c := range []struct {
		name string
		got  []Change
		want string
	}{
		{"machine", machineChanges(a, b), "[{host node1 node2} {cores 2 1,000} {command assay run x assay run x --workers 4} {fit time 12 ms 12.3 s}]"},
		{"code", codeChanges(a, b), "[{uncommitted changes false true}]"},
		{"data", dataChanges(a, b), "[{corpus 0123456789ab 1123456789ab} {papers left out 0 12,345} {vectors unset glove} {vectors' file unset glove.txt} " +
			"{vectors' content unset beef} {vectors' words unset 10} {vectors' coverage unset 90.0 % of the tokens, 75.0 % of the 4 distinct ones}]"},
		{"nothing", machineChanges(a, a), "[]"},
	} {
		if got := fmt.Sprint(c.got); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A setting of several lines stays on its own, and its tabs make no columns.
func TestSettingsStayOnTheirLine(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, Report{Configuration: []Change{{Key: "a\tb", A: "1\n2", B: "\x1b[31m"}, {Key: "c", A: "3", B: "4"}}}); err != nil {
		t.Fatal(err)
	}
	if want := "\nConfiguration\n  a b  1 2 → ␛[31m\n  c    3 → 4\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}
