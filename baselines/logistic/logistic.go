// Package logistic holds logistic regression, one against the rest for each
// label, with a proof of how near each label's weights are to the optimum.
//
//	lr := logistic.New(logistic.Options{C: 1, ClassWeight: "balanced"})
//	err := lr.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{})
//	weights, intercept, err := lr.Coefficients(label)
package logistic

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"assay/classifier"
	"assay/internal/fault"
)

// Options configure a logistic regression. The zero value is
// scikit-learn's model: C of 1, no class weights, an intercept.
type Options struct {
	C             float64 // inverse strength of the L2 penalty; 0: 1
	Tolerance     float64 // see Regression; 0: 0.01
	MaxIterations int     // passes over all rows that one label may take; 0: 100
	ClassWeight   string  // "none" (or empty) or "balanced"
	NoIntercept   bool    // hold every intercept at 0
	Seed          uint64  // of the row samples that steps are computed from
	Workers       int     // groups of labels, or blocks of rows, at work at once; 0: one a CPU
}

// withDefaults fills the zero fields and refuses what no model can have.
func (o Options) withDefaults() (Options, error) {
	for _, f := range []struct {
		name  string
		value *float64
		def   float64
	}{{"C", &o.C, 1}, {"tolerance", &o.Tolerance, 0.01}} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if !(*f.value > 0) || math.IsInf(*f.value, 1) {
			return o, fault.Usagef("baselines: logistic regression: %s %v: want a finite number above 0, or 0 for the default %v", f.name, *f.value, f.def)
		}
	}
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{{"max iterations", &o.MaxIterations, 100}, {"workers", &o.Workers, runtime.GOMAXPROCS(0)}} {
		if *f.value < 0 {
			return o, fault.Usagef("baselines: logistic regression: %s %d: want 0 (the default) or more", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	switch o.ClassWeight {
	case "":
		o.ClassWeight = "none"
	case "none", "balanced":
	default:
		return o, fault.Usagef("baselines: logistic regression: class weight %q: want none or balanced", o.ClassWeight)
	}
	return o, nil
}

// Regression predicts each label by a logistic regression of its own
// against all papers without it. It takes *features.CSR and *features.Dense;
// its scores are probabilities, σ(w·x + b).
//
// For each label, w (d) and b minimise the objective of scikit-learn's
// Regression with its lbfgs solver,
//
//	f(w, b) = ½‖w‖² + C Σ_i a_i log(1 + exp(−y_i (w·x_i + b))),  y_i = ±1
//
// in which the intercept is free of the penalty. The class weight a_i is 1, or
// where balanced n / 2n₊ for the n₊ papers that carry the label and n / 2n₋
// for the n₋ others.
//
// A label has converged once its weights are proven to lie within Tolerance of
// the exact minimiser w*, as ‖w − w*‖₂ ≤ Tolerance·‖w‖₂. The proof: F(w) =
// min_b f(w, b) is strongly convex with modulus 1, whence ‖w − w*‖ ≤ ‖∇F(w)‖;
// and with a residual gradient ∂f/∂b of the intercept, ‖∇F(w)‖ ≤ ‖∂f/∂w‖ +
// max‖x_i‖·|∂f/∂b|. Both are summed over all rows in float64. Where rounding
// alone is larger, as it is where w* = 0, a gradient no larger than rounding
// counts as converged. A label that reaches MaxIterations first keeps its
// weights and is listed by Convergence as not converged; Fit succeeds.
//
// A label that no training paper carries scores 0, one that each carries 1.
//
// Fit needs, for n papers and d features, about 8·(32n + 42d) bytes a worker
// beside the papers and the model; the model needs 4d bytes a label.
type Regression struct {
	opts  Options
	model *model // nil before Fit or Load
}

// Convergence says how the fit of one label ended.
type Convergence struct {
	Iterations int     // passes over all rows
	Distance   float64 // proven bound of ‖w − w*‖₂ / ‖w‖₂
	Converged  bool    // Distance is within the tolerance, or rounding's
	Constant   bool    // no paper, or each, carries the label: nothing to fit
}

// New returns a classifier to be fitted. Options are checked
// by Fit.
func New(opts Options) *Regression {
	return &Regression{opts: opts}
}

// Fit implements classifier.Classifier; validation is not used.
func (m *Regression) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	m.model = nil
	opts, err := m.opts.withDefaults()
	if err != nil {
		return err
	}
	rows, err := newRowMatrix(train.X)
	if err != nil {
		return err
	}
	switch {
	case train.Y == nil:
		return fault.Usagef("baselines: logistic regression: fit without labels: the training set's Y is nil")
	case rows.rows == 0:
		return fault.Usagef("baselines: logistic regression: fit on no papers: the training set is empty")
	case train.Y.Rows() != rows.rows:
		return fault.Usagef("baselines: logistic regression: %d papers have %d rows of labels: want one each", rows.rows, train.Y.Rows())
	}
	model, err := fitModel(ctx, rows, train.Y, opts)
	if err != nil {
		return fmt.Errorf("baselines: logistic regression: %w", err)
	}
	m.model = model
	return nil
}

// Probabilities implements classifier.Classifier.
func (m *Regression) Probabilities() bool { return true }

// Convergence returns, for each label, how its fit ended; nil before Fit or
// Load.
func (m *Regression) Convergence() []Convergence {
	if m.model == nil {
		return nil
	}
	return append([]Convergence(nil), m.model.convergence...)
}

// Coefficients returns the weights (d) and the intercept of a label, which
// must lie in [0, C); the intercept of a constant label is −Inf or +Inf.
func (m *Regression) Coefficients(label int) (weights []float32, intercept float64, err error) {
	if m.model == nil {
		return nil, 0, fmt.Errorf("baselines: logistic regression: %w", classifier.ErrNotFitted)
	}
	labels := len(m.model.intercepts)
	if label < 0 || label >= labels {
		return nil, 0, fmt.Errorf("baselines: logistic regression: label %d: the model has %d", label, labels)
	}
	weights = make([]float32, m.model.features)
	for j := range weights {
		weights[j] = m.model.weights[j*labels+label]
	}
	return weights, m.model.intercepts[label], nil
}

// Version counts the changes of what Fit learns and Scores gives: part of a
// trial's identity.
const Version = 1
