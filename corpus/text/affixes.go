package text

import "strings"

// The functions here stand for spaCy's three regular expressions for English
// (spacy/lang/punctuation.py and spacy/lang/en/punctuation.py). Those lean on
// look-behind and look-ahead, which package regexp does not have.

// dollars are the currencies of more than one character.
var dollars = [...]string{"US$", "C$", "A$"}

// prefixLen returns the length of the prefix that is split off s, or 0.
// Python takes the first alternative that matches; none of them is a proper
// beginning of another but the two ellipses, where the shorter is first.
func prefixLen(s string) int {
	c, n := firstClass(s)
	switch {
	case n == 0:
		return 0
	case c.is(classPrefix):
		return n
	case s[0] == '.':
		if dots := leadingDots(s); dots > 1 {
			return dots
		}
	case s[0] == '+':
		if len(s) == 1 || !asciiDigit(s[1]) {
			return 1
		}
	case s[0] == 'U' || s[0] == 'C' || s[0] == 'A':
		for _, d := range dollars {
			if strings.HasPrefix(s, d) {
				return len(d)
			}
		}
	}
	return 0
}

// suffixLen returns the length of the suffix that is split off s, or 0. All
// alternatives end with s and the search begins at its front, so the longest
// one wins.
func suffixLen(s string) int {
	c, n := lastClass(s)
	if n == 0 {
		return 0
	}
	last, before := s[len(s)-1], s[:len(s)-n]
	longest := 0
	if c.is(classSuffix) {
		longest = n
	}
	switch {
	case last == '.':
		return stopLen(s)
	case last == 's' || last == 'S':
		if q := possessive(before); q > 0 {
			return q + 1
		}
	case last == '+':
		if endsInDigit(before) {
			return 1
		}
	case strings.HasSuffix(s, "……"):
		longest = len("……")
	}
	return max(longest, amountLen(s, c, n))
}

// possessive returns the length of the apostrophe that s ends with, or 0.
func possessive(s string) int {
	for _, q := range [...]string{"'", "’"} {
		if strings.HasSuffix(s, q) {
			return len(q)
		}
	}
	return 0
}

// stopLen returns how much of the full stops that s ends with is split off:
// two or more together as an ellipsis, one where it does not belong to an
// abbreviation.
func stopLen(s string) int {
	if dots := trailingDots(s); dots > 1 {
		return dots
	}
	before := s[:len(s)-1]
	c, n := lastClass(before)
	if c.is(classStop) {
		return 1
	}
	if c.is(classUpper) {
		if second, _ := lastClass(before[:len(before)-n]); second.is(classUpper) {
			return 1
		}
	}
	for _, degrees := range [...]string{"°F", "°C", "°K"} {
		if strings.HasSuffix(before, degrees) {
			return 1
		}
	}
	return 0
}

// amountLen returns the length of the currency or unit that s ends with right
// after a digit, or 0; c and n are the class and length of the last character.
func amountLen(s string, c class, n int) int {
	longest := 0
	if c.is(classCurrency) && endsInDigit(s[:len(s)-n]) {
		longest = n
	}
	if s[len(s)-1] == '$' {
		for _, d := range dollars {
			if strings.HasSuffix(s, d) && endsInDigit(s[:len(s)-len(d)]) {
				longest = len(d)
			}
		}
		return longest
	}
	// No unit is longer than maxUnit bytes, so a digit must stand that near.
	if !strings.ContainsAny(s[max(0, len(s)-maxUnit-1):], "0123456789") {
		return longest
	}
	for _, u := range unitSuffixes {
		if len(u) > longest && strings.HasSuffix(s, u) && endsInDigit(s[:len(s)-len(u)]) {
			return len(u)
		}
	}
	return longest
}

// nextInfix returns the bounds of the first infix in s that begins at from or
// later, or -1 and -1. What stands before from still counts as look-behind.
func nextInfix(s string, from int) (start, end int) {
	prev, _ := lastClass(s[:from])
	for i := from; i < len(s); {
		c, n := firstClass(s[i:])
		if !c.is(classAlpha|classDigit) || c.is(classIcon) {
			if m := infixLen(s, i, prev, c, n); m > 0 {
				return i, i + m
			}
		}
		prev = c
		i += n
	}
	return -1, -1
}

// infixLen returns the length of the infix at s[i], or 0; prev is the class of
// the character before it, c and n are class and length of the one at s[i].
func infixLen(s string, i int, prev, c class, n int) int {
	rest := s[i:]
	if c.is(classIcon) {
		return n
	}
	next, _ := firstClass(rest[n:])
	switch rest[0] {
	case '.':
		if dots := leadingDots(rest); dots > 1 {
			return dots
		}
		if prev.is(classLower|classQuote) && next.is(classUpper|classQuote) {
			return 1
		}
		return 0
	case '+', '*', '^':
		return infixIf(prev.is(classDigit) && arithmetic(rest, next))
	case '-':
		if prev.is(classDigit) && arithmetic(rest, next) {
			return 1
		}
	case ',':
		return infixIf(prev.is(classAlpha) && next.is(classAlpha))
	case ':', '<', '>', '=', '/':
		return infixIf(prev.is(classAlpha|classDigit) && next.is(classAlpha))
	}
	if strings.HasPrefix(rest, "…") {
		return n
	}
	if prev.is(classAlpha | classDigit) {
		return hyphensLen(rest)
	}
	return 0
}

func infixIf(ok bool) int {
	if ok {
		return 1
	}
	return 0
}

// arithmetic reports whether the operator that s begins with has a digit or a
// minus after it, of class next.
func arithmetic(s string, next class) bool {
	return next.is(classDigit) || len(s) > 1 && s[1] == '-'
}

// hyphensLen returns the length of the hyphen, dash or tilde that s begins
// with and that a letter follows, or 0.
func hyphensLen(s string) int {
	for _, h := range [...]string{"-", "–", "—", "--", "---", "——", "~"} {
		if strings.HasPrefix(s, h) {
			if next, _ := firstClass(s[len(h):]); next.is(classAlpha) {
				return len(h)
			}
		}
	}
	return 0
}

func asciiDigit(b byte) bool { return '0' <= b && b <= '9' }

func endsInDigit(s string) bool { return s != "" && asciiDigit(s[len(s)-1]) }

func leadingDots(s string) int { return len(s) - len(strings.TrimLeft(s, ".")) }

func trailingDots(s string) int { return len(s) - len(strings.TrimRight(s, ".")) }
