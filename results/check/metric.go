package check

import (
	"fmt"
	"math"
	"strings"

	"assay/results"
	"assay/results/metrics"
)

// metric is something that a run was measured by.
type metric struct {
	key    string
	unit   string // fraction, loss, seconds, bytes
	better string
	// The tolerance that a new baseline gives it.
	absolute, relative float64
	most               float64 // no run has a larger value; the smallest is 0
	// Not every model has it: one that never had is not asked for it.
	optional bool
	value    func(Measurement, results.RuleResult) (float64, bool)
}

// Half a point: the same code on another processor rounds sums differently, and
// a paper that changes sides moves F1 by less than that.
const scoreTolerance = 0.005

// Losses move by rounding far less than this.
const lossTolerance = 0.01

func score(key string, get func(results.RuleResult) float64) metric {
	return metric{
		key: key, unit: "fraction", better: Higher, absolute: scoreTolerance, most: 1,
		value: func(_ Measurement, r results.RuleResult) (float64, bool) { return get(r), true },
	}
}

func precisionAt(k int) metric {
	m := score(fmt.Sprintf("precision_at_%d", k), nil)
	m.value = func(_ Measurement, r results.RuleResult) (float64, bool) { return r.All.At(k) }
	return m
}

// known lists the metrics by the names that tables give them.
func known() []metric {
	of := func(get func(metrics.Report) float64) func(results.RuleResult) float64 {
		return func(r results.RuleResult) float64 { return get(r.All) }
	}
	return []metric{
		score("f1", of(func(r metrics.Report) float64 { return r.SampleF1 })),
		score("master_f1", func(r results.RuleResult) float64 { return r.Master.SampleF1 }),
		score("micro_f1", of(func(r metrics.Report) float64 { return r.MicroF1 })),
		score("macro_f1", of(func(r metrics.Report) float64 { return r.MacroF1 })),
		score("precision", of(func(r metrics.Report) float64 { return r.SamplePrecision })),
		score("recall", of(func(r metrics.Report) float64 { return r.SampleRecall })),
		score("subset_accuracy", of(func(r metrics.Report) float64 { return r.SubsetAccuracy })),
		precisionAt(1), precisionAt(3), precisionAt(5),
		{
			key: "loss", unit: "loss", better: Lower, relative: lossTolerance, most: metrics.MostLoss, optional: true,
			value: func(_ Measurement, r results.RuleResult) (float64, bool) {
				if r.All.Loss == nil {
					return 0, false
				}
				return *r.All.Loss, true
			},
		},
		{
			key: "validation_loss", unit: "loss", better: Lower, relative: lossTolerance, most: math.Inf(1), optional: true,
			value: func(m Measurement, _ results.RuleResult) (float64, bool) {
				n := len(m.Epochs)
				if n == 0 || m.Epochs[n-1].ValidationLoss == nil {
					return 0, false
				}
				return *m.Epochs[n-1].ValidationLoss, true
			},
		},
		{
			key: "fit_seconds", unit: "seconds", better: Lower, relative: 0.5, most: 1e9, // 32 years
			value: func(m Measurement, _ results.RuleResult) (float64, bool) {
				for _, s := range m.Run.Stages {
					if s.Name == "fit" {
						return s.Seconds, true
					}
				}
				return 0, false
			},
		},
		{
			key: "peak_memory", unit: "bytes", better: Lower, relative: 0.2, most: 1 << 60,
			value: func(m Measurement, _ results.RuleResult) (float64, bool) {
				return float64(m.Run.PeakMemory), m.Run.PeakMemory > 0
			},
		},
	}
}

// Metrics returns the names of all metrics that a baseline may hold.
func Metrics() []string {
	var keys []string
	for _, m := range known() {
		keys = append(keys, m.key)
	}
	return keys
}

// valid reports whether a run can have the value; rounding may add a little.
func (m metric) valid(v float64) bool {
	return finite(v) && v >= 0 && v <= m.most*(1+1e-9)
}

// ofMachine reports whether a metric says more of the machine than of the models.
func (m metric) ofMachine() bool { return m.unit == "seconds" || m.unit == "bytes" }

// defaultMetrics are what two machines agree on.
func defaultMetrics() []string {
	var keys []string
	for _, m := range known() {
		if !m.ofMachine() {
			keys = append(keys, m.key)
		}
	}
	return keys
}

func lookup(key string) (metric, bool) {
	for _, m := range known() {
		if m.key == key {
			return m, true
		}
	}
	return metric{}, false
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// mean of the values of the seeds, in their order.
func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// show writes a value of the metric for people.
func (m metric) show(v float64) string {
	switch m.unit {
	case "loss":
		return fmt.Sprintf("%.4g", v)
	case "seconds":
		return fmt.Sprintf("%.3g s", v)
	case "bytes":
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	}
	return fmt.Sprintf("%.2f", 100*v)
}

// showDifference is show with a sign.
func (m metric) showDifference(v float64) string {
	text := m.show(math.Abs(v))
	if m.unit == "fraction" && strings.Trim(text, "0.") == "" && v != 0 {
		text = fmt.Sprintf("%.1g", 100*math.Abs(v))
	}
	if v == 0 {
		return text
	}
	if v < 0 {
		return "−" + text
	}
	return "+" + text
}
