// Package bayes holds naive Bayes classifiers, one for each kind of features:
// Multinomial for counts and TF-IDF, Bernoulli for the presence of terms,
// Gaussian for vectors. Each label has a model of its own against all papers
// without it.
//
//	nb := bayes.NewMultinomial(bayes.Options{Alpha: 1})
//	err := nb.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{})
//	scores, err := nb.Scores(ctx, x)
package bayes

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/multilabel"
	"assay/internal/parallel"
	"assay/internal/progress"
)

// Options configure naive Bayes. The zero value is scikit-learn's usual
// setting.
type Options struct {
	Alpha        float64 // what each count is raised by (multinomial, Bernoulli); 0: 1
	VarSmoothing float64 // share of the largest variance added to each (Gaussian); 0: 1e-9
	UniformPrior bool    // believe a label as likely as not before reading; otherwise as often as in training
	Workers      int     // labels, or blocks of papers, at work at once; 0: one a CPU
}

// withDefaults fills the zero fields and refuses what no model can have.
func (o Options) withDefaults() (Options, error) {
	for _, f := range []struct {
		name  string
		value *float64
		def   float64
	}{{"alpha", &o.Alpha, 1}, {"variance smoothing", &o.VarSmoothing, 1e-9}} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if !(*f.value > 0) || math.IsInf(*f.value, 1) {
			return o, fault.Usagef("baselines: naive Bayes: %s %v: want a finite number above 0, or 0 for the default %v", f.name, *f.value, f.def)
		}
	}
	if o.Workers < 0 {
		return o, fault.Usagef("baselines: naive Bayes: workers %d: want 0 (the default) or more", o.Workers)
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o, nil
}

// Kinds returns the kinds of model files of this package.
func Kinds(workers int) classifier.Kinds {
	opt := Options{Workers: workers}
	return classifier.Kinds{
		multinomial.kind: func() classifier.Classifier { return NewMultinomial(opt) },
		bernoulli.kind:   func() classifier.Classifier { return NewBernoulli(opt) },
		gaussian.kind:    func() classifier.Classifier { return NewGaussian(opt) },
	}
}

// Classifier is a naive Bayes of one variant.
type Classifier struct {
	variant *variant
	opt     Options
	model   model // nil before Fit or Load
}

// variant is what tells one naive Bayes from another.
type variant struct {
	method string // in messages
	kind   string // of model files
	fit    func(ctx context.Context, opt Options, train classifier.Dataset) (model, error)
	empty  func() model // to decode into
}

// Fit implements classifier.Classifier; validation is not used.
func (nb *Classifier) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	nb.model = nil
	opt, err := nb.opt.withDefaults()
	if err != nil {
		return err
	}
	if err := checkDataset(nb.variant.method, train); err != nil {
		return err
	}
	m, err := nb.variant.fit(ctx, opt, train)
	if err == nil {
		nb.model = m
	}
	return err
}

// Scores implements classifier.Classifier.
func (nb *Classifier) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if nb.model == nil {
		return nil, inMethod(nb.variant.method, fmt.Errorf("score: %w", classifier.ErrNotFitted))
	}
	opt, err := nb.opt.withDefaults()
	if err != nil {
		return nil, err
	}
	return score(ctx, nb.model, x, opt.Workers)
}

// Probabilities implements classifier.Classifier.
func (nb *Classifier) Probabilities() bool { return true }

// Save implements classifier.Classifier.
func (nb *Classifier) Save(w io.Writer) error {
	if nb.model == nil {
		return inMethod(nb.variant.method, fmt.Errorf("save: %w", classifier.ErrNotFitted))
	}
	return classifier.WriteModel(w, nb.variant.kind, 1, nb.model.encode)
}

// Load implements classifier.Classifier.
func (nb *Classifier) Load(r io.Reader) error {
	nb.model = nil
	m := nb.variant.empty()
	err := classifier.ReadModel(r, nb.variant.kind, 1, m.decode)
	if err == nil {
		nb.model = m
	}
	return err
}

// model is what a fit of any variant learns. It is immutable.
type model interface {
	dims() (features, labels int)
	// check refuses papers of another kind of matrix than the model's, or with
	// values that it cannot read.
	check(x features.Matrix) error
	// scorer returns a function for one goroutine that writes a paper's log
	// odds, one a label.
	scorer(x features.Matrix) func(i int, odds []float64)

	encode(e *frame.Encoder)
	decode(d *frame.Decoder) // fails d where the file makes no sense
}

// score turns log odds into probabilities, in parallel over papers.
func score(ctx context.Context, m model, x features.Matrix, workers int) (*multilabel.Scores, error) {
	d, labels := m.dims()
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, cols := x.Dims()
	if cols != d {
		return nil, fault.Usagef("baselines: naive Bayes: score: the papers have %d features, those it was fitted on %d", cols, d)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("baselines: naive Bayes: score: %w", err)
	}
	bar := progress.Start(ctx, "naive Bayes scores", int64(rows), "papers")
	defer bar.Done()
	out := multilabel.NewScores(rows, labels)
	err := parallel.Blocks(ctx, workers, rows, 64, func() func(from, to int) error {
		score := m.scorer(x)
		return func(from, to int) error {
			for i := from; i < to; i++ {
				row := out.Row(i)
				score(i, row)
				for c, odds := range row {
					row[c] = 1 / (1 + math.Exp(-odds))
				}
			}
			bar.Add(int64(to - from))
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("baselines: naive Bayes: score: %w", err)
	}
	return out, nil
}

// checkDataset refuses papers that no classifier can learn from.
func checkDataset(method string, d classifier.Dataset) error {
	switch {
	case d.X == nil:
		return fault.Usagef("baselines: %s: fit without papers: the training set's X is nil", method)
	case d.Y == nil:
		return fault.Usagef("baselines: %s: fit without labels: the training set's Y is nil", method)
	}
	rows, cols := d.X.Dims()
	switch {
	case rows == 0 || cols == 0 || d.Y.Cols == 0:
		return fault.Usagef("baselines: %s: fit on %d papers, %d features, %d labels: want at least one of each", method, rows, cols, d.Y.Cols)
	case d.Y.Rows() != rows:
		return fault.Usagef("baselines: %s: %d papers have %d rows of labels: want one each", method, rows, d.Y.Rows())
	case rows > math.MaxInt32 || cols > math.MaxInt32:
		return fault.Usagef("baselines: %s: %d papers of %d features: want fewer than 2³¹ of each", method, rows, cols)
	}
	return nil
}

// onCounts returns the fit of a variant that learns from counts of terms by label.
// Where binary, a value above 0 counts as one and others as none; otherwise negative
// values are refused.
func onCounts(method string, binary bool, build func(context.Context, *termCounts, Options) (model, error)) func(context.Context, Options, classifier.Dataset) (model, error) {
	return func(ctx context.Context, opt Options, train classifier.Dataset) (model, error) {
		x, err := sparse(method, train.X, !binary)
		if err != nil {
			return nil, err
		}
		counts, err := countTerms(ctx, x, train.Y, binary, opt.Workers)
		if err != nil {
			return nil, inMethod(method, err)
		}
		m, err := build(ctx, counts, opt)
		return m, inMethod(method, err)
	}
}

func inMethod(method string, err error) error {
	if err != nil {
		return fmt.Errorf("baselines: %s: %w", method, err)
	}
	return nil
}

// Version counts the changes of what Fit learns and Scores gives: part of a
// trial's identity.
const Version = 1
