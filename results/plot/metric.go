package plot

import (
	"math"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// metric is a metric in the unit that its axis shows.
type metric struct {
	compare.Metric
	unit  string
	times float64 // what a value is multiplied by to be in that unit
}

func metricOf(m compare.Metric) metric {
	switch m.Unit {
	case compare.Fraction:
		return metric{m, "%", 100}
	case compare.Seconds:
		return metric{m, "s", 1}
	case compare.Bytes:
		return metric{m, "GiB", 1. / (1 << 30)}
	}
	return metric{m, string(m.Unit), 1}
}

// label names the metric on an axis.
func (m metric) label() string { return m.Name + ", " + m.unit }

// ofRule reports whether the metric depends on the decision rule: costs do not, nor does
// the loss, which is of probabilities.
func (m metric) ofRule() bool { return m.Unit == compare.Fraction }

// chooseMetrics returns the metrics of the keys, F1 where there are none.
func chooseMetrics(keys []string) ([]metric, error) {
	if len(keys) == 0 {
		keys = []string{"f1"}
	}
	var chosen []metric
	for _, key := range keys {
		m, ok := compare.Lookup(key)
		if !ok || m.ByEpoch {
			return nil, fault.Usagef("plot: metric %q is unknown%s: want some of %s", key, suggest.Hint(key, compare.Keys()), strings.Join(compare.Keys(), ", "))
		}
		chosen = append(chosen, metricOf(m))
	}
	return chosen, nil
}

// source says where an interval comes from.
type source int

const (
	noInterval source = iota
	overSeeds
	overPapers
)

// estimate is the mean of a metric over the runs of one setting.
type estimate struct {
	mean     float64
	interval *Range
	source   source
	values   []float64 // of different runs

	number *compare.Number
	of     results.Replicates
}

// estimate joins replicates; false where a run lacks the metric, or where it is not
// finite.
func (m metric) estimate(rule metrics.Rule, runs []results.Run) (estimate, bool) {
	of := compare.Under(rule, runs)
	if len(of.Runs) == 0 {
		return estimate{}, false
	}
	n, err := m.Join(rule, of.Runs)
	if err != nil || n == nil {
		return estimate{}, false
	}
	e := estimate{mean: m.times * n.Value, number: n, of: of}
	for _, v := range n.Replicates {
		e.values = append(e.values, m.times*v)
	}
	switch {
	case n.HalfWidth != nil:
		half := m.times * *n.HalfWidth
		e.interval, e.source = &Range{e.mean - half, e.mean + half}, overSeeds
		if m.Unit == compare.Fraction { // with two or three seeds t is large, and the interval reaches below 0 or above 100 %
			e.interval.Low, e.interval.High = max(e.interval.Low, 0), min(e.interval.High, 100)
		}
	case n.Papers != nil && !math.IsNaN(n.Papers.Low) && !math.IsNaN(n.Papers.High):
		e.interval, e.source = &Range{m.times * n.Papers.Low, m.times * n.Papers.High}, overPapers
	}
	return e, true
}
