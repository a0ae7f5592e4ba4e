package corpus

import (
	"fmt"

	"assay/internal/fault"
	"assay/internal/rng"
)

// Part is the side of a split that a paper is on.
type Part int

const (
	Train Part = iota
	Validation
	Test
)

// String returns "train", "validation" or "test".
func (p Part) String() string {
	switch p {
	case Train:
		return "train"
	case Validation:
		return "validation"
	case Test:
		return "test"
	}
	return fmt.Sprintf("Part(%d)", int(p))
}

// Split divides papers by a keyed hash of their ids. A paper's side depends on
// its id and the split alone: it never changes when the corpus grows, shrinks
// or is sampled, and Test keeps its papers when the validation fraction
// changes.
type Split struct {
	Validation float64 // expected fraction of papers, in [0, 1)
	Test       float64 // the same; what both leave is for training
	Key        string  // another key is another, independent division
}

// Validate reports fractions that are no fractions or leave nothing to train
// on.
func (s Split) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"validation", s.Validation}, {"test", s.Test}} {
		if !(f.value >= 0 && f.value < 1) { // NaN fails too
			return fault.Usagef("corpus: split: %s = %v: the fraction must be at least 0 and less than 1", f.name, f.value)
		}
	}
	if s.Validation+s.Test >= 1 {
		return fault.Usagef("corpus: split: validation = %v and test = %v leave nothing for training: their sum must be less than 1", s.Validation, s.Test)
	}
	return nil
}

// Version counts the changes of what labels a paper has and which side of a split it
// is on: part of a trial's identity.
const Version = 1

// Of returns the side of the paper with the given id: the first 53 bits of a
// SHA-256 of key and id, as a number in [0, 1), fall below Test, below
// Test + Validation, or above.
func (s Split) Of(id string) Part {
	u := float64(rng.Seed(0, "corpus", "split", s.Key, id)>>11) / (1 << 53)
	switch {
	case u < s.Test:
		return Test
	case u < s.Test+s.Validation:
		return Validation
	}
	return Train
}
