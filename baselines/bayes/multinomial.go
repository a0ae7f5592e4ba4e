package bayes

import (
	"context"
	"fmt"
	"io"
	"math"

	"assay/classifier"
	"assay/features"
	"assay/internal/frame"
	"assay/internal/multilabel"
)

// Multinomial predicts each label by a multinomial naive Bayes model of its
// own: the papers that carry the label against those that do not (Manning,
// Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter
// 13). It takes *features.CSR without negative values, such as counts; its
// scores are probabilities, those of scikit-learn's MultinomialNB under
// MultiOutputClassifier or OneVsRestClassifier.
//
// For N and N' occurrences of terms in the papers with and without the label,
// n and n' of them of term j, over d terms, the log odds of a paper x are
//
//	prior + Σ_j x_j (ln (n+α)/(N+αd) − ln (n'+α)/(N'+αd))
//
// A label that no training paper carries scores 0, one that each carries 1.
//
// A term that no paper with the label holds has log odds that are a sum of one
// part by label and one by term. Only what the others have beyond that is
// kept by pair of term and label.
type Multinomial struct {
	opt   Options
	model *multinomialModel // nil before Fit or Load
}

type multinomialModel struct {
	prior   []float64 // (C)
	byLabel []float64 // (C) for each occurrence of any term
	byTerm  []float64 // (d) for each occurrence of the term
	cells   cellTable // for each occurrence of the term, beyond the two
}

const (
	multinomialMethod = "multinomial naive Bayes"
	multinomialKind   = "naive_bayes.multinomial"
)

// NewMultinomial returns a classifier to be fitted. Options are checked by
// Fit and Scores.
func NewMultinomial(opt Options) *Multinomial { return &Multinomial{opt: opt} }

// Fit implements classifier.Classifier; validation is not used.
func (nb *Multinomial) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	nb.model = nil
	m, err := fitCounts(ctx, multinomialMethod, nb.opt, train, false, newMultinomialModel)
	if err != nil {
		return err
	}
	nb.model = m
	return nil
}

// newMultinomialModel uses counts up.
func newMultinomialModel(ctx context.Context, counts *termCounts, opt Options) (*multinomialModel, error) {
	a, d := opt.Alpha, float64(len(counts.termTotal))
	m := &multinomialModel{
		prior:   counts.priors(opt.UniformPrior),
		byLabel: make([]float64, len(counts.labels)),
		byTerm:  make([]float64, len(counts.termTotal)),
	}
	for label, l := range counts.labels {
		if _, is := counts.degenerate(label); !is {
			m.byLabel[label] = math.Log(max(counts.total-l.total, 0)+a*d) - math.Log(l.total+a*d)
		}
	}
	logA := math.Log(a)
	for j, n := range counts.termTotal {
		m.byTerm[j] = logA - math.Log(n+a)
	}
	var err error
	m.cells, err = counts.weigh(ctx, opt.Workers, func(_ int, terms []int32, values []float64) {
		for k, j := range terms {
			n := values[k]
			values[k] = math.Log(n+a) - math.Log(max(counts.termTotal[j]-n, 0)+a) - m.byTerm[j]
		}
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Scores implements classifier.Classifier.
func (nb *Multinomial) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if nb.model == nil {
		return nil, fmt.Errorf("baselines: %s: score: %w", multinomialMethod, classifier.ErrNotFitted)
	}
	opt, err := nb.opt.withDefaults()
	if err != nil {
		return nil, err
	}
	return score(ctx, nb.model, x, opt.Workers)
}

// Probabilities implements classifier.Classifier.
func (nb *Multinomial) Probabilities() bool { return true }

func (m *multinomialModel) dims() (features, labels int) { return len(m.byTerm), len(m.prior) }

func (m *multinomialModel) check(x features.Matrix) error {
	_, err := sparse(multinomialMethod+": score", x, true)
	return err
}

func (m *multinomialModel) scorer(x features.Matrix) func(int, []float64) {
	papers := x.(*features.CSR)
	return func(i int, odds []float64) {
		js, vs := papers.Row(i)
		length, terms := 0.0, 0.0
		for k, j := range js {
			length += float64(vs[k])
			terms += float64(vs[k]) * m.byTerm[j]
		}
		for c := range odds {
			odds[c] = m.prior[c] + terms + length*m.byLabel[c]
		}
		for k, j := range js {
			v := float64(vs[k])
			labels, values := m.cells.term(j)
			values = values[:len(labels)]
			for p, c := range labels {
				odds[c] += v * values[p]
			}
		}
	}
}

// Save implements classifier.Classifier.
func (nb *Multinomial) Save(w io.Writer) error {
	m := nb.model
	if m == nil {
		return fmt.Errorf("baselines: %s: save: %w", multinomialMethod, classifier.ErrNotFitted)
	}
	return classifier.WriteModel(w, multinomialKind, 1, func(e *frame.Encoder) {
		e.Float64s(m.prior)
		e.Float64s(m.byLabel)
		e.Float64s(m.byTerm)
		m.cells.encode(e)
	})
}

// Load implements classifier.Classifier.
func (nb *Multinomial) Load(r io.Reader) error {
	nb.model = nil
	m := &multinomialModel{}
	err := classifier.ReadModel(r, multinomialKind, 1, func(d *frame.Decoder) {
		m.prior, m.byLabel, m.byTerm = d.Float64s(), d.Float64s(), d.Float64s()
		if len(m.prior) == 0 || len(m.byLabel) != len(m.prior) {
			d.Fail("%d priors and %d weights of labels", len(m.prior), len(m.byLabel))
		}
		m.cells.decode(d, len(m.byTerm), len(m.prior))
	})
	if err != nil {
		return err
	}
	nb.model = m
	return nil
}
