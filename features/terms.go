package features

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// dropped is the id of a token that is not counted. Ids below it stand for
// tokens of several words: several-1 is the first element of the first list.
const (
	dropped = int32(-1)
	several = int32(-2)
)

// termTable numbers terms in the order of their first appearance. A term is a
// token in lower case, or an n-gram: the n-gram before its last token, and
// that token. Terms hence have no text of their own but the tokens'.
type termTable struct {
	ids   map[string]int32 // a token, as given or in lower case, to its term
	grams map[uint64]int32 // prefix term<<32 | last token's term, to the n-gram's term
	terms []term
	texts []string // of the tokens

	raw   bool      // a token is a term as it stands
	words bool      // count the words of a token, not the token
	lists [][]int32 // the words of tokens that have several
}

// term is a token whose text is texts[last] where prefix is negative, and else
// an n-gram.
type term struct{ prefix, last int32 }

func newTermTable(words bool) *termTable {
	return &termTable{ids: make(map[string]int32), grams: make(map[uint64]int32), words: words}
}

// appendIDs appends the terms of a raw token, new or not: none where it has
// less than two characters, several only where words are counted. Each spelling
// is lower-cased and split once.
func (t *termTable) appendIDs(dst []int32, raw string) []int32 {
	id, ok := t.ids[raw]
	if !ok {
		id = t.newToken(raw)
	}
	switch {
	case id >= 0:
		return append(dst, id)
	case id == dropped:
		return dst
	}
	return append(dst, t.lists[several-id]...)
}

func (t *termTable) newToken(raw string) int32 {
	if t.raw {
		return t.term(raw)
	}
	text := lower(raw)
	id, known := t.ids[text]
	if !known {
		id = t.newText(text)
	}
	if _, ok := t.ids[raw]; !ok {
		t.ids[strings.Clone(raw)] = id
	}
	return id
}

// newText numbers a lower-cased token that is not known.
func (t *termTable) newText(text string) int32 {
	if !t.words {
		if oneCharacter(text) {
			return dropped
		}
		return t.term(text)
	}
	var list []int32
	for word := range words(text) {
		list = append(list, t.term(word))
	}
	switch len(list) {
	case 0:
		return dropped
	case 1:
		return list[0]
	}
	t.lists = append(t.lists, list)
	return several - int32(len(t.lists)-1)
}

// term returns the id of the term that is spelled so, new or not. Where words
// are counted, a word's text is its only word, so that the map serves both.
func (t *termTable) term(text string) int32 {
	if id, ok := t.ids[text]; ok {
		return id
	}
	text = strings.Clone(text)
	id := int32(len(t.terms))
	t.terms = append(t.terms, term{-1, int32(len(t.texts))})
	t.texts = append(t.texts, text)
	t.ids[text] = id
	return id
}

// Terms yields what is counted of a raw token: the token in lower case, unless it has
// one character alone, or, as CountOptions.Words has it, the words inside it.
func Terms(token string, inside bool) iter.Seq[string] {
	text := lower(token)
	if inside {
		return words(text)
	}
	return func(yield func(string) bool) {
		if !oneCharacter(text) {
			yield(text)
		}
	}
}

// words yields the words of a token: what CountVectorizer's default pattern,
// (?u)\b\w\w+\b, finds in it.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, characters := 0, 0
		for i, r := range text {
			if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
				if characters == 0 {
					start = i
				}
				characters++
				continue
			}
			if characters > 1 && !yield(text[start:i]) {
				return
			}
			characters = 0
		}
		if characters > 1 {
			yield(text[start:])
		}
	}
}

// oneCharacter reports whether a token is too short to count.
func oneCharacter(text string) bool {
	_, n := utf8.DecodeRuneInString(text)
	return n == len(text)
}

// gram returns the term of the n-gram that a term and a further token form.
func (t *termTable) gram(prefix, last int32) int32 {
	key := uint64(uint32(prefix))<<32 | uint64(uint32(last))
	if id, ok := t.grams[key]; ok {
		return id
	}
	id := int32(len(t.terms))
	t.terms = append(t.terms, term{prefix, last})
	t.grams[key] = id
	return id
}

// text returns the term's tokens, joined by spaces.
func (t *termTable) text(id int32) string {
	if tm := t.terms[id]; tm.prefix >= 0 {
		return t.text(tm.prefix) + " " + t.text(tm.last)
	}
	return t.texts[t.terms[id].last]
}

// merge adds the other table's terms and returns their ids here.
func (t *termTable) merge(other *termTable) []int32 {
	to := make([]int32, len(other.terms))
	for id, tm := range other.terms {
		if tm.prefix >= 0 {
			to[id] = t.gram(to[tm.prefix], to[tm.last])
		} else {
			to[id] = t.term(other.texts[tm.last])
		}
	}
	return to
}
