package text

import "slices"

// phraseTrie finds the exceptions that splitting took apart: it holds, for
// each exception with an affix, the tokens into which the chunk falls without
// exceptions, and what they are to be replaced by. It stands for spaCy's
// PhraseMatcher in Tokenizer._apply_special_cases.
type phraseTrie struct {
	symbols map[string]symbol // the tokens that occur in phrases
	next    map[edge]node
	becomes map[node][]string // where a phrase ends
	depth   int               // tokens of the longest phrase
}

// A symbol numbers a token that occurs in phrases, from 1; 0 is every other.
type symbol uint16

// A node numbers a place in the trie, from 1 at its root; 0 is nowhere.
type node uint16

type edge struct {
	from node
	by   symbol
}

const root node = 1

func newPhraseTrie() phraseTrie {
	return phraseTrie{symbols: map[string]symbol{}, next: map[edge]node{}, becomes: map[node][]string{}}
}

func (p *phraseTrie) add(tokens, becomes []string) {
	at := root
	for _, token := range tokens {
		s, ok := p.symbols[token]
		if !ok {
			s = symbol(len(p.symbols) + 1)
			p.symbols[token] = s
		}
		e := edge{at, s}
		if at, ok = p.next[e]; !ok {
			at = root + node(len(p.next)+1)
			p.next[e] = at
		}
	}
	p.becomes[at] = becomes
	p.depth = max(p.depth, len(tokens))
}

// appendOpen appends to dst the nodes, the root left out, at which the walks
// that begin at some token and reach the end of tokens stand.
func (p *phraseTrie) appendOpen(dst []node, tokens []string) []node {
	for i := max(0, len(tokens)-p.depth); i < len(tokens); i++ {
		at := root
		for _, token := range tokens[i:] {
			if at = p.step(at, token); at == 0 {
				break
			}
		}
		if at != 0 {
			dst = append(dst, at)
		}
	}
	return dst
}

func (p *phraseTrie) step(at node, token string) node {
	if s := p.symbols[token]; s != 0 {
		return p.next[edge{at, s}]
	}
	return 0
}

// goesOn reports whether a walk that stands at one of the nodes may take the
// symbol.
func (p *phraseTrie) goesOn(nodes []node, by symbol) bool {
	if by == 0 {
		return false
	}
	for _, at := range nodes {
		if p.next[edge{at, by}] != 0 {
			return true
		}
	}
	return false
}

// match is a phrase found at tokens[start:end].
type match struct {
	start, end int
	becomes    []string
	lost       bool // to one that it overlaps
}

// matcher finds phrases; it is the scratch memory for that.
type matcher struct {
	matches []match
	seen    []bool
}

// find returns the phrases in tokens, from left to right. Of two that overlap
// the longer wins, or the one further left; as in spaCy, one that lost still
// shuts out those that overlap it alone. The result holds until the next call.
func (m *matcher) find(p *phraseTrie, tokens []string) []match {
	m.matches = m.matches[:0]
	for i := range tokens {
		at := root
		for j := i; j < len(tokens); j++ {
			if at = p.step(at, tokens[j]); at == 0 {
				break
			}
			if becomes, ok := p.becomes[at]; ok {
				m.matches = append(m.matches, match{start: i, end: j + 1, becomes: becomes})
			}
		}
	}
	if len(m.matches) < 2 {
		return m.matches
	}
	m.seen = slices.Grow(m.seen[:0], len(tokens))[:len(tokens)]
	clear(m.seen)
	for n := p.depth; n > 0; n-- {
		for i := range m.matches {
			f := &m.matches[i]
			if f.end-f.start != n {
				continue
			}
			f.lost = m.seen[f.start] || m.seen[f.end-1]
			for j := f.start; j < f.end; j++ {
				m.seen[j] = true
			}
		}
	}
	return slices.DeleteFunc(m.matches, func(f match) bool { return f.lost })
}

// appendReplaced appends tokens to dst with the matches in them replaced.
// bounds holds the places in tokens, in order, before which white space
// stands: a phrase that reaches over one is no exception and stays as it is.
func appendReplaced(dst, tokens []string, matches []match, bounds []int) []string {
	i := 0
	for _, m := range matches {
		dst = append(dst, tokens[i:m.start]...)
		if b, _ := slices.BinarySearch(bounds, m.start+1); b < len(bounds) && bounds[b] < m.end {
			dst = append(dst, tokens[m.start:m.end]...)
		} else {
			dst = append(dst, m.becomes...)
		}
		i = m.end
	}
	return append(dst, tokens[i:]...)
}
