package features

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	"assay/internal/fault"
)

// WordOptions says what a Numberer numbers.
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

// Numberer turns tokens into Sequences without vectors: words in lower case, those
// of one character dropped, numbered in the order of their bytes from 2 on by a
// vocabulary of the training papers; every other word is MissingID. Its result
// depends neither on the number of workers nor on which of them had which paper.
type Numberer struct {
	opt    WordOptions
	papers [][]int32 // by worker-local numbers until Finish

	mu      sync.Mutex
	workers []*NumberWorker
}

// NewNumberer returns a numberer for papers 0 to rows-1.
func NewNumberer(opt WordOptions, rows int) *Numberer {
	return &Numberer{opt: opt, papers: make([][]int32, rows)}
}

// Worker returns a worker for one goroutine.
func (n *Numberer) Worker() *NumberWorker {
	w := &NumberWorker{n: n, table: newTermTable(n.opt.Words)}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.workers = append(n.workers, w)
	return w
}

// NumberWorker numbers the words of the papers that one goroutine gives it.
type NumberWorker struct {
	n      *Numberer
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
func (w *NumberWorker) Add(row int, tokens []string, train bool) {
	switch {
	case w.err != nil:
		return
	case row < 0 || row >= len(w.n.papers):
		w.err = fault.Usagef("features: words: paper %d of %d", row, len(w.n.papers))
		return
	case w.n.papers[row] != nil:
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
	if most := w.n.opt.MaxTokens; most > 0 && kept > most {
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
	w.n.papers[row] = ids
}

// Finish returns the vocabulary of the training papers, the sequences of all papers
// over it, and how much of these it covers. No worker may still be numbering, and
// the numberer is used up. A training set without a single word is a usage error.
func (n *Numberer) Finish(ctx context.Context) (*Vocabulary, *Sequences, WordCoverage, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.papers == nil {
		return nil, nil, WordCoverage{}, errors.New("features: words: Finish was called twice")
	}
	var c WordCoverage
	for _, w := range n.workers {
		if w.err != nil {
			return nil, nil, c, w.err
		}
		c.CutPapers += w.cutPapers
		c.CutTokens += w.cutTokens
	}
	all, stats, to := n.merge()
	if err := ctx.Err(); err != nil {
		return nil, nil, c, err
	}
	chosen, err := n.choose(all, stats)
	if err != nil {
		return nil, nil, c, err
	}
	number := make([]int32, len(stats)) // by the number in all
	for id := range number {
		number[id] = MissingID
	}
	v := &Vocabulary{terms: make([]string, len(chosen)), ngramMin: 1, ngramMax: 1, words: n.opt.Words}
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
	words := append(make([]string, firstWordID), v.terms...)
	s := &Sequences{Papers: n.papers, Words: words, Embedding: &Dense{Rows: len(words)}}
	n.renumber(number, to)
	n.papers, n.workers = nil, nil
	return v, s, c, nil
}

// merge joins the workers' words and returns, for each worker, their numbers in the
// joined table.
func (n *Numberer) merge() (all *termTable, stats []wordStats, to [][]int32) {
	all = newTermTable(n.opt.Words)
	for _, w := range n.workers {
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
	return all, stats, to
}

// choose returns the words of the vocabulary, sorted by text.
func (n *Numberer) choose(all *termTable, stats []wordStats) ([]candidate, error) {
	var out []candidate
	for id, s := range stats {
		if s.train > 0 {
			text := all.text(int32(id))
			var key [8]byte
			copy(key[:], text)
			out = append(out, candidate{binary.BigEndian.Uint64(key[:]), text, int32(id), s.train})
		}
	}
	if len(out) == 0 {
		return nil, fault.Usagef("features: words: no word is left: the training papers hold none of two characters or more: draw more papers")
	}
	if limit := n.opt.MaxWords; limit > 0 && len(out) > limit {
		slices.SortFunc(out, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.total, a.total), byText(a, b))
		})
		out = out[:limit]
	}
	slices.SortFunc(out, byText)
	return out, nil
}

// renumber replaces the workers' own numbers where they stand.
func (n *Numberer) renumber(number []int32, to [][]int32) {
	var running sync.WaitGroup
	for i, w := range n.workers {
		running.Go(func() {
			for _, chunk := range w.chunks {
				for j, local := range chunk {
					chunk[j] = number[to[i][local]]
				}
			}
		})
	}
	running.Wait()
}

// Number returns the numbers of a new paper's words, as the Numberer did that made
// the vocabulary: of the first most words, or of all where most is 0.
func (v *Vocabulary) Number(tokens []string, most int) []int32 {
	words := v.kept(tokens)
	if most > 0 && len(words) > most {
		words = words[:most]
	}
	ids := make([]int32, len(words))
	for i, word := range words {
		ids[i] = MissingID
		if column, ok := v.Index(word); ok {
			ids[i] = firstWordID + int32(column)
		}
	}
	return ids
}
