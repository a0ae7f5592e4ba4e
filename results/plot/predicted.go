package plot

import (
	"fmt"
	"slices"

	"assay/internal/fault"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// Load returns what a run predicted for its test papers.
type Load func(results.Run) (results.Predictions, error)

// mostPredicted is how many settings Confidence and Calibration draw at most.
const mostPredicted = 12

// outcomes are predictions, each with its probability and whether it came true.
type outcomes struct {
	p     []float64
	right []bool
}

func (o *outcomes) add(p float64, right bool) { o.p, o.right = append(o.p, p), append(o.right, right) }

// pool joins the outcomes of seeds.
func pool(seeds []outcomes) outcomes {
	var all outcomes
	for _, s := range seeds {
		all.p, all.right = append(all.p, s.p...), append(all.right, s.right...)
	}
	return all
}

// predicted are the settings of finished runs.
type predicted struct {
	opt    Options
	groups []*group
	rule   metrics.Rule
	labels int
	notes  []string // on what is left out
	title  string
}

func newPredicted(runs []results.Run, opt Options) (*predicted, error) {
	if len(opt.Metrics) > 0 {
		return nil, fault.Usagef("plot: this picture is of probabilities, not of a metric: leave out --metric")
	}
	s, err := selectDone(runs, opt)
	if err != nil {
		return nil, err
	}
	p := &predicted{opt: opt, title: title(opt, s.runs), labels: s.runs[0].Data.Labels, groups: s.groups, notes: s.notes()}
	if p.rule, err = s.rule(); err != nil {
		return nil, err
	}
	if n := len(p.groups); n > mostPredicted {
		return nil, fault.Usagef("plot: %d models do not fit into one picture, which holds %d: choose some with --model or --where", n, mostPredicted)
	}
	for _, g := range p.groups {
		g.runs = results.Join(g.runs).Runs
		if !opt.Exclusive {
			g.runs = compare.Under(p.rule, g.runs).Runs
		}
	}
	p.groups = slices.DeleteFunc(p.groups, func(g *group) bool { return len(g.runs) == 0 })
	return p, nil
}

// seeds reduces the predictions of a setting's runs, one run at a time.
func (p *predicted) seeds(g *group, load Load, reduce func(results.Run, results.Predictions) (outcomes, error)) ([]outcomes, error) {
	var out []outcomes
	for _, r := range g.runs {
		pred, err := load(r)
		if err != nil {
			return nil, err
		}
		o, err := reduce(r, pred)
		if err != nil {
			return nil, fmt.Errorf("plot: predictions of %s: %w", r.Trial, err)
		}
		for i, v := range o.p {
			if !(v >= 0 && v <= 1) {
				return nil, fault.Usagef("plot: %s scored a label %v, which is no probability (score %d of those drawn): leave the model out with --model", r.Trial, v, i+1)
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// assigned are the labels that are given to papers: of exclusive ones the
// likeliest, of others those that the rule picks.
func (p *predicted) assigned(r results.Run, pred results.Predictions) (outcomes, error) {
	var o outcomes
	decision, err := p.decision(r)
	if err != nil {
		return o, err
	}
	labels, err := decision.Apply(pred.Scores)
	if err != nil {
		return o, err
	}
	for i := range labels.Rows() {
		truth := pred.Truth.Row(i)
		for _, c := range labels.Row(i) {
			_, right := slices.BinarySearch(truth, c)
			o.add(pred.Scores.Row(i)[c], right)
		}
	}
	return o, nil
}

func (p *predicted) decision(r results.Run) (metrics.Decision, error) {
	if p.opt.Exclusive {
		likeliest, err := metrics.ParseRule("top:1")
		if err != nil {
			return metrics.Decision{}, err
		}
		return likeliest.Fit(nil, nil)
	}
	res, ok := r.Result(p.rule)
	if !ok {
		return metrics.Decision{}, fault.Usagef("there is no result by the rule %s", p.rule)
	}
	return res.Decision, nil
}

// every are all labels of all papers.
func every(_ results.Run, pred results.Predictions) (outcomes, error) {
	var o outcomes
	for i := range pred.Scores.Rows() {
		truth := pred.Truth.Row(i)
		for c, v := range pred.Scores.Row(i) {
			_, right := slices.BinarySearch(truth, int32(c))
			o.add(v, right)
		}
	}
	return o, nil
}

// two reports whether the labels are two of which each paper has one: the chosen
// one then has a probability of a half at least.
func (p *predicted) two() bool { return p.opt.Exclusive && p.labels == 2 }

// seedsNote says that replicates are drawn together.
func (p *predicted) seedsNote() []string {
	fewest, most := len(p.groups[0].runs), 0
	for _, g := range p.groups {
		fewest, most = min(fewest, len(g.runs)), max(most, len(g.runs))
	}
	switch {
	case most == 1:
		return nil
	case fewest == most:
		return []string{fmt.Sprintf("%d seeds together.", most)}
	}
	return []string{fmt.Sprintf("%d to %d seeds together.", fewest, most)}
}
