package fasttext

import (
	"assay/internal/fault"
)

// The ways to learn vectors.
const (
	Skipgram = "skipgram" // a word predicts each of its neighbours
	CBOW     = "cbow"     // the neighbours together predict the word
)

// Options say how vectors are trained. DefaultOptions are the article's.
type Options struct {
	Model        string  // Skipgram or CBOW
	Dim          int     // length of a vector
	Window       int     // neighbours on either side, at most
	Epochs       int     // passes over the sentences
	MinCount     int     // words seen less often are left out
	MinN, MaxN   int     // shortest and longest character n-gram; MaxN 0 for none
	Buckets      int     // n-grams share this many vectors, by hash
	Negatives    int     // drawn words that are told apart from each neighbour
	LearningRate float64 // at the start; falls linearly to 0
	SubSampling  float64 // threshold t: a word of relative frequency f is kept with probability sqrt(t/f) + t/f

	Seed uint64
	// Deterministic trains on one goroutine and gives the same bits at any
	// number of workers. Otherwise workers update shared vectors without locks
	// (Recht et al., "Hogwild!", NIPS 2011), and no two runs are quite equal.
	Deterministic bool

	Workers int    // 0: one for each processor. Not part of what is learnt.
	TempDir string // for the spool of word numbers, about 4 bytes a token; "" is the system's
}

// DefaultOptions returns the article's settings: fastText's defaults but for
// minimum count 2 and n-grams from 2 characters.
func DefaultOptions() Options {
	return Options{
		Model: Skipgram, Dim: 100, Window: 5, Epochs: 5, MinCount: 2, MinN: 2, MaxN: 6,
		Buckets: 2_000_000, Negatives: 5, LearningRate: 0.05, SubSampling: 1e-4, Seed: 1,
	}
}

// Validate reports the first option that makes no sense, as a usage error.
func (o Options) Validate() error {
	within := func(name string, v, lo, hi int) error {
		if v < lo || v > hi {
			return fault.Usagef("fasttext: %s = %d: want %d to %d", name, v, lo, hi)
		}
		return nil
	}
	if o.Model != Skipgram && o.Model != CBOW {
		return fault.Usagef("fasttext: model = %q: want %q or %q", o.Model, Skipgram, CBOW)
	}
	for _, err := range []error{
		within("dimensions", o.Dim, 1, 4096),
		within("window", o.Window, 1, 1000),
		within("epochs", o.Epochs, 1, 100_000),
		within("min_count", o.MinCount, 1, 1<<31-1),
		within("max_n", o.MaxN, 0, 64),
		within("min_n", o.MinN, 0, 64),
		within("negatives", o.Negatives, 1, 1000),
		within("workers", o.Workers, 0, 1024),
	} {
		if err != nil {
			return err
		}
	}
	if o.MaxN > 0 {
		if o.MinN < 1 || o.MinN > o.MaxN {
			return fault.Usagef("fasttext: min_n = %d: want 1 to max_n = %d", o.MinN, o.MaxN)
		}
		if err := within("buckets", o.Buckets, 1, 1<<30); err != nil {
			return err
		}
	}
	if !(o.LearningRate > 0 && o.LearningRate <= 10) {
		return fault.Usagef("fasttext: learning_rate = %g: want 0 < learning_rate <= 10", o.LearningRate)
	}
	if !(o.SubSampling > 0 && o.SubSampling <= 1) {
		return fault.Usagef("fasttext: sub_sampling = %g: want 0 < sub_sampling <= 1; 1 keeps every word", o.SubSampling)
	}
	return nil
}

// Version counts the changes of Train that change what equal options teach: part of
// a trial's identity.
const Version = 1
