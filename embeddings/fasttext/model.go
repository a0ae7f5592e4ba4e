package fasttext

import (
	"errors"

	"assay/embeddings"
)

// Model is a trained model, in memory or mapped from its file. It implements
// [embeddings.Vectors].
type Model struct {
	options Options
	dict    *Dictionary
	input   matrix     // (words + buckets, dim)
	output  matrix     // (words, dim)
	read    *arguments // of the file that Open read
}

// matrix is (rows, cols) of float32, in memory or on disk. Both methods are
// safe for concurrent use, once training is over.
type matrix interface {
	// sum writes the sum of the given rows into dst; a row that stands twice
	// counts twice. The error is that of the file beneath.
	sum(dst []float32, rows []int32) error
	// rows calls yield with every row in order, many rows at a time, until
	// yield fails: what a file writer needs. data is only valid in the call.
	all(yield func(data []float32) error) error
	close() error
}

var _ embeddings.Vectors = (*Model)(nil)

// Report says how a training went.
type Report struct {
	Sentences int64   // read, in one epoch
	Tokens    int64   // trained in one epoch: of the vocabulary, the ends of sentences included
	Words     int     // in the vocabulary
	LeftOut   int64   // tokens of words below the minimum count, in one epoch
	Loss      float64 // mean over the last epoch, a negative-sampling loss a prediction
	Seconds   float64 // of training, reading excluded
	WordsRate float64 // tokens trained a second, all workers together
}

// Options returns what the model was trained with, as far as its file tells.
func (m *Model) Options() Options { return m.options }

// Dim implements Vectors.
func (m *Model) Dim() int { return m.options.Dim }

// Len implements Vectors.
func (m *Model) Len() int { return m.dict.Len() }

// Word implements Vectors.
func (m *Model) Word(i int) string { return m.dict.words[i] }

// Count returns how often word i was seen in training.
func (m *Model) Count(i int) int64 { return m.dict.counts[i] }

// Labels returns how many entries of the model's file are labels, which have no
// vectors, and the first of them.
func (m *Model) Labels() (n int, first string) {
	if n = len(m.dict.labels); n > 0 {
		first = m.dict.labels[0].text
	}
	return n, first
}

// Index implements Vectors.
func (m *Model) Index(word string) (int, bool) {
	i, ok := m.dict.index[word]
	return int(i), ok
}

// Vector implements Vectors.
func (m *Model) Vector(dst []float32, i int) error {
	_, err := m.Lookup(dst, m.dict.words[i])
	return err
}

// Lookup implements Vectors: the mean of the word's own vector, if it has one,
// and those of its n-grams.
func (m *Model) Lookup(dst []float32, word string) (embeddings.Match, error) {
	var buffer [128]int32
	rows := m.dict.appendRows(buffer[:0], word)
	if len(rows) == 0 {
		clear(dst)
		return embeddings.Missing, nil
	}
	if err := m.input.sum(dst, rows); err != nil {
		return embeddings.Missing, err
	}
	scale := 1 / float32(len(rows))
	for i := range dst {
		dst[i] *= scale
	}
	if _, ok := m.dict.index[word]; ok {
		return embeddings.Exact, nil
	}
	return embeddings.Subwords, nil
}

// Documents implements Vectors.
func (m *Model) Documents() embeddings.DocumentRule { return embeddings.UnitMean }

// Close implements Vectors.
func (m *Model) Close() error { return errors.Join(m.input.close(), m.output.close()) }
