package features

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"assay/embeddings"
	"assay/internal/fault"
	"assay/internal/kernels"
)

// Vectorizer makes one vector of each paper from the vectors of its words, as
// [embeddings.DocumentRule] says: the mean of them, or fastText's
// get_sentence_vector. The markers of the document are words like others; a
// paper of which no word has a vector is zero.
//
// Its result depends neither on the number of workers nor on which of them had
// which paper. Each worker keeps the vectors of the words it has met, up to
// cachedWords of them.
type Vectorizer struct {
	vectors embeddings.Vectors
	unit    bool
	out     *Dense

	mu      sync.Mutex
	workers []*VectorWorker
	words   map[string]embeddings.Match // of all papers, once finished
}

// cachedWords bounds what a worker keeps: 40 MB of vectors of 100 dimensions.
const cachedWords = 100_000

// NewVectorizer returns a vectorizer for papers 0 to rows-1.
func NewVectorizer(v embeddings.Vectors, rows int) *Vectorizer {
	return &Vectorizer{
		vectors: v, unit: v.Documents() == embeddings.UnitMean,
		out: &Dense{Rows: rows, Cols: v.Dim(), Data: make([]float32, rows*v.Dim())},
	}
}

// Worker returns a worker for one goroutine.
func (z *Vectorizer) Worker() *VectorWorker {
	w := &VectorWorker{z: z, known: map[string]*found{}, buffer: make([]float32, z.vectors.Dim())}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.workers = append(z.workers, w)
	return w
}

// VectorWorker makes the vectors of the papers that one goroutine gives it.
type VectorWorker struct {
	z      *Vectorizer
	known  map[string]*found
	tokens [embeddings.Exact + 1]int64
	cached int
	buffer []float32
}

// found is how a word was found, with its vector or, beyond the cache, none.
type found struct {
	match  embeddings.Match
	vector []float32 // nil: look it up again; empty: counts nowhere
}

// Add makes the vector of one paper, each paper once, in any order. The tokens
// are not kept. The error is that of the vectors' file.
func (w *VectorWorker) Add(row int, tokens []string) error {
	if row < 0 || row >= w.z.out.Rows {
		return fault.Usagef("features: vectors: paper %d of %d", row, w.z.out.Rows)
	}
	sum, n := w.z.out.Row(row), 0
	for _, token := range tokens {
		vector, match, err := w.lookup(token)
		if err != nil {
			return fmt.Errorf("features: vectors: %w", err)
		}
		w.tokens[match]++
		if len(vector) > 0 {
			kernels.Axpy(sum, 1, vector)
			n++
		}
	}
	if n > 0 {
		kernels.Scale(sum, 1/float32(n))
	}
	return nil
}

// lookup returns what a token adds to its paper, nothing where it has no vector.
func (w *VectorWorker) lookup(token string) ([]float32, embeddings.Match, error) {
	f, known := w.known[token]
	if known && f.vector != nil {
		return f.vector, f.match, nil
	}
	match, err := w.z.vectors.Lookup(w.buffer, token)
	if err != nil {
		return nil, match, err
	}
	vector := w.buffer
	norm := kernels.Norm(vector)
	if match == embeddings.Missing || w.z.unit && norm == 0 {
		vector = vector[:0]
	} else if w.z.unit {
		kernels.Scale(vector, float32(1/norm))
	}
	if !known {
		f = &found{match: match}
		w.known[strings.Clone(token)] = f
		if w.cached < cachedWords {
			f.vector = append(make([]float32, 0, len(vector)), vector...)
			w.cached++
		}
	}
	return vector, match, nil
}

// Finish returns the papers' vectors (rows, dim) and how their words were found.
func (z *Vectorizer) Finish() (*Dense, embeddings.Coverage) {
	var c embeddings.Coverage
	z.words = map[string]embeddings.Match{}
	for _, w := range z.workers {
		for match, n := range w.tokens {
			c.Tokens[match] += n
		}
		for word, f := range w.known {
			z.words[word] = f.match
		}
		w.known = nil
	}
	for _, match := range z.words {
		c.Words[match]++
	}
	return z.out, c
}

// Words returns the words that have a vector, sorted, once the vectorizer is finished.
func (z *Vectorizer) Words() []string {
	var out []string
	for word, match := range z.words {
		if match != embeddings.Missing {
			out = append(out, word)
		}
	}
	slices.Sort(out)
	return out
}
