package embeddings

import (
	"fmt"
	"strings"
)

// Table is a vocabulary with one vector a word, in memory: what GloVe, word2vec
// and fastText's .vec files hold. A word that it lacks is looked up again in
// lower case; one that it lacks then, too, has the zero vector.
type Table struct {
	dim   int
	words []string
	data  []float32 // (len(words), dim)
	index map[string]int32
	unit  bool // Documents is UnitMean
}

// NewTable returns a table of the words, which must differ, with their vectors
// (len(words), dim) in data. It keeps both slices.
func NewTable(dim int, words []string, data []float32, rule DocumentRule) (*Table, error) {
	if dim < 1 || len(data) != len(words)*dim {
		return nil, fmt.Errorf("embeddings: %d words of %d dimensions need %d values, not %d", len(words), dim, len(words)*dim, len(data))
	}
	t := &Table{dim: dim, words: words, data: data, index: make(map[string]int32, len(words)), unit: rule == UnitMean}
	for i, w := range words {
		if before, twice := t.index[w]; twice {
			return nil, fmt.Errorf("embeddings: word %q stands at %d and %d", w, before, i)
		}
		t.index[w] = int32(i)
	}
	return t, nil
}

// Dim implements Vectors.
func (t *Table) Dim() int { return t.dim }

// Len implements Vectors.
func (t *Table) Len() int { return len(t.words) }

// Word implements Vectors.
func (t *Table) Word(i int) string { return t.words[i] }

// Words returns all words; the slice is the table's.
func (t *Table) Words() []string { return t.words }

// Data returns the vectors of all words, (Len, Dim); the slice is the table's.
func (t *Table) Data() []float32 { return t.data }

// Row returns the vector of word i; it aliases the table.
func (t *Table) Row(i int) []float32 { return t.data[i*t.dim : (i+1)*t.dim] }

// Vector implements Vectors.
func (t *Table) Vector(dst []float32, i int) error {
	copy(dst, t.Row(i))
	return nil
}

// Index implements Vectors.
func (t *Table) Index(word string) (int, bool) {
	i, ok := t.index[word]
	return int(i), ok
}

// Lookup implements Vectors.
func (t *Table) Lookup(dst []float32, word string) (Match, error) {
	if i, ok := t.index[word]; ok {
		copy(dst, t.Row(int(i)))
		return Exact, nil
	}
	if lower := strings.ToLower(word); lower != word {
		if i, ok := t.index[lower]; ok {
			copy(dst, t.Row(int(i)))
			return LowerCase, nil
		}
	}
	clear(dst)
	return Missing, nil
}

// Documents implements Vectors.
func (t *Table) Documents() DocumentRule {
	if t.unit {
		return UnitMean
	}
	return Mean
}

// Close implements Vectors.
func (t *Table) Close() error { return nil }
