package text

import (
	"sort"
	"unicode/utf8"
)

// class says to which of spaCy's character classes a character belongs.
type class uint16

const (
	classSpace    class = 1 << iota // Python's str.isspace
	classDigit                      // 0-9
	classAlpha                      // a letter of the scripts that spaCy lists
	classLower                      // lower-case, or of a script without case
	classUpper                      // upper-case, or of a script without case
	classQuote                      // quotation marks
	classIcon                       // symbols such as ©, arrows, emoji
	classPrefix                     // split off at a chunk's beginning
	classSuffix                     // split off at a chunk's end
	classStop                       // may stand before a full stop that is split off
	classCurrency                   // one-character currencies
)

// classRun gives the characters from lo to hi, both included, their class.
type classRun struct {
	lo, hi rune
	class  class
}

func classOf(r rune) class {
	if uint32(r) < utf8.RuneSelf {
		return asciiClasses[r]
	}
	i := sort.Search(len(classRuns), func(i int) bool { return classRuns[i].hi >= r })
	if i < len(classRuns) && classRuns[i].lo <= r {
		return classRuns[i].class
	}
	return 0
}

func (c class) is(want class) bool { return c&want != 0 }

// isSpace reports whether Python's str.isspace holds for r.
func isSpace(r rune) bool { return classOf(r).is(classSpace) }

// firstClass returns the class of the character that s begins with and its
// length; both are 0 for an empty s. A byte that is not UTF-8 counts as
// U+FFFD.
func firstClass(s string) (class, int) {
	if s == "" {
		return 0, 0
	}
	if s[0] < utf8.RuneSelf {
		return asciiClasses[s[0]], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return classOf(r), n
}

// lastClass is [firstClass] for the character that s ends with.
func lastClass(s string) (class, int) {
	if s == "" {
		return 0, 0
	}
	if b := s[len(s)-1]; b < utf8.RuneSelf {
		return asciiClasses[b], 1
	}
	r, n := utf8.DecodeLastRuneInString(s)
	return classOf(r), n
}
