package golearn

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/sjwhitworth/golearn/base"

	"assay/baselines/forest"
	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/progress"
	"assay/internal/rng"
)

const forestKind = "random_forest.golearn"

// ForestOptions are the options of RandomForest.
type ForestOptions struct {
	Trees       int                // of each label; 0 is 100
	MaxFeatures forest.MaxFeatures // features that a node looks at; empty is sqrt
	MaxDepth    int                // splits above a leaf at most; 0 is no limit
	Seed        uint64
	Workers     int // trees grown at a time; 0 is one a CPU
	Limits      Limits
}

// RandomForest is a random forest (Breiman, Machine Learning 45, 2001) a label,
// in which golearn's CART decision tree searches each split. It takes sparse
// features and dense ones.
//
// golearn's own ensemble.RandomForest is not used: on its bootstrap samples the
// root is split by other papers than the branches are grown from, it draws
// features once a tree and it cannot be seeded. Here each tree has a bootstrap
// sample of the papers; each node draws MaxFeatures of the features that are
// not constant in it and has golearn fit a tree of depth 1 to them, the split
// with the least Gini impurity. golearn draws no random numbers in that; ours
// come from Seed, by label and tree, so that the same seed gives the same bits.
// Unlike scikit-learn, golearn splits a node only where that lowers the
// impurity.
//
// A score is a probability: the share of papers with the label in the leaf
// that a paper falls into, averaged over the trees. A label that no training
// paper carries scores 0 everywhere, one that all of them carry scores 1.
//
// Of a feature with more than 32 different values in a node, golearn is shown
// 32 ranges of them: it counts the papers anew for each threshold. Even so a
// tree takes it more than 1 µs a paper and feature looked at, which is
// practical to about 2,000 papers with 20 labels: 100 trees on 5,000 features
// take five minutes of one core (see Limits). Fit looks at its context once a
// node.
type RandomForest struct {
	opts  ForestOptions
	model *joinedTrees
}

// NewRandomForest returns a classifier to be fitted.
func NewRandomForest(opts ForestOptions) *RandomForest { return &RandomForest{opts: opts} }

// Probabilities returns true.
func (c *RandomForest) Probabilities() bool { return true }

// CheckSize returns the error with which Fit would refuse that many papers,
// features and labels, or a wrong option.
func (c *RandomForest) CheckSize(rows, cols, labels int) error {
	if _, _, err := c.resolve(rows, cols, labels); err != nil {
		return fmt.Errorf("golearn: random forest: %w", err)
	}
	return nil
}

// resolve fills in the defaults and checks everything that can be refused;
// looked is the number of features that a node looks at.
func (c *RandomForest) resolve(rows, cols, labels int) (o ForestOptions, looked int, err error) {
	o = c.opts
	if o.Trees == 0 {
		o.Trees = 100
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = math.MaxInt32
	}
	if o.Trees < 0 || o.MaxDepth < 0 {
		return o, 0, fault.Usagef("%d trees of depth %d: want 0 (the default) or more", o.Trees, o.MaxDepth)
	}
	if o.Workers, err = workerCount(o.Workers); err != nil {
		return o, 0, err
	}
	if looked, err = o.MaxFeatures.Of(cols); err != nil {
		return o, 0, err
	}
	return o, looked, o.Limits.check(forestCost(rows, cols, labels, o.Workers, o.Trees, looked))
}

// Fit implements classifier.Classifier; it makes no use of validation papers.
func (c *RandomForest) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	c.model = nil
	model, err := c.fit(ctx, train)
	if err != nil {
		return fmt.Errorf("golearn: fit random forest: %w", err)
	}
	c.model = model
	return nil
}

func (c *RandomForest) fit(ctx context.Context, train classifier.Dataset) (*joinedTrees, error) {
	t, err := trainingTable(train)
	if err != nil {
		return nil, err
	}
	labels := train.Y.Cols
	o, looked, err := c.resolve(t.rows, t.cols, labels)
	if err != nil {
		return nil, err
	}
	for i := range t.rows {
		if err := t.check(i, maxFinite); err != nil {
			return nil, err
		}
	}
	names, err := newSchema(looked, 8, base.NewFloatAttribute)
	if err != nil {
		return nil, err
	}
	carriers := train.Y.Columns()
	grown := make([]tree, labels*o.Trees)
	bar := progress.Start(ctx, "golearn random forest", int64(len(grown)), "trees")
	defer bar.Done()
	newGrower := func() *grower { return newGrower(ctx, t, names, looked, o.MaxDepth) }
	err = each(ctx, o.Workers, len(grown), newGrower, func(g *grower, i int) error {
		defer bar.Add(1)
		label, number := i/o.Trees, i%o.Trees
		r := rng.New(o.Seed, "golearn.random_forest", strconv.Itoa(label), strconv.Itoa(number))
		var err error
		grown[i], err = g.grow(r, carriers[label])
		return err
	})
	if err != nil {
		return nil, err
	}
	return joinTrees(t, labels, o.Trees, grown), nil
}

// Scores implements classifier.Classifier.
func (c *RandomForest) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if c.model == nil {
		return nil, fmt.Errorf("golearn: score with random forest: %w", classifier.ErrNotFitted)
	}
	out, err := c.model.scores(ctx, x, c.opts.Workers)
	if err != nil {
		return nil, fmt.Errorf("golearn: score with random forest: %w", err)
	}
	return out, nil
}

// Save implements classifier.Classifier.
func (c *RandomForest) Save(w io.Writer) error {
	if c.model == nil {
		return fmt.Errorf("golearn: save %s: %w", forestKind, classifier.ErrNotFitted)
	}
	return c.model.save(w)
}

// Load implements classifier.Classifier.
func (c *RandomForest) Load(r io.Reader) error {
	model, err := loadForest(r)
	if err != nil {
		return err
	}
	c.model = model
	return nil
}
