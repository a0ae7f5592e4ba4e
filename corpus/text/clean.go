package text

import "unicode/utf8"

// Clean returns one field, a title or an abstract, cleaned as the article
// does it: every equation becomes -EQN-, every double quote (U+0022) is
// dropped, and every run of white space, line breaks included, becomes one
// space, with none at either end. Bytes that are not UTF-8 become U+FFFD, one
// each.
//
// An equation is what stands between $ and $, $$ and $$, \[ and \], or \( and
// \), over any number of lines:
//
//   - A backslash hides the character after it, as in TeX: \$ is a dollar, and
//     in \\[2pt] and \\( the bracket opens nothing. It does not save a quote: the
//     accent of G\"odel is dropped as well, and the backslash stays.
//   - The first closing delimiter of the kind that opened ends the equation,
//     so equations do not nest: $\mbox{if $x$}$ is two of them around an x. An
//     empty one, \(\) or $$$$, counts.
//   - A delimiter that is never closed is text. Of an unclosed $$ only the
//     first dollar is, so that the second may open $…$.
//   - -EQN- stands apart by spaces from whatever the equation touched, so that
//     the tokenizer keeps it whole: "$p$-adic" becomes "-EQN- -adic". Glued,
//     spaCy's rules would give "-EQN", "--", "adic".
//
// The time is linear in the length of s, whatever its delimiters.
func Clean(s string) string {
	return string(appendClean(make([]byte, 0, len(s)+len(Equation)), s))
}

// The kinds of equation, by how they open.
const (
	inline        = iota // $
	display              // $$
	bracket              // \[
	parenthesis          // \(
	equationKinds        // number of kinds
)

// cleaner copies a field into dst.
type cleaner struct {
	dst   []byte
	start int  // length of dst at the field's beginning
	gap   bool // white space is due before the next character
	// unclosed[k] says that no delimiter that closes kind k stands ahead. It
	// makes the search for closing delimiters linear in all.
	unclosed [equationKinds]bool
}

func appendClean(dst []byte, s string) []byte {
	c := cleaner{dst: dst, start: len(dst)}
	for i := 0; i < len(s); {
		if n := plainRun(s[i:]); n > 0 {
			c.text(s[i : i+n])
			i += n
			continue
		}
		switch b := s[i]; {
		case b == '"':
			i++
		case b == '$' || b == '\\':
			i += c.delimiter(s, i)
		case b >= utf8.RuneSelf:
			i += c.wide(s[i:])
		case asciiClasses[b].is(classSpace):
			c.gap = true
			i++
		default:
			c.text(s[i : i+1])
			i++
		}
	}
	return c.dst
}

// text appends t, which is not empty, after the white space that is due.
func (c *cleaner) text(t string) {
	if c.gap && len(c.dst) > c.start {
		c.dst = append(c.dst, ' ')
	}
	c.gap = false
	c.dst = append(c.dst, t...)
}

// wide handles the character beyond ASCII that s begins with, and returns its
// length.
func (c *cleaner) wide(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case isSpace(r):
		c.gap = true
	case r == utf8.RuneError && n == 1:
		c.text("\uFFFD")
	default:
		c.text(s[:n])
	}
	return n
}

// delimiter handles the dollar or backslash at s[i] and returns how many bytes
// it, or the equation that it opens, takes.
func (c *cleaner) delimiter(s string, i int) int {
	kind, width := opening(s, i)
	if width == 0 {
		return c.escape(s[i:])
	}
	if end := c.closing(s, i+width, kind); end > 0 {
		c.equation()
		return end - i
	}
	if kind == display {
		width = 1 // the second dollar may yet open $…$
	}
	c.text(s[i : i+width])
	return width
}

// opening returns the kind and the width of the delimiter at s[i], or a width
// of 0 for a backslash that opens nothing.
func opening(s string, i int) (kind, width int) {
	next := byte(0)
	if i+1 < len(s) {
		next = s[i+1]
	}
	switch {
	case s[i] == '$' && next == '$':
		return display, 2
	case s[i] == '$':
		return inline, 1
	case next == '[':
		return bracket, 2
	case next == '(':
		return parenthesis, 2
	}
	return 0, 0
}

// escape copies the backslash that s begins with and, where it hides a dollar
// or a backslash, that character, and returns how many bytes it took.
func (c *cleaner) escape(s string) int {
	n := 1
	if len(s) > 1 && (s[1] == '$' || s[1] == '\\') {
		n = 2
	}
	c.text(s[:n])
	return n
}

func (c *cleaner) equation() {
	c.gap = true
	c.text(Equation)
	c.gap = true
}

// closing returns the end of the first delimiter in s[from:] that closes the
// kind, or 0 where there is none.
func (c *cleaner) closing(s string, from, kind int) int {
	if c.unclosed[kind] {
		return 0
	}
	for i := from; i < len(s); i++ {
		switch {
		case s[i] == '$':
			if kind == inline {
				return i + 1
			}
			if kind == display && i+1 < len(s) && s[i+1] == '$' {
				return i + 2
			}
		case s[i] == '\\' && i+1 < len(s):
			i++
			if kind == bracket && s[i] == ']' || kind == parenthesis && s[i] == ')' {
				return i + 1
			}
		}
	}
	c.unclosed[kind] = true
	return 0
}
