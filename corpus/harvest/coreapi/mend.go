package coreapi

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// mendJSON mends what JSON forbids in strings, so that one text's bad character does not make
// a whole page unreadable: control characters, bytes that are no UTF-8 and single halves of
// a character beyond U+FFFF become spaces, and a \ that escapes nothing is escaped itself.
// What is right stays byte for byte; then body itself is returned.
func mendJSON(body []byte) (clean []byte, places int) {
	done := 0 // of body, up to which it is in clean
	mend := func(at, n int, text string) {
		places++
		clean = append(append(clean, body[done:at]...), text...)
		done = at + n
	}
	inString := false
	for i := 0; i < len(body); {
		c, n := body[i], 1
		switch {
		case c == '"':
			inString = !inString
		case !inString:
		case c == '\\':
			var right bool
			if n, right = escape(body[i:]); !right && n == 1 {
				mend(i, n, `\\`)
			} else if !right {
				mend(i, n, " ")
			}
		case c < ' ':
			mend(i, n, " ")
		case c >= utf8.RuneSelf:
			var r rune
			if r, n = utf8.DecodeRune(body[i:]); r == utf8.RuneError && n == 1 {
				mend(i, n, " ")
			}
		}
		i += n
	}
	if places == 0 {
		return body, 0
	}
	return append(clean, body[done:]...), places
}

// escape measures what begins with a \. Where it is not right, it is one byte long if it
// escapes nothing, and else half a character.
func escape(b []byte) (n int, right bool) {
	switch {
	case len(b) > 1 && bytes.IndexByte([]byte(`"\/bfnrt`), b[1]) >= 0:
		return 2, true
	case len(b) == 1:
		return 1, true // the end: for the decoder to find
	}
	r, ok := escaped(b)
	if !ok {
		return 1, false
	}
	if !utf16.IsSurrogate(r) {
		return 6, true
	}
	if other, ok := escaped(b[6:]); ok && utf16.DecodeRune(r, other) != utf8.RuneError {
		return 12, true
	}
	return 6, false
}

// escaped reads \u12ab.
func escaped(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	r, err := strconv.ParseUint(string(b[2:6]), 16, 32)
	return rune(r), err == nil
}
