package features

import (
	"sync"

	"assay/corpus/text"
)

// ContrastOptions says what of a paper a ContrastCounter reads.
type ContrastOptions struct {
	Classes int
	// Words counts the words inside the tokens instead of the tokens, as
	// CountOptions.Words does.
	Words bool
	// FirstTokens and FirstWords keep so many of a paper's first tokens, or of the
	// words that these give; 0 keeps all.
	FirstTokens, FirstWords int
}

// WordUses is how often a paper uses a word.
type WordUses struct {
	Word string // in lower case
	Uses int
}

// WordsOf counts the words of a paper, stop words and those of one character left
// out, in the order of their first use.
func WordsOf(tokens []string, opt ContrastOptions) []WordUses {
	r := newContrastReader(opt)
	var out []WordUses
	at := map[int32]int{}
	for _, id := range r.read(tokens) {
		i, seen := at[id]
		if !seen {
			i = len(out)
			at[id] = i
			out = append(out, WordUses{Word: r.table.text(id)})
		}
		out[i].Uses++
	}
	return out
}

// contrastReader turns tokens into numbers of words that are no stop words.
type contrastReader struct {
	opt   ContrastOptions
	table *termTable
	stop  []bool // by word
	ids   []int32
}

func newContrastReader(opt ContrastOptions) *contrastReader {
	return &contrastReader{opt: opt, table: newTermTable(opt.Words)}
}

// read returns the words of a paper; the slice is reused for the next.
func (r *contrastReader) read(tokens []string) []int32 {
	if most := r.opt.FirstTokens; most > 0 && len(tokens) > most {
		tokens = tokens[:most]
	}
	r.ids = r.ids[:0]
	for _, t := range tokens {
		r.ids = r.table.appendIDs(r.ids, t)
	}
	for id := len(r.stop); id < len(r.table.terms); id++ {
		r.stop = append(r.stop, text.StopWord(r.table.text(int32(id))))
	}
	ids := r.ids
	if most := r.opt.FirstWords; most > 0 && len(ids) > most {
		ids = ids[:most]
	}
	kept := ids[:0]
	for _, id := range ids {
		if !r.stop[id] {
			kept = append(kept, id)
		}
	}
	return kept
}

// ContrastCounter counts, of each class, the papers that use each of some words, for
// a Contrast of the class with all other papers. A paper may be of several classes.
// The counts do not depend on which worker had which paper.
type ContrastCounter struct {
	opt    ContrastOptions
	wanted map[string]int32

	mu      sync.Mutex
	workers []*ContrastWorker
}

// NewContrastCounter returns a counter of the given words, in lower case.
func NewContrastCounter(words []string, opt ContrastOptions) *ContrastCounter {
	c := &ContrastCounter{opt: opt, wanted: make(map[string]int32, len(words))}
	for _, w := range words {
		if _, twice := c.wanted[w]; !twice {
			c.wanted[w] = int32(len(c.wanted))
		}
	}
	return c
}

// Worker returns a worker for one goroutine.
func (c *ContrastCounter) Worker() *ContrastWorker {
	w := &ContrastWorker{c: c, reader: newContrastReader(c.opt), classes: make([]int64, c.opt.Classes), words: make([]int32, len(c.wanted))}
	w.byClass = make([]int32, c.opt.Classes*len(c.wanted))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = append(c.workers, w)
	return w
}

// ContrastWorker counts the papers that one goroutine gives it.
type ContrastWorker struct {
	c      *ContrastCounter
	reader *contrastReader
	column []int32 // of a word of the reader's: its number among the wanted ones, −1 for none
	last   []int32 // the paper that used it last
	paper  int32

	all     int64   // words of all papers, once a paper
	classes []int64 // and of those of each class
	words   []int32 // papers that use a wanted word
	byClass []int32 // (class, wanted word): and are of the class
}

// Add counts a paper of the given classes, each named once.
func (w *ContrastWorker) Add(tokens []string, classes []int32) {
	w.paper++
	ids := w.reader.read(tokens)
	for id := len(w.column); id < len(w.reader.table.terms); id++ {
		column, wanted := w.c.wanted[w.reader.table.text(int32(id))]
		if !wanted {
			column = -1
		}
		w.column, w.last = append(w.column, column), append(w.last, 0)
	}
	distinct := int64(0)
	for _, id := range ids {
		if w.last[id] == w.paper {
			continue
		}
		w.last[id] = w.paper
		distinct++
		if column := w.column[id]; column >= 0 {
			w.words[column]++
			for _, c := range classes {
				w.byClass[int(c)*len(w.words)+int(column)]++
			}
		}
	}
	w.all += distinct
	for _, c := range classes {
		w.classes[c] += distinct
	}
}

// WordContrasts are words set against classes.
type WordContrasts struct {
	index     map[string]int32
	contrasts []Contrast // of each class
	words     []int64
	byClass   []int64
}

// Finish returns what was counted. No worker may still be counting.
func (c *ContrastCounter) Finish() *WordContrasts {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &WordContrasts{index: c.wanted, contrasts: make([]Contrast, c.opt.Classes), words: make([]int64, len(c.wanted))}
	out.byClass = make([]int64, c.opt.Classes*len(c.wanted))
	var all int64
	for _, w := range c.workers {
		all += w.all
		for i, n := range w.classes {
			out.contrasts[i].Class += float64(n)
		}
		for i, n := range w.words {
			out.words[i] += int64(n)
		}
		for i, n := range w.byClass {
			out.byClass[i] += int64(n)
		}
	}
	for i := range out.contrasts {
		out.contrasts[i].Rest = float64(all) - out.contrasts[i].Class
	}
	return out
}

// Of returns how many papers of the class, and how many others, use the word, and
// how strongly that speaks for the class, as Contrast.LogOdds has it. All are 0 for
// a word that was not counted.
func (c *WordContrasts) Of(class int, word string) (here, elsewhere int64, delta, z float64) {
	column, ok := c.index[word]
	if !ok {
		return 0, 0, 0, 0
	}
	here = c.byClass[class*len(c.words)+int(column)]
	elsewhere = c.words[column] - here
	delta, z = c.contrasts[class].LogOdds(float64(here), float64(elsewhere))
	return here, elsewhere, delta, z
}
