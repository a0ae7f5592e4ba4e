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
)

// Sequencer turns tokens into Sequences. The numbers do not depend on which
// worker had which paper: words are numbered in the order of their bytes.
//
// The numbers of the tokens, four bytes each, are held once from the first paper
// to the last batch: the workers write them into chunks, Finish renumbers them
// where they stand, and the papers are slices of the chunks.
type Sequencer struct {
	vectors embeddings.Vectors
	most    int
	papers  [][]int32 // by worker-local numbers until Finish

	mu      sync.Mutex
	workers []*SequenceWorker
}

// NewSequencer returns a sequencer for papers 0 to rows-1, of which it keeps the
// first most tokens; 0 keeps all.
func NewSequencer(v embeddings.Vectors, rows, most int) *Sequencer {
	return &Sequencer{vectors: v, most: most, papers: make([][]int32, rows)}
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

	chunks idChunks

	cutPapers int
	cutTokens int64
}

// Add numbers the tokens of one paper, each paper once, in any order.
func (w *SequenceWorker) Add(row int, tokens []string) error {
	if row < 0 || row >= len(w.q.papers) {
		return fault.Usagef("features: sequences: paper %d of %d", row, len(w.q.papers))
	}
	if most := w.q.most; most > 0 && len(tokens) > most {
		w.cutPapers++
		w.cutTokens += int64(len(tokens) - most)
		tokens = tokens[:most]
	}
	ids := w.chunks.room(len(tokens))
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
	w.q.papers[row] = ids
	return nil
}

// Cut returns how many papers were longer than what is kept of them, and how many
// tokens they lost by that.
func (q *Sequencer) Cut() (papers int, tokens int64) {
	for _, w := range q.workers {
		papers += w.cutPapers
		tokens += w.cutTokens
	}
	return papers, tokens
}

// Finish looks the words up and returns the sequences, and how the words of the
// tokens that are kept were found. The error is that of the vectors' file.
func (q *Sequencer) Finish(ctx context.Context) (*Sequences, embeddings.Coverage, error) {
	var coverage embeddings.Coverage
	words := q.words()
	s := &Sequences{Papers: q.papers, Words: make([]string, firstWordID), Embedding: &Dense{Cols: q.vectors.Dim()}}
	data := make([]float32, int(firstWordID)*s.Embedding.Cols, (int(firstWordID)+distinct(words))*s.Embedding.Cols)
	vector := make([]float32, s.Embedding.Cols)
	numbers := make([][]int32, len(q.workers)) // by worker and its own number
	for i, w := range q.workers {
		numbers[i] = make([]int32, len(w.words))
	}
	for len(words) > 0 {
		same := 1
		for same < len(words) && words[same].text == words[0].text {
			same++
		}
		match, err := q.vectors.Lookup(vector, words[0].text)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, coverage, fmt.Errorf("features: sequences: %w", err)
		}
		number := MissingID
		if match != embeddings.Missing {
			number = int32(len(s.Words))
			s.Words = append(s.Words, words[0].text)
			data = append(data, vector...)
		}
		coverage.Words[match]++
		for _, word := range words[:same] {
			coverage.Tokens[match] += q.workers[word.worker].count[word.local]
			numbers[word.worker][word.local] = number
		}
		words = words[same:]
	}
	s.Embedding.Rows, s.Embedding.Data = len(s.Words), data
	chunks := make([]idChunks, len(q.workers))
	for i, w := range q.workers {
		chunks[i] = w.chunks
		w.chunks, w.words, w.count = nil, nil, nil
	}
	renumber(chunks, numbers)
	q.papers = nil
	return s, coverage, nil
}

// workerWord is a word that a worker has met, and its number there.
type workerWord struct {
	text          string
	worker, local int32
}

// words returns the words of all workers in the order of their bytes.
func (q *Sequencer) words() []workerWord {
	var all []workerWord
	for i, w := range q.workers {
		w.index = nil
		all = slices.Grow(all, len(w.words))
		for local, text := range w.words {
			all = append(all, workerWord{text, int32(i), int32(local)})
		}
	}
	slices.SortFunc(all, func(a, b workerWord) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.worker, b.worker))
	})
	return all
}

// distinct counts the different words of a sorted list.
func distinct(words []workerWord) int {
	n := 0
	for i, w := range words {
		if i == 0 || w.text != words[i-1].text {
			n++
		}
	}
	return n
}
