package features

import (
	"strings"
	"unicode/utf8"
)

// dropped is the id of a token that is not counted.
const dropped = int32(-1)

// termTable numbers terms in the order of their first appearance. A term is a
// token in lower case, or an n-gram: the n-gram before its last token, and
// that token. Terms hence have no text of their own but the tokens'.
type termTable struct {
	ids   map[string]int32 // a token, as given or in lower case, to its term
	grams map[uint64]int32 // prefix term<<32 | last token's term, to the n-gram's term
	terms []term
	texts []string // of the tokens
}

// term is a token whose text is texts[last] where prefix is negative, and else
// an n-gram.
type term struct{ prefix, last int32 }

func newTermTable() *termTable {
	return &termTable{ids: make(map[string]int32), grams: make(map[uint64]int32)}
}

// token returns the term of a raw token, new or not, or dropped where the
// token has less than two characters. Each spelling is lower-cased once.
func (t *termTable) token(raw string) int32 {
	if id, ok := t.ids[raw]; ok {
		return id
	}
	return t.newToken(raw)
}

func (t *termTable) newToken(raw string) int32 {
	text := lower(raw)
	id, known := t.ids[text]
	if !known && oneCharacter(text) {
		id, known = dropped, true
	}
	if !known {
		text = strings.Clone(text)
		id = int32(len(t.terms))
		t.terms = append(t.terms, term{-1, int32(len(t.texts))})
		t.texts = append(t.texts, text)
		t.ids[text] = id
	}
	if _, ok := t.ids[raw]; !ok {
		t.ids[strings.Clone(raw)] = id
	}
	return id
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
			to[id] = t.token(other.texts[tm.last])
		}
	}
	return to
}
