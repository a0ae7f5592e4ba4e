package metrics

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"assay/internal/multilabel"
	"assay/internal/rng"
)

type judged struct {
	Samples, Micro, Macro [3]float64 // precision, recall, F1
	Labels                [][4]float64
	Accuracy              float64
}

type sklearnCase struct {
	Cols        int
	Truth       [][]int32
	Scores      [][]float64
	Above       float64
	Group       []int32
	All, Master judged
	PrecisionAt map[string]float64 `json:"precision_at"`
}

func sklearnCases(t *testing.T) []sklearnCase {
	t.Helper()
	data, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []sklearnCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func scoresOf(rows [][]float64) *multilabel.Scores {
	s := multilabel.NewScores(len(rows), len(rows[0]))
	for i, r := range rows {
		copy(s.Row(i), r)
	}
	return s
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 1e-12 {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func compareReport(t *testing.T, name string, r Report, want judged) {
	t.Helper()
	near(t, name+" sample precision", r.SamplePrecision, want.Samples[0])
	near(t, name+" sample recall", r.SampleRecall, want.Samples[1])
	near(t, name+" sample F1", r.SampleF1, want.Samples[2])
	near(t, name+" micro precision", r.MicroPrecision, want.Micro[0])
	near(t, name+" micro recall", r.MicroRecall, want.Micro[1])
	near(t, name+" micro F1", r.MicroF1, want.Micro[2])
	near(t, name+" macro precision", r.MacroPrecision, want.Macro[0])
	near(t, name+" macro recall", r.MacroRecall, want.Macro[1])
	near(t, name+" macro F1", r.MacroF1, want.Macro[2])
	near(t, name+" subset accuracy", r.SubsetAccuracy, want.Accuracy)
}

func TestEvaluateAgreesWithScikitLearn(t *testing.T) {
	for i, c := range sklearnCases(t) {
		name := "case " + strconv.Itoa(i)
		truth, scores := multilabel.FromRows(c.Cols, c.Truth), scoresOf(c.Scores)
		rule, err := ParseRule("fixed:" + strconv.FormatFloat(c.Above, 'g', -1, 64))
		if err != nil {
			t.Fatal(err)
		}
		decision, err := rule.Fit(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		predicted, err := decision.Apply(scores)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Evaluate(predicted, truth, scores)
		if err != nil {
			t.Fatal(err)
		}
		compareReport(t, name, r, c.All)
		for _, k := range []int{1, 3, 5} {
			want, wanted := c.PrecisionAt[strconv.Itoa(k)]
			got, measured := r.At(k)
			if measured != wanted {
				t.Errorf("%s: precision at %d measured %v, want %v", name, k, measured, wanted)
			}
			near(t, name+" precision at "+strconv.Itoa(k), got, want)
		}
		labels, err := ByLabel(predicted, truth)
		if err != nil {
			t.Fatal(err)
		}
		for j, l := range labels {
			near(t, name+" label precision", l.Precision, c.All.Labels[j][0])
			near(t, name+" label recall", l.Recall, c.All.Labels[j][1])
			near(t, name+" label F1", l.F1, c.All.Labels[j][2])
			if l.Support != int(c.All.Labels[j][3]) || l.Label != j {
				t.Errorf("%s: label %d: %+v, want support %v", name, j, l, c.All.Labels[j][3])
			}
		}
		master, err := Evaluate(predicted.Map(c.Group, 3), truth.Map(c.Group, 3), nil)
		if err != nil {
			t.Fatal(err)
		}
		compareReport(t, name+" master", master, c.Master)
	}
}

func TestEmptyRowCountsAsExactMatchWithoutF1(t *testing.T) {
	truth := multilabel.FromRows(2, [][]int32{{}, {0}})
	r, err := Evaluate(truth, truth, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.SampleF1 != 0.5 || r.SubsetAccuracy != 1 || r.MacroF1 != 0.5 || r.MicroF1 != 1 {
		t.Errorf("report %+v", r)
	}
}

func TestParseRule(t *testing.T) {
	for _, s := range []string{"fixed:0.5", "fixed:-2", "fixed:1e-09", "tuned", "top:1", "top:3"} {
		r, err := ParseRule(s)
		if err != nil || r.String() != s {
			t.Errorf("ParseRule(%q) = %v, %v", s, r, err)
		}
		text, err := r.MarshalText()
		var back Rule
		if err != nil || back.UnmarshalText(text) != nil || back != r {
			t.Errorf("%q does not survive its text form: %q, %v", s, text, err)
		}
	}
	for _, s := range []string{"", "fixed", "fixed:", "fixed:x", "fixed:NaN", "fixed:Inf", "tuned:1", "top", "top:0", "top:-1", "top:1.5", "Tuned", "best"} {
		_, err := ParseRule(s)
		if err == nil || !strings.Contains(err.Error(), `"fixed:X"`) || !strings.Contains(err.Error(), `"top:K"`) {
			t.Errorf("ParseRule(%q) gave %v, want an error naming the forms", s, err)
		}
	}
}

func TestApply(t *testing.T) {
	scores := scoresOf([][]float64{{0.5, 0.9, 0.5, 0.1}, {0.2, 0.2, 0.1, 0.2}})
	for _, c := range []struct {
		name string
		d    Decision
		want [][]int32
	}{
		{"fixed is strictly above", Decision{Rule: Rule{kind: fixed, x: 0.5}, Threshold: 0.5}, [][]int32{{1}, {}}},
		{"tuned is at or above, and the first best", Decision{Rule: Rule{kind: tuned}, Threshold: 0.5}, [][]int32{{0, 1, 2}, {0}}},
		{"top breaks ties by label", Decision{Rule: Rule{kind: top, k: 2}}, [][]int32{{0, 1}, {0, 1}}},
		{"top beyond the labels takes all", Decision{Rule: Rule{kind: top, k: 9}}, [][]int32{{0, 1, 2, 3}, {0, 1, 2, 3}}},
	} {
		text, err := json.Marshal(c.d)
		if err != nil {
			t.Fatal(err)
		}
		var d Decision
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		got, err := d.Apply(scores)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if !equal(got.Row(i), want) {
				t.Errorf("%s: row %d = %v, want %v", c.name, i, got.Row(i), want)
			}
		}
	}
}

func equal(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestBadInputIsAnError(t *testing.T) {
	truth := multilabel.FromRows(2, [][]int32{{0}, {1}})
	good := scoresOf([][]float64{{0.1, 0.2}, {0.3, 0.4}})
	nan := scoresOf([][]float64{{0.1, 0.2}, {0.3, math.NaN()}})
	inf := scoresOf([][]float64{{0.1, math.Inf(-1)}, {0.3, 0.4}})
	tunedRule := Rule{kind: tuned}
	decision := Decision{Rule: tunedRule}
	for _, c := range []struct {
		name, want string
		call       func() error
	}{
		{"NaN in apply", "row 1, label 1 is NaN", func() error { _, err := decision.Apply(nan); return err }},
		{"NaN in fit", "row 1, label 1 is NaN", func() error { _, err := tunedRule.Fit(nan, truth); return err }},
		{"NaN in evaluate", "row 1, label 1 is NaN", func() error { _, err := Evaluate(truth, truth, nan); return err }},
		{"infinity", "row 0, label 1 is -Inf", func() error { _, err := decision.Apply(inf); return err }},
		{"no validation", "no validation paper", func() error {
			_, err := tunedRule.Fit(multilabel.NewScores(0, 2), multilabel.New(2))
			return err
		}},
		{"other rows", "(2, 2) but the truth is (1, 2)", func() error {
			_, err := tunedRule.Fit(good, multilabel.FromRows(2, [][]int32{{0}}))
			return err
		}},
		{"other labels", "predictions are (2, 2) but the truth is (2, 3)", func() error {
			_, err := Evaluate(truth, multilabel.FromRows(3, [][]int32{{0}, {1}}), nil)
			return err
		}},
		{"nothing to judge", "nothing to judge", func() error { _, err := Evaluate(multilabel.New(2), multilabel.New(2), nil); return err }},
		{"zero rule", "zero Rule", func() error { _, err := Rule{}.Fit(good, truth); return err }},
		{"zero decision", "no rule", func() error { _, err := Decision{}.Apply(good); return err }},
	} {
		if err := c.call(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", c.name, err, c.want)
		}
	}
}

// synthetic returns n papers over cols labels whose scores tell the truth in
// part; few digits make many equal scores.
func synthetic(seed uint64, n, cols int, digits float64) (*multilabel.Scores, *multilabel.Matrix) {
	r := rng.New(seed, "metrics test")
	scores, truth := multilabel.NewScores(n, cols), multilabel.New(cols)
	var row []int32
	for i := range n {
		row = row[:0]
		for c := range cols {
			p := 0.3 * r.Float64()
			if r.Float64() < 1.6/float64(cols) {
				row = append(row, int32(c))
				p += 0.5 * r.Float64()
			}
			if digits > 0 {
				p = math.Round(p*digits) / digits
			}
			scores.Row(i)[c] = p
		}
		truth.Append(row)
	}
	return scores, truth
}

func TestTunedIsTheBestOfAllThresholds(t *testing.T) {
	for seed := range uint64(40) {
		digits := []float64{0, 10, 50}[seed%3]
		scores, truth := synthetic(seed, 3+int(seed), 6, digits)
		d, err := Rule{kind: tuned}.Fit(scores, truth)
		if err != nil {
			t.Fatal(err)
		}
		at := func(threshold float64) float64 {
			p, err := Decision{Rule: d.Rule, Threshold: threshold}.Apply(scores)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Evaluate(p, truth, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r.SampleF1
		}
		near(t, "F1 at the chosen threshold", at(d.Threshold), d.ValidationF1)
		for _, s := range append([]float64{2}, scores.Data...) {
			switch f := at(s); {
			case f > d.ValidationF1+1e-9:
				t.Fatalf("seed %d: F1 %v at %v beats the chosen %v at %v", seed, f, s, d.ValidationF1, d.Threshold)
			case s > d.Threshold && f > d.ValidationF1-1e-12 && differ(t, d, scores, s):
				t.Fatalf("seed %d: the higher threshold %v is as good as the chosen %v", seed, s, d.Threshold)
			}
		}
	}
}

// differ reports whether threshold s predicts other labels than d does.
func differ(t *testing.T, d Decision, scores *multilabel.Scores, s float64) bool {
	t.Helper()
	a, err := d.Apply(scores)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Decision{Rule: d.Rule, Threshold: s}.Apply(scores)
	if err != nil {
		t.Fatal(err)
	}
	return !equal(a.Indices, b.Indices)
}

func TestTunedThresholdIsFiniteAtTheEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		scores []float64
		truth  []int32
		want   []int32
	}{
		{"none by threshold, all equal", []float64{1, 1, 1}, []int32{0}, []int32{0}},
		{"none by threshold, largest float", []float64{math.MaxFloat64, 1}, []int32{0}, []int32{0}},
		{"all", []float64{3, 2, 1}, []int32{0, 1, 2}, []int32{0, 1, 2}},
		{"neighbouring floats", []float64{2, 1, math.Nextafter(1, 0)}, []int32{0, 1}, []int32{0, 1}},
		{"far apart", []float64{math.MaxFloat64, math.MaxFloat64 / 2, -math.MaxFloat64}, []int32{0, 1}, []int32{0, 1}},
		{"one label", []float64{0.3}, []int32{}, []int32{0}},
	} {
		scores, truth := scoresOf([][]float64{c.scores}), multilabel.FromRows(len(c.scores), [][]int32{c.truth})
		d, err := Rule{kind: tuned}.Fit(scores, truth)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Apply(scores)
		if err != nil || !equal(got.Row(0), c.want) || math.IsInf(d.Threshold, 0) || math.IsNaN(d.Threshold) {
			t.Errorf("%s: threshold %v predicts %v (%v), want %v", c.name, d.Threshold, got.Row(0), err, c.want)
		}
	}
}

func BenchmarkTune(b *testing.B) {
	scores, truth := synthetic(1, 5000, 148, 0)
	for b.Loop() {
		if _, err := (Rule{kind: tuned}).Fit(scores, truth); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*5000/b.Elapsed().Seconds(), "papers/s")
}

func BenchmarkEvaluate(b *testing.B) {
	scores, truth := synthetic(1, 5000, 148, 0)
	d := Decision{Rule: Rule{kind: top, k: 2}}
	for b.Loop() {
		predicted, err := d.Apply(scores)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Evaluate(predicted, truth, scores); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*5000/b.Elapsed().Seconds(), "papers/s")
}
