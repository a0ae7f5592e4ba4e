package conformance

import (
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

func (s *suite) notFitted(t testing.TB) error {
	c := s.make(1)
	if _, err := c.Scores(t.Context(), s.test.X); !errors.Is(err, classifier.ErrNotFitted) {
		return fmt.Errorf("Scores before Fit: error %v, want ErrNotFitted", err)
	}
	if err := c.Save(io.Discard); !errors.Is(err, classifier.ErrNotFitted) {
		return fmt.Errorf("Save before Fit: error %v, want ErrNotFitted", err)
	}
	return nil
}

func (s *suite) scores(t testing.TB) error {
	c, err := s.fitted(t, 2)
	if err != nil {
		return err
	}
	got, err := s.scoresOf(t, c)
	if err != nil {
		return err
	}
	low, high := 0.0, 1.0
	if !c.Probabilities() {
		low, high = s.opts.Low, s.opts.High
		if low == 0 && high == 0 {
			low, high = -math.MaxFloat64, math.MaxFloat64
		}
	}
	for i, v := range got {
		if !(v >= low && v <= high) {
			return fmt.Errorf("paper %d, label %d scores %v, outside [%v, %v]", i/labels, i%labels, v, low, high)
		}
	}
	again, err := s.scoresOf(t, c)
	if err != nil {
		return err
	}
	if err := sameScores(again, got, "a second call"); err != nil {
		return err
	}
	_, err = scoresFor(t, c, selectRows(s.test.X, nil), 0)
	return err
}

// quality holds the sample-average F1 over the topics to its floor, with and
// without validation papers.
func (s *suite) quality(t testing.TB) error {
	for _, validation := range []classifier.Dataset{s.test, {}} {
		c := s.make(2)
		if err := c.Fit(t.Context(), s.train, validation); err != nil {
			return fmt.Errorf("Fit: %w", err)
		}
		got, err := s.scoresOf(t, c)
		if err != nil {
			return err
		}
		threshold := 0.5
		if !c.Probabilities() {
			threshold = s.opts.Threshold
		}
		if f1 := topicF1(got, s.test.Y, threshold); !(f1 >= s.opts.MinF1) {
			return fmt.Errorf("sample-average F1 on separable data is %.3f, want at least %.3f (validation papers: %t)", f1, s.opts.MinF1, validation.X != nil)
		}
	}
	return nil
}

func topicF1(scores []float64, y *multilabel.Matrix, threshold float64) float64 {
	var sum float64
	var n int
	for i := range y.Rows() {
		if i == 1 || i == 2 { // without features, without topics
			continue
		}
		var truth [labels]bool
		for _, c := range y.Row(i) {
			truth[c] = true
		}
		var hit, said, are float64
		for c := range topicCount {
			p := scores[i*labels+c] > threshold
			if p {
				said++
			}
			if truth[c] {
				are++
			}
			if p && truth[c] {
				hit++
			}
		}
		sum += 2 * hit / (said + are)
		n++
	}
	return sum / float64(n)
}

// degenerateLabels wants the label that no training paper carries below the
// threshold and the one that each carries above it.
func (s *suite) degenerateLabels(t testing.TB) error {
	c, err := s.fitted(t, 2)
	if err != nil {
		return err
	}
	got, err := s.scoresOf(t, c)
	if err != nil {
		return err
	}
	threshold := 0.5
	if !c.Probabilities() {
		threshold = s.opts.Threshold
	}
	for i := range s.test.Y.Rows() {
		if v := got[i*labels+never]; !(v < threshold) {
			return fmt.Errorf("paper %d scores %v for a label that no training paper carries, want less than %v", i, v, threshold)
		}
		if v := got[i*labels+always]; !(v > threshold) {
			return fmt.Errorf("paper %d scores %v for a label that every training paper carries, want more than %v", i, v, threshold)
		}
	}
	return nil
}

func (s *suite) inputsStay(t testing.TB) error {
	train, test := clone(s.train), clone(s.test)
	c, err := s.fitted(t, 2)
	if err != nil {
		return err
	}
	if _, err := s.scoresOf(t, c); err != nil {
		return err
	}
	if !reflect.DeepEqual(train, clone(s.train)) || !reflect.DeepEqual(test, clone(s.test)) {
		s.reset()
		return errors.New("Fit or Scores changed the papers it was given")
	}
	return nil
}

// papersIndependent wants a paper's scores not to depend on which papers are
// scored with it.
func (s *suite) papersIndependent(t testing.TB) error {
	c, err := s.fitted(t, 2)
	if err != nil {
		return err
	}
	all, err := s.scoresOf(t, c)
	if err != nil {
		return err
	}
	rows := []int{1, 40, 7, 0, 79, 7}
	got, err := scoresFor(t, c, selectRows(s.test.X, rows), len(rows))
	if err != nil {
		return err
	}
	var want []float64
	for _, i := range rows {
		want = append(want, all[i*labels:(i+1)*labels]...)
	}
	return sameScores(got, want, "papers scored in other company")
}

func (s *suite) sameBits(t testing.TB) error {
	var wantScores []float64
	var wantFile []byte
	for _, workers := range []int{1, 1, 2, 3, 7} {
		_, got, file, err := s.outcome(t, workers)
		if err != nil {
			return err
		}
		if wantScores == nil {
			wantScores, wantFile = got, file
			continue
		}
		what := fmt.Sprintf("the same seed with %d workers", workers)
		if err := sameScores(got, wantScores, what); err != nil {
			return err
		}
		if err := sameFile(file, wantFile, what); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) refitForgets(t testing.TB) error {
	_, want, file, err := s.outcome(t, 2)
	if err != nil {
		return err
	}
	refitted := s.make(2)
	if err := refitted.Fit(t.Context(), s.data("other", 100, usualFeatures+9), classifier.Dataset{}); err != nil {
		return fmt.Errorf("Fit on other papers: %w", err)
	}
	if err := refitted.Fit(t.Context(), s.train, s.test); err != nil {
		return fmt.Errorf("second Fit: %w", err)
	}
	return s.sameOutcome(t, refitted, want, file, "a second Fit, on the same papers as a first one")
}

func (s *suite) wrongInput(t testing.TB) error {
	fit := func(x features.Matrix, y *multilabel.Matrix) error {
		return s.make(2).Fit(t.Context(), classifier.Dataset{X: x, Y: y}, classifier.Dataset{})
	}
	few := selectRows(s.train.X, []int{0, 3, 4})
	for _, c := range []struct {
		what string
		err  error
	}{
		{"Fit on nothing", fit(nil, nil)},
		{"Fit without labels", fit(s.train.X, nil)},
		{"Fit on no papers", fit(selectRows(s.train.X, nil), multilabel.New(labels))},
		{"Fit on 3 papers with the labels of more", fit(few, s.train.Y)},
		{"Fit on an unknown kind of matrix", fit(foreign{s.opts.Papers, usualFeatures}, s.train.Y)},
	} {
		if c.err == nil {
			return fmt.Errorf("%s succeeded, want an error", c.what)
		}
	}
	for _, k := range kinds() {
		if !k.on(s.opts) && fit(inKind(k, s.train.X), s.train.Y) == nil {
			return fmt.Errorf("Fit on %s features succeeded, want an error", k)
		}
	}
	for _, b := range badSequences(s.train.X) {
		if fit(b.x, s.train.Y) == nil {
			return fmt.Errorf("Fit on %s succeeded, want an error", b.what)
		}
	}
	return s.wrongScores(t)
}

// badMatrix is one that a classifier must refuse.
type badMatrix struct {
	what string
	x    features.Matrix
}

// badSequences are what sequences can be wrong in; none where x is no sequences.
func badSequences(x features.Matrix) []badMatrix {
	good, ok := x.(*features.Sequences)
	if !ok {
		return nil
	}
	return []badMatrix{
		{"a paper with a word behind the last vector", withWord(good, int32(good.Embedding.Rows))},
		{"a paper with a word of a negative number", withWord(good, -1)},
		{"papers without vectors", withoutVectors(good)},
	}
}

func (s *suite) wrongScores(t testing.TB) error {
	c, err := s.fitted(t, 2)
	if err != nil {
		return err
	}
	bad := append(badSequences(s.test.X),
		badMatrix{"wider papers", s.data("test", 5, usualFeatures+1).X},
		badMatrix{"narrower papers", s.data("test", 5, usualFeatures-1).X},
		badMatrix{"papers of an unknown kind of matrix", foreign{5, usualFeatures}},
		badMatrix{"no matrix", nil})
	for _, k := range kinds() {
		if k != s.kind {
			bad = append(bad, badMatrix{"papers of the kind " + string(k), inKind(k, s.test.X)})
		}
	}
	for _, x := range bad {
		if _, err := c.Scores(t.Context(), x.x); err == nil || errors.Is(err, classifier.ErrNotFitted) {
			return fmt.Errorf("Scores of %s: error %v, want one that says what is wrong", x.what, err)
		}
	}
	return nil
}
