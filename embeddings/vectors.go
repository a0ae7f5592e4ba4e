// Package embeddings gives words their vectors. It holds the contract that all
// kinds of word vectors keep, vectors in memory ([Table]), and the search for
// neighbours; embeddings/fasttext trains vectors, embeddings/vectorfile reads
// and writes the files that others publish, and embeddings/excerpt keeps the part of
// a table that a model needs.
//
//	vectors, report, err := vectorfile.Open(ctx, "data/glove.6B.100d.txt")
//	dst := make([]float32, vectors.Dim())
//	match, err := vectors.Lookup(dst, "neutrino")
//	near, match, err := embeddings.Neighbours(ctx, vectors, "neutrino", 10, 0)
package embeddings

// Match says how Lookup found a word.
type Match uint8

// The ways to find a word, the surest last.
const (
	Missing   Match = iota // not found: the vector is zero
	Subwords               // made from the vectors of its character n-grams (FastText)
	LowerCase              // found only once lower-cased (GloVe, word2vec)
	Exact                  // a word of the vocabulary
)

// Vectors gives each word a vector of one dimension. All methods but Close are
// safe for concurrent use. An error means that the file beneath could no longer
// be read, never that a word is unknown.
type Vectors interface {
	// Dim returns the length of every vector.
	Dim() int
	// Len returns the number of words in the vocabulary.
	Len() int
	// Word returns word i of the vocabulary, 0 <= i < Len(), the most frequent
	// first where the source orders them.
	Word(i int) string
	// Vector writes the vector of word i into dst, of length Dim.
	Vector(dst []float32, i int) error
	// Lookup writes the vector of any word into dst, of length Dim: zeros where
	// it is Missing.
	Lookup(dst []float32, word string) (Match, error)
	// Index returns the position of exactly this word in the vocabulary.
	Index(word string) (i int, ok bool)
	// Documents returns how a document's vector is made of its words'.
	Documents() DocumentRule
	// Close releases the file beneath, if any.
	Close() error
}

// DocumentRule is a way from the vectors of a document's words to one vector.
type DocumentRule uint8

const (
	// Mean is the mean of the vectors of the words that have one.
	Mean DocumentRule = iota
	// UnitMean is the mean of the words' vectors, each divided by its Euclidean
	// norm; zero vectors count neither in the sum nor in the number. It is what
	// fastText's get_sentence_vector does for unsupervised models.
	UnitMean
)
