// Package keywords finds the words that speak for a class of papers: those that its
// papers use more than other papers do, more surely than chance explains.
//
//	counter := keywords.NewCounter(keywords.Options{Rule: keywords.Terms(true), Classes: 2})
//	worker := counter.Worker()
//	worker.Add(tokens, []int32{0}) // a paper of class 0
//	…
//	here, elsewhere, logOdds, z := counter.Finish().Of(0, "galaxies")
//
// Word clouds draw them, and the analysis of mistakes asks which words of a paper speak
// for a category that its model missed.
package keywords

import (
	"strings"
	"sync"

	"assay/corpus/text"
	"assay/features"
)

// Rule turns a token into the words that it is counted as: none, one, or several. ""
// is a word that is not counted, but is one of Options.FirstWords.
type Rule func(token string) []string

// Terms is the rule that a model's counts go by (see features.Terms), stop words left
// out.
func Terms(inside bool) Rule {
	return func(token string) (out []string) {
		for word := range features.Terms(token, inside) {
			if text.StopWord(word) {
				word = ""
			}
			out = append(out, word)
		}
		return out
	}
}

// Options says what is counted.
type Options struct {
	Rule    Rule
	Classes int
	Words   []string // these alone; nil: all that there are

	// FirstTokens and FirstWords keep so many of a paper's first tokens, or of the
	// words that these give; 0 keeps all.
	FirstTokens, FirstWords int

	Spellings bool // count the tokens of each word, for Counts.Spell
}

// Uses is how often a paper uses a word.
type Uses struct {
	Word string
	Uses int
}

// WordsOf counts the words of a paper, in the order of their first use.
func WordsOf(tokens []string, opt Options) []Uses {
	r := newReader(opt)
	var out []Uses
	at := map[int32]int{}
	for _, id := range r.read(tokens) {
		i, seen := at[id]
		if !seen {
			i = len(out)
			at[id] = i
			out = append(out, Uses{Word: r.words[id]})
		}
		out[i].Uses++
	}
	return out
}

// reader turns tokens into numbers of words. It asks the rule once for each token.
type reader struct {
	opt    Options
	tokens map[string]int32 // to its number
	flat   []int32          // the words of all tokens; −1: not counted
	ends   []int32          // by token: where its words end in flat
	ids    map[string]int32 // of words
	words  []string         // by id
	list   []int32          // of the paper at hand
}

func newReader(opt Options) *reader {
	return &reader{opt: opt, tokens: map[string]int32{}, ids: map[string]int32{}}
}

// of returns the words of a token by its number.
func (r *reader) of(token int32) []int32 {
	from := int32(0)
	if token > 0 {
		from = r.ends[token-1]
	}
	return r.flat[from:r.ends[token]]
}

// token returns a token's number.
func (r *reader) token(raw string) int32 {
	at, known := r.tokens[raw]
	if known {
		return at
	}
	raw = strings.Clone(raw) // a token may hold on to its paper's text
	for _, word := range r.opt.Rule(raw) {
		r.flat = append(r.flat, r.number(word))
	}
	at = int32(len(r.ends))
	r.tokens[raw], r.ends = at, append(r.ends, int32(len(r.flat)))
	return at
}

func (r *reader) number(word string) int32 {
	if word == "" {
		return -1
	}
	id, known := r.ids[word]
	if !known {
		id = int32(len(r.words))
		r.ids[word], r.words = id, append(r.words, word)
	}
	return id
}

// read returns the counted words of a paper; the slice is reused for the next.
func (r *reader) read(tokens []string) []int32 {
	if most := r.opt.FirstTokens; most > 0 && len(tokens) > most {
		tokens = tokens[:most]
	}
	r.list = r.list[:0]
	for _, t := range tokens {
		r.list = append(r.list, r.of(r.token(t))...)
	}
	list := r.list
	if most := r.opt.FirstWords; most > 0 && len(list) > most {
		list = list[:most]
	}
	kept := list[:0]
	for _, id := range list {
		if id >= 0 {
			kept = append(kept, id)
		}
	}
	return kept
}

// Counter counts, of each class, the papers that use a word. A paper may be of several
// classes. The counts do not depend on which worker had which paper.
type Counter struct {
	opt    Options
	wanted map[string]bool

	mu      sync.Mutex
	workers []*Worker
}

// NewCounter returns a counter without papers.
func NewCounter(opt Options) *Counter {
	c := &Counter{opt: opt, wanted: make(map[string]bool, len(opt.Words))}
	for _, w := range opt.Words {
		c.wanted[w] = true
	}
	return c
}

// Worker returns a worker for one goroutine.
func (c *Counter) Worker() *Worker {
	w := &Worker{c: c, reader: newReader(c.opt), totals: make([]int64, c.opt.Classes+1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = append(c.workers, w)
	return w
}

// Worker counts the papers that one goroutine gives it.
type Worker struct {
	c      *Counter
	reader *reader
	paper  int32
	last   []int32   // by word: the paper that used it last
	papers [][]int32 // by word: papers of each class that use it, all last; nil: not wanted
	uses   [][]int32 // by token: its uses in each class
	totals []int64   // words of the papers of each class, once a paper; of all last
}

// Add counts a paper of the given classes, each named once.
func (w *Worker) Add(tokens []string, classes []int32) {
	w.paper++
	ids := w.reader.read(tokens)
	for id := len(w.last); id < len(w.reader.words); id++ {
		var row []int32
		if w.c.opt.Words == nil || w.c.wanted[w.reader.words[id]] {
			row = make([]int32, w.c.opt.Classes+1)
		}
		w.last, w.papers = append(w.last, 0), append(w.papers, row)
	}
	distinct := int64(0)
	for _, id := range ids {
		if w.last[id] == w.paper {
			continue
		}
		w.last[id] = w.paper
		distinct++
		if row := w.papers[id]; row != nil {
			row[w.c.opt.Classes]++
			for _, c := range classes {
				row[c]++
			}
		}
	}
	w.totals[w.c.opt.Classes] += distinct
	for _, c := range classes {
		w.totals[c] += distinct
	}
	if w.c.opt.Spellings {
		w.spell(tokens, classes)
	}
}

func (w *Worker) spell(tokens []string, classes []int32) {
	for _, t := range tokens {
		at := w.reader.token(t)
		for len(w.uses) < len(w.reader.ends) {
			w.uses = append(w.uses, nil)
		}
		if list := w.reader.of(at); len(list) != 1 || list[0] < 0 {
			continue // none, or several of which it spells none
		}
		if w.uses[at] == nil {
			w.uses[at] = make([]int32, w.c.opt.Classes)
		}
		for _, c := range classes {
			w.uses[at][c]++
		}
	}
}

// Counts are words set against classes.
type Counts struct {
	classes   int
	index     map[string]int32
	words     []string
	papers    [][]int64  // by word: papers of each class that use it, all last
	contrasts []Contrast // of each class
	workers   []*Worker  // with the spellings
}

// Finish returns what was counted. No worker may still be counting.
func (c *Counter) Finish() *Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &Counts{classes: c.opt.Classes, index: map[string]int32{}, contrasts: make([]Contrast, c.opt.Classes), workers: c.workers}
	var all int64
	for _, w := range c.workers {
		all += w.totals[c.opt.Classes]
		for i := range out.contrasts {
			out.contrasts[i].Class += float64(w.totals[i])
		}
		out.take(w)
	}
	for i := range out.contrasts {
		out.contrasts[i].Rest = float64(all) - out.contrasts[i].Class
	}
	return out
}

// take adds a worker's counts.
func (c *Counts) take(w *Worker) {
	for id, row := range w.papers {
		if row == nil {
			continue
		}
		at, known := c.index[w.reader.words[id]]
		if !known {
			at = int32(len(c.words))
			c.index[w.reader.words[id]] = at
			c.words, c.papers = append(c.words, w.reader.words[id]), append(c.papers, make([]int64, c.classes+1))
		}
		for i, n := range row {
			c.papers[at][i] += int64(n)
		}
	}
}

// Of returns how many papers of the class, and how many others, use the word, and
// how strongly that speaks for the class, as Contrast.LogOdds has it. All are 0 for
// a word that was not counted.
func (c *Counts) Of(class int, word string) (here, elsewhere int64, delta, z float64) {
	at, ok := c.index[word]
	if !ok {
		return 0, 0, 0, 0
	}
	here = c.papers[at][class]
	elsewhere = c.papers[at][c.classes] - here
	delta, z = c.contrasts[class].LogOdds(float64(here), float64(elsewhere))
	return here, elsewhere, delta, z
}

// Spell returns, for each of some words, the token that papers of the class write it
// as most often, of equals the first in the alphabet. The tokenizer leaves a full stop
// at what could be an abbreviation; the token comes without.
func (c *Counts) Spell(class int, words []string) []string {
	uses := make(map[string]map[string]int64, len(words)) // of a word: its tokens
	for _, word := range words {
		uses[word] = map[string]int64{}
	}
	for _, w := range c.workers {
		for token, at := range w.reader.tokens {
			if int(at) < len(w.uses) && w.uses[at] != nil {
				if of, asked := uses[w.reader.words[w.reader.of(at)[0]]]; asked {
					of[token] += int64(w.uses[at][class])
				}
			}
		}
	}
	out := make([]string, len(words))
	for i, word := range words {
		most := int64(0)
		for token, n := range uses[word] {
			if token = strings.TrimRight(token, "."); n > most || n == most && token < out[i] {
				most, out[i] = n, token
			}
		}
	}
	return out
}
