package text

import (
	_ "embed"
	"hash/maphash"
	"strings"
)

// exceptions holds spaCy's tokenizer exceptions for English, one a line: the
// tokens of the chunk that their concatenation is.
//
//go:embed exceptions.txt
var exceptions string

// A Tokenizer holds the rules of spaCy's English tokenizer (spacy.blank("en"),
// version 3.8) with the markers of this package kept whole. It is immutable
// and safe for concurrent use; a [Worker] does the work.
//
// A text is cut at white space into chunks. From a chunk prefixes (an opening
// bracket, a currency) and suffixes (a full stop, a unit after a number) are
// split off in turn until what is left is an exception, a URL, or has none; of
// what is left, infixes (a hyphen between letters) are split off; at last,
// neighbouring tokens that together read as an exception with affixes (the
// "a." of "x-a.", the emoticon of "(foo):") are replaced by its tokens.
// Tokens are case-sensitive, and nothing but white space is lost.
type Tokenizer struct {
	rules   map[string][]string // chunk → tokens
	longest int                 // bytes of the longest chunk in rules
	phrases phraseTrie
	seed    maphash.Seed // of the workers' caches; no result depends on it
}

// NewTokenizer returns the tokenizer.
func NewTokenizer() *Tokenizer {
	t := &Tokenizer{
		rules:   make(map[string][]string, 1400),
		phrases: newPhraseTrie(),
		seed:    maphash.MakeSeed(),
	}
	for line := range strings.Lines(exceptions) {
		t.addRule(strings.Fields(line))
	}
	for _, marker := range [...]string{Equation, TitleStart, TitleEnd, AbstractStart, AbstractEnd} {
		t.addRule([]string{marker})
	}
	return t
}

// addRule adds the exception for the chunk that the tokens make. Only one that
// has an affix can come apart by splitting, and needs a phrase.
func (t *Tokenizer) addRule(tokens []string) {
	chunk := strings.Join(tokens, "")
	t.rules[chunk] = tokens
	t.longest = max(t.longest, len(chunk))
	if start, _ := nextInfix(chunk, 0); start >= 0 || prefixLen(chunk) > 0 || suffixLen(chunk) > 0 {
		parts, _ := t.split(nil, nil, chunk, false)
		t.phrases.add(parts, tokens)
	}
}

// split appends to dst the tokens of a chunk before phrases are looked for, in
// the order of spaCy's _split_affixes and _attach_tokens. The tokens share the
// memory of chunk or of the rules. The exceptions count only where special is
// true. It returns scratch, which it used, for the next call.
func (t *Tokenizer) split(dst, scratch []string, chunk string, special bool) (tokens, suffixes []string) {
	s, suffixes := chunk, scratch[:0]
	var parts []string // of the exception that is left in the end
	lookup := func(s string) bool {
		if special && s != "" && len(s) <= t.longest {
			parts = t.rules[s]
		}
		return parts != nil
	}
	for s != "" && !lookup(s) {
		pre := prefixLen(s)
		if pre > 0 && lookup(s[pre:]) {
			dst = append(dst, s[:pre])
			s = s[pre:]
			break
		}
		suf := suffixLen(s[pre:])
		if suf > 0 && lookup(s[:len(s)-suf]) {
			suffixes = append(suffixes, s[len(s)-suf:])
			s = s[:len(s)-suf]
			break
		}
		if pre+suf == 0 {
			break
		}
		if pre > 0 {
			dst = append(dst, s[:pre])
		}
		if suf > 0 {
			suffixes = append(suffixes, s[len(s)-suf:])
		}
		s = s[pre : len(s)-suf]
	}
	if parts != nil {
		dst = append(dst, parts...)
	} else {
		dst = appendInner(dst, s)
	}
	for i := len(suffixes) - 1; i >= 0; i-- {
		dst = append(dst, suffixes[i])
	}
	return dst, suffixes
}

// appendInner appends the tokens of s, which has neither affixes nor an
// exception of its own. An infix that s begins with is none.
func appendInner(dst []string, s string) []string {
	if s == "" {
		return dst
	}
	if matchesURL(s) {
		return append(dst, s)
	}
	start := 0
	for from := 0; ; {
		at, end := nextInfix(s, from)
		if at < 0 {
			break
		}
		from = end
		if at == 0 {
			continue
		}
		if at > start {
			dst = append(dst, s[start:at])
		}
		dst = append(dst, s[at:end])
		start = end
	}
	if start < len(s) {
		dst = append(dst, s[start:])
	}
	return dst
}
