package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/text"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/progress"
	"assay/internal/suggest"
)

// proseWords are those of every abstract, whatever it is about. A cloud leaves
// them out unless asked, since they would be its largest.
const proseWords = `
abstract paper papers article articles work works study studies studied author authors result results
propose proposed proposes proposing proposal present presented presents presenting presentation introduce introduced introduces introducing
show shows showed shown showing demonstrate demonstrates demonstrated demonstrating find finds found finding findings
use uses used using useful based provide provides provided providing consider considered considering considers
investigate investigated investigates discuss discussed describe described describes obtain obtained obtains
develop developed develops give gives given giving allow allows allowing achieve achieves achieved achieving
improve improves improved improving perform performs performed approach approaches
new novel existing recent recently previous previously various different several important significant significantly
better best good high higher low lower well known general particular particularly specifically specific
number case cases order way ways need needs many via due able term terms often including include includes included
called take takes taken see address addressed compared compare comparison available current respectively finally
furthermore moreover additionally however extensive extensively experiment experiments experimental experimentally
state-of-the-art state art effectively effective efficiently efficient code outperform outperforms outperformed
evaluate evaluated evaluates evaluating enable enables enabled enabling require requires required requiring
apply applied applies applying aim aims lead leads leading help helps technique techniques improvement improvements
challenge challenges challenging addition additional real large small single multiple simple standard possible full
multi non pre semi sub co re self
`

// wordCounts are how many papers of each category, and of all that are counted, use
// a word.
type wordCounts struct {
	categories []corpus.Category
	papers     []int64 // of each category; all last
	words      []countedWord
	forms      []spelling
}

// countedWord is a word with the papers that use it.
type countedWord struct {
	key    string  // what its spellings have in common
	papers []int32 // that use it, as wordCounts.papers
}

// spelling is a token as it is written.
type spelling struct {
	text string
	word int32   // −1: it is none
	uses []int32 // in each category
}

// cloudPapers says which papers are counted.
type cloudPapers struct {
	categories []string
	exclusive  bool // papers of exactly one of the categories
	rest       bool // papers of none of them count as well
	sample     int64
	seed       uint64
	fields     features.Fields
	prose      bool // with the words of all abstracts
	workers    int
}

// drawn is the number of papers that are looked at.
func (o cloudPapers) drawn(c *shards.Corpus) int64 {
	if o.sample > 0 {
		return min(o.sample, c.Rows())
	}
	return c.Rows()
}

// nowhere is a category that no paper carries: a taxonomy of topics needs two.
const nowhere = "(none)"

// topics is the taxonomy of the categories; unless they are exclusive, papers have
// all that they carry.
func (o cloudPapers) topics() (*corpus.Taxonomy, error) {
	names := o.categories
	if len(names) == 1 {
		names = append(names[:1:1], nowhere)
	}
	t, err := corpus.LookupTaxonomy("topics:" + strings.Join(names, ","))
	if err != nil {
		for errors.Unwrap(err) != nil { // what is wrong, without the taxonomy that nobody asked for
			err = errors.Unwrap(err)
		}
		return nil, fault.Usagef("corpus cloud: --category: %w", err)
	}
	own := *t
	own.Exclusive = o.exclusive
	return &own, nil
}

// countWords counts in how many papers each word stands.
func countWords(ctx context.Context, c *shards.Corpus, o cloudPapers) (*wordCounts, error) {
	t, err := o.topics()
	if err != nil {
		return nil, err
	}
	rows, labels, err := o.choose(ctx, c, t)
	if err != nil {
		return nil, err
	}
	n := len(o.categories)
	counts := &wordCounts{categories: t.Categories[:n], papers: make([]int64, n+1)}
	counts.papers[n] = int64(len(rows))
	for _, l := range labels {
		for _, c := range l {
			counts.papers[c]++
		}
	}
	for i, papers := range counts.papers[:n] {
		if papers == 0 {
			id := t.Categories[i].ID
			return nil, fault.Usagef("corpus cloud: none of %s of %s is of %s%s", format.Count(o.drawn(c), "paper"), c.Path(), id, nearCategory(id))
		}
	}
	bar := progress.Start(ctx, "count words", int64(len(rows)), "papers")
	defer bar.Done()
	counter := newWordCounter(counts, o.prose)
	i := 0
	for tokens, err := range (features.Pass{Corpus: c, Rows: rows, Fields: o.fields, Workers: o.workers}).Sentences(ctx) {
		if err != nil {
			return nil, err
		}
		counter.add(tokens, labels[i])
		bar.Add(1)
		i++
	}
	return counts, nil
}

// nearCategory is a hint at the arXiv category that was probably meant, "" where
// the id is one.
func nearCategory(id string) string {
	arxiv, err := corpus.LookupTaxonomy("arxiv")
	if err != nil {
		return ""
	}
	var ids []string
	for _, c := range arxiv.Categories {
		if c.ID == id {
			return ""
		}
		ids = append(ids, c.ID)
	}
	return suggest.Hint(id, ids)
}

// choose returns the rows that are counted, and the categories of each.
func (o cloudPapers) choose(ctx context.Context, c *shards.Corpus, t *corpus.Taxonomy) (rows []int64, labels [][]int32, err error) {
	drawn, err := c.Sample(o.sample, o.seed)
	if err != nil {
		return nil, nil, err
	}
	of := make([][]int32, len(drawn))
	several := make([]bool, len(drawn)) // papers of no side in an exclusive choice
	plain := *t
	plain.Exclusive = false
	err = c.Scan(ctx, drawn, shards.ReadOptions{Workers: o.workers, Columns: shards.ColumnCategories}, func(_, at int, p *corpus.Paper) error {
		all, _ := plain.Labels(p)
		several[at] = o.exclusive && len(all) > 1
		of[at] = all
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i, l := range of {
		if (len(l) > 0 || o.rest) && !several[i] {
			rows, labels = append(rows, drawn[i]), append(labels, l)
		}
	}
	return rows, labels, nil
}

// wordCounter counts papers by word.
type wordCounter struct {
	counts *wordCounts
	prose  bool
	stops  map[string]bool
	ids    map[string]int32 // of spellings
	keys   map[string]int32 // of words
	last   []int32          // the paper that a word was last seen in
	paper  int32
}

func newWordCounter(counts *wordCounts, prose bool) *wordCounter {
	w := &wordCounter{counts: counts, prose: prose, ids: map[string]int32{}, keys: map[string]int32{}, stops: map[string]bool{}}
	for _, p := range strings.Fields(proseWords) {
		w.stops[p] = true
	}
	return w
}

// add counts a paper of some categories.
func (w *wordCounter) add(tokens []string, of []int32) {
	w.paper++
	for _, t := range tokens {
		at, known := w.ids[t]
		if !known {
			at = w.spelling(strings.Clone(t))
		}
		form := &w.counts.forms[at]
		if form.word < 0 {
			continue
		}
		for _, c := range of {
			form.uses[c]++
		}
		if w.last[form.word] == w.paper {
			continue
		}
		w.last[form.word] = w.paper
		papers := w.counts.words[form.word].papers
		papers[len(papers)-1]++
		for _, c := range of {
			papers[c]++
		}
	}
}

// spelling numbers a new token. The tokenizer leaves a full stop at what could be an
// abbreviation.
func (w *wordCounter) spelling(token string) int32 {
	form := spelling{text: strings.TrimRight(token, "."), word: -1}
	if !text.StopWord(token) {
		form.word = w.number(form.text)
	}
	if form.word >= 0 {
		form.uses = make([]int32, len(w.counts.categories))
	}
	at := int32(len(w.counts.forms))
	w.ids[token] = at
	w.counts.forms = append(w.counts.forms, form)
	return at
}

// number is the word that a token is counted as, −1 for none.
func (w *wordCounter) number(token string) int32 {
	if !isWord(token) || text.StopWord(token) || !w.prose && w.stops[strings.ToLower(token)] {
		return -1
	}
	key := countedAs(token)
	id, known := w.keys[key]
	if !known {
		id = int32(len(w.counts.words))
		w.keys[key] = id
		w.counts.words = append(w.counts.words, countedWord{key: key, papers: make([]int32, len(w.counts.papers))})
		w.last = append(w.last, 0)
	}
	return id
}

// spell writes words as the papers of a category do most often, of equals the first
// in the alphabet.
func (c *wordCounts) spell(category int, words []cloudWord) {
	at := map[int32]*cloudWord{}
	for i := range words {
		at[words[i].id] = &words[i]
	}
	best := map[int32]int32{}
	for _, f := range c.forms {
		w, drawn := at[f.word]
		if !drawn {
			continue
		}
		if n := best[f.word]; f.uses[category] > n || f.uses[category] == n && f.text < w.Word {
			best[f.word], w.Word = f.uses[category], f.text
		}
	}
}

// isWord reports whether a token is a word: two letters or more, among letters,
// digits, hyphens and apostrophes, or such as 3D. Numbers, equations, markers and
// TeX are none.
func isWord(token string) bool {
	letters, upper := 0, 0
	first, _ := utf8.DecodeRuneInString(token)
	last, _ := utf8.DecodeLastRuneInString(token)
	for _, r := range token {
		switch {
		case unicode.IsLetter(r):
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		case unicode.IsDigit(r), unicode.IsMark(r), r == '-', r == '\'', r == '’':
		default:
			return false
		}
	}
	inside := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
	switch {
	case !inside(first) || !inside(last) || len(token) > 60:
		return false
	case unicode.IsDigit(first):
		return upper > 0 && len(token) <= 4 // 3D, but no 10th
	}
	return letters > 1
}

// countedAs is what forms of a word have in common: case is folded, and a plural is
// counted with its singular, where English forms it by an s.
func countedAs(token string) string {
	word := strings.ToLower(token)
	stem, plural := strings.CutSuffix(word, "s")
	if !plural || len(stem) < 3 || invariant(word) {
		return word
	}
	if base, ok := strings.CutSuffix(stem, "ie"); ok && len(base) > 2 {
		return base + "y"
	}
	for _, sound := range []string{"sse", "xe", "che", "she"} {
		if strings.HasSuffix(stem, sound) && stem != "cache" && stem != "axe" {
			return stem[:len(stem)-1]
		}
	}
	return stem
}

// invariant reports whether a word that ends in s is no plural.
func invariant(word string) bool {
	for _, end := range []string{"ss", "us", "is", "ics"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return slices.Contains([]string{"news", "lens", "means", "series", "species", "bias", "atlas", "canvas", "alias", "pancreas"}, word)
}
