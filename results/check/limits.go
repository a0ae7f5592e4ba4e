package check

import (
	"fmt"
	"math"
	"slices"

	"assay/results/compare"
)

// share is the largest part of its baseline that a metric may be tolerated to
// lose. A wider tolerance is a mistake, such as 5 for 5 %: a score that lost half
// is broken, and so is a loss that doubled.
func (m metric) share() float64 {
	if m.Unit == compare.Fraction {
		return 0.5
	}
	return 1
}

// checkWidth refuses amounts that are too large for every baseline.
func (t Tolerance) checkWidth(m metric) error {
	most, hint := m.Most, ""
	if m.Unit == compare.Fraction {
		most, hint = m.share(), ": scores are fractions of 1, five points are 0.05 or 5%"
	}
	switch {
	case t.Absolute > most:
		return fmt.Errorf("absolute is %v, want at most %.3g%s", t.Absolute, most, hint)
	case t.Relative > m.share():
		return fmt.Errorf("relative is %v, that is %.4g %% of the baseline, want at most %v: 5 %% are 0.05", t.Relative, 100*t.Relative, m.share())
	}
	return nil
}

// checkShares refuses tolerances of the metrics that let a score lose more than
// half of its baseline, or a loss more than double. What a new baseline gives is
// never refused: of a score below half a point the report says that it cannot
// fail. Nor are absolute ones of times and memory, as short fits need wide ones.
func (b *Baseline) checkShares(metrics []string) error {
	return b.each(func(c Comparison) error {
		m, _ := lookup(c.Metric)
		limit := m.share() * c.Baseline
		usual := Tolerance{Absolute: m.absolute, Relative: m.relative}.allowed(c.Baseline)
		if !slices.Contains(metrics, c.Metric) || m.ofMachine() || c.Baseline == 0 || !more(c.Allowed, limit) || !more(c.Allowed, usual) {
			return nil
		}
		if m.better() == Lower {
			return fmt.Errorf("tolerance of %s: that of %s (%s) could rise from %s to %s and pass; a loss may at most double: allow %v or less, or a relative amount, which suits every model",
				c.Metric, c.Model, c.Rule, m.show(c.Baseline), m.show(c.Baseline+c.Allowed), roundDown(limit))
		}
		return fmt.Errorf("tolerance of %s: that of %s (%s) could fall from %s to %s and pass; a score may lose at most half: allow %v or less, or a relative amount, which suits every model",
			c.Metric, c.Model, c.Rule, m.show(c.Baseline), m.show(max(0, c.Baseline-c.Allowed)), roundDown(limit))
	})
}

// narrow gives scores that the usual half point would let lose most of their
// baseline a tolerance of their own: half of it.
func (b *Baseline) narrow() {
	_ = b.each(func(c Comparison) error {
		m, _ := lookup(c.Metric)
		t := b.tolerance(c.Metric, c.Model, c.Rule)
		if half := m.share() * c.Baseline; m.Unit != compare.Fraction || t.Better == Same || half == 0 || !more(c.Allowed, half) {
			return nil
		}
		t.Absolute = roundDown(m.share() * c.Baseline)
		if t.Model == c.Model && t.Rule == c.Rule {
			at := slices.IndexFunc(b.Tolerances, func(o Tolerance) bool { return o.place() == t.place() })
			b.Tolerances[at] = t
			return nil
		}
		t.Model, t.Rule = c.Model, c.Rule
		at := len(b.Tolerances)
		for at > 0 && b.Tolerances[at-1].Metric != t.Metric { // among those of its metric
			at--
		}
		b.Tolerances = slices.Insert(b.Tolerances, at, t)
		return nil
	})
}

// each calls f with every metric of the baseline and what it is allowed, until
// an error.
func (b *Baseline) each(f func(Comparison) error) error {
	for _, model := range b.Measured.Models {
		for _, rule := range model.Results {
			for _, v := range rule.Values {
				c := Comparison{Model: model.Name, Rule: rule.Rule, Metric: v.Metric, Baseline: v.Mean}
				c.Allowed = b.tolerance(v.Metric, model.Name, rule.Rule).allowed(v.Mean)
				if err := f(c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// roundDown leaves two digits of a positive number.
func roundDown(x float64) float64 {
	scale := math.Pow(10, 1-math.Floor(math.Log10(x)))
	if y := math.Floor(x*scale) / scale; y > 0 && finite(y) {
		return y
	}
	return x // too small to be scaled
}

// canFail reports whether there are values, one a seed, that are a regression.
// It asks the verdict itself.
func (t Tolerance) canFail(was []float64) bool {
	return slices.ContainsFunc(t.worse(was), func(now []float64) bool {
		verdict, _, err := t.verdict(was, now)
		return err == nil && verdict == Regression
	})
}

// worse returns the values that are likeliest to be a regression: as far from the
// baseline's as runs can be or, where there is no end, far beyond the tolerance;
// and such that move alike, as far as they can, just beyond the tolerance. Of all
// beyond it these have the lowest p.
func (t Tolerance) worse(was []float64) [][]float64 {
	m, _ := lookup(t.Metric)
	allowed := t.allowed(mean(was))
	far := 2*(allowed+mean(was)) + slices.Max(was) + 1
	move := func(direction, by float64) []float64 {
		out := make([]float64, len(was))
		for i, v := range was {
			out[i] = min(max(v+direction*by, 0), m.Most)
		}
		return out
	}
	var out [][]float64
	for _, direction := range []float64{-1, 1} {
		if direction < 0 && t.Better == Lower || direction > 0 && t.Better == Higher {
			continue
		}
		low, high := 0.0, far
		for range 60 {
			if by := (low + high) / 2; more(math.Abs(mean(move(direction, by))-mean(was)), allowed) {
				high = by
			} else {
				low = by
			}
		}
		out = append(out, move(direction, far), move(direction, high))
	}
	return out
}

// whyNever says why canFail is false.
func (t Tolerance) whyNever(baseline float64) string {
	m, _ := lookup(t.Metric)
	switch {
	case m.Unit == compare.Fraction && t.Better == Higher && baseline == 0:
		return "its baseline is 0, and no score is lower"
	case m.Unit == compare.Fraction:
		return fmt.Sprintf("it cannot fall from %s by more than its tolerance of %s; --update narrows it", m.show(baseline), m.show(t.allowed(baseline)))
	}
	return fmt.Sprintf("it cannot rise from %s by more than its tolerance of %s; lower that", m.show(baseline), m.show(t.allowed(baseline)))
}
