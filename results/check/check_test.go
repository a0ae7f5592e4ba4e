package check

import (
	"errors"
	"math"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
)

// measured returns runs of two models under two rules and two seeds, which
// change may alter.
func measured(t *testing.T, change func(m *Measurement)) []Measurement {
	t.Helper()
	var out []Measurement
	for i, model := range []string{"Naive Bayes", "SHA-RNN-lite"} {
		for _, seed := range []uint64{1, 2} {
			m := Measurement{Model: model, Config: map[string]string{"model.alpha": "1", "split.test": "0.2"}}
			m.Run = results.Run{
				Experiment: "small", Seed: seed, Setting: model + " setting " + string(rune('0'+seed)), State: results.Done,
				Data:       results.Data{Hash: "d5", Taxonomy: "arxiv-2019", Sample: 400, Split: "20 %"},
				Stages:     []results.Stage{{Name: "fit", Seconds: 2 + float64(seed)/10}},
				PeakMemory: 100 << 20,
			}
			for j, text := range []string{"fixed:0.5", "tuned"} {
				rule, err := metrics.ParseRule(text)
				if err != nil {
					t.Fatal(err)
				}
				x := 0.4 + 0.1*float64(i) + 0.05*float64(j) + 0.01*float64(seed)
				report := metrics.Report{
					SampleF1: x, MicroF1: x, MacroF1: x, SamplePrecision: x, SampleRecall: x, SubsetAccuracy: x,
					PrecisionAt: []metrics.PrecisionAt{{K: 1, Value: x}, {K: 3, Value: x}, {K: 5, Value: x}},
				}
				m.Run.Results = append(m.Run.Results, results.RuleResult{Decision: metrics.Decision{Rule: rule}, All: report, Master: report})
			}
			if model == "SHA-RNN-lite" {
				early, late := 0.3, 0.1
				m.Epochs = []results.Epoch{{Epoch: 1, ValidationLoss: &early}, {Epoch: 2, ValidationLoss: &late}}
			}
			if change != nil {
				change(&m)
			}
			out = append(out, m)
		}
	}
	return out
}

// baseline is that of measured, with changes to its tolerances.
func baseline(t *testing.T, tolerances ...Tolerance) *Baseline {
	t.Helper()
	b, err := New(measured(t, nil), nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range tolerances {
		for i, own := range b.Tolerances {
			if own.place() == change.place() {
				b.Tolerances = append(b.Tolerances[:i], b.Tolerances[i+1:]...)
				break
			}
		}
		b.Tolerances = append(b.Tolerances, change)
	}
	if err := b.check(); err != nil {
		t.Fatal(err)
	}
	return b
}

// only changes one model's metric under one rule.
func only(model, rule string, set func(r *results.RuleResult)) func(*Measurement) {
	return func(m *Measurement) {
		for i := range m.Run.Results {
			if m.Model == model && m.Run.Results[i].Decision.Rule.String() == rule {
				set(&m.Run.Results[i])
			}
		}
	}
}

func find(t *testing.T, r Report, model, rule, metric string) Comparison {
	t.Helper()
	for _, c := range r.Comparisons {
		if c.Model == model && c.Rule == rule && c.Metric == metric {
			return c
		}
	}
	t.Fatalf("no %s of %s under %s in %+v", metric, model, rule, r)
	return Comparison{}
}

func TestTheSameRunsPass(t *testing.T) {
	r := Compare(baseline(t), measured(t, nil))
	if r.Verdict != Pass || r.Err() != nil || len(r.Comparisons) != 2*2*10+2 || len(r.Faults) != 0 {
		t.Errorf("%s: %v", r.Verdict, r.Err())
	}
}

func TestNothingComparedIsNoPass(t *testing.T) {
	var r Report
	r.conclude()
	if r.Verdict != NotComparable || r.Err() == nil {
		t.Errorf("an empty report: %s", r.Verdict)
	}
	if v := Verdict("new"); v.rank() <= Refused.rank() {
		t.Error("an unknown verdict passes")
	}
}

func TestTolerancesDecide(t *testing.T) {
	f1 := func(by float64) func(*Measurement) {
		return only("SHA-RNN-lite", "tuned", func(r *results.RuleResult) { r.All.SampleF1 += by })
	}
	tolerance := func(t Tolerance) Tolerance { t.Metric = "f1"; return t }
	for name, c := range map[string]struct {
		by         float64
		tolerances []Tolerance
		want       Verdict
	}{
		"within":                     {-0.004, nil, Pass},
		"just the tolerance":         {-0.005, nil, Pass},
		"worse":                      {-0.006, nil, Regression},
		"better":                     {0.006, nil, Improvement},
		"relative counts if more":    {-0.02, []Tolerance{tolerance(Tolerance{Better: Higher, Absolute: 0.001, Relative: 0.05})}, Pass},
		"beyond relative":            {-0.03, []Tolerance{tolerance(Tolerance{Better: Higher, Absolute: 0.001, Relative: 0.05})}, Regression},
		"exact":                      {-1e-12, []Tolerance{tolerance(Tolerance{Better: Higher})}, Regression},
		"same, worse":                {-0.006, []Tolerance{tolerance(Tolerance{Better: Same, Absolute: 0.005})}, Regression},
		"same, better":               {0.006, []Tolerance{tolerance(Tolerance{Better: Same, Absolute: 0.005})}, Regression},
		"the model's own":            {-0.02, []Tolerance{tolerance(Tolerance{Model: "SHA-RNN-lite", Better: Higher, Absolute: 0.03})}, Pass},
		"another model's":            {-0.02, []Tolerance{tolerance(Tolerance{Model: "Naive Bayes", Better: Higher, Absolute: 0.03})}, Regression},
		"the rule's own":             {-0.02, []Tolerance{tolerance(Tolerance{Rule: "tuned", Better: Higher, Absolute: 0.03})}, Pass},
		"model outranks rule":        {-0.02, []Tolerance{tolerance(Tolerance{Rule: "tuned", Better: Higher, Absolute: 0.03}), tolerance(Tolerance{Model: "SHA-RNN-lite", Better: Higher, Absolute: 0.01})}, Regression},
		"both outrank model":         {-0.02, []Tolerance{tolerance(Tolerance{Rule: "tuned", Model: "SHA-RNN-lite", Better: Higher, Absolute: 0.03}), tolerance(Tolerance{Model: "SHA-RNN-lite", Better: Higher, Absolute: 0.01})}, Pass},
		"alike on every seed":        {-0.02, []Tolerance{tolerance(Tolerance{Better: Higher, Absolute: 0.005, Significance: 0.05})}, Regression},
		"significant, but tolerated": {-0.004, []Tolerance{tolerance(Tolerance{Better: Higher, Absolute: 0.005, Significance: 0.05})}, Pass},
	} {
		r := Compare(baseline(t, c.tolerances...), measured(t, f1(c.by)))
		got := find(t, r, "SHA-RNN-lite", "tuned", "f1")
		if got.Verdict != c.want || r.Verdict != c.want {
			t.Errorf("%s: %s, overall %s, want %s (%s)", name, got.Verdict, r.Verdict, c.want, got.describe())
		}
		if got.P != nil {
			t.Errorf("%s: p = %v of changes that are alike", name, *got.P)
		}
		if c.want == Regression && (!errors.Is(r.Err(), ErrRegression) || !strings.Contains(r.Err().Error(), "f1 of SHA-RNN-lite (tuned)")) {
			t.Errorf("%s: the error does not name the metric: %v", name, r.Err())
		}
	}
}

func TestTheLossIsThatOfTheLastEpoch(t *testing.T) {
	for loss, want := range map[float64]Verdict{0.1: Pass, 0.1005: Pass, 0.102: Regression, 0.09: Improvement} {
		r := Compare(baseline(t), measured(t, func(m *Measurement) {
			if len(m.Epochs) > 0 {
				m.Epochs[1].ValidationLoss = &loss
			}
		}))
		if r.Verdict != want {
			t.Errorf("%v: %s, want %s: %v", loss, r.Verdict, want, r.Err())
		}
	}
}

func TestWhatIsNotSignificantPasses(t *testing.T) {
	// One seed much worse, the other a little better.
	change := func(m *Measurement) {
		only("Naive Bayes", "tuned", func(r *results.RuleResult) {
			r.All.SampleF1 += map[uint64]float64{1: -0.05, 2: 0.01}[m.Run.Seed]
		})(m)
	}
	for significance, want := range map[float64]Verdict{0: Regression, 0.05: Pass, 0.9: Regression} {
		b := baseline(t, Tolerance{Metric: "f1", Better: Higher, Absolute: 0.005, Significance: significance})
		c := find(t, Compare(b, measured(t, change)), "Naive Bayes", "tuned", "f1")
		if c.Verdict != want || (significance > 0) != (c.P != nil) {
			t.Errorf("significance %v: %s, want %s", significance, c.describe(), want)
		}
	}
}

func TestTimesNeedEnoughSeeds(t *testing.T) {
	if got := []int{fewestForRanks(0.5), fewestForRanks(0.1), fewestForRanks(0.05), fewestForRanks(0.01), fewestForRanks(0.001)}; got[0] != 2 || got[1] != 4 || got[2] != 4 || got[3] != 5 || got[4] != 7 {
		t.Errorf("fewest n: %v", got)
	}
	was := []float64{1, 1.1, 1.2, 1.3}
	if p, err := significance("fit_seconds", was, []float64{2, 2.1, 2.2, 2.3}, 0.05); err != nil || math.Abs(*p-2.0/70) > 1e-12 {
		t.Errorf("p = %v, %v, want 2/70", p, err) // scipy.stats.mannwhitneyu: 0.02857142857142857
	}
	if _, err := significance("fit_seconds", was[:3], []float64{2, 2.1, 2.2}, 0.05); err == nil || !strings.Contains(err.Error(), "needs 4 seeds") {
		t.Errorf("too few times: %v", err)
	}
	if _, err := significance("f1", was[:1], was[:1], 0.05); err == nil || !strings.Contains(err.Error(), "needs 2 seeds") {
		t.Errorf("one seed: %v", err)
	}
	_, err := New(measured(t, nil), []string{"fit_seconds"}, nil, nil)
	if err != nil {
		t.Error(err)
	}
	b, _ := New(measured(t, nil), []string{"fit_seconds"}, nil, nil)
	b.Tolerances[0].Significance = 0.05
	if r := Compare(b, measured(t, nil)); r.Verdict != NotComparable {
		t.Errorf("a test that can never be significant: %s", r.Verdict)
	}
}

// Rule 7 of the design: a result is never assumed.
func TestWhatWasNotMeasuredNeverPasses(t *testing.T) {
	all := func(change func(m *Measurement)) func(t *testing.T) []Measurement {
		return func(t *testing.T) []Measurement { return measured(t, change) }
	}
	for name, c := range map[string]struct {
		ms   func(t *testing.T) []Measurement
		want Verdict
		says string
	}{
		"nothing":            {func(*testing.T) []Measurement { return nil }, NotComparable, "nothing was measured"},
		"other data":         {all(func(m *Measurement) { m.Run.Data.Hash = "d6" }), NotComparable, "corpus hash d6, was d5"},
		"other taxonomy":     {all(func(m *Measurement) { m.Run.Data.Taxonomy = "arxiv" }), NotComparable, "taxonomy arxiv, was arxiv-2019"},
		"other sample":       {all(func(m *Measurement) { m.Run.Data.Sample = 0 }), NotComparable, "sample 0, was 400"},
		"other split":        {all(func(m *Measurement) { m.Run.Data.Split = "5 %" }), NotComparable, "split 5 %, was 20 %"},
		"other experiment":   {all(func(m *Measurement) { m.Run.Experiment = "other" }), NotComparable, "another experiment"},
		"other seed":         {all(func(m *Measurement) { m.Run.Seed += 5 }), NotComparable, "other seeds: the baseline has [1 2], this is [6 7]"},
		"one seed less":      {func(t *testing.T) []Measurement { ms := measured(t, nil); return []Measurement{ms[0], ms[2]} }, NotComparable, "other seeds"},
		"one trial less":     {func(t *testing.T) []Measurement { return measured(t, nil)[:3] }, NotComparable, "SHA-RNN-lite: 1 trials for 2 seeds"},
		"one model less":     {func(t *testing.T) []Measurement { return measured(t, nil)[:2] }, NotComparable, "SHA-RNN-lite: is in the baseline, but not in the experiment"},
		"one trial twice":    {func(t *testing.T) []Measurement { ms := measured(t, nil); return append(ms, ms[0]) }, NotComparable, "3 trials for 2 seeds"},
		"one model more":     {all(func(m *Measurement) { m.Model = strings.Replace(m.Model, "Naive Bayes", "NB", 1) }), NotComparable, "NB: is not in the baseline"},
		"other setting":      {all(func(m *Measurement) { m.Run.Setting += "'"; m.Config["model.alpha"] = "2" }), NotComparable, "model.alpha = 2, was 1"},
		"hidden setting":     {all(func(m *Measurement) { m.Run.Setting += "'" }), NotComparable, "differs in what the baseline does not list"},
		"new key":            {all(func(m *Measurement) { m.Run.Setting += "'"; m.Config["model.beta"] = "2" }), NotComparable, "model.beta = 2 is new"},
		"NaN":                {all(only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.SampleF1 = math.NaN() })), NotComparable, "f1 is NaN with seed 1"},
		"no score":           {all(only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.SampleF1 = 1.5 })), NotComparable, "f1 is 1.5 with seed 1"},
		"infinite":           {all(only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.Master.SampleF1 = math.Inf(1) })), NotComparable, "master_f1 is +Inf"},
		"metric missing":     {all(only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.PrecisionAt = nil })), NotComparable, "precision_at_1 was not measured"},
		"loss missing":       {all(func(m *Measurement) { m.Epochs = nil }), NotComparable, "validation_loss of SHA-RNN-lite (fixed:0.5): validation_loss was not measured"},
		"loss NaN":           {all(func(m *Measurement) { nan := math.NaN(); m.Epochs = []results.Epoch{{ValidationLoss: &nan}} }), NotComparable, "validation_loss is NaN"},
		"loss new":           {all(func(m *Measurement) { x := 0.1; m.Epochs = []results.Epoch{{ValidationLoss: &x}} }), NotComparable, "Naive Bayes: validation_loss under fixed:0.5 is not in the baseline"},
		"rule missing":       {all(func(m *Measurement) { m.Run.Results = m.Run.Results[:1] }), NotComparable, "no result under tuned"},
		"no result":          {all(func(m *Measurement) { m.Run.Results = nil }), NotComparable, "no result under fixed:0.5"},
		"unfinished":         {all(func(m *Measurement) { m.Run.State = results.Interrupted }), NotComparable, "has not run to its end"},
		"failed":             {all(func(m *Measurement) { m.Err = errors.New("diverged\nat step 3") }), Failed, "seed 1: diverged at step 3"},
		"failed, other data": {all(func(m *Measurement) { m.Err = errors.New("diverged"); m.Run.Data.Hash = "d6" }), Failed, "diverged"},
		"NaN and regression": {all(func(m *Measurement) {
			only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.SampleF1 = math.NaN() })(m)
			only("Naive Bayes", "fixed:0.5", func(r *results.RuleResult) { r.All.SampleF1 -= 0.1 })(m)
		}), NotComparable, "f1 is NaN"},
	} {
		r := Compare(baseline(t), c.ms(t))
		if r.Verdict != c.want || r.Err() == nil || !strings.Contains(r.Err().Error(), c.says) {
			t.Errorf("%s: %s: %v\nwant %s: %s", name, r.Verdict, r.Err(), c.want, c.says)
		}
		if _, err := New(c.ms(t), nil, baseline(t), nil); err == nil && !updates[name] {
			t.Errorf("%s: became a baseline", name)
		} else if err != nil && updates[name] {
			t.Errorf("%s: could not become a baseline: %v", name, err)
		}
	}
}

// updates are differences that --update is for.
var updates = map[string]bool{
	"other data": true, "other taxonomy": true, "other sample": true, "other split": true, "other experiment": true,
	"other seed": true, "one seed less": true, "one model less": true, "one model more": true, "other setting": true,
	"hidden setting": true, "new key": true, "rule missing": true,
	"loss missing": true, "loss new": true,
}

func TestUpdateKeepsEditedTolerances(t *testing.T) {
	old := baseline(t, Tolerance{Metric: "f1", Better: Same, Absolute: 0.1}, Tolerance{Metric: "f1", Model: "Naive Bayes", Better: Higher, Absolute: 0.2})
	better := measured(t, only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.SampleF1 += 0.1 }))
	fresh, err := New(better, nil, old, []Tolerance{{Metric: "recall", Absolute: 0.03}})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fresh.tolerance("f1", "SHA-RNN-lite", "tuned"), fresh.tolerance("f1", "Naive Bayes", "tuned"); a.Better != Same || a.Absolute != 0.1 || b.Absolute != 0.2 {
		t.Errorf("tolerances were lost: %+v, %+v", a, b)
	}
	var got []string
	for _, c := range Changes(old, fresh) {
		got = append(got, c.String())
	}
	want := "f1 of Naive Bayes (tuned): 46.50 → 56.50\n" +
		"tolerance of recall: higher is better, absolute 0.005, relative 0 → higher is better, absolute 0.03, relative 0"
	if strings.Join(got, "\n") != want {
		t.Errorf("changes:\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	less, err := New(better, []string{"f1", "fit_seconds"}, old, nil)
	if err != nil || len(less.Tolerances) != 3 {
		t.Errorf("%v, %+v", err, less)
	}
	if got := Changes(old, old); len(got) != 0 {
		t.Errorf("a baseline differs from itself: %v", got)
	}
}

func TestParseTolerance(t *testing.T) {
	for text, want := range map[string]Tolerance{
		"f1=0.005":            {Metric: "f1", Better: Higher, Absolute: 0.005},
		"f1=0.5%":             {Metric: "f1", Better: Higher, Absolute: 0.005},
		"f1=0,5%":             {Metric: "f1", Better: Higher, Relative: 0.05},
		"f1=0,50%":            {Metric: "f1", Better: Higher, Relative: 0.5},
		"f1=0,0":              {Metric: "f1", Better: Higher},
		"fit_seconds=0,50%":   {Metric: "fit_seconds", Better: Lower, Relative: 0.5},
		"fit_seconds=90,100%": {Metric: "fit_seconds", Better: Lower, Absolute: 90, Relative: 1},
		"peak_memory=1e6,0.1": {Metric: "peak_memory", Better: Lower, Absolute: 1e6, Relative: 0.1},
	} {
		if got, err := ParseTolerance(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"": "want METRIC=", "f1": "want METRIC=", "f2=1": "no metric", "f1=": "no number", "f1=-1": "no number", "f1=NaN": "no number",
		"f1=Inf": "no number", "f1=1e999": "no number", "f1=1,": "no number", "f1=1,x": "no number", "f1=1,2,3": "no number",
		"f1=0,5":               "decimal comma, write a point, f1=0.5; if it is not, write the relative tolerance as a percentage, f1=0,5%",
		"f1=0,005":             "write a point, f1=0.005;",
		"fit_seconds=1,5":      "write a point, fit_seconds=1.5;",
		"validation_loss=0,1":  "write a point, validation_loss=0.1;",
		"f1=0.01,5":            "relative is 5, that is 500 %",
		"f1=0,51%":             "relative is 0.51",
		"f1=0.9":               "scores are fractions of 1, five points are 0.05 or 5%",
		"f1=90%":               "scores are fractions of 1",
		"f1=5":                 "scores are fractions of 1",
		"loss=17":              "absolute is 17, want at most 16.1",
		"validation_loss=0,2.": "relative is 2",
		"fit_seconds=0,500%":   "relative is 5",
		"peak_memory=1e300":    "absolute is 1e+300",
	} {
		if got, err := ParseTolerance(text); err == nil || !fault.IsUsage(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q became %+v, %v; want %s", text, got, err, says)
		}
	}
}
