package coreapi

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/fault"
)

// The ways to clean a text.
const (
	CleanASCII   = "ascii"
	CleanUnicode = "unicode"
	CleanNone    = "none"
)

// Cleaning says what is done to the title, abstract and full text of a document.
//
//   - CleanASCII: characters beyond ASCII are dropped with nothing in their
//     place, as the article does: naïve becomes nave. Control characters are
//     dropped as well. White space of any script, line breaks and the no-break
//     space included, is not dropped but folded: each run becomes one space, with
//     none at either end.
//   - CleanUnicode: white space is folded and control characters are dropped in the
//     same way; every other character stays.
//   - CleanNone: the text stays as it came.
//
// Bytes that are no UTF-8 count as U+FFFD.
type Cleaning struct {
	Mode string // CleanASCII where empty
	// Dehyphenate joins a word that a line end divides: a letter, one hyphen (or
	// U+2010, or a soft hyphen), a line break with blanks around it, and a letter
	// in lower case. It joins "well-⏎known" to wellknown as well, so it is a choice.
	Dehyphenate bool
	// Longest bounds a cleaned text in bytes; 0 does not. What is longer is cut
	// at the last white space before, or between two characters where there is none.
	Longest int
}

func (c Cleaning) check() error {
	switch c.Mode {
	case "", CleanASCII, CleanUnicode, CleanNone:
	default:
		return fault.Usagef("coreapi: cleaning %q is unknown; want %s, %s or %s", c.Mode, CleanASCII, CleanUnicode, CleanNone)
	}
	if c.Mode == CleanNone && c.Dehyphenate {
		return fault.Usage(fmt.Errorf("coreapi: cleaning %s leaves texts as they are, and joining divided words changes them; choose one", CleanNone))
	}
	if c.Longest < 0 {
		return fault.Usagef("coreapi: a longest text of %d bytes; want 0 for no bound, or more", c.Longest)
	}
	return nil
}

// Clean returns the text cleaned, and whether it was cut.
func (c Cleaning) Clean(s string) (text string, shortened bool) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if c.Mode != CleanNone {
		s = c.fold(s)
	}
	if c.Longest == 0 || len(s) <= c.Longest {
		return s, false
	}
	end := len(cut(s, c.Longest))
	if !startsWithSpace(s[end:]) {
		if at := strings.LastIndexFunc(s[:end], unicode.IsSpace); at > 0 {
			end = at
		}
	}
	return strings.TrimRightFunc(s[:end], unicode.IsSpace), true
}

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

// fold copies s without what the mode drops, its white space folded.
func (c Cleaning) fold(s string) string {
	dst := make([]byte, 0, len(s))
	gap := false
	letter := false // what s has before i ends in a letter
	for i, width := 0, 0; i < len(s); i += width {
		var r rune
		r, width = utf8.DecodeRuneInString(s[i:])
		if c.Dehyphenate && letter && isHyphen(r) {
			if n := dividing(s[i+width:]); n > 0 {
				width += n
				continue
			}
		}
		letter = unicode.IsLetter(r)
		switch {
		case unicode.IsSpace(r):
			gap = true
			continue
		case unicode.IsControl(r), c.Mode != CleanUnicode && r >= utf8.RuneSelf:
			continue
		}
		if gap && len(dst) > 0 {
			dst = append(dst, ' ')
		}
		gap = false
		dst = append(dst, s[i:i+width]...)
	}
	return string(dst)
}

func isHyphen(r rune) bool { return r == '-' || r == '\u2010' || r == '\u00AD' }

// dividing returns the length of a line break, with blanks around it, that a
// letter in lower case follows; 0 where s does not begin so.
func dividing(s string) int {
	lines := 0
	for i, r := range s {
		switch {
		case r == '\n':
			lines++
		case r == ' ', r == '\t', r == '\r':
		case lines == 1 && unicode.IsLower(r):
			return i
		default:
			return 0
		}
		if lines > 1 {
			return 0
		}
	}
	return 0
}

// cut is the beginning of a text, at most n bytes of it and whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
