package table

import (
	"fmt"
	"math"
	"strings"
	"time"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// metric is a column that is measured: its value for one run and rule, and how
// it is shown.
type metric struct {
	Column
	score bool // of the predictions: more is better, unless Lower says that less is
	value func(results.Run, results.RuleResult) (float64, bool)
	note  string
	// papers is what the metric is computed of, and exact 1 for each paper that is all
	// right; nil where the metric is not of test papers, or says nothing of what is
	// right.
	papers func(PaperScores) (stats.Quantity, error)
	exact  func(PaperScores) ([]float64, error)
}

// better reports whether the value a is better than b.
func (m metric) better(a, b float64) bool { return (m.score && !m.Lower) == (a > b) }

// ofExact reports whether the metric is the share of papers that are all right.
func (m metric) ofExact() bool { return m.Key == exactKey || m.Key == accuracyKey }

func score(key, title, note string, get func(results.RuleResult) float64) metric {
	return metric{
		Column: Column{Key: key, Title: title, Unit: "fraction", Numeric: true},
		score:  true, note: note,
		value: func(_ results.Run, r results.RuleResult) (float64, bool) { return get(r), true },
	}
}

// validation is a score on the validation papers, which runs without these lack.
func validation(key, title, note string, get func(results.ValidationScores) float64) metric {
	m := score(key, title, note, nil)
	m.value = func(_ results.Run, r results.RuleResult) (float64, bool) {
		if r.Validation == nil {
			return 0, false
		}
		return get(*r.Validation), true
	}
	return m
}

func precisionAt(k int) metric {
	m := score(fmt.Sprintf("precision_at_%d", k), fmt.Sprintf("P@%d", k), "", nil)
	m.value = func(_ results.Run, r results.RuleResult) (float64, bool) { return r.All.At(k) }
	m.papers = func(p PaperScores) (stats.Quantity, error) { return stats.Mean(p.PrecisionAt[k]), nil }
	return m
}

// exactKey and accuracyKey are the columns on which McNemar's test decides: the
// same share of papers, by the name that it has where papers have several labels,
// and where they have one.
const (
	exactKey    = "subset_accuracy"
	accuracyKey = "accuracy"
)

// exact is the share of papers that are all right.
func exact(key, title, note string) metric {
	m := score(key, title, note, func(r results.RuleResult) float64 { return r.All.SubsetAccuracy })
	return overPapers(m, false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.Exact) }).withExact(false)
}

// loss is the cross entropy, which scores that are no probabilities lack.
func loss() metric {
	m := score("loss", "Loss", "Loss: mean over papers and categories of the binary cross entropy of probabilities, in nats, not percent; less is better", nil)
	m.Unit, m.Lower = "nats", true
	m.value = func(_ results.Run, r results.RuleResult) (float64, bool) {
		if r.All.Loss == nil {
			return 0, false
		}
		return *r.All.Loss, true
	}
	m.papers = func(p PaperScores) (stats.Quantity, error) { return stats.Mean(p.Loss), nil }
	return m
}

func metricsKnown() []metric {
	of := func(get func(metrics.Report) float64) func(results.RuleResult) float64 {
		return func(r results.RuleResult) float64 { return get(r.All) }
	}
	return []metric{
		overPapers(score("f1", "F1", "F1: mean over papers of each paper's F1, over all categories", of(func(r metrics.Report) float64 { return r.SampleF1 })),
			false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.F1) }).withExact(false),
		overPapers(score("master_f1", "Master F1", "Master F1: the same over master categories", func(r results.RuleResult) float64 { return r.Master.SampleF1 }),
			true, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.F1) }).withExact(true),
		overPapers(score("micro_f1", "Micro F1", "Micro F1: over all pairs of paper and category", of(func(r metrics.Report) float64 { return r.MicroF1 })),
			false, func(p metrics.PaperScores) stats.Quantity { return stats.Ratio{Of: p.Both, By: p.Either} }),
		macro(score("macro_f1", "Macro F1", "Macro F1: mean over categories", of(func(r metrics.Report) float64 { return r.MacroF1 }))),
		overPapers(score("precision", "Precision", "Precision, Recall: means over papers", of(func(r metrics.Report) float64 { return r.SamplePrecision })),
			false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.Precision) }),
		overPapers(score("recall", "Recall", "", of(func(r metrics.Report) float64 { return r.SampleRecall })),
			false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.Recall) }),
		exact(exactKey, "Exact", "Exact: share of papers whose categories are all right"),
		exact(accuracyKey, "Accuracy", "Accuracy: share of papers whose categories are all right"),
		loss(),
		validation("validation_f1", "Val. F1", "Val.: on the validation papers, by which a setting is chosen", func(v results.ValidationScores) float64 { return v.F1 }),
		validation("validation_master_f1", "Val. master F1", "", func(v results.ValidationScores) float64 { return v.MasterF1 }),
		withNote(precisionAt(1), "P@k: share of true categories among the k best-scoring"), precisionAt(3), precisionAt(5),
		{Column: Column{Key: "fit_seconds", Title: "Fit", Unit: "seconds", Numeric: true}, value: func(run results.Run, _ results.RuleResult) (float64, bool) {
			d, ok := run.Stage("fit")
			return d.Seconds(), ok
		}},
		{Column: Column{Key: "total_seconds", Title: "Total", Unit: "seconds", Numeric: true}, value: func(run results.Run, _ results.RuleResult) (float64, bool) {
			return run.Finished.Sub(run.Started).Seconds(), !run.Started.IsZero() && !run.Finished.IsZero()
		}},
		{Column: Column{Key: "peak_memory", Title: "Memory", Unit: "bytes", Numeric: true}, value: func(run results.Run, _ results.RuleResult) (float64, bool) {
			return float64(run.PeakMemory), run.PeakMemory > 0
		}, note: "Memory: peak of the whole process while the run lasted"},
	}
}

func withNote(m metric, note string) metric {
	m.note = note
	return m
}

// judge judges a run's papers over categories, or over master categories.
func (p PaperScores) judge(master bool) (metrics.PaperScores, error) {
	if master {
		return metrics.ByPaper(p.MasterPredicted, p.MasterTruth)
	}
	return metrics.ByPaper(p.Predicted, p.Truth)
}

func overPapers(m metric, master bool, quantity func(metrics.PaperScores) stats.Quantity) metric {
	m.papers = func(p PaperScores) (stats.Quantity, error) {
		judged, err := p.judge(master)
		if err != nil {
			return nil, err
		}
		return quantity(judged), nil
	}
	return m
}

func (m metric) withExact(master bool) metric {
	m.exact = func(p PaperScores) ([]float64, error) {
		judged, err := p.judge(master)
		return judged.Exact, err
	}
	return m
}

// macro is the mean of the categories' own F1s.
func macro(m metric) metric {
	m.papers = func(p PaperScores) (stats.Quantity, error) {
		if _, err := p.judge(false); err != nil {
			return nil, err
		}
		d := stats.NewDice(p.Truth.Cols)
		for i := range p.Truth.Rows() {
			d.Append(p.Predicted.Row(i), p.Truth.Row(i))
		}
		return d, nil
	}
	return m
}

// defaultColumns fit a terminal. Where a paper has one label, F1 under top:1 is
// the accuracy; the mean of the labels' own F1s shows what a frequent one hides.
func defaultColumns(exclusive bool) []string {
	if exclusive {
		return []string{accuracyKey, "loss", "macro_f1", "fit_seconds"}
	}
	return []string{"f1", "master_f1", "micro_f1", "macro_f1", "precision_at_1", "fit_seconds"}
}

// Columns returns the keys of the metrics that Options.Columns may name.
func Columns() []string {
	var keys []string
	for _, m := range metricsKnown() {
		keys = append(keys, m.Key)
	}
	return keys
}

func chooseMetrics(keys []string) ([]metric, error) {
	var chosen []metric
	for _, key := range keys {
		found := false
		for _, m := range metricsKnown() {
			if m.Key == key {
				chosen, found = append(chosen, m), true
			}
		}
		if !found {
			return nil, fault.Usagef("table: column %q is unknown: want some of %s", key, strings.Join(Columns(), ", "))
		}
	}
	return chosen, nil
}

// show writes a value of the unit for people.
func show(unit string, v float64) string {
	switch unit {
	case "fraction":
		return fmt.Sprintf("%.2f", 100*v)
	case "points":
		return strings.Replace(fmt.Sprintf("%+.2f", v), "-", "−", 1)
	case "nats":
		return fmt.Sprintf("%.3f", v)
	case "signed nats":
		return strings.Replace(fmt.Sprintf("%+.3f", v), "-", "−", 1)
	case "seconds":
		return showSeconds(v)
	case "bytes":
		return fmt.Sprintf("%.0f MiB", v/(1<<20))
	}
	return fmt.Sprintf("%g", v)
}

func showSeconds(v float64) string {
	switch {
	case v < 0.9995:
		return fmt.Sprintf("%.0f ms", 1000*v)
	case v < 99.95:
		return fmt.Sprintf("%.1f s", v)
	case v < 599.5:
		return fmt.Sprintf("%.0f s", v)
	}
	d := time.Duration(math.Round(v/60)) * time.Minute
	if d < time.Hour {
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %02d", int(d.Hours()), int(d.Minutes())%60)
}
