package features

import (
	"context"
	"errors"
	"sync"

	"assay/internal/fault"
)

// WordOptions says what an Indexer numbers.
type WordOptions struct {
	// MaxWords keeps the words that occur most often in the training papers, of
	// equal ones those that come first in the order of their bytes; 0 keeps all.
	MaxWords int
	// MaxTokens keeps so many of a paper's first words, those outside the
	// vocabulary among them; 0 keeps all.
	MaxTokens int
	// Words numbers the words inside the tokens instead of the tokens, as
	// CountOptions.Words counts them.
	Words bool
}

// WordCoverage says what became of the words that are kept of all papers.
type WordCoverage struct {
	Tokens, KnownTokens     int64 // in all, and of these in the vocabulary
	Distinct, KnownDistinct int64 // different words

	CutPapers int   // papers longer than MaxTokens
	CutTokens int64 // what they lost by that
}

// Indexer turns tokens into Sequences without vectors: words in lower case, those
// of one character dropped, numbered in the order of their bytes from 2 on by a
// vocabulary of the training papers; every other word is MissingID. Its result
// depends neither on the number of workers nor on which of them had which paper.
type Indexer struct {
	opt    WordOptions
	raw    bool      // a word is a token as it stands
	papers [][]int32 // by worker-local numbers until Finish

	mu      sync.Mutex
	workers []*IndexWorker
}

// NewIndexer returns an indexer for papers 0 to rows-1.
func NewIndexer(opt WordOptions, rows int) *Indexer {
	return &Indexer{opt: opt, papers: make([][]int32, rows)}
}

// Worker returns a worker for one goroutine.
func (x *Indexer) Worker() *IndexWorker {
	w := &IndexWorker{x: x, table: x.newTable()}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.workers = append(x.workers, w)
	return w
}

func (x *Indexer) newTable() *termTable {
	t := newTermTable(x.opt.Words)
	t.raw = x.raw
	return t
}

// IndexWorker numbers the words of the papers that one goroutine gives it.
type IndexWorker struct {
	x      *Indexer
	table  *termTable
	stats  []wordStats // one a word
	ids    []int32     // of the paper at hand
	chunks idChunks

	cutPapers int
	cutTokens int64
	err       error
}

// wordStats counts a word: in what is kept of all papers, and in the whole of the
// training papers.
type wordStats struct{ kept, train int64 }

// Add numbers the words of one paper, each paper once, in any order. Only training
// papers decide which words the vocabulary holds. The tokens are not kept. What is
// wrong with a paper is reported by Finish.
func (w *IndexWorker) Add(row int, tokens []string, train bool) {
	switch {
	case w.err != nil:
		return
	case row < 0 || row >= len(w.x.papers):
		w.err = fault.Usagef("features: words: paper %d of %d", row, len(w.x.papers))
		return
	case w.x.papers[row] != nil:
		w.err = fault.Usagef("features: words: paper %d was added twice", row)
		return
	}
	w.ids = w.ids[:0]
	for _, t := range tokens {
		w.ids = w.table.appendIDs(w.ids, t)
	}
	if short := len(w.table.terms) - len(w.stats); short > 0 {
		w.stats = append(w.stats, make([]wordStats, short)...)
	}
	kept := len(w.ids)
	if most := w.x.opt.MaxTokens; most > 0 && kept > most {
		w.cutPapers++
		w.cutTokens += int64(kept - most)
		kept = most
	}
	for i, id := range w.ids {
		if i < kept {
			w.stats[id].kept++
		}
		if train {
			w.stats[id].train++
		}
	}
	ids := w.chunks.room(kept)
	copy(ids, w.ids)
	w.x.papers[row] = ids
}

// Finish returns the vocabulary of the training papers, the sequences of all papers
// over it, and how much of these it covers. No worker may still be numbering, and
// the indexer is used up. A training set without a single word is a usage error.
func (x *Indexer) Finish(ctx context.Context) (*Vocabulary, *Sequences, WordCoverage, error) {
	var c WordCoverage
	all, stats, to, err := x.join(ctx)
	if err != nil {
		return nil, nil, c, err
	}
	chosen, err := x.choose(all, stats)
	if err != nil {
		return nil, nil, c, err
	}
	number := make([]int32, len(stats)) // by the number in all
	for id := range number {
		number[id] = MissingID
	}
	v := &Vocabulary{terms: make([]string, len(chosen)), ngramMin: 1, ngramMax: 1, words: x.opt.Words}
	for j, word := range chosen {
		v.terms[j] = word.text
		number[word.id] = firstWordID + int32(j)
	}
	for id, s := range stats {
		c.Tokens += s.kept
		if s.kept > 0 {
			c.Distinct++
		}
		if number[id] != MissingID {
			c.KnownTokens += s.kept
			if s.kept > 0 {
				c.KnownDistinct++
			}
		}
	}
	c.CutPapers, c.CutTokens = x.cut()
	words := append(make([]string, firstWordID), v.terms...)
	return v, &Sequences{Papers: x.renumber(number, to), Words: words, Embedding: &Dense{Rows: len(words)}}, c, nil
}

// cut returns how many papers were longer than what is kept of them, and how many
// tokens they lost by that.
func (x *Indexer) cut() (papers int, tokens int64) {
	for _, w := range x.workers {
		papers += w.cutPapers
		tokens += w.cutTokens
	}
	return papers, tokens
}

// join joins the workers' words and returns, for each worker, their numbers in the
// joined table. The error is the first of a worker, or the context's.
func (x *Indexer) join(ctx context.Context) (all *termTable, stats []wordStats, to [][]int32, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.papers == nil {
		return nil, nil, nil, errors.New("features: words: Finish was called twice")
	}
	all = x.newTable()
	for _, w := range x.workers {
		if w.err != nil {
			return nil, nil, nil, w.err
		}
		numbers := all.merge(w.table)
		if short := len(all.terms) - len(stats); short > 0 {
			stats = append(stats, make([]wordStats, short)...)
		}
		for id, s := range w.stats {
			stats[numbers[id]].kept += s.kept
			stats[numbers[id]].train += s.train
		}
		to = append(to, numbers)
		w.table, w.stats = nil, nil
	}
	return all, stats, to, ctx.Err()
}

// renumber replaces the workers' own numbers where they stand, by those that their
// words in the joined table get, and returns the papers.
func (x *Indexer) renumber(number []int32, to [][]int32) [][]int32 {
	var running sync.WaitGroup
	for i, w := range x.workers {
		running.Go(func() {
			for _, chunk := range w.chunks {
				for j, own := range chunk {
					chunk[j] = number[to[i][own]]
				}
			}
			w.chunks = nil
		})
	}
	running.Wait()
	papers := x.papers
	x.papers = nil
	return papers
}

// choose returns the words of the vocabulary, sorted by text.
func (x *Indexer) choose(all *termTable, stats []wordStats) ([]candidate, error) {
	var out []candidate
	for id, s := range stats {
		if s.train > 0 {
			out = append(out, newCandidate(all, int32(id), s.train))
		}
	}
	if len(out) == 0 {
		return nil, fault.Usagef("features: words: no word is left: the training papers hold none of two characters or more: draw more papers")
	}
	return mostFrequent(out, x.opt.MaxWords), nil
}

// IDs returns the numbers of a new paper's words, as the Indexer did that made
// the vocabulary: of the first most words, or of all where most is 0.
func (v *Vocabulary) IDs(tokens []string, most int) []int32 {
	words := v.kept(tokens)
	if most > 0 && len(words) > most {
		words = words[:most]
	}
	return v.numbers(words)
}

// tokenIDs returns the numbers of the first most tokens, as a Sequencer gave them whose
// words are the vocabulary.
func (v *Vocabulary) tokenIDs(tokens []string, most int) []int32 {
	if most > 0 && len(tokens) > most {
		tokens = tokens[:most]
	}
	return v.numbers(tokens)
}

func (v *Vocabulary) numbers(words []string) []int32 {
	ids := make([]int32, len(words))
	for i, word := range words {
		ids[i] = MissingID
		if column, ok := v.Index(word); ok {
			ids[i] = firstWordID + int32(column)
		}
	}
	return ids
}
