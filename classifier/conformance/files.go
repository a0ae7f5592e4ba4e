package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"assay/classifier"
)

// maxWaste is what a failing Load may allocate beyond a multiple of the file.
const maxWaste = 64 << 20

func saved(c classifier.Classifier) ([]byte, error) {
	var buf bytes.Buffer
	if err := c.Save(&buf); err != nil {
		return nil, fmt.Errorf("Save: %w", err)
	}
	return buf.Bytes(), nil
}

func sameFile(got, want []byte, what string) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s: the saved file (%d bytes) differs from the first one (%d bytes)", what, len(got), len(want))
	}
	return nil
}

func (s *suite) savedFile(t testing.TB) ([]byte, error) {
	c, err := s.fitted(t, 2)
	if err != nil {
		return nil, err
	}
	return saved(c)
}

// outcome is a fitted classifier with its scores of the test papers and its file.
func (s *suite) outcome(t testing.TB, workers int) (c classifier.Classifier, scores []float64, file []byte, err error) {
	if c, err = s.fitted(t, workers); err != nil {
		return nil, nil, nil, err
	}
	if scores, err = s.scoresOf(t, c); err != nil {
		return nil, nil, nil, err
	}
	file, err = saved(c)
	return c, scores, file, err
}

// sameOutcome wants of c these scores of the test papers and this file.
func (s *suite) sameOutcome(t testing.TB, c classifier.Classifier, scores []float64, file []byte, what string) error {
	got, err := s.scoresOf(t, c)
	if err != nil {
		return err
	}
	if err := sameScores(got, scores, what); err != nil {
		return err
	}
	again, err := saved(c)
	if err != nil {
		return err
	}
	return sameFile(again, file, what+", saved again")
}

func (s *suite) saveAndLoad(t testing.TB) error {
	c, want, file, err := s.outcome(t, 2)
	if err != nil {
		return err
	}
	for _, workers := range []int{1, 3} {
		loaded := s.make(workers)
		if err := loaded.Load(bytes.NewReader(file)); err != nil {
			return fmt.Errorf("Load: %w", err)
		}
		if err := s.sameOutcome(t, loaded, want, file, "saved and loaded"); err != nil {
			return err
		}
		if loaded.Probabilities() != c.Probabilities() {
			return errors.New("Probabilities changed through Save and Load")
		}
		if _, err := loaded.Scores(t.Context(), s.data("test", 5, usualFeatures+1).X); err == nil {
			return errors.New("a loaded classifier scored wider papers than it was fitted on")
		}
	}
	return nil
}

func (s *suite) openedByItsKind(t testing.TB) error {
	if s.opts.Kinds == nil {
		return nil
	}
	_, want, file, err := s.outcome(t, 2)
	if err != nil {
		return err
	}
	opened, err := classifier.Open(bytes.NewReader(file), s.opts.Kinds)
	if err != nil {
		return fmt.Errorf("Open: %w", err)
	}
	return s.sameOutcome(t, opened, want, file, "opened by its kind")
}

func (s *suite) loadForgets(t testing.TB) error {
	_, want, file, err := s.outcome(t, 2)
	if err != nil {
		return err
	}
	other := s.make(2)
	if err := other.Fit(t.Context(), s.data("other", 100, usualFeatures+9), classifier.Dataset{}); err != nil {
		return fmt.Errorf("Fit on other papers: %w", err)
	}
	if err := other.Load(bytes.NewReader(file)); err != nil {
		return fmt.Errorf("Load over a fitted classifier: %w", err)
	}
	return s.sameOutcome(t, other, want, file, "loaded over another fit")
}

// failingWriter fails after every number of bytes that the file has places.
func (s *suite) failingWriter(t testing.TB) error {
	c, err := s.fitted(t, 2)
	if err != nil {
		return err
	}
	file, err := saved(c)
	if err != nil {
		return err
	}
	for _, n := range places(len(file)) {
		if err := c.Save(&fullDisk{left: n}); !errors.Is(err, errFull) {
			return fmt.Errorf("Save on a disk with room for %d of %d bytes: error %v, want the disk's", n, len(file), err)
		}
	}
	return nil
}

var errFull = errors.New("no space left")

type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.left)
	d.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (s *suite) damagedFile(t testing.TB) error {
	file, err := s.savedFile(t)
	if err != nil {
		return err
	}
	for _, at := range places(len(file)) {
		for _, flip := range []byte{0x01, 0x80} {
			bad := bytes.Clone(file)
			bad[at] ^= flip
			if err := s.badLoad(t, bad, fmt.Sprintf("byte %d of %d changed", at, len(file))); err != nil {
				return err
			}
		}
	}
	return s.badLoad(t, []byte("a file of another program, long enough to hold any header"), "a foreign file")
}

func (s *suite) truncatedFile(t testing.TB) error {
	file, err := s.savedFile(t)
	if err != nil {
		return err
	}
	for _, n := range places(len(file)) {
		if err := s.badLoad(t, file[:n], fmt.Sprintf("cut after %d of %d bytes", n, len(file))); err != nil {
			return err
		}
	}
	return nil
}

// badLoad wants an error from Load, without a panic, without gigabytes, and
// the classifier unfitted as before.
func (s *suite) badLoad(t testing.TB, file []byte, what string) error {
	c := s.make(2)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := guard(func() error {
		err := c.Load(bytes.NewReader(file))
		if err == nil {
			return errors.New("succeeded, want an error")
		}
		if _, err := c.Scores(t.Context(), s.test.X); !errors.Is(err, classifier.ErrNotFitted) {
			return fmt.Errorf("failed, after which Scores gives error %v, want ErrNotFitted", err)
		}
		return nil
	})
	runtime.ReadMemStats(&after)
	if err != nil {
		return fmt.Errorf("Load of a file with %s: %w", what, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > uint64(maxWaste+16*len(file)) {
		return fmt.Errorf("Load of a file with %s allocated %d MiB before it failed", what, got>>20)
	}
	return nil
}

// places are offsets into n bytes: each of the first and last ones, where
// headers and checksums lie, and some between.
func places(n int) []int {
	const edge, between = 64, 40
	var at []int
	for i := range n {
		if i < edge || i >= n-edge || i%max(1, n/between) == 0 {
			at = append(at, i)
		}
	}
	return at
}
