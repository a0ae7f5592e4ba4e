package bayes

import (
	"context"
	"fmt"
	"math"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/multilabel"
	"assay/internal/parallel"
	"assay/internal/progress"
)

// NewGaussian returns a classifier that predicts each label by a Gaussian naive
// Bayes model of its own: within the papers that carry the label, and within those
// that do not, each feature is normally distributed and independent of the others.
// It takes *features.Dense, such as vectors of papers; its scores are probabilities,
// those of scikit-learn's GaussianNB under MultiOutputClassifier or
// OneVsRestClassifier on the same features in float64.
//
// Variances are those of the papers (divided by their number), raised by
// VarSmoothing times the largest variance of any feature over all papers. If
// no feature varies at all, they are raised by VarSmoothing itself, where
// scikit-learn divides by zero.
//
// A label that no training paper carries scores 0, one that each carries 1.
func NewGaussian(opt Options) *Classifier { return &Classifier{variant: &gaussian, opt: opt} }

// gaussianModel holds, for the papers without (0) and with (1) each label, the
// means (C, d) and the inverse variances (C, d).
type gaussianModel struct {
	features int
	prior    []float64 // (C), with the logarithms of the variances
	mean     [2][]float64
	inverse  [2][]float64
}

const gaussianMethod = "Gaussian naive Bayes"

var gaussian = variant{
	method: gaussianMethod, kind: "naive_bayes.gaussian", fit: fitGaussian,
	empty: func() model { return &gaussianModel{} },
}

// gaussianPapers returns papers in the form that the model reads, checked.
func gaussianPapers(action string, x features.Matrix) (*features.Dense, error) {
	m, ok := x.(*features.Dense)
	if !ok {
		return nil, fault.Usagef("baselines: %s: %s: features of kind %T: want *features.Dense (the multinomial and Bernoulli models take sparse ones)", gaussianMethod, action, x)
	}
	if err := m.Check(); err != nil {
		return nil, fault.Usage(fmt.Errorf("baselines: %s: %s: %w", gaussianMethod, action, err))
	}
	return m, nil
}

// moments are the mean of each feature over some papers, and the sum of the
// squared distances from it.
type moments struct {
	mean, m2 []float64
}

// measure returns the moments of the given papers, of all if rows is nil, in
// two passes.
func measure(ctx context.Context, x *features.Dense, rows []int32, n int) (moments, error) {
	s := moments{make([]float64, x.Cols), make([]float64, x.Cols)}
	at := func(k int) []float32 {
		if rows == nil {
			return x.Row(k)
		}
		return x.Row(int(rows[k]))
	}
	for k := range n {
		if k%4096 == 0 && ctx.Err() != nil {
			return s, ctx.Err()
		}
		for j, v := range at(k) {
			s.mean[j] += float64(v)
		}
	}
	for j := range s.mean {
		s.mean[j] /= float64(n)
	}
	for k := range n {
		if k%4096 == 0 && ctx.Err() != nil {
			return s, ctx.Err()
		}
		for j, v := range at(k) {
			d := float64(v) - s.mean[j]
			s.m2[j] += d * d
		}
	}
	return s, nil
}

// rest returns the moments of the n−k papers that are in all but not in part,
// and whether enough digits are left after the subtraction.
func rest(all, part moments, n, k float64) (moments, bool) {
	s := moments{make([]float64, len(all.mean)), make([]float64, len(all.mean))}
	exact := true
	for j := range all.mean {
		d := part.mean[j] - all.mean[j]
		s.mean[j] = all.mean[j] - d*k/(n-k)
		// The papers' squared distances split into those within both sets and
		// those of the sets' means from the mean of all.
		s.m2[j] = all.m2[j] - part.m2[j] - d*d*k*n/(n-k)
		exact = exact && s.m2[j] >= 1e-4*all.m2[j]
	}
	return s, exact
}

// fitGaussian measures the papers on both sides of each label.
func fitGaussian(ctx context.Context, opt Options, train classifier.Dataset) (model, error) {
	x, err := gaussianPapers("fit", train.X)
	if err != nil {
		return nil, err
	}
	m, err := newGaussianModel(ctx, x, train.Y, opt)
	return m, inMethod(gaussianMethod, err)
}

func newGaussianModel(ctx context.Context, x *features.Dense, y *multilabel.Matrix, opt Options) (*gaussianModel, error) {
	all, err := measure(ctx, x, nil, x.Rows)
	if err != nil {
		return nil, err
	}
	smoothing := 0.0
	for _, m2 := range all.m2 {
		smoothing = max(smoothing, m2/float64(x.Rows))
	}
	if smoothing *= opt.VarSmoothing; smoothing == 0 {
		smoothing = opt.VarSmoothing
	}
	m := &gaussianModel{features: x.Cols, prior: make([]float64, y.Cols)}
	for side := range 2 {
		m.mean[side] = make([]float64, y.Cols*x.Cols)
		m.inverse[side] = make([]float64, y.Cols*x.Cols)
	}
	papers := y.Columns()
	bar := progress.Start(ctx, "naive Bayes", int64(y.Cols), "labels")
	defer bar.Done()
	err = parallel.Do(ctx, opt.Workers, y.Cols, func() func(int) error {
		return func(label int) error {
			bar.Add(1)
			n, k := x.Rows, len(papers[label])
			if k == 0 || k == n {
				m.prior[label] = math.Inf(k - 1)
				return nil
			}
			sides, err := bothSides(ctx, x, papers[label], all)
			if err != nil {
				return err
			}
			if !opt.UniformPrior {
				m.prior[label] = math.Log(float64(k)) - math.Log(float64(n-k))
			}
			m.set(label, sides, [2]float64{float64(n - k), float64(k)}, smoothing)
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// bothSides returns the moments of the papers without and with a label. It
// reads the smaller side and derives the other, unless that loses digits.
func bothSides(ctx context.Context, x *features.Dense, with []int32, all moments) (sides [2]moments, err error) {
	n, k := x.Rows, len(with)
	rows := [2][]int32{1: with}
	small := 1
	if 2*k > n {
		rows[0], small = without(with, n), 0
	}
	if sides[small], err = measure(ctx, x, rows[small], len(rows[small])); err != nil {
		return sides, err
	}
	large := 1 - small
	var exact bool
	sides[large], exact = rest(all, sides[small], float64(n), float64(len(rows[small])))
	if !exact {
		if rows[0] == nil {
			rows[0] = without(with, n)
		}
		sides[large], err = measure(ctx, x, rows[large], len(rows[large]))
	}
	return sides, err
}

// without returns the rows of n that are not among the ascending rows given.
func without(rows []int32, n int) []int32 {
	out := make([]int32, 0, n-len(rows))
	for i := range int32(n) {
		if len(rows) > 0 && rows[0] == i {
			rows = rows[1:]
			continue
		}
		out = append(out, i)
	}
	return out
}

// set stores a label's distributions, papers[s] papers on each side.
func (m *gaussianModel) set(label int, sides [2]moments, papers [2]float64, smoothing float64) {
	at := label * m.features
	for side, sign := range [2]float64{0.5, -0.5} {
		copy(m.mean[side][at:], sides[side].mean)
		logs := 0.0
		for j, m2 := range sides[side].m2 {
			v := m2/papers[side] + smoothing
			m.inverse[side][at+j] = 1 / v
			logs += math.Log(v)
		}
		m.prior[label] += sign * logs
	}
}

func (m *gaussianModel) dims() (features, labels int) { return m.features, len(m.prior) }

func (m *gaussianModel) check(x features.Matrix) error {
	_, err := gaussianPapers("score", x)
	return err
}

func (m *gaussianModel) scorer(x features.Matrix) func(int, []float64) {
	papers := x.(*features.Dense)
	d := m.features
	row := make([]float64, d)
	return func(i int, odds []float64) {
		for j, v := range papers.Row(i) {
			row[j] = float64(v)
		}
		for c := range odds {
			if math.IsInf(m.prior[c], 0) {
				odds[c] = m.prior[c]
				continue
			}
			mean0, mean1 := m.mean[0][c*d:][:len(row)], m.mean[1][c*d:][:len(row)]
			inverse0, inverse1 := m.inverse[0][c*d:][:len(row)], m.inverse[1][c*d:][:len(row)]
			sum0, sum1 := 0.0, 0.0
			for j, v := range row {
				d0, d1 := v-mean0[j], v-mean1[j]
				sum0 += d0 * d0 * inverse0[j]
				sum1 += d1 * d1 * inverse1[j]
			}
			odds[c] = m.prior[c] + (sum0-sum1)/2
		}
	}
}

func (m *gaussianModel) encode(e *frame.Encoder) {
	e.Int(m.features)
	e.Float64s(m.prior)
	for side := range 2 {
		e.Float64s(m.mean[side])
		e.Float64s(m.inverse[side])
	}
}

func (m *gaussianModel) decode(d *frame.Decoder) {
	m.features, m.prior = d.Int(), d.Float64s()
	for side := range 2 {
		m.mean[side], m.inverse[side] = d.Float64s(), d.Float64s()
		if n := len(m.mean[side]); m.features == 0 || len(m.prior) == 0 || len(m.inverse[side]) != n || n%m.features != 0 || n/m.features != len(m.prior) {
			d.Fail("its means and variances are not those of %d labels", len(m.prior))
			return
		}
	}
}
