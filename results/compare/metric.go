package compare

import (
	"slices"

	"assay/results"
	"assay/results/stats"
)

// Unit is what a metric's values are in.
type Unit string

// The units.
const (
	Fraction Unit = "fraction" // a share: 1 is all; people read it in percent
	Nats     Unit = "nats"
	Seconds  Unit = "seconds"
	Bytes    Unit = "bytes"
)

// The keys of the share of papers whose categories are all right: the same number, by the
// name that it has where papers have several labels and where they have one.
const (
	SubsetAccuracy = "subset_accuracy"
	Accuracy       = "accuracy"
)

// Metric is something that a run is measured by.
type Metric struct {
	Key   string // what programs call it: master_f1
	Name  string // what people read, on axes: Precision at 1
	Title string // the same where there is little room: P@1
	Note  string // what it means, a sentence without its full stop; "" where the name says it
	Unit  Unit
	Lower bool    // less is better
	Score bool    // measured of predictions; the others are costs and do not depend on the rule
	Most  float64 // no run has a larger value; the smallest is 0
	// Secondary says that another metric says the same, or that settings are chosen by
	// it: checks and the comparison of two runs leave it out.
	Secondary bool
	// ByEpoch says that a run's record of epochs holds it, and not its result.
	ByEpoch bool

	// value is false where a run does not have it, such as one that a program stored
	// which did not know the metric.
	value func(results.Run, results.RuleResult, []results.Epoch) (float64, bool)
	// papers is what the metric is computed of, and exact 1 for each paper that is all
	// right; nil where the metric is not of test papers, or says nothing of what is
	// right.
	papers func(PaperScores) (stats.Quantity, error)
	exact  func(PaperScores) ([]float64, error)
	// kept is the interval over test papers that a run keeps; nil where none is.
	kept func(*results.Intervals) *results.Interval
	// published is what others report; nil where it is not asked for.
	published func(Published) float64
}

// Value returns the metric of a run under one of its rules; false where it was not
// measured. epochs are asked for where the metric is ByEpoch, and may else be nil.
func (m Metric) Value(run results.Run, result results.RuleResult, epochs []results.Epoch) (float64, bool) {
	return m.value(run, result, epochs)
}

// Better reports whether the value a is better than b.
func (m Metric) Better(a, b float64) bool { return m.Lower == (a < b) }

// OfExact reports whether the metric is the share of papers that are all right, on
// which McNemar's test decides.
func (m Metric) OfExact() bool { return m.Key == SubsetAccuracy || m.Key == Accuracy }

// Metrics returns all metrics.
func Metrics() []Metric { return slices.Clone(registry()) }

// Lookup returns the metric of the key.
func Lookup(key string) (Metric, bool) {
	all := registry()
	i := slices.IndexFunc(all, func(m Metric) bool { return m.Key == key })
	if i < 0 {
		return Metric{}, false
	}
	return all[i], true
}

// Keys returns the keys of the metrics that a run's result holds, in the order of
// Metrics().
func Keys() []string {
	var keys []string
	for _, m := range registry() {
		if !m.ByEpoch {
			keys = append(keys, m.Key)
		}
	}
	return keys
}

// defaultKeys returns the metrics that fit a terminal. Where a paper has one label, F1
// under top:1 is the accuracy; the mean of the labels' own F1s shows what a frequent one
// hides.
func defaultKeys(exclusive bool) []string {
	if exclusive {
		return []string{Accuracy, "loss", "macro_f1", "fit_seconds"}
	}
	return []string{"f1", "master_f1", "micro_f1", "macro_f1", "precision_at_1", "fit_seconds"}
}
