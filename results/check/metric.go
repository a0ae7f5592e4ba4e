package check

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	sizes "assay/internal/format"
	"assay/results/compare"
)

// metric is a metric with what a new baseline gives it.
type metric struct {
	compare.Metric
	absolute, relative float64 // the tolerance
	// Not every model has it: one that never had is not asked for it.
	optional bool
}

// Half a point: the same code on another processor rounds sums differently, and
// a paper that changes sides moves F1 by less than that.
const scoreTolerance = 0.005

// Losses move by rounding far less than this.
const lossTolerance = 0.01

// always lists the metrics that every baseline has. What else the registry of metrics
// has, networks alone have, or newer programs than the baseline's.
var always = []string{
	"f1", "master_f1", "micro_f1", "macro_f1", "precision", "recall", compare.SubsetAccuracy,
	"precision_at_1", "precision_at_3", "precision_at_5", "fit_seconds", "peak_memory",
}

// tolerances are what a new baseline gives, by unit: absolute and relative.
var tolerances = map[compare.Unit][2]float64{
	compare.Fraction: {scoreTolerance, 0}, compare.Nats: {0, lossTolerance}, compare.Seconds: {0, 0.5}, compare.Bytes: {0, 0.2},
}

// known lists the metrics that a baseline may hold, in its order: scores, losses, costs.
var known = sync.OnceValue(func() []metric {
	var out []metric
	for _, unit := range []compare.Unit{compare.Fraction, compare.Nats, compare.Seconds, compare.Bytes} {
		for _, m := range compare.Metrics() {
			if m.Unit == unit && !m.Secondary {
				out = append(out, metric{m, tolerances[unit][0], tolerances[unit][1], !slices.Contains(always, m.Key)})
			}
		}
	}
	return out
})

// better is the direction of a tolerance of the metric.
func (m metric) better() string {
	if m.Lower {
		return Lower
	}
	return Higher
}

// Metrics returns the names of all metrics that a baseline may hold.
func Metrics() []string {
	var keys []string
	for _, m := range known() {
		keys = append(keys, m.Key)
	}
	return keys
}

// valid reports whether a run can have the value; rounding may add a little.
func (m metric) valid(v float64) bool {
	return finite(v) && v >= 0 && v <= m.Most*(1+1e-9)
}

// ofMachine reports whether a metric says more of the machine than of the models.
func (m metric) ofMachine() bool { return !m.Score }

// defaultMetrics are what two machines agree on.
func defaultMetrics() []string {
	var keys []string
	for _, m := range known() {
		if !m.ofMachine() {
			keys = append(keys, m.Key)
		}
	}
	return keys
}

func lookup(key string) (metric, bool) {
	for _, m := range known() {
		if m.Key == key {
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
	switch m.Unit {
	case compare.Nats:
		return fmt.Sprintf("%.4g", v)
	case compare.Seconds:
		return fmt.Sprintf("%.3g s", v)
	case compare.Bytes:
		return sizes.Size(v)
	}
	return fmt.Sprintf("%.2f", 100*v)
}

// showDifference is show with a sign.
func (m metric) showDifference(v float64) string {
	text := m.show(math.Abs(v))
	if m.Unit == compare.Fraction && strings.Trim(text, "0.") == "" && v != 0 {
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
