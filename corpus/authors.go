package corpus

import (
	"strings"
	"unicode"
)

// ParsedAuthors returns display names, "first last suffix", of entries
// [last, first, suffix, affiliation…], as arXiv's authors_parsed has them.
func ParsedAuthors(entries [][]string) []string {
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		var last, first, suffix string
		switch {
		case len(e) > 2:
			suffix = e[2]
			fallthrough
		case len(e) > 1:
			first = e[1]
			fallthrough
		case len(e) > 0:
			last = e[0]
		}
		names = appendName(names, first+" "+last+" "+suffix)
	}
	return names
}

// SplitAuthors returns the names of a list of authors written as text, as arXiv's
// metadata has them: separated by commas or "and", what stands in parentheses left
// out, Jr. and the like kept with their name. Separators inside braces, which TeX
// uses for one letter or one name, do not separate.
func SplitAuthors(text string) []string {
	text = withoutParentheses(text)
	var names []string
	depth, start := 0, 0
	cut := func(end, next int) {
		piece := text[start:end]
		if isSuffix(piece) && len(names) > 0 {
			names[len(names)-1] += " " + strings.TrimSpace(piece)
		} else {
			names = appendName(names, piece)
		}
		start = next
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '{':
			depth++
		case c == '}':
			depth = max(0, depth-1)
		case depth > 0:
		case c == ',':
			cut(i, i+1)
		case isSpace(c):
			if n := len("and"); strings.HasPrefix(text[i+1:], "and") && i+1+n < len(text) && isSpace(text[i+1+n]) {
				cut(i, i+1+n)
			}
		}
	}
	cut(len(text), len(text))
	return names
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isSuffix(piece string) bool {
	switch strings.TrimSpace(piece) {
	case "Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV":
		return true
	}
	return false
}

// appendName appends a name with its white space folded, unless it is empty or
// mere punctuation such as the colon after a collaboration.
func appendName(names []string, name string) []string {
	if !strings.ContainsFunc(name, unicode.IsLetter) {
		return names
	}
	return append(names, strings.Join(strings.Fields(name), " "))
}

// withoutParentheses cuts out what stands in balanced parentheses. Text whose
// parentheses do not balance is returned as it is.
func withoutParentheses(text string) string {
	if !strings.ContainsAny(text, "()") {
		return text
	}
	var out strings.Builder
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return text
			}
		case depth == 0:
			out.WriteByte(c)
		}
	}
	if depth != 0 {
		return text
	}
	return out.String()
}
