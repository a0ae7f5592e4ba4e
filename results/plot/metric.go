package plot

import (
	"math"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// level is that of every interval over seeds.
const level = 0.95

// metric is a number of a run under a rule, in the unit that its axis shows.
type metric struct {
	key, label string
	score      bool // of predictions; the others do not depend on the rule
	value      func(results.Run, results.RuleResult) (float64, bool)
	// papers returns the interval over test papers, nil where none is kept.
	papers func(*results.Intervals) results.Interval
	// published returns what others report; nil where it is not asked for.
	published func(Published) float64
}

func score(key, label string, get func(results.RuleResult) float64) metric {
	return metric{key: key, label: label + ", %", score: true, value: func(_ results.Run, r results.RuleResult) (float64, bool) {
		return 100 * get(r), true
	}}
}

func precisionAt(key, label string, k int) metric {
	return metric{key: key, label: label + ", %", score: true, value: func(_ results.Run, r results.RuleResult) (float64, bool) {
		p, ok := r.All.At(k)
		return 100 * p, ok
	}}
}

func known() []metric {
	of := func(get func(metrics.Report) float64) func(results.RuleResult) float64 {
		return func(r results.RuleResult) float64 { return get(r.All) }
	}
	f1 := score("f1", "F1", of(func(r metrics.Report) float64 { return r.SampleF1 }))
	f1.papers = func(i *results.Intervals) results.Interval { return i.F1 }
	f1.published = func(p Published) float64 { return 100 * p.F1 }
	master := score("master_f1", "Master F1", func(r results.RuleResult) float64 { return r.Master.SampleF1 })
	master.papers = func(i *results.Intervals) results.Interval { return i.MasterF1 }
	master.published = func(p Published) float64 { return 100 * p.MasterF1 }
	accuracy := score("accuracy", "Accuracy", of(func(r metrics.Report) float64 { return r.SubsetAccuracy }))
	accuracy.published = func(p Published) float64 { return 100 * p.Accuracy }
	loss := metric{key: "loss", label: "Loss, nats", value: func(_ results.Run, r results.RuleResult) (float64, bool) {
		if r.All.Loss == nil {
			return 0, false
		}
		return *r.All.Loss, true
	}, published: func(p Published) float64 { return p.Loss }}
	return []metric{
		f1, master,
		score("micro_f1", "Micro F1", of(func(r metrics.Report) float64 { return r.MicroF1 })),
		score("macro_f1", "Macro F1", of(func(r metrics.Report) float64 { return r.MacroF1 })),
		score("precision", "Precision", of(func(r metrics.Report) float64 { return r.SamplePrecision })),
		score("recall", "Recall", of(func(r metrics.Report) float64 { return r.SampleRecall })),
		accuracy,
		score("subset_accuracy", "Exact matches", of(func(r metrics.Report) float64 { return r.SubsetAccuracy })),
		precisionAt("precision_at_1", "Precision at 1", 1),
		precisionAt("precision_at_3", "Precision at 3", 3),
		precisionAt("precision_at_5", "Precision at 5", 5),
		loss,
		{key: "fit_seconds", label: "Fit, s", value: func(r results.Run, _ results.RuleResult) (float64, bool) {
			d, ok := r.Stage("fit")
			return d.Seconds(), ok
		}},
		{key: "peak_memory", label: "Peak memory, GiB", value: func(r results.Run, _ results.RuleResult) (float64, bool) {
			return float64(r.PeakMemory) / (1 << 30), r.PeakMemory > 0
		}},
	}
}

// Metrics returns the keys that Options.Metrics may name.
func Metrics() []string {
	var keys []string
	for _, m := range known() {
		keys = append(keys, m.key)
	}
	return keys
}

// chooseMetrics returns the metrics of the keys, F1 where there are none.
func chooseMetrics(keys []string) ([]metric, error) {
	if len(keys) == 0 {
		keys = []string{"f1"}
	}
	var chosen []metric
	for _, key := range keys {
		i := slices.IndexFunc(known(), func(m metric) bool { return m.key == key })
		if i < 0 {
			return nil, fault.Usagef("plot: metric %q is unknown%s: want some of %s", key, suggest.Hint(key, Metrics()), strings.Join(Metrics(), ", "))
		}
		chosen = append(chosen, known()[i])
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
	of       results.Replicates
	values   []float64 // of its runs
}

// estimate joins replicates, equal ones as one; false where a run lacks the metric, since the mean
// of the others would be of something else, or where it is not finite.
func (m metric) estimate(rule metrics.Rule, runs []results.Run) (estimate, bool) {
	e := estimate{of: results.Join(runs)}
	for _, r := range e.of.Runs {
		res, ok := r.Result(rule)
		if !ok {
			return estimate{}, false
		}
		v, ok := m.value(r, res)
		if !ok {
			return estimate{}, false
		}
		e.values = append(e.values, v)
	}
	s, err := stats.Summarize(e.values, level)
	if err != nil {
		return estimate{}, false
	}
	e.mean = s.Mean
	if s.HasInterval() {
		e.interval, e.source = &Range{s.Mean - s.HalfWidth, s.Mean + s.HalfWidth}, overSeeds
		if m.score { // few seeds reach far beyond what a score can be
			e.interval.Low, e.interval.High = max(e.interval.Low, 0), min(e.interval.High, 100)
		}
		return e, true
	}
	if res, _ := runs[0].Result(rule); len(e.of.Runs) == 1 && m.papers != nil && res.Intervals != nil {
		i := m.papers(res.Intervals)
		if !math.IsNaN(i.Low) && !math.IsNaN(i.High) {
			e.interval, e.source = &Range{100 * i.Low, 100 * i.High}, overPapers
		}
	}
	return e, true
}
