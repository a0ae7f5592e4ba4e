package golearn

import (
	"context"
	"fmt"
	"io"
	"math"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/progress"
)

const logisticKind = "logistic_regression.golearn"

// LogisticOptions are the options of LogisticRegression.
type LogisticOptions struct {
	// C weighs the papers' losses against the penalty; 0 is 1, at most 1e6.
	C float64
	// Tolerance ends the training of a label: once the gradient's norm is
	// below Tolerance · min(papers with, papers without) / papers times the
	// first one's. 0 is 1e-4.
	Tolerance float64
	// ClassWeight is "none" (or empty) or "balanced": papers with a label count
	// as much together as those without, each N/(2·those).
	ClassWeight string
	Workers     int // labels learnt at a time; 0 is one a CPU
	Limits      Limits
}

// LogisticRegression is golearn's liblinear: for each label, the weights w and
// the intercept b that minimise
//
//	½(|w|² + b²) + C · Σ_i log(1 + exp(−y_i (w·x_i + b))),  y_i = ±1,
//
// by a trust region Newton method (Lin, Weng and Keerthi, JMLR 9, 2008). It
// takes sparse features and dense ones. The intercept is the weight of a
// column of ones and penalised like any other, as by scikit-learn's
// LogisticRegression(solver="liblinear"), whose weights it reproduces.
//
// Scores are the probabilities 1/(1+exp(−(w·x+b))). A label that no training
// paper carries scores 0 everywhere, one that all of them carry scores 1.
//
// liblinear is C++, so that Fit needs a binary built with cgo; without it,
// CheckSize and Fit are errors that say so, while Load and Scores work.
// liblinear cannot be interrupted either: a cancelled Fit returns at once, but
// the labels that were being trained go on for a while, one a worker, and keep
// their memory. On TF-IDF that is 0.1 s with 20,000 papers and 7 s with 1.3
// million, on counts three times as much.
type LogisticRegression struct {
	opts  LogisticOptions
	model *linear
}

// maxValue bounds what liblinear is given. Its inner loop has no limit of its
// own: features of wildly different scales could hold it for ever.
const maxValue = 1e6

// NewLogisticRegression returns a classifier to be fitted.
func NewLogisticRegression(opts LogisticOptions) *LogisticRegression {
	return &LogisticRegression{opts: opts}
}

// Probabilities returns true.
func (c *LogisticRegression) Probabilities() bool { return true }

// CheckSize returns the error with which Fit would refuse that many papers,
// features and labels, a wrong option, or a binary without cgo. It assumes 100
// features a paper, of which Fit knows the true number.
func (c *LogisticRegression) CheckSize(rows, cols, labels int) error {
	values := int64(rows) * int64(min(cols, usualValues))
	if _, err := c.resolve(rows, cols, labels, values); err != nil {
		return fmt.Errorf("golearn: logistic regression: %w", err)
	}
	return nil
}

// resolve fills in the defaults and checks everything that can be refused.
func (c *LogisticRegression) resolve(rows, cols, labels int, values int64) (LogisticOptions, error) {
	o := c.opts
	if o.C == 0 {
		o.C = 1
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-4
	}
	var err error
	if o.Workers, err = workerCount(o.Workers); err != nil {
		return o, err
	}
	switch {
	case !HaveLiblinear:
		return o, fault.Usagef("golearn's logistic regression is C++ code, and this binary was built without cgo: use backend = \"native\", or build with CGO_ENABLED=1 and a C++ compiler")
	case !(o.C > 0 && o.C <= 1e6):
		return o, fault.Usagef("c = %v: want a number above 0, at most 1e6", o.C)
	case !(o.Tolerance > 0 && o.Tolerance < 1):
		return o, fault.Usagef("tolerance = %v: want a number between 0 and 1", o.Tolerance)
	case o.ClassWeight != "" && o.ClassWeight != "none" && o.ClassWeight != "balanced":
		return o, fault.Usagef("class weight %q: want none or balanced", o.ClassWeight)
	}
	return o, o.Limits.check(logisticCost(rows, cols, labels, o.Workers, values))
}

// Fit implements classifier.Classifier; it makes no use of validation papers.
func (c *LogisticRegression) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	c.model = nil
	model, err := c.fit(ctx, train)
	if err != nil {
		return fmt.Errorf("golearn: fit logistic regression: %w", err)
	}
	c.model = model
	return nil
}

func (c *LogisticRegression) fit(ctx context.Context, train classifier.Dataset) (*linear, error) {
	t, err := trainingTable(train)
	if err != nil {
		return nil, err
	}
	o, err := c.resolve(t.rows, t.cols, train.Y.Cols, t.values())
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	solver, err := newLiblinear(t)
	if err != nil {
		return nil, err
	}
	defer solver.close()
	model := newLinear(t, train.Y.Cols)
	carriers := train.Y.Columns()
	bar := progress.Start(ctx, "golearn logistic regression", int64(model.labels), "labels")
	defer bar.Done()
	newSigns := func() []float64 {
		y := make([]float64, t.rows)
		for i := range y {
			y[i] = -1
		}
		return y
	}
	err = each(ctx, o.Workers, model.labels, newSigns, func(y []float64, label int) error {
		defer bar.Add(1)
		if model.constant(label, len(carriers[label]), t.rows) {
			return nil
		}
		return model.learnSigns(ctx, solver, y, label, carriers[label], o)
	})
	if err != nil {
		return nil, err
	}
	return model, nil
}

// trainParameters are those of one label.
type trainParameters struct {
	c, tolerance  float64
	with, without float64 // what papers of either kind weigh
}

// learnSigns lets liblinear learn one label and sets its bias and weights.
// signs is −1 everywhere, before and after.
func (m *linear) learnSigns(ctx context.Context, solver *liblinear, signs []float64, label int, carriers []int32, o LogisticOptions) error {
	for _, i := range carriers {
		signs[i] = 1
	}
	defer func() {
		for _, i := range carriers {
			signs[i] = -1
		}
	}()
	p := trainParameters{c: o.C, tolerance: o.Tolerance, with: 1, without: 1}
	if o.ClassWeight == "balanced" {
		n, k := float64(len(signs)), float64(len(carriers))
		p.with, p.without = n/(2*k), n/(2*(n-k))
	}
	w, err := solver.train(ctx, signs, p)
	if err != nil {
		return err
	}
	for j, v := range w {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("label %d: liblinear's weight of feature %d is %v", label, j, v)
		}
	}
	for j, v := range w[:m.cols] {
		m.weights[j*m.labels+label] = v
	}
	m.bias[label] = w[m.cols]
	return nil
}

// Scores implements classifier.Classifier.
func (c *LogisticRegression) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	return c.model.classify(ctx, "logistic regression", x, c.opts.Workers)
}

// Save implements classifier.Classifier.
func (c *LogisticRegression) Save(w io.Writer) error {
	return c.model.saveAs(w, logisticKind)
}

// Load implements classifier.Classifier.
func (c *LogisticRegression) Load(r io.Reader) error {
	model, err := loadLinear(r, logisticKind)
	if err != nil {
		return err
	}
	c.model = model
	return nil
}
