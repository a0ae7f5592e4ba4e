package experiments

import (
	"assay/corpus"
	"assay/internal/multilabel"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// evaluate applies every decision rule: chosen on validation, reported on test.
// The F1s on validation papers are what sweeps choose by. Scores that are
// probabilities have a loss, the same under each rule.
func (s *Session) evaluate(data *dataset, validation, test *multilabel.Scores, probabilities bool) ([]results.RuleResult, error) {
	var out []results.RuleResult
	var loss *float64
	if probabilities {
		v, err := metrics.Loss(test, data.labels[corpus.Test])
		if err != nil {
			return nil, err
		}
		loss = &v
	}
	var papers [][]float64 // F1 and master F1 of each test paper, rule by rule
	for _, text := range s.Config.Decision.Rules {
		rule, err := metrics.ParseRule(text)
		if err != nil {
			return nil, err
		}
		decision, err := rule.Fit(validation, data.labels[corpus.Validation])
		if err != nil {
			return nil, err
		}
		tested, err := data.apply(decision, test, corpus.Test)
		if err != nil {
			return nil, err
		}
		result := results.RuleResult{Decision: decision}
		if result.All, result.Master, err = tested.reports(test); err != nil {
			return nil, err
		}
		result.All.Loss = loss
		all, master, err := tested.papers()
		if err != nil {
			return nil, err
		}
		papers = append(papers, all.F1, master.F1)
		if validation != nil {
			if result.Validation, err = data.validate(decision, validation); err != nil {
				return nil, err
			}
		}
		out = append(out, result)
	}
	return out, addIntervals(out, papers)
}

// validate returns the F1s that a decision reaches on the validation papers.
func (d *dataset) validate(decision metrics.Decision, scores *multilabel.Scores) (*results.ValidationScores, error) {
	j, err := d.apply(decision, scores, corpus.Validation)
	if err != nil {
		return nil, err
	}
	all, master, err := j.reports(nil)
	return &results.ValidationScores{F1: all.SampleF1, MasterF1: master.SampleF1}, err
}

// addIntervals says how sure the F1s are, as far as the choice of papers goes;
// papers are two columns a result. The same predictions give the same intervals.
func addIntervals(out []results.RuleResult, papers [][]float64) error {
	if len(out) == 0 {
		return nil
	}
	r, err := stats.Resample(papers, stats.Resamples, stats.Seed())
	if err != nil {
		return err
	}
	for i := range out {
		out[i].Intervals = &results.Intervals{
			Level: stats.Level, Resamples: stats.Resamples,
			F1:       results.Interval(r.Estimate(2 * i).Interval(stats.Level)),
			MasterF1: results.Interval(r.Estimate(2*i + 1).Interval(stats.Level)),
		}
	}
	return nil
}

// applied is what a decision predicts for papers beside their truth, over
// categories and over master categories.
type applied struct {
	predicted, truth             *multilabel.Matrix
	masterPredicted, masterTruth *multilabel.Matrix
}

// apply applies a decision to the scores of the papers of a part.
func (d *dataset) apply(decision metrics.Decision, scores *multilabel.Scores, part corpus.Part) (applied, error) {
	return applyTo(decision, scores, d.labels[part], d.taxonomy.GroupOf(), len(d.taxonomy.Groups))
}

// applyTo applies a decision to scores; label c belongs to master category
// groups[c] of n.
func applyTo(decision metrics.Decision, scores *multilabel.Scores, truth *multilabel.Matrix, groups []int32, n int) (applied, error) {
	predicted, err := decision.Apply(scores)
	if err != nil {
		return applied{}, err
	}
	return applied{predicted, truth, predicted.Map(groups, n), truth.Map(groups, n)}, nil
}

// reports evaluates all papers together; scores may be nil.
func (j applied) reports(scores *multilabel.Scores) (all, master metrics.Report, err error) {
	if all, err = metrics.Evaluate(j.predicted, j.truth, scores); err != nil {
		return all, master, err
	}
	master, err = metrics.Evaluate(j.masterPredicted, j.masterTruth, nil)
	return all, master, err
}

// papers evaluates each paper by itself.
func (j applied) papers() (all, master metrics.PaperScores, err error) {
	if all, err = metrics.ByPaper(j.predicted, j.truth); err != nil {
		return all, master, err
	}
	master, err = metrics.ByPaper(j.masterPredicted, j.masterTruth)
	return all, master, err
}
