// Package forest holds a random forest whose trees predict all labels at once
// and read sparse papers without making them dense.
//
//	f := forest.New(forest.Options{Trees: 100, Seed: 1})
//	err := f.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{})
//	scores, err := f.Scores(ctx, x)
package forest

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strconv"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
)

// MaxFeatures states how many of d features every node of a tree looks at:
// "sqrt" (the whole part of √d), "log2" (the whole part of log₂ d), "all", a
// count such as "200", or a share of d such as "0.1". The empty string is
// "sqrt". The result is held between 1 and d.
type MaxFeatures string

// Of returns the number of features out of d that m stands for.
func (m MaxFeatures) Of(d int) (int, error) {
	var n int
	switch m {
	case "", "sqrt":
		n = int(math.Sqrt(float64(d)))
	case "log2":
		n = int(math.Log2(float64(d)))
	case "all":
		n = d
	default:
		if count, err := strconv.Atoi(string(m)); err == nil && count > 0 {
			n = count
			break
		}
		share, err := strconv.ParseFloat(string(m), 64)
		if err != nil || !(share > 0 && share < 1) {
			return 0, fault.Usagef("baselines: random forest: max features %q: want sqrt, log2, all, a count from 1 up or a share between 0 and 1", string(m))
		}
		n = int(share * float64(d))
	}
	return min(max(n, 1), d), nil
}

// Options configure a random forest. The zero value is the method's
// usual setting: 100 trees, grown until every leaf is pure.
type Options struct {
	Trees       int         // 0: 100
	MaxDepth    int         // splits above a leaf at most; 0: no limit
	MinLeaf     int         // distinct rows that a leaf needs; 0: 1
	MinSplit    int         // distinct rows that a node needs to be split; 0: 2
	MaxFeatures MaxFeatures // features that a node looks at; empty: sqrt
	NoBootstrap bool        // grow each tree on every row once, not on n rows drawn with replacement
	Seed        uint64
	Workers     int // trees, or blocks of rows, at work at once; 0: one a CPU
}

// withDefaults fills the zero fields and refuses what no forest can have.
func (o Options) withDefaults() (Options, error) {
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{
		{"trees", &o.Trees, 100},
		{"max depth", &o.MaxDepth, math.MaxInt32},
		{"min leaf", &o.MinLeaf, 1},
		{"min split", &o.MinSplit, 2},
		{"workers", &o.Workers, runtime.GOMAXPROCS(0)},
	} {
		if *f.value < 0 {
			return o, fault.Usagef("baselines: random forest: %s %d: want 0 (the default) or more", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	_, err := o.MaxFeatures.Of(1)
	return o, err
}

// Forest predicts all labels at once with trees that were each grown on
// a bootstrap sample of the rows, each node split by the best of a random
// handful of features (Breiman, Random Forests, Machine Learning 45, 2001). It
// takes *features.CSR and *features.Dense; its scores are probabilities.
//
// What is learnt has the distribution of scikit-learn's RandomForestClassifier
// fitted to the indicator matrix of the labels:
//
//   - The bootstrap gives every row a weight, the number of times it was drawn.
//     Impurities and leaf fractions count weights; MinLeaf and MinSplit count
//     distinct rows.
//   - A split minimises the Gini impurity averaged over the labels. For C
//     labels of which n_c weigh on a side of weight w, that side's weighted
//     impurity is 2/C · Σ_c (n_c − n_c²/w), and Σ_c n_c does not depend on the
//     split, so that the best split has the largest Σ_c l_c²/w_l + Σ_c r_c²/w_r.
//     Splits are compared in exact integers. Of equal ones the feature that was
//     drawn first wins, then the lower threshold.
//   - Thresholds lie midway between neighbouring values, rounded down to a
//     float32, which sends every float32 the way the exact midpoint would.
//     Values within 1e-7 of their neighbour count as equal to it.
//   - A node looks at features in random order, without replacement, until it
//     has looked at MaxFeatures of them, and further until one of them was not
//     constant in the node. A split that improves nothing is still made.
//   - A leaf holds each label's share of its weight; a score is the mean of
//     that share over the trees.
//
// Sparse rows never become dense (Louppe, Understanding Random Forests, 2014,
// chapter 5.3, is the starting point): a feature's cost in a node is that of
// its non-zeros there, a row's that of the labels it carries. See region
// for how constant features are drawn without being looked at.
type Forest struct {
	opts  Options
	model *model // nil before Fit or Load
}

// model is what Fit learns and a model file holds.
type model struct {
	features int
	labels   int
	dense    bool // fitted on *features.Dense
	trees    []tree
}

// tree is one grown tree. References to children are node indices where
// they are not negative; otherwise ^ref is the offset of a leaf. Nodes follow
// their parents.
type tree struct {
	root  int32
	nodes []node
	// leaves holds, for each distinct leaf, the number k of labels that weigh
	// in it, its weight w, then k pairs of a label and its weight, the labels
	// ascending: the fraction of a label is its weight by w.
	leaves []int32
}

// node sends a row left if its value of feature is at most threshold.
type node struct {
	feature     int32
	threshold   float32
	left, right int32
}

// New returns a forest to be fitted. Options are checked by Fit.
func New(opts Options) *Forest {
	return &Forest{opts: opts}
}

// Fit implements classifier.Classifier; validation is not used.
func (f *Forest) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	f.model = nil
	opts, err := f.opts.withDefaults()
	if err != nil {
		return err
	}
	set, err := newTrainSet(train)
	if err != nil {
		return err
	}
	model, err := growTrees(ctx, set, opts)
	if err != nil {
		return fmt.Errorf("baselines: random forest: %w", err)
	}
	_, model.dense = train.X.(*features.Dense)
	f.model = model
	return nil
}

// Probabilities implements classifier.Classifier: a score is the mean over the trees of
// the label's share in the leaf that the paper falls into.
func (f *Forest) Probabilities() bool { return true }

// Scores implements classifier.Classifier.
func (f *Forest) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if f.model == nil {
		return nil, fmt.Errorf("baselines: random forest: %w", classifier.ErrNotFitted)
	}
	opts, err := f.opts.withDefaults()
	if err != nil {
		return nil, err
	}
	return f.model.scores(ctx, x, opts.Workers)
}

// Version counts the changes of what Fit learns and Scores gives: part of a
// trial's identity.
const Version = 1
