package compare

import (
	"fmt"
	"math"
	"sync"

	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// registry is the one list of all metrics: of predictions, of validation papers, of
// costs. A new metric is a new entry; tables, pictures, checks, runs diff and --where
// know it then. A number that metrics.Report lacks goes there first; stored runs lack it,
// so that its value must be false for them, as that of loss is.
var registry = sync.OnceValue(func() []Metric {
	of := func(get func(metrics.Report) float64) func(results.RuleResult) float64 {
		return func(r results.RuleResult) float64 { return get(r.All) }
	}
	f1 := overPapers(score("f1", "F1", "F1: mean over papers of each paper's F1, over all categories", of(func(r metrics.Report) float64 { return r.SampleF1 })),
		false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.F1) }).withExact(false)
	f1.kept = func(i *results.Intervals) *results.Interval { return &i.F1 }
	f1.published = func(p Published) float64 { return p.F1 }
	master := overPapers(score("master_f1", "Master F1", "Master F1: the same over master categories", func(r results.RuleResult) float64 { return r.Master.SampleF1 }),
		true, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.F1) }).withExact(true)
	master.kept = func(i *results.Intervals) *results.Interval { return &i.MasterF1 }
	master.published = func(p Published) float64 { return p.MasterF1 }
	return []Metric{
		f1, master,
		overPapers(score("micro_f1", "Micro F1", "Micro F1: over all pairs of paper and category", of(func(r metrics.Report) float64 { return r.MicroF1 })),
			false, func(p metrics.PaperScores) stats.Quantity { return stats.Ratio{Of: p.Both, By: p.Either} }),
		macro(score("macro_f1", "Macro F1", "Macro F1: mean over categories", of(func(r metrics.Report) float64 { return r.MacroF1 }))),
		overPapers(score("precision", "Precision", "Precision, Recall: means over papers", of(func(r metrics.Report) float64 { return r.SamplePrecision })),
			false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.Precision) }),
		overPapers(score("recall", "Recall", "", of(func(r metrics.Report) float64 { return r.SampleRecall })),
			false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.Recall) }),
		exact(SubsetAccuracy, "Subset accuracy", "Subset accuracy: share of papers whose categories are all right"),
		secondary(exact(Accuracy, "Accuracy", "Accuracy: share of papers whose categories are all right")),
		loss(),
		validation("validation_f1", "F1", "Val.: on the validation papers, by which a setting is chosen", func(v results.ValidationScores) float64 { return v.F1 }),
		validation("validation_master_f1", "master F1", "", func(v results.ValidationScores) float64 { return v.MasterF1 }),
		precisionAt(1, "P@k: share of true categories among the k best-scoring"), precisionAt(3, ""), precisionAt(5, ""),
		cost("fit_seconds", "Fit", Seconds, 1e9, func(r results.Run) (float64, bool) { // at most 32 years
			d, ok := r.Stage("fit")
			return d.Seconds(), ok
		}),
		secondary(cost("total_seconds", "Total", Seconds, 1e9, func(r results.Run) (float64, bool) {
			return r.Finished.Sub(r.Started).Seconds(), !r.Started.IsZero() && !r.Finished.IsZero()
		})),
		peakMemory(), validationLoss(),
	}
})

func secondary(m Metric) Metric {
	m.Secondary = true
	return m
}

func score(key, name, note string, get func(results.RuleResult) float64) Metric {
	return Metric{
		Key: key, Name: name, Title: name, Note: note, Unit: Fraction, Score: true, Most: 1,
		value: func(_ results.Run, r results.RuleResult, _ []results.Epoch) (float64, bool) { return get(r), true },
	}
}

// validation is a score on the validation papers, which runs without these lack.
func validation(key, of, note string, get func(results.ValidationScores) float64) Metric {
	m := score(key, "Validation "+of, note, nil)
	m.Title, m.Secondary = "Val. "+of, true
	m.value = func(_ results.Run, r results.RuleResult, _ []results.Epoch) (float64, bool) {
		if r.Validation == nil {
			return 0, false
		}
		return get(*r.Validation), true
	}
	return m
}

func precisionAt(k int, note string) Metric {
	m := score(fmt.Sprintf("precision_at_%d", k), fmt.Sprintf("Precision at %d", k), note, nil)
	m.Title = fmt.Sprintf("P@%d", k)
	m.value = func(_ results.Run, r results.RuleResult, _ []results.Epoch) (float64, bool) { return r.All.At(k) }
	m.papers = func(p PaperScores) (stats.Quantity, error) { return stats.Mean(p.PrecisionAt[k]), nil }
	return m
}

// exact is the share of papers that are all right.
func exact(key, name, note string) Metric {
	m := score(key, name, note, func(r results.RuleResult) float64 { return r.All.SubsetAccuracy })
	m.published = func(p Published) float64 { return p.Accuracy }
	return overPapers(m, false, func(p metrics.PaperScores) stats.Quantity { return stats.Mean(p.Exact) }).withExact(false)
}

// loss is the cross entropy, which scores that are no probabilities lack.
func loss() Metric {
	return Metric{
		Key: "loss", Name: "Loss", Title: "Loss", Unit: Nats, Lower: true, Score: true, Most: metrics.MostLoss,
		Note: "Loss: mean over papers and categories of the binary cross entropy of probabilities, in nats, not percent; less is better",
		value: func(_ results.Run, r results.RuleResult, _ []results.Epoch) (float64, bool) {
			if r.All.Loss == nil {
				return 0, false
			}
			return *r.All.Loss, true
		},
		papers:    func(p PaperScores) (stats.Quantity, error) { return stats.Mean(p.Loss), nil },
		published: func(p Published) float64 { return p.Loss },
	}
}

// validationLoss is that after the last epoch of a network.
func validationLoss() Metric {
	return Metric{
		Key: "validation_loss", Name: "Validation loss", Title: "Val. loss", Unit: Nats, Lower: true, Score: true, Most: math.Inf(1), ByEpoch: true,
		value: func(_ results.Run, _ results.RuleResult, epochs []results.Epoch) (float64, bool) {
			n := len(epochs)
			if n == 0 || epochs[n-1].ValidationLoss == nil {
				return 0, false
			}
			return *epochs[n-1].ValidationLoss, true
		},
	}
}

func peakMemory() Metric {
	m := cost("peak_memory", "Peak memory", Bytes, 1<<60, func(r results.Run) (float64, bool) { return float64(r.PeakMemory), r.PeakMemory > 0 })
	m.Title, m.Note = "Memory", "Memory: peak of the whole process while the run lasted"
	return m
}

func cost(key, name string, unit Unit, most float64, get func(results.Run) (float64, bool)) Metric {
	return Metric{
		Key: key, Name: name, Title: name, Unit: unit, Lower: true, Most: most,
		value: func(run results.Run, _ results.RuleResult, _ []results.Epoch) (float64, bool) { return get(run) },
	}
}

// byPaper scores a run's papers over categories, or over master categories.
func (p PaperScores) byPaper(master bool) (metrics.PaperScores, error) {
	if master {
		return metrics.ByPaper(p.MasterPredicted, p.MasterTruth)
	}
	return metrics.ByPaper(p.Predicted, p.Truth)
}

func overPapers(m Metric, master bool, quantity func(metrics.PaperScores) stats.Quantity) Metric {
	m.papers = func(p PaperScores) (stats.Quantity, error) {
		scores, err := p.byPaper(master)
		if err != nil {
			return nil, err
		}
		return quantity(scores), nil
	}
	return m
}

func (m Metric) withExact(master bool) Metric {
	m.exact = func(p PaperScores) ([]float64, error) {
		scores, err := p.byPaper(master)
		return scores.Exact, err
	}
	return m
}

// macro is the mean of the categories' own F1s.
func macro(m Metric) Metric {
	m.papers = func(p PaperScores) (stats.Quantity, error) {
		if _, err := p.byPaper(false); err != nil {
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
