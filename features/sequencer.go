package features

import (
	"cmp"
	"context"
	"fmt"

	"assay/embeddings"
)

// Sequencer turns tokens into Sequences with vectors. Words are tokens as they stand,
// numbered in the order of their bytes: the numbers do not depend on which worker had
// which paper.
//
// The numbers of the tokens, four bytes each, are held once from the first paper
// to the last batch: the workers write them into chunks, Finish renumbers them
// where they stand, and the papers are slices of the chunks.
type Sequencer struct {
	vectors embeddings.Vectors
	index   *Indexer
}

// NewSequencer returns a sequencer for papers 0 to rows-1, of which it keeps the
// first most tokens; 0 keeps all.
func NewSequencer(v embeddings.Vectors, rows, most int) *Sequencer {
	q := &Sequencer{vectors: v, index: NewIndexer(WordOptions{MaxTokens: most}, rows)}
	q.index.raw = true
	return q
}

// Worker returns a worker for one goroutine.
func (q *Sequencer) Worker() *SequenceWorker { return &SequenceWorker{q.index.Worker()} }

// SequenceWorker numbers the tokens of the papers that one goroutine gives it.
type SequenceWorker struct{ w *IndexWorker }

// Add numbers the tokens of one paper, each paper once, in any order.
func (s *SequenceWorker) Add(row int, tokens []string) error {
	s.w.Add(row, tokens, false)
	return s.w.err
}

// Cut returns how many papers were longer than what is kept of them, and how many
// tokens they lost by that.
func (q *Sequencer) Cut() (papers int, tokens int64) { return q.index.cut() }

// Finish looks the words up and returns the sequences, and how the words of the
// tokens that are kept were found. The error is that of the vectors' file.
func (q *Sequencer) Finish(ctx context.Context) (*Sequences, embeddings.Coverage, error) {
	var coverage embeddings.Coverage
	all, stats, to, err := q.index.join(ctx)
	if err != nil {
		return nil, coverage, fmt.Errorf("features: sequences: %w", err)
	}
	var words []candidate
	for id, s := range stats {
		if s.kept > 0 {
			words = append(words, newCandidate(all, int32(id), s.kept))
		}
	}
	words = mostFrequent(words, 0)
	dim := q.vectors.Dim()
	s := &Sequences{Words: make([]string, firstWordID)}
	data, vector := make([]float32, int(firstWordID)*dim, (int(firstWordID)+len(words))*dim), make([]float32, dim)
	number := make([]int32, len(stats))
	for _, word := range words {
		match, err := q.vectors.Lookup(vector, word.text)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, coverage, fmt.Errorf("features: sequences: %w", err)
		}
		number[word.id] = MissingID
		if match != embeddings.Missing {
			number[word.id] = int32(len(s.Words))
			s.Words, data = append(s.Words, word.text), append(data, vector...)
		}
		coverage.Words[match]++
		coverage.Tokens[match] += word.total
	}
	s.Embedding = &Dense{Rows: len(s.Words), Cols: dim, Data: data}
	s.Papers = q.index.renumber(number, to)
	return s, coverage, nil
}
