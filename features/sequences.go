package features

import (
	"cmp"
	"slices"

	"assay/internal/rng"
)

// The first rows of an embedding matrix; both are zero.
const (
	PaddingID int32 = iota // what fills a batch behind the end of a paper
	MissingID              // every word without a vector
	firstWordID
)

// Sequences are papers as the numbers of their tokens in an embedding matrix:
// what networks read. It implements Matrix, with a column a number.
type Sequences struct {
	Papers [][]int32 // (rows): the rows of Embedding that a paper's tokens have
	// Embedding holds the words' vectors, (V, dim). Where there are none, as a
	// network is to learn its own, it has V rows, no column and no data.
	Embedding *Dense
	Words     []string // (V); empty for PaddingID and MissingID
}

// Dims implements Matrix.
func (s *Sequences) Dims() (rows, cols int) { return len(s.Papers), s.Embedding.Rows }

// Row returns the numbers of paper i; they alias the sequences.
func (s *Sequences) Row(i int) []int32 { return s.Papers[i] }

// Select returns the given papers in the given order. Nothing is copied: numbers
// and matrix are shared, as the papers of a large corpus fit once into memory.
func (s *Sequences) Select(rows []int) *Sequences {
	out := &Sequences{Papers: make([][]int32, len(rows)), Embedding: s.Embedding, Words: s.Words}
	for i, r := range rows {
		out.Papers[i] = s.Papers[r]
	}
	return out
}

// Batches parts the papers into batches of the given size, the last made smaller
// if need be, of papers of similar length: sorted by length, equal ones in an
// order drawn by the seed, cut, and the batches shuffled. Each paper is in one.
func (s *Sequences) Batches(size int, seed uint64) [][]int {
	if size < 1 {
		return nil
	}
	r := rng.New(seed, "features", "batches")
	order := r.Perm(len(s.Papers))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(s.Row(a)), len(s.Row(b))) })
	batches := slices.Collect(slices.Chunk(order, size))
	r.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	return batches
}

// idChunks is room for the numbers of papers, which lie one behind the other.
type idChunks [][]int32

// chunkIDs is how many numbers are allocated at a time.
const chunkIDs = 1 << 16

// room returns n numbers at the end of the last chunk, or of a new one.
func (c *idChunks) room(n int) []int32 {
	last := len(*c) - 1
	if last < 0 || cap((*c)[last])-len((*c)[last]) < n {
		*c = append(*c, make([]int32, 0, max(n, chunkIDs)))
		last++
	}
	at := len((*c)[last])
	(*c)[last] = (*c)[last][:at+n]
	return (*c)[last][at : at+n : at+n]
}
