package check

import (
	"errors"
	"fmt"
	"math"

	"golang.org/x/perf/benchmath"

	"assay/internal/markup"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// Compare compares what was measured with the baseline, metric by metric.
func Compare(b *Baseline, ms []Measurement) Report {
	r := Report{Experiment: b.Measured.Experiment}
	if len(ms) > 0 {
		r.Experiment = ms[0].Run.Experiment
	}
	for _, f := range Identify(b, ms) {
		r.add(f)
	}
	for _, m := range ms {
		switch {
		case m.Err != nil:
			r.add(Fault{Failed, m.Model, fmt.Sprintf("seed %d: %s", m.Run.Seed, markup.Line(m.Err.Error()))})
		case m.Run.State != results.Done:
			r.add(Fault{NotComparable, m.Model, fmt.Sprintf("seed %d has not run to its end", m.Run.Seed)})
		default:
			for _, result := range m.Run.Results {
				if rule := result.Decision.Rule.String(); b.model(m.Model) != nil && !b.model(m.Model).has(rule) {
					r.add(Fault{NotComparable, m.Model, fmt.Sprintf("seed %d: rule %s is not in the baseline", m.Run.Seed, rule)})
				}
			}
		}
	}
	for i := range b.Measured.Models {
		model := &b.Measured.Models[i]
		broken := r.worst(model.Name)
		runs := runsOf(ms, model.Name)
		for _, rule := range model.Results {
			for _, was := range rule.Values {
				c := Comparison{Model: model.Name, Rule: rule.Rule, Metric: was.Metric, Baseline: was.Mean, Verdict: broken}
				t := b.tolerance(was.Metric, model.Name, rule.Rule)
				c.Allowed, c.CanFail = t.allowed(was.Mean), t.canFail(was.Seeds)
				if broken == Pass {
					c.judge(t, was.Seeds, runs, b.Measured.Seeds)
				}
				r.Comparisons = append(r.Comparisons, c)
			}
			if broken == Pass {
				r.addNew(b, model.Name, rule, runs)
			}
		}
	}
	r.conclude()
	return r
}

// addNew adds a fault for what the model has now but had not: an optional metric.
func (r *Report) addNew(b *Baseline, model string, rule RuleValues, runs map[uint64]Measurement) {
	for _, key := range b.Measured.Metrics {
		if rule.has(key) {
			continue
		}
		if _, err := valuesOf(key, rule.Rule, runs, b.Measured.Seeds); !errors.Is(err, errMissing) {
			r.add(Fault{NotComparable, model, fmt.Sprintf("%s under %s is not in the baseline; --update adds it", key, rule.Rule)})
		}
	}
}

func (r RuleValues) has(metric string) bool {
	for _, v := range r.Values {
		if v.Metric == metric {
			return true
		}
	}
	return false
}

// worst is the highest verdict of the faults of a model and of all models.
func (r *Report) worst(model string) Verdict {
	worst := Pass
	for _, f := range r.Faults {
		if (f.Model == "" || f.Model == model) && f.Verdict.rank() > worst.rank() {
			worst = f.Verdict
		}
	}
	return worst
}

func (m *Model) has(rule string) bool {
	for _, r := range m.Results {
		if r.Rule == rule {
			return true
		}
	}
	return false
}

// runsOf returns a model's runs by their seed.
func runsOf(ms []Measurement, model string) map[uint64]Measurement {
	out := map[uint64]Measurement{}
	for _, m := range ms {
		if m.Model == model {
			out[m.Run.Seed] = m
		}
	}
	return out
}

// judge sets the verdict of a comparison whose runs are all there.
func (c *Comparison) judge(t Tolerance, was []float64, runs map[uint64]Measurement, seeds []uint64) {
	now, err := valuesOf(c.Metric, c.Rule, runs, seeds)
	if err != nil {
		c.Verdict, c.Reason = NotComparable, err.Error()
		return
	}
	m := mean(now)
	difference := m - c.Baseline
	c.Now, c.Difference = &m, &difference
	switch c.Verdict, c.P, err = t.verdict(was, now); {
	case err != nil:
		c.Verdict, c.Reason = NotComparable, err.Error()
	case c.Verdict == Pass && !c.CanFail:
		c.Verdict, c.Reason = CannotFail, t.whyNever(c.Baseline)
	}
}

// verdict is Pass, Improvement or Regression, and the p of the test that the
// tolerance asks for.
func (t Tolerance) verdict(was, now []float64) (Verdict, *float64, error) {
	m, _ := lookup(t.Metric)
	loss := t.loss(mean(now) - mean(was))
	beyond := more(math.Abs(loss), t.allowed(mean(was)))
	var p *float64
	if t.Significance > 0 {
		x, err := significance(t.Metric, was, now, t.Significance)
		if err != nil {
			return NotComparable, nil, err
		}
		p = x
	}
	if p != nil {
		// Two seeds that both fall, but not alike, have a large p: F1 from 0.90 and
		// 0.91 to 0.05 and 0.31 has 0.11. No p excuses the loss of most of a score.
		// Times and memory have outliers, which the test is there for.
		excess := !m.ofMachine() && mean(was) > 0 && more(loss, m.share()*mean(was))
		beyond = beyond && (*p < t.Significance || excess)
	}
	switch {
	case !beyond:
		return Pass, p, nil
	case loss > 0:
		return Regression, p, nil
	}
	return Improvement, p, nil
}

// more reports a > b, but for what rounding makes of equal ones.
func more(a, b float64) bool { return a > b*(1+1e-9) }

var errMissing = errors.New("was not measured")

// valuesOf returns a metric of the runs in the order of the seeds.
func valuesOf(key, rule string, runs map[uint64]Measurement, seeds []uint64) ([]float64, error) {
	m, _ := lookup(key)
	parsed, err := metrics.ParseRule(rule)
	if err != nil {
		return nil, err
	}
	var out []float64
	for _, seed := range seeds {
		result, ok := runs[seed].Run.Result(parsed)
		if !ok {
			return nil, fmt.Errorf("the run of seed %d has no result under %s", seed, rule)
		}
		value, ok := m.Value(runs[seed].Run, result, runs[seed].Epochs)
		if !ok {
			return nil, fmt.Errorf("%s %w with seed %d", key, errMissing, seed)
		}
		if !m.valid(value) {
			return nil, fmt.Errorf("%s is %v with seed %d", key, value, seed)
		}
		out = append(out, value)
	}
	if !finite(mean(out)) {
		return nil, fmt.Errorf("the mean of %s is %v", key, mean(out))
	}
	return out, nil
}

// significance returns the p that was and now do not differ, nil where nothing can be
// said of it: scores that changed by the same amount under every seed, as those of a
// model without random numbers do, are one change and not several. Scores are paired by
// their seed; times and memory are not, since what changes them is the machine and not
// the seed. Too few values to ever show a p below alpha are an error.
func significance(key string, was, now []float64, alpha float64) (*float64, error) {
	if m, _ := lookup(key); !m.ofMachine() {
		if len(now) < 2 {
			return nil, errors.New("its tolerance asks for significance, which needs 2 seeds or more")
		}
		d, p, err := stats.Paired(now, was, 1-alpha)
		if err != nil || d.StdDev == 0 && d.Mean != 0 {
			return nil, err
		}
		return &p, nil
	}
	n1, n2 := len(was), len(now)
	if fewest := fewestForRanks(alpha); n1 < fewest || n2 < fewest {
		return nil, fmt.Errorf("its tolerance asks for a significance of %g, which needs %d seeds or more", alpha, fewest)
	}
	thresholds := benchmath.Thresholds{CompareAlpha: alpha}
	c := benchmath.AssumeNothing.Compare(benchmath.NewSample(was, &thresholds), benchmath.NewSample(now, &thresholds))
	if !finite(c.P) {
		return nil, fmt.Errorf("the Mann-Whitney test has no p: %w", errors.Join(c.Warnings...))
	}
	return &c.P, nil
}

// fewestForRanks is the least n at which two samples of n, all values of one
// above all of the other, have a two-sided p below alpha: 2/C(2n, n).
func fewestForRanks(alpha float64) int {
	n, ways := 1, 2.0 // C(2n, n)
	for ; 2/ways >= alpha; n++ {
		ways = ways * float64(2*(2*n+1)) / float64(n+1)
	}
	return n
}
