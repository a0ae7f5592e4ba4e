package features

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"assay/embeddings"
	"assay/internal/fault"
	"assay/internal/rng"
)

// The first rows of an embedding matrix; both are zero.
const (
	PaddingID int32 = iota // what fills a batch behind the end of a paper
	MissingID              // every word without a vector
	firstWordID
)

// Sequences are papers as the numbers of their tokens in a frozen embedding
// matrix: what networks read. It implements Matrix, with a column a number.
type Sequences struct {
	Indptr    []int64  // len rows+1: paper i is IDs[Indptr[i]:Indptr[i+1]]
	IDs       []int32  // rows of Embedding
	Embedding *Dense   // (V, dim)
	Words     []string // (V); empty for PaddingID and MissingID
}

// Dims implements Matrix.
func (s *Sequences) Dims() (rows, cols int) { return len(s.Indptr) - 1, s.Embedding.Rows }

// Row returns the numbers of paper i; they alias the sequences.
func (s *Sequences) Row(i int) []int32 { return s.IDs[s.Indptr[i]:s.Indptr[i+1]] }

// Select returns the given papers, copied, in the given order; the embedding
// matrix is shared.
func (s *Sequences) Select(rows []int) *Sequences {
	out := &Sequences{Indptr: make([]int64, 1, len(rows)+1), Embedding: s.Embedding, Words: s.Words}
	for _, r := range rows {
		out.IDs = append(out.IDs, s.Row(r)...)
		out.Indptr = append(out.Indptr, int64(len(out.IDs)))
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
	order := r.Perm(len(s.Indptr) - 1)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(s.Row(a)), len(s.Row(b))) })
	batches := slices.Collect(slices.Chunk(order, size))
	r.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	return batches
}

// Pad returns the papers of a batch as (B, T), T the length of the longest,
// filled up with PaddingID, and the papers' lengths. It uses dst where that is
// large enough.
func (s *Sequences) Pad(dst []int32, batch []int) (ids []int32, lengths []int) {
	longest := 0
	for _, row := range batch {
		lengths = append(lengths, len(s.Row(row)))
		longest = max(longest, len(s.Row(row)))
	}
	ids = slices.Grow(dst[:0], len(batch)*longest)[:len(batch)*longest]
	clear(ids)
	for i, row := range batch {
		copy(ids[i*longest:], s.Row(row))
	}
	return ids, lengths
}

// Sequencer turns tokens into Sequences. The numbers do not depend on which
// worker had which paper: words are numbered in the order of their bytes.
type Sequencer struct {
	vectors embeddings.Vectors
	most    int
	rows    [][]int32 // by worker-local numbers until Finish
	owner   []*SequenceWorker

	mu      sync.Mutex
	workers []*SequenceWorker
}

// NewSequencer returns a sequencer for papers 0 to rows-1, of which it keeps the
// first most tokens; 0 keeps all.
func NewSequencer(v embeddings.Vectors, rows, most int) *Sequencer {
	return &Sequencer{vectors: v, most: most, rows: make([][]int32, rows), owner: make([]*SequenceWorker, rows)}
}

// Worker returns a worker for one goroutine.
func (q *Sequencer) Worker() *SequenceWorker {
	w := &SequenceWorker{q: q, index: map[string]int32{}}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.workers = append(q.workers, w)
	return w
}

// SequenceWorker numbers the tokens of the papers that one goroutine gives it.
type SequenceWorker struct {
	q     *Sequencer
	index map[string]int32
	words []string
	count []int64 // of tokens, by word
}

// Add numbers the tokens of one paper, each paper once, in any order.
func (w *SequenceWorker) Add(row int, tokens []string) error {
	if row < 0 || row >= len(w.q.rows) {
		return fault.Usagef("features: sequences: paper %d of %d", row, len(w.q.rows))
	}
	if w.q.most > 0 && len(tokens) > w.q.most {
		tokens = tokens[:w.q.most]
	}
	ids := make([]int32, len(tokens))
	for i, token := range tokens {
		id, known := w.index[token]
		if !known {
			id = int32(len(w.words))
			token = strings.Clone(token)
			w.index[token] = id
			w.words, w.count = append(w.words, token), append(w.count, 0)
		}
		w.count[id]++
		ids[i] = id
	}
	w.q.rows[row], w.q.owner[row] = ids, w
	return nil
}

// Finish looks the words up and returns the sequences, and how the words were
// found. The error is that of the vectors' file.
func (q *Sequencer) Finish(ctx context.Context) (*Sequences, embeddings.Coverage, error) {
	var coverage embeddings.Coverage
	counts := map[string]int64{}
	for _, w := range q.workers {
		for i, word := range w.words {
			counts[word] += w.count[i]
		}
	}
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	slices.Sort(words)
	s := &Sequences{Words: make([]string, firstWordID), Embedding: &Dense{Cols: q.vectors.Dim()}}
	s.Embedding.Data = make([]float32, int(firstWordID)*s.Embedding.Cols)
	number := make(map[string]int32, len(words))
	vector := make([]float32, q.vectors.Dim())
	for _, word := range words {
		match, err := q.vectors.Lookup(vector, word)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, coverage, fmt.Errorf("features: sequences: %w", err)
		}
		coverage.Words[match]++
		coverage.Tokens[match] += counts[word]
		if match == embeddings.Missing {
			number[word] = MissingID
			continue
		}
		number[word] = int32(len(s.Words))
		s.Words = append(s.Words, word)
		s.Embedding.Data = append(s.Embedding.Data, vector...)
	}
	s.Embedding.Rows = len(s.Words)
	q.renumber(s, number)
	return s, coverage, nil
}

// renumber joins the papers by the numbers of their words.
func (q *Sequencer) renumber(s *Sequences, number map[string]int32) {
	local := map[*SequenceWorker][]int32{}
	for _, w := range q.workers {
		ids := make([]int32, len(w.words))
		for i, word := range w.words {
			ids[i] = number[word]
		}
		local[w] = ids
	}
	total := 0
	for _, ids := range q.rows {
		total += len(ids)
	}
	s.IDs, s.Indptr = make([]int32, 0, total), make([]int64, 1, len(q.rows)+1)
	for row, ids := range q.rows {
		for _, id := range ids {
			s.IDs = append(s.IDs, local[q.owner[row]][id])
		}
		s.Indptr = append(s.Indptr, int64(len(s.IDs)))
		q.rows[row] = nil
	}
}
