package bayes

import (
	"context"
	"math"

	"assay/features"
	"assay/internal/frame"
)

// NewMultinomial returns a classifier that predicts each label by a multinomial
// naive Bayes model of its own: the papers that carry the label against those that
// do not (Manning, Raghavan and Schütze, Introduction to Information Retrieval,
// 2008, chapter 13). It takes *features.CSR without negative values, such as counts;
// its scores are probabilities, those of scikit-learn's MultinomialNB under
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
func NewMultinomial(opt Options) *Classifier { return &Classifier{variant: &multinomial, opt: opt} }

type multinomialModel struct {
	prior   []float64 // (C)
	byLabel []float64 // (C) for each occurrence of any term
	byTerm  []float64 // (d) for each occurrence of the term
	cells   cellTable // for each occurrence of the term, beyond the two
}

const multinomialMethod = "multinomial naive Bayes"

var multinomial = variant{
	method: multinomialMethod, kind: "naive_bayes.multinomial", fit: onCounts(multinomialMethod, false, newMultinomialModel),
	empty: func() model { return &multinomialModel{} },
}

// newMultinomialModel uses counts up.
func newMultinomialModel(ctx context.Context, counts *termCounts, opt Options) (model, error) {
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

func (m *multinomialModel) encode(e *frame.Encoder) {
	e.Float64s(m.prior)
	e.Float64s(m.byLabel)
	e.Float64s(m.byTerm)
	m.cells.encode(e)
}

func (m *multinomialModel) decode(d *frame.Decoder) {
	m.prior, m.byLabel, m.byTerm = d.Float64s(), d.Float64s(), d.Float64s()
	if len(m.prior) == 0 || len(m.byLabel) != len(m.prior) {
		d.Fail("%d priors and %d weights of labels", len(m.prior), len(m.byLabel))
	}
	m.cells.decode(d, len(m.byTerm), len(m.prior))
}
