package golearn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/naive"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/progress"
)

const naiveBayesKind = "naive_bayes.golearn"

// NBOptions are the options of NaiveBayes; golearn's has none of its own.
type NBOptions struct {
	Workers int // labels learnt at a time; 0 is one a CPU
	Limits  Limits
}

// NaiveBayes is golearn's Bernoulli naive Bayes, one model a label. It takes
// sparse features, of which it sees whether they are positive.
//
// Of N papers that carry a label (or do not), k of which have a feature,
// golearn estimates p(feature | label) = (k+1)/(N+1), where the usual formula
// is (k+1)/(N+2). A feature of all N papers has p = 1 so; its absence then
// counts as 1/(N+1), as in golearn's own predictions. The prior is the label's
// share of the papers.
//
// Scores are the probabilities p(label | features), computed here from
// golearn's tables: its own predictor knows no probabilities and takes 0.2 ms
// a paper and label. A label that no training paper carries scores 0
// everywhere, one that all of them carry scores 1.
//
// A Fit passes over all papers x features once a label (see Limits) and looks
// at its context every 256 papers.
type NaiveBayes struct {
	opts  NBOptions
	model *linear
}

// NewNaiveBayes returns a classifier to be fitted.
func NewNaiveBayes(opts NBOptions) *NaiveBayes { return &NaiveBayes{opts: opts} }

// Probabilities returns true.
func (c *NaiveBayes) Probabilities() bool { return true }

// CheckSize returns the error with which Fit would refuse that many papers,
// features and labels, or a wrong option.
func (c *NaiveBayes) CheckSize(rows, cols, labels int) error {
	if err := c.checkSize(rows, cols, labels); err != nil {
		return fmt.Errorf("golearn: naive Bayes: %w", err)
	}
	return nil
}

func (c *NaiveBayes) checkSize(rows, cols, labels int) error {
	workers, err := workerCount(c.opts.Workers)
	if err != nil {
		return err
	}
	return c.opts.Limits.check(naiveBayesCost(rows, cols, labels, workers))
}

// Fit implements classifier.Classifier; it makes no use of validation papers.
func (c *NaiveBayes) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	c.model = nil
	model, err := c.fit(ctx, train)
	if err != nil {
		return fmt.Errorf("golearn: fit naive Bayes: %w", err)
	}
	c.model = model
	return nil
}

func (c *NaiveBayes) fit(ctx context.Context, train classifier.Dataset) (*linear, error) {
	t, err := trainingTable(train)
	if err != nil {
		return nil, err
	}
	if t.sparse == nil {
		return nil, fault.Usagef("it learns which features are present, which a %T does not tell: use features = \"counts\"", train.X)
	}
	if err := c.checkSize(t.rows, t.cols, train.Y.Cols); err != nil {
		return nil, err
	}
	for i := range t.rows {
		if err := t.check(i, maxFinite); err != nil {
			return nil, err
		}
	}
	names, err := newSchema(t.cols+1, 0, base.NewBinaryAttribute)
	if err != nil {
		return nil, err
	}
	workers, err := workerCount(c.opts.Workers)
	if err != nil {
		return nil, err
	}
	model := newLinear(t, train.Y.Cols)
	model.presence = true
	carriers := train.Y.Columns()
	bar := progress.Start(ctx, "golearn naive Bayes", int64(model.labels), "labels")
	defer bar.Done()
	newGrid := func() *presenceGrid {
		return &presenceGrid{
			grid:  grid{schema: names, features: t.cols + 1, rows: t.rows},
			table: t, carriers: make([]byte, t.rows),
		}
	}
	err = each(ctx, workers, model.labels, newGrid, func(g *presenceGrid, label int) error {
		defer bar.Add(1)
		if model.constant(label, len(carriers[label]), t.rows) {
			return nil
		}
		return model.learnPresence(ctx, g, label, carriers[label])
	})
	if err != nil {
		return nil, err
	}
	return model, nil
}

// learnPresence lets golearn learn one label and sets its bias and weights.
func (m *linear) learnPresence(ctx context.Context, g *presenceGrid, label int, carriers []int32) error {
	for _, i := range carriers {
		g.carriers[i] = 1
	}
	defer func() {
		for _, i := range carriers {
			g.carriers[i] = 0
		}
	}()
	g.cancelled, g.seen, g.err = ctx.Err, false, nil
	nb := naive.NewBernoulliNBClassifier()
	if err := nb.Fit(g); err != nil {
		return err
	}
	if g.err != nil {
		return g.err
	}
	without, err := readClass(nb, "0", m.cols)
	if err != nil {
		return err
	}
	with, err := readClass(nb, "1", m.cols)
	if err != nil {
		return err
	}
	if with.papers != len(carriers) || without.papers != g.rows-len(carriers) {
		return fmt.Errorf("golearn saw %d papers with and %d without the label, of %d and %d", with.papers, without.papers, len(carriers), g.rows-len(carriers))
	}
	bias := math.Log(float64(with.papers)/float64(g.rows)) - math.Log(float64(without.papers)/float64(g.rows))
	for j := range m.cols {
		hit, miss := with.logs(j)
		otherHit, otherMiss := without.logs(j)
		bias += miss - otherMiss
		m.weights[j*m.labels+label] = (hit - miss) - (otherHit - otherMiss)
	}
	m.bias[label] = bias
	return nil
}

// classTable is what golearn learnt about the papers of one class.
type classTable struct {
	papers int
	prob   []float64 // (cols): p(feature | class)
}

// logs returns the logarithms of feature j's probability and of that of its
// absence, as golearn's predictor takes them.
func (c classTable) logs(j int) (hit, miss float64) {
	p := c.prob[j]
	if p == 1 {
		return 0, math.Log(1 / float64(c.papers+1))
	}
	return math.Log(p), math.Log(1 - p)
}

// readClass reads golearn's table of a class, which it keeps unexported. Its
// Save would write it to a file, in hours: it syncs the disk once a feature.
func readClass(nb *naive.BernoulliNBClassifier, class string, cols int) (classTable, error) {
	fitted := reflect.ValueOf(nb).Elem()
	probs, counts := fitted.FieldByName("condProb"), fitted.FieldByName("classInstances")
	if probs.Kind() != reflect.Map || counts.Kind() != reflect.Map {
		return classTable{}, errors.New("golearn keeps its tables elsewhere than the version that this code was written for")
	}
	key := reflect.ValueOf(class)
	prob, count := probs.MapIndex(key), counts.MapIndex(key)
	if !prob.IsValid() || !count.IsValid() || prob.Len() != cols+1 {
		return classTable{}, fmt.Errorf("golearn has no table of class %s over %d features", class, cols)
	}
	t := classTable{papers: int(count.Int()), prob: make([]float64, cols)}
	for j := range t.prob {
		t.prob[j] = prob.Index(j).Float()
		if !(t.prob[j] > 0 && t.prob[j] <= 1) {
			return classTable{}, fmt.Errorf("golearn's probability of feature %d is %v", j, t.prob[j])
		}
	}
	return t, nil
}

// Scores implements classifier.Classifier.
func (c *NaiveBayes) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	return c.model.classify(ctx, "naive Bayes", x, c.opts.Workers)
}

// Save implements classifier.Classifier.
func (c *NaiveBayes) Save(w io.Writer) error {
	return c.model.saveAs(w, naiveBayesKind)
}

// Load implements classifier.Classifier.
func (c *NaiveBayes) Load(r io.Reader) error {
	model, err := loadLinear(r, naiveBayesKind)
	if err != nil {
		return err
	}
	c.model = model
	return nil
}
