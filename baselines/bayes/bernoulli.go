package bayes

import (
	"context"
	"math"

	"assay/features"
	"assay/internal/frame"
)

// NewBernoulli returns a classifier that predicts each label by a Bernoulli naive
// Bayes model of its own, which knows only which terms a paper holds and learns from
// those that it does not hold as well (Manning, Raghavan and Schütze, Introduction
// to Information Retrieval, 2008, chapter 13). It takes *features.CSR, of which a
// value above 0 means that the paper holds the term; its scores are probabilities,
// those of scikit-learn's BernoulliNB under MultiOutputClassifier or
// OneVsRestClassifier.
//
// For P and P' papers with and without the label, n and n' of which hold term
// j, the log odds of a paper are
//
//	prior + Σ_{j in it} (ln (n+α)/(P+2α) − ln (n'+α)/(P'+2α))
//	      + Σ_{j not in it} (ln (P−n+α)/(P+2α) − ln (P'−n'+α)/(P'+2α))
//
// A label that no training paper carries scores 0, one that each carries 1.
//
// All counts are whole, so that every logarithm of the first sum, in which the
// denominators cancel against those of the second, lies in one table. Pairs of
// term and label that never met need no entry but the table's; see base.
func NewBernoulli(opt Options) *Classifier { return &Classifier{variant: &bernoulli, opt: opt} }

type bernoulliModel struct {
	empty []float64 // (C) log odds of a paper without terms
	own   []int32   // (C) P, papers with the label
	held  []int32   // (d) n+n', papers with the term
	logs  []float64 // ln(k+α) for each k from 0 to the number of papers
	cells cellTable // for a term in a paper, beyond base
}

const bernoulliMethod = "Bernoulli naive Bayes"

var bernoulli = variant{
	method: bernoulliMethod, kind: "naive_bayes.bernoulli", fit: onCounts(bernoulliMethod, true, newBernoulliModel),
	empty: func() model { return &bernoulliModel{} },
}

// newBernoulliModel uses counts up.
func newBernoulliModel(ctx context.Context, counts *termCounts, opt Options) (model, error) {
	m := &bernoulliModel{
		empty: counts.priors(opt.UniformPrior),
		own:   make([]int32, len(counts.labels)),
		held:  make([]int32, len(counts.termTotal)),
		logs:  make([]float64, int(counts.papers)+1),
	}
	for label, l := range counts.labels {
		m.own[label] = int32(l.papers)
	}
	for k := range m.logs {
		m.logs[k] = math.Log(float64(k) + opt.Alpha)
	}
	holders := make([]int, len(m.logs)) // terms by the number of papers that hold them
	for j, n := range counts.termTotal {
		m.held[j] = int32(n)
		holders[int(n)]++
	}
	var err error
	m.cells, err = counts.weigh(ctx, opt.Workers, func(label int, terms []int32, values []float64) {
		if _, is := counts.degenerate(label); is {
			return
		}
		m.empty[label] += m.absent(label, holders, terms, values, opt.Alpha)
		base := m.base(label)
		for k, j := range terms {
			n, held := int32(values[k]), m.held[j]
			weight := m.logs[n] - m.logs[held-n] - m.logs[m.own[label]-n] + m.logs[m.others(label)-held+n]
			values[k] = weight - base(held)
		}
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// others is the number of papers without the label, P'.
func (m *bernoulliModel) others(label int) int32 {
	return int32(len(m.logs)-1) - m.own[label]
}

// base returns the log odds that a term of held papers adds to a paper which
// holds it, if none of those papers carry the label: its weight when present
// less that when absent. Where more papers hold the term than are without the
// label, some carry it, and any value serves as the base of its cell.
func (m *bernoulliModel) base(label int) func(held int32) float64 {
	others, own := m.others(label), m.logs[m.own[label]]
	return func(held int32) float64 {
		return m.logs[0] - m.logs[held] - own + m.logs[max(others-held, 0)]
	}
}

// absent returns the log odds that a paper without terms adds to the prior.
// Terms that never met the label differ in the number of their papers only.
func (m *bernoulliModel) absent(label int, holders []int, terms []int32, values []float64, alpha float64) float64 {
	own, others := float64(m.own[label]), m.others(label)
	// Of ln (P−n+α)/(P+2α), with the share near 1, log1p loses no digits.
	never := func(held int32) float64 {
		return math.Log1p(-alpha/(own+2*alpha)) - math.Log1p(-(float64(held)+alpha)/(float64(others)+2*alpha))
	}
	sum := 0.0
	for held, n := range holders[:others+1] {
		if n > 0 {
			sum += float64(n) * never(int32(held))
		}
	}
	normal := math.Log(float64(others)+2*alpha) - math.Log(own+2*alpha)
	for k, j := range terms {
		n, held := int32(values[k]), m.held[j]
		both := m.logs[m.own[label]-n] - m.logs[others-held+n]
		if held <= others { // it was summed above, as if it had never met the label
			sum += both - m.logs[m.own[label]] + m.logs[others-held]
		} else {
			sum += both + normal
		}
	}
	return sum
}

func (m *bernoulliModel) dims() (features, labels int) { return len(m.held), len(m.own) }

func (m *bernoulliModel) check(x features.Matrix) error {
	_, err := sparse(bernoulliMethod+": score", x, false)
	return err
}

func (m *bernoulliModel) scorer(x features.Matrix) func(int, []float64) {
	papers := x.(*features.CSR)
	others := make([]int32, len(m.own))
	for c := range others {
		others[c] = m.others(c)
	}
	return func(i int, odds []float64) {
		copy(odds, m.empty)
		js, vs := papers.Row(i)
		terms, sum := 0.0, 0.0
		for k, j := range js {
			if !(vs[k] > 0) {
				continue
			}
			held := m.held[j]
			terms++
			sum += m.logs[0] - m.logs[held]
			for c, n := range others {
				odds[c] += m.logs[max(n-held, 0)]
			}
			labels, values := m.cells.term(j)
			values = values[:len(labels)]
			for p, c := range labels {
				odds[c] += values[p]
			}
		}
		for c := range odds {
			odds[c] += sum - terms*m.logs[m.own[c]]
		}
	}
}

func (m *bernoulliModel) encode(e *frame.Encoder) {
	e.Float64s(m.empty)
	e.Int32s(m.own)
	e.Int32s(m.held)
	e.Float64s(m.logs)
	m.cells.encode(e)
}

func (m *bernoulliModel) decode(d *frame.Decoder) {
	m.empty, m.own, m.held, m.logs = d.Float64s(), d.Int32s(), d.Int32s(), d.Float64s()
	if len(m.empty) == 0 || len(m.own) != len(m.empty) {
		d.Fail("%d labels with a prior, %d with a count", len(m.empty), len(m.own))
	}
	for _, counts := range [][]int32{m.own, m.held} {
		for _, n := range counts {
			if n < 0 || int(n) >= len(m.logs) {
				d.Fail("a count of %d papers of %d", n, len(m.logs)-1)
			}
		}
	}
	m.cells.decode(d, len(m.held), len(m.own))
}
