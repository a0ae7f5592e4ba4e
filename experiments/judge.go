package experiments

import (
	"assay/corpus"
	"assay/internal/multilabel"
	"assay/results"
	"assay/results/metrics"
)

// judge applies every decision rule: chosen on validation, reported on test.
// The F1s on validation papers are what sweeps choose by.
func (s *Session) judge(data *dataset, validation, test *multilabel.Scores) ([]results.RuleResult, error) {
	var out []results.RuleResult
	for _, text := range s.Config.Decision.Rules {
		rule, err := metrics.ParseRule(text)
		if err != nil {
			return nil, err
		}
		decision, err := rule.Fit(validation, data.labels[corpus.Validation])
		if err != nil {
			return nil, err
		}
		result := results.RuleResult{Decision: decision}
		if result.All, result.Master, err = data.evaluate(decision, test, corpus.Test); err != nil {
			return nil, err
		}
		if validation != nil {
			all, master, err := data.evaluate(decision, validation, corpus.Validation)
			if err != nil {
				return nil, err
			}
			result.Validation = &results.ValidationScores{F1: all.SampleF1, MasterF1: master.SampleF1}
		}
		out = append(out, result)
	}
	return out, nil
}

// evaluate reports how a decision does on the papers of a part, over categories
// and over master categories.
func (d *dataset) evaluate(decision metrics.Decision, scores *multilabel.Scores, part corpus.Part) (all, master metrics.Report, err error) {
	predicted, err := decision.Apply(scores)
	if err != nil {
		return all, master, err
	}
	truth := d.labels[part]
	if all, err = metrics.Evaluate(predicted, truth, scores); err != nil {
		return all, master, err
	}
	groups, n := d.taxonomy.GroupOf(), len(d.taxonomy.Groups)
	master, err = metrics.Evaluate(predicted.Map(groups, n), truth.Map(groups, n), nil)
	return all, master, err
}
