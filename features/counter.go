package features

import (
	"encoding/binary"
	"strings"
	"sync"

	"assay/internal/fault"
)

// CountOptions says what a Counter counts. The zero value counts every token
// of two characters or more.
type CountOptions struct {
	// NgramMin and NgramMax bound how many consecutive tokens, joined by a
	// space, form a term; both default to 1. One-character tokens are dropped
	// first, so that an n-gram reaches across them.
	NgramMin, NgramMax int
	// MinDocuments drops terms of fewer training papers; default 1.
	MinDocuments int
	// MaxFeatures keeps the terms of the highest total count over the training
	// papers, of equal ones those that come first in the alphabet; 0 keeps
	// all. scikit-learn leaves the choice among equal ones to an unstable sort.
	MaxFeatures int
	// Binary counts a term once a paper.
	Binary bool
	// Words counts the words inside the tokens instead of the tokens: their
	// runs of two or more letters, digits and underscores, which is how
	// CountVectorizer, unless told otherwise, reads tokens joined by spaces.
	Words bool
}

func (o *CountOptions) defaults() error {
	if o.NgramMin == 0 {
		o.NgramMin = 1
	}
	if o.NgramMax == 0 {
		o.NgramMax = o.NgramMin
	}
	if o.MinDocuments == 0 {
		o.MinDocuments = 1
	}
	if o.NgramMin < 1 || o.NgramMax < o.NgramMin {
		return fault.Usagef("features: count: n-grams of %d to %d tokens: the bounds must be positive and in order", o.NgramMin, o.NgramMax)
	}
	if o.MinDocuments < 0 || o.MaxFeatures < 0 {
		return fault.Usagef("features: count: minimum of %d documents and maximum of %d features: neither may be negative", o.MinDocuments, o.MaxFeatures)
	}
	return nil
}

// Counter counts terms in one pass over all papers, as scikit-learn's
// CountVectorizer does over the same tokens: lower-cased, one-character tokens
// dropped, terms in the order of their code points. Its result depends neither
// on the number of workers nor on which of them counted which paper.
//
// It holds two to three bytes a distinct term of a paper until Finish, which adds
// the eight bytes of the matrix.
type Counter struct {
	opt  CountOptions
	rows int
	err  error

	mu       sync.Mutex
	workers  []*CountWorker
	finished bool
}

// NewCounter returns a counter for papers 0 to rows-1. An option out of its
// range is reported by Finish.
func NewCounter(opt CountOptions, rows int) *Counter {
	c := &Counter{opt: opt, rows: rows}
	c.err = c.opt.defaults()
	return c
}

// Worker returns a worker for one goroutine; workers count independently.
func (c *Counter) Worker() *CountWorker {
	w := &CountWorker{opt: c.opt, rows: c.rows, err: c.err, table: newTermTable(c.opt.Words)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = append(c.workers, w)
	return w
}

// CountWorker counts the papers that one goroutine gives it.
type CountWorker struct {
	opt   CountOptions
	rows  int
	err   error
	table *termTable
	stats []termStats // one a term
	packs [][]byte

	ids      []int32 // of the paper's tokens
	distinct []int32 // of its terms
}

// termStats counts a term: in the paper at hand, and in the worker's training
// papers, how many hold it and how often in all.
type termStats struct {
	here  int32
	docs  int32
	total int64
}

// packSize is how many bytes of counted papers one allocation takes. A paper
// never straddles two.
const packSize = 1 << 18

// Add counts the tokens of one paper, each paper once, in any order. Only
// training papers decide which terms the vocabulary holds. The tokens are not
// kept. What is wrong with a paper is reported by Finish.
func (w *CountWorker) Add(row int, tokens []string, train bool) {
	if w.err != nil {
		return
	}
	if row < 0 || row >= w.rows {
		w.err = fault.Usagef("features: count: paper %d of %d", row, w.rows)
		return
	}
	known := len(w.table.texts)
	w.ids = w.ids[:0]
	for _, t := range tokens {
		w.ids = w.table.appendIDs(w.ids, t)
	}
	if w.opt.NgramMax > 1 {
		w.checkSpaces(row, known)
	}
	w.distinct = w.distinct[:0]
	w.stats = grow(w.stats, len(w.table.terms))
	if w.opt.NgramMin == 1 {
		for _, id := range w.ids {
			w.touch(id)
		}
	}
	if w.opt.NgramMax > 1 {
		w.addGrams()
	}
	w.pack(row, train)
}

// checkSpaces refuses a new token with a space, which an n-gram could not be
// told from.
func (w *CountWorker) checkSpaces(row, known int) {
	for _, text := range w.table.texts[known:] {
		if strings.Contains(text, " ") && w.err == nil {
			w.err = fault.Usagef("features: count: paper %d: token %q holds a space, which n-grams are joined by: split it or fold it first", row, text)
		}
	}
}

func (w *CountWorker) touch(id int32) {
	s := &w.stats[id]
	if s.here == 0 {
		w.distinct = append(w.distinct, id)
	}
	s.here++
}

func (w *CountWorker) addGrams() {
	for i, id := range w.ids {
		for n := 2; n <= w.opt.NgramMax && i+n <= len(w.ids); n++ {
			id = w.table.gram(id, w.ids[i+n-1])
			if n >= w.opt.NgramMin {
				w.stats = grow(w.stats, len(w.table.terms))
				w.touch(id)
			}
		}
	}
}

// pack appends the paper's counts as varints: the row, the number of terms,
// then for each the id shifted by one bit, which tells whether a count above 1
// follows. Frequent terms come early and so have short ids.
func (w *CountWorker) pack(row int, train bool) {
	most := (2 + 2*len(w.distinct)) * binary.MaxVarintLen64
	last := len(w.packs) - 1
	if last < 0 || cap(w.packs[last])-len(w.packs[last]) < most {
		w.packs = append(w.packs, make([]byte, 0, max(packSize, most)))
		last++
	}
	b := w.packs[last]
	b = binary.AppendUvarint(b, uint64(row))
	b = binary.AppendUvarint(b, uint64(len(w.distinct)))
	for _, id := range w.distinct {
		s := &w.stats[id]
		count := s.here
		s.here = 0
		if count == 1 || w.opt.Binary {
			count = 1
			b = binary.AppendUvarint(b, uint64(id)<<1)
		} else {
			b = binary.AppendUvarint(b, uint64(id)<<1|1)
			b = binary.AppendUvarint(b, uint64(count))
		}
		if train {
			s.docs++
			s.total += int64(count)
		}
	}
	w.packs[last] = b
}

// grow returns s with at least n elements, the new ones zero.
func grow(s []termStats, n int) []termStats {
	for len(s) < n {
		s = append(s, termStats{})
	}
	return s
}
