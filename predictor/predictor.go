// Package predictor tells the categories of new papers by a trained model. A predictor
// is what a run keeps in its model folder, which is complete in itself: it predicts
// where neither corpus nor word vectors nor run store are.
//
//	p, err := predictor.Load(os.DirFS("results/runs/paper/naive-bayes-s1-…/model"), 0)
//	decision, err := p.Decision("")
//	predictions, err := p.Predict(ctx, papers, decision, 0)
//
// Title and abstract go through the encoder of the run's features, its classifier and
// one of its decision rules. The scores of the run's own test papers are those that the
// run has stored, to the bit.
package predictor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"assay/classifier"
	"assay/corpus"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/results/metrics"
)

// Run says which run a predictor comes from.
type Run struct {
	Experiment string `json:"experiment"`
	Trial      string `json:"trial"`
	Model      string `json:"model"` // its name in the experiment
	Kind       string `json:"kind"`
	Backend    string `json:"backend"`
	Data       string `json:"data"` // the papers that it has learnt from, in words
}

// Category is a label that a paper can be given.
type Category struct {
	ID     string `json:"id"`               // such as cs.LG
	Name   string `json:"name"`             // such as Machine Learning
	Master string `json:"master,omitempty"` // id of its master category; of topics none
}

// Predictor is a trained model with all that leads from a paper to its categories. It
// is safe for concurrent use.
type Predictor struct {
	Run        Run
	Taxonomy   string
	Categories []Category // in the order of the scores' columns
	Decisions  []metrics.Decision

	encoder *features.Encoder
	model   classifier.Classifier
	workers int
}

// Paper is what a prediction is made from.
type Paper struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Abstract string `json:"abstract"`
}

// New returns the predictor of a fitted model; the decisions are those of the run, the
// encoder that of the features which the model has learnt from.
func New(run Run, taxonomy *corpus.Taxonomy, decisions []metrics.Decision, encoder *features.Encoder, model classifier.Classifier) *Predictor {
	if own, ok := model.(interface{ OwnVectors() bool }); ok && own.OwnVectors() {
		encoder = encoder.Fixed()
	}
	p := &Predictor{Run: run, Taxonomy: taxonomy.Name, Decisions: decisions, encoder: encoder, model: model}
	for _, c := range taxonomy.Categories {
		category := Category{ID: c.ID, Name: c.Name}
		if !taxonomy.Exclusive {
			category.Master = taxonomy.Groups[c.Group].ID
		}
		p.Categories = append(p.Categories, category)
	}
	return p
}

// Decision returns the decision of a rule: one of the run's, or a rule that needs no
// validation papers. "" is the run's tuned rule, or the first that it has. Any other
// rule is a usage error.
func (p *Predictor) Decision(rule string) (metrics.Decision, error) {
	if len(p.Decisions) > 0 && rule == "" {
		for _, d := range p.Decisions {
			if d.Rule.NeedsValidation() {
				return d, nil
			}
		}
		return p.Decisions[0], nil
	}
	wanted, err := metrics.ParseRule(cmp.Or(rule, "fixed:0.5"))
	if err != nil {
		return metrics.Decision{}, err
	}
	var known []string
	for _, d := range p.Decisions {
		if d.Rule == wanted {
			return d, nil
		}
		known = append(known, d.Rule.String())
	}
	if wanted.NeedsValidation() {
		return metrics.Decision{}, fault.Usagef("predict: the run chose no threshold by rule %q; it has %q, and fixed:X and top:K need none", wanted, known)
	}
	return wanted.Fit(nil, nil)
}

// Scores returns the model's scores (papers, categories). A paper's do not depend on
// the papers beside it.
func (p *Predictor) Scores(ctx context.Context, papers []Paper) (*multilabel.Scores, error) {
	in := make([]corpus.Paper, len(papers))
	for i, paper := range papers {
		in[i] = corpus.Paper{Title: paper.Title, Abstract: paper.Abstract}
	}
	x, err := p.encoder.Encode(ctx, in, p.workers)
	if err != nil {
		return nil, err
	}
	var scores *multilabel.Scores
	if padded, ok := p.model.(interface{ PadsTogether() bool }); ok && padded.PadsTogether() {
		scores, err = p.scoreByLength(ctx, x)
	} else {
		scores, err = p.model.Scores(ctx, x)
	}
	if err == nil && (scores.Cols != len(p.Categories) || scores.Rows() != len(papers)) {
		err = fault.Usagef("predict: the model scores %d papers for %d categories, where %d and %d are wanted: its files are of different models", scores.Rows(), scores.Cols, len(papers), len(p.Categories))
	}
	return scores, err
}

// scoreByLength scores papers of equal length together. A network that does not mask
// padding reads on behind the end of a paper that is batched with a longer one: only
// without padding does a paper have scores of its own.
func (p *Predictor) scoreByLength(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	s, ok := x.(*features.Sequences)
	if !ok {
		return nil, errors.New("predict: padding of papers that are no sequences")
	}
	byLength := map[int][]int{}
	for i, ids := range s.Papers {
		byLength[len(ids)] = append(byLength[len(ids)], i)
	}
	out := multilabel.NewScores(len(s.Papers), len(p.Categories))
	for _, rows := range byLength {
		scores, err := p.model.Scores(ctx, s.Select(rows))
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			copy(out.Row(row), scores.Row(i))
		}
	}
	return out, nil
}

// Scored is a category with its score for one paper.
type Scored struct {
	Category
	Probability float64 `json:"probability"`
	Predicted   bool    `json:"predicted"` // by the decision
}

// Prediction is what is told of one paper.
type Prediction struct {
	Paper      Paper    `json:"-"`
	Categories []Scored `json:"categories"` // the best first
}

// Predict returns the predictions for papers, in their order: the categories that the
// decision gives, or the top best-scoring ones where top is above 0. Of equal scores
// the category that stands first in the taxonomy is the better one.
func (p *Predictor) Predict(ctx context.Context, papers []Paper, decision metrics.Decision, top int) ([]Prediction, error) {
	scores, err := p.Scores(ctx, papers)
	if err != nil {
		return nil, err
	}
	predicted, err := decision.Apply(scores)
	if err != nil {
		return nil, err
	}
	out := make([]Prediction, len(papers))
	for i, paper := range papers {
		row, labels := scores.Row(i), predicted.Row(i)
		var categories []Scored
		for c, score := range row {
			if _, given := slices.BinarySearch(labels, int32(c)); given || top > 0 {
				categories = append(categories, Scored{p.Categories[c], score, given})
			}
		}
		slices.SortStableFunc(categories, func(a, b Scored) int { return cmp.Compare(b.Probability, a.Probability) })
		if top > 0 {
			categories = slices.Clone(categories[:min(top, len(categories))])
		}
		out[i] = Prediction{paper, categories}
	}
	return out, nil
}

// Loss says in words what the model folder does not hold of the word vectors that the
// model saw papers through; "" where it holds all.
func (p *Predictor) Loss() string { return p.encoder.Loss() }

// String names the predictor's run in a line.
func (p *Predictor) String() string {
	return fmt.Sprintf("%s (%s/%s), %d categories of %s", p.Run.Model, p.Run.Experiment, p.Run.Trial, len(p.Categories), p.Taxonomy)
}
