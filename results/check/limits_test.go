package check

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// set gives a run a value of a metric, under one rule.
func set(m *Measurement, rule, metric string, v float64) {
	for i := range m.Run.Results {
		r := &m.Run.Results[i]
		if r.Decision.Rule.String() != rule {
			continue
		}
		switch metric {
		case "f1":
			r.All.SampleF1 = v
		case "master_f1":
			r.Master.SampleF1 = v
		case "micro_f1":
			r.All.MicroF1 = v
		case "macro_f1":
			r.All.MacroF1 = v
		case "precision":
			r.All.SamplePrecision = v
		case "recall":
			r.All.SampleRecall = v
		case "subset_accuracy":
			r.All.SubsetAccuracy = v
		case "loss":
			r.All.Loss = &v
		case "validation_loss":
			m.Epochs = []results.Epoch{{Epoch: 1, ValidationLoss: &v}}
		case "fit_seconds":
			m.Run.Stages = []results.Stage{{Name: "fit", Seconds: v}}
		case "peak_memory":
			m.Run.PeakMemory = uint64(v)
		default:
			var k int
			_, _ = fmt.Sscanf(metric, "precision_at_%d", &k)
			for j := range r.All.PrecisionAt {
				if r.All.PrecisionAt[j].K == k {
					r.All.PrecisionAt[j].Value = v
				}
			}
		}
	}
}

// random returns runs of two models with random metrics: scores that are zero,
// tiny, usual and perfect, losses from nearly none to the largest.
func random(t *testing.T, r *rand.Rand, seeds int) []Measurement {
	t.Helper()
	var out []Measurement
	for _, model := range []string{"Naive Bayes", "SHA-RNN-lite"} {
		scale := map[string]float64{}
		for seed := range uint64(seeds) {
			m := Measurement{Model: model}
			m.Run = results.Run{
				Experiment: "random", Seed: seed, Setting: fmt.Sprint(model, seed), State: results.Done,
				Data: results.Data{Hash: "d5", Taxonomy: "arxiv-2019", Sample: 400, Split: "20 %"},
			}
			for _, text := range []string{"fixed:0.5", "tuned"} {
				rule, err := metrics.ParseRule(text)
				if err != nil {
					t.Fatal(err)
				}
				one := results.RuleResult{Decision: metrics.Decision{Rule: rule}}
				one.All.PrecisionAt = []metrics.PrecisionAt{{K: 1}, {K: 3}, {K: 5}}
				m.Run.Results = append(m.Run.Results, one)
			}
			for _, metric := range Metrics() {
				for _, rule := range []string{"fixed:0.5", "tuned"} {
					known, _ := lookup(metric)
					key := metric + rule
					if known.Unit != "fraction" {
						key = metric
					}
					if _, ok := scale[key]; !ok {
						scale[key] = []float64{0, 1e-9, 0.001, 0.004, 0.006, 0.02, 0.5, 1}[r.IntN(8)]
					}
					set(&m, rule, metric, scale[key]*(1-0.3*r.Float64()*float64(r.IntN(2)))*map[compare.Unit]float64{compare.Fraction: 1, compare.Nats: 16, compare.Seconds: 1e4, compare.Bytes: 1e10}[known.Unit])
					if known.Unit == "bytes" {
						m.Run.PeakMemory++ // 0 is not known
					}
				}
			}
			out = append(out, m)
		}
	}
	return out
}

// clone copies what set changes.
func clone(ms []Measurement) []Measurement {
	out := append([]Measurement(nil), ms...)
	for i := range out {
		out[i].Run.Results = append([]results.RuleResult(nil), out[i].Run.Results...)
		for j := range out[i].Run.Results {
			at := &out[i].Run.Results[j].All.PrecisionAt
			*at = append([]metrics.PrecisionAt(nil), *at...)
		}
	}
	return out
}

var firstSeed = flag.Uint64("seed", 0, "of the random baselines; 0 draws one")

// Of each metric of a baseline there is a value that fails it, or it is counted
// apart: in those that --update writes only scores of 0.
func TestEveryMetricCanFailOrIsCountedApart(t *testing.T) {
	seed := *firstSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	again := fmt.Sprintf("go test ./results/check -run EveryMetric -seed %d", seed)
	for round := range 12 {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		ms := random(t, r, 1+r.IntN(5))
		b, err := New(ms, Metrics(), nil, nil)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if data, err := b.Encode(); err != nil {
			t.Fatal(err)
		} else if _, err := Decode(data); err != nil {
			t.Fatalf("%s: what was written is refused: %v", again, err)
		}
		edited := round%2 == 1
		if edited {
			edit(r, b)
		}
		seen := outcomes(b, ms)
		for _, c := range Compare(b, ms).Comparisons {
			wantFailure(t, b, ms, c, seen[c.Name()], again)
			if m, _ := lookup(c.Metric); !edited && !c.CanFail && (m.Unit != compare.Fraction || c.Baseline != 0) && m.Key != "loss" {
				t.Errorf("%s: %s cannot fail by %v from %v in a fresh baseline", again, c.Name(), c.Allowed, c.Baseline)
			}
		}
	}
}

// edit gives metrics random tolerances, as far as they are not refused.
func edit(r *rand.Rand, b *Baseline) {
	for i := range b.Tolerances {
		was := b.Tolerances[i]
		next := &b.Tolerances[i]
		next.Absolute, next.Relative = math.Pow(10, -4+5*r.Float64()), r.Float64()
		next.Significance = []float64{0, 0.05, 1e-4}[r.IntN(3)]
		if r.IntN(2) == 0 {
			next.Better = Same
		}
		if b.check() != nil {
			next.Absolute, next.Relative = was.Absolute, was.Relative
		}
	}
}

// outcomes are the verdicts that each metric gets, through the whole check, where
// its values are good, bad, and as bad as runs can have them.
func outcomes(b *Baseline, ms []Measurement) map[string]map[Verdict]bool {
	seen := map[string]map[Verdict]bool{}
	for _, value := range []float64{0, 1, metrics.MostLoss, 1e8, 1e12} {
		for _, spread := range []float64{0, 0.5} {
			now := clone(ms)
			for i := range now {
				for _, key := range Metrics() {
					m, _ := lookup(key)
					for _, r := range now[i].Run.Results {
						if value <= m.Most {
							set(&now[i], r.Decision.Rule.String(), key, value*(1-spread*float64(now[i].Run.Seed%2)))
						}
					}
				}
				now[i].Run.PeakMemory = max(now[i].Run.PeakMemory, 1) // 0 is not known
			}
			for _, c := range Compare(b, now).Comparisons {
				if seen[c.Name()] == nil {
					seen[c.Name()] = map[Verdict]bool{}
				}
				seen[c.Name()][c.Verdict] = true
			}
		}
	}
	return seen
}

// regresses tries, through the whole check, the values that are chosen by those
// of the baseline: a test for significance may leave no others.
func regresses(t *testing.T, b *Baseline, ms []Measurement, c Comparison) bool {
	was, err := valuesOf(c.Metric, c.Rule, runsOf(ms, c.Model), b.Measured.Seeds)
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range b.tolerance(c.Metric, c.Model, c.Rule).worse(was) {
		now := clone(ms)
		for i := range now {
			if now[i].Model == c.Model {
				set(&now[i], c.Rule, c.Metric, values[now[i].Run.Seed])
			}
		}
		if find(t, Compare(b, now), c.Model, c.Rule, c.Metric).Verdict == Regression {
			return true
		}
	}
	return false
}

// wantFailure wants a metric to have been seen failing if and only if it is said
// to be able to.
func wantFailure(t *testing.T, b *Baseline, ms []Measurement, c Comparison, seen map[Verdict]bool, again string) {
	t.Helper()
	switch {
	case c.Verdict == NotComparable: // so few seeds
	case c.CanFail != (c.Verdict == Pass) || c.CanFail == (c.Verdict == CannotFail):
		t.Errorf("%s: %s: the same runs: %s, can fail: %v", again, c.Name(), c.Verdict, c.CanFail)
	case c.CanFail != (seen[Regression] || regresses(t, b, ms, c)):
		t.Errorf("%s: %s, baseline %v, allowed %v, %+v: can fail: %v, seen %v", again, c.Name(), c.Baseline, c.Allowed, b.tolerance(c.Metric, c.Model, c.Rule), c.CanFail, seen)
	case !c.CanFail && seen[Pass]:
		t.Errorf("%s: %s cannot fail, but passes", again, c.Name())
	}
}

// Whatever tolerance is accepted: of scores worth measuring none falls to an
// eighth of the baseline and passes, with spread between the seeds or without.
func TestNoToleranceAcceptsAFallFrom90To11(t *testing.T) {
	ms := measured(t, func(m *Measurement) {
		for i := range m.Run.Results {
			m.Run.Results[i].All.SampleF1 = 0.9 + 0.01*float64(m.Run.Seed)
		}
	})
	fallen := measured(t, func(m *Measurement) {
		for i := range m.Run.Results {
			m.Run.Results[i].All.SampleF1 = map[uint64]float64{1: 0.05, 2: 0.17}[m.Run.Seed]
		}
	})
	accepted := 0
	for _, absolute := range []string{"0", "0.005", "0.05", "0.4", "0.45", "0.5", "0.9", "5", "0.5%", "5%", "45%", "90%", "100%"} {
		for _, relative := range []string{"", ",0", ",5", ",5%", ",50%", ",90%", ",0.05", ",0.5", ",0.9", ",1", ",500%"} {
			for _, significance := range []float64{0, 0.05, 1e-9} {
				text := "f1=" + absolute + relative
				b, err := New(ms, nil, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				b.Tolerances[0].Significance = significance
				tolerance, err := ParseTolerance(text)
				if err == nil {
					err = b.Override(tolerance)
				}
				if err != nil {
					if !fault.IsUsage(err) {
						t.Errorf("%s: %v", text, err)
					}
					continue
				}
				accepted++
				if r := Compare(b, fallen); r.Verdict != Regression {
					t.Errorf("%s, significance %v: %s: %v", text, significance, r.Verdict, r.Err())
				}
			}
		}
	}
	if accepted < 30 {
		t.Errorf("only %d tolerances are accepted", accepted)
	}
}

func TestWhereNothingCanFailNothingPasses(t *testing.T) {
	zero := measured(t, only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.SampleF1 = 0 }))
	for i := range zero {
		zero[i].Epochs = nil
		for j := range zero[i].Run.Results {
			zero[i].Run.Results[j].All.SampleF1 = 0
		}
	}
	if _, err := New(zero, []string{"f1"}, nil, nil); !errors.Is(err, ErrNotComparable) || !strings.Contains(err.Error(), "no metric can fail") {
		t.Errorf("a baseline that cannot fail was made: %v", err)
	}
	b, err := New(zero, []string{"f1", "recall"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := Compare(b, zero); r.Verdict != Pass || r.Counts[CannotFail] != 4 || r.Counts[Pass] != 4 {
		t.Errorf("%s, %v", r.Verdict, r.Counts)
	}
	// As an older program wrote it. What improved could not have failed, either.
	b.Measured.Metrics, b.Tolerances = b.Measured.Metrics[:1], b.Tolerances[:1]
	for i := range b.Measured.Models {
		for j := range b.Measured.Models[i].Results {
			b.Measured.Models[i].Results[j].Values = b.Measured.Models[i].Results[j].Values[:1]
		}
	}
	for name, now := range map[string][]Measurement{"equal": zero, "better": measured(t, func(m *Measurement) { m.Epochs = nil })} {
		if r := Compare(b, now); r.Verdict != NotComparable || r.Counts[Pass] != 0 || !errors.Is(r.Err(), ErrNotComparable) {
			t.Errorf("%s: %s, %v", name, r.Verdict, r.Counts)
		}
	}
}

// A score that half a point would hide gets a tolerance that does not, once.
func TestUpdateNarrowsTolerancesOfSmallScores(t *testing.T) {
	small := func(f1 float64) []Measurement {
		return measured(t, only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.SampleF1 = f1 }))
	}
	b, err := New(small(0.0055), nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.tolerance("f1", "Naive Bayes", "tuned"); got.Absolute != 0.0027 || b.Tolerances[1] != got || len(b.Tolerances) != 12 {
		t.Errorf("%+v", b.Tolerances)
	}
	for f1, want := range map[float64]float64{0.0055: 0.0027, 0.0039: 0.0019, 0.5: 0.0027, 0: 0.0027} {
		again, err := New(small(f1), nil, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := again.tolerance("f1", "Naive Bayes", "tuned"); got.Absolute != want || len(again.Tolerances) != 12 {
			t.Errorf("%v: %+v, want %v", f1, got, want)
		}
	}
	if _, err := New(small(0.3), nil, nil, []Tolerance{{Metric: "f1", Absolute: 0.2}}); !fault.IsUsage(err) {
		t.Errorf("a tolerance of two thirds was taken: %v", err)
	}
	wide := baseline(t, Tolerance{Metric: "f1", Better: Higher, Absolute: 0.2})
	if _, err := New(small(0.3), nil, wide, nil); !errors.Is(err, ErrNotComparable) || !strings.Contains(err.Error(), "could fall from 30.00 to 10.00") {
		t.Errorf("the old tolerance is too wide for the new value: %v", err)
	}
}
