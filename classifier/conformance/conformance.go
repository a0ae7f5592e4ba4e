// Package conformance tests what classifier.Classifier promises: one suite that
// every classifier passes, the networks too.
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, func(seed uint64, workers int) classifier.Classifier {
//			return bayes.NewMultinomial(bayes.Options{Workers: workers})
//		}, conformance.Options{Sparse: true})
//	}
package conformance

import (
	"fmt"
	"math"
	"testing"
	"time"

	"assay/classifier"
	"assay/features"
)

// Options says what the classifier under test accepts and how well it must do.
// The zero value of each field but the kinds of features is a sensible default.
type Options struct {
	Sparse    bool // accepts *features.CSR; the suite runs once for each kind
	Dense     bool // accepts *features.Dense
	Sequences bool // accepts *features.Sequences; their width is that of the vectors

	// Binary asks for features that are all 0 or 1. Otherwise sparse ones are
	// small counts, dense ones real numbers of both signs. Vectors of sequences
	// are always such numbers.
	Binary bool

	Papers int // training papers; default 240

	// Threshold above which a score of a classifier without probabilities
	// means that the label is predicted; 0.5 for all that have them.
	Threshold float64
	// Low and High bound the scores of a classifier without probabilities;
	// both 0 leaves them unbounded.
	Low, High float64

	// Kinds, where given, must open the files that the classifiers save.
	Kinds classifier.Kinds

	MinF1 float64 // sample-average F1 on separable data; default 0.8

	// CancelWithin is how soon Fit must return once its context is cancelled;
	// default two seconds, which leaves room for a loaded machine.
	CancelWithin time.Duration
}

// Factory makes an unfitted classifier. Two that differ in workers only must
// learn the same bits.
type Factory func(seed uint64, workers int) classifier.Classifier

// Run tests the classifiers that newClassifier makes, as subtests of t.
func Run(t *testing.T, newClassifier func(seed uint64, workers int) classifier.Classifier, opts Options) {
	if !opts.Sparse && !opts.Dense && !opts.Sequences {
		t.Fatal("conformance: Options.Sparse, Dense and Sequences, one at least, must say what the classifier accepts")
	}
	for _, k := range kinds() {
		if !k.on(opts) {
			continue
		}
		t.Run(string(k), func(t *testing.T) {
			s := newSuite(newClassifier, opts, k)
			for _, c := range checks() {
				t.Run(c.name, func(t *testing.T) {
					if err := guard(func() error { return c.run(s, t) }); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// kind is one of features.
type kind string

const (
	sparseKind    kind = "sparse"
	denseKind     kind = "dense"
	sequencesKind kind = "sequences"
)

func kinds() []kind { return []kind{sparseKind, denseKind, sequencesKind} }

// on reports whether a classifier accepts features of the kind.
func (k kind) on(opts Options) bool {
	switch k {
	case sparseKind:
		return opts.Sparse
	case denseKind:
		return opts.Dense
	default:
		return opts.Sequences
	}
}

// check is one promise. It returns an error instead of failing t, so that the
// suite's own tests can see it fail on a broken classifier.
type check struct {
	name string
	run  func(s *suite, t testing.TB) error
}

func checks() []check {
	return []check{
		{"not fitted", (*suite).notFitted},
		{"scores", (*suite).scores},
		{"quality", (*suite).quality},
		{"labels that never or always occur", (*suite).degenerateLabels},
		{"inputs stay", (*suite).inputsStay},
		{"papers are independent", (*suite).papersIndependent},
		{"same seed, same bits", (*suite).sameBits},
		{"refit forgets", (*suite).refitForgets},
		{"wrong input", (*suite).wrongInput},
		{"save and load", (*suite).saveAndLoad},
		{"opened by its kind", (*suite).openedByItsKind},
		{"load forgets", (*suite).loadForgets},
		{"failing writer", (*suite).failingWriter},
		{"damaged file", (*suite).damagedFile},
		{"truncated file", (*suite).truncatedFile},
		{"cancelled before", (*suite).cancelledBefore},
		{"cancelled at each check", (*suite).cancelledAtEachCheck},
		{"cancelled while fitting", (*suite).cancelledWhileFitting},
	}
}

// suite is the state that the checks of one feature kind share.
type suite struct {
	new  Factory
	opts Options
	kind kind

	train, test classifier.Dataset
	vectors     map[int]*features.Sequences // of words, by width
}

func newSuite(f Factory, opts Options, k kind) *suite {
	if opts.Papers == 0 {
		opts.Papers = 240
	}
	if opts.MinF1 == 0 {
		opts.MinF1 = 0.8
	}
	if opts.CancelWithin == 0 {
		opts.CancelWithin = 2 * time.Second
	}
	s := &suite{new: f, opts: opts, kind: k}
	s.reset()
	return s
}

// reset draws the papers, again where a classifier has changed them.
func (s *suite) reset() {
	s.vectors = map[int]*features.Sequences{}
	s.train = s.data("train", s.opts.Papers, usualFeatures)
	s.test = s.data("test", 80, usualFeatures)
}

func (s *suite) make(workers int) classifier.Classifier { return s.new(17, workers) }

func (s *suite) fitted(t testing.TB, workers int) (classifier.Classifier, error) {
	c := s.make(workers)
	if err := c.Fit(t.Context(), s.train, s.test); err != nil {
		return nil, fmt.Errorf("Fit: %w", err)
	}
	return c, nil
}

// scoresOf fits with the given workers and returns the scores of the test
// papers.
func (s *suite) scoresOf(t testing.TB, c classifier.Classifier) ([]float64, error) {
	rows, _ := s.test.X.Dims()
	return scoresFor(t, c, s.test.X, rows)
}

func scoresFor(t testing.TB, c classifier.Classifier, x features.Matrix, rows int) ([]float64, error) {
	got, err := c.Scores(t.Context(), x)
	if err != nil {
		return nil, fmt.Errorf("Scores: %w", err)
	}
	if got == nil || got.Cols != labels || len(got.Data) != rows*labels {
		return nil, fmt.Errorf("Scores of %d papers over %d labels returned another shape", rows, labels)
	}
	return got.Data, nil
}

// guard turns a panic of the classifier into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// sameScores compares bits, so that a NaN equals itself and 0 differs from -0.
func sameScores(got, want []float64, what string) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d scores, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			return fmt.Errorf("%s: paper %d, label %d scores %v, want the same bits as %v", what, i/labels, i%labels, got[i], want[i])
		}
	}
	return nil
}
