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

// open returns the nodes, the root left out, at which the walks that begin at
// some token and reach the end of tokens stand, if they may go on.
func (p *phraseTrie) open(tokens []string) []node {
	var nodes []node
	for i := max(0, len(tokens)-p.depth); i < len(tokens); i++ {
		at := root
		for _, token := range tokens[i:] {
			if at = p.step(at, token); at == 0 {
				break
			}
		}
		if at != 0 {
			nodes = append(nodes, at)
		}
	}
	return nodes
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
}

// find returns the phrases to replace in tokens, from left to right. Of two
// that overlap the longer wins, or the one further left; as in spaCy, one that
// lost still shuts out those that overlap it alone.
func (p *phraseTrie) find(tokens []string) []match {
	var all []match
	for i := range tokens {
		at := root
		for j := i; j < len(tokens); j++ {
			if at = p.step(at, tokens[j]); at == 0 {
				break
			}
			if becomes, ok := p.becomes[at]; ok {
				all = append(all, match{i, j + 1, becomes})
			}
		}
	}
	if len(all) < 2 {
		return all
	}
	slices.SortFunc(all, func(a, b match) int {
		if la, lb := a.end-a.start, b.end-b.start; la != lb {
			return lb - la
		}
		return a.start - b.start
	})
	seen := make([]bool, len(tokens))
	kept := all[:0]
	for _, m := range all {
		if !seen[m.start] && !seen[m.end-1] {
			kept = append(kept, m)
		}
		for i := m.start; i < m.end; i++ {
			seen[i] = true
		}
	}
	slices.SortFunc(kept, func(a, b match) int { return a.start - b.start })
	return kept
}

// appendReplaced appends raw to dst with its phrases replaced. bounds holds
// the places in raw, in order, before which white space stands: a phrase that
// reaches over one is no exception and stays as it is.
func (p *phraseTrie) appendReplaced(dst, raw []string, bounds []int) []string {
	i := 0
	for _, m := range p.find(raw) {
		dst = append(dst, raw[i:m.start]...)
		if b, _ := slices.BinarySearch(bounds, m.start+1); b < len(bounds) && bounds[b] < m.end {
			dst = append(dst, raw[m.start:m.end]...)
		} else {
			dst = append(dst, m.becomes...)
		}
		i = m.end
	}
	return append(dst, raw[i:]...)
}
