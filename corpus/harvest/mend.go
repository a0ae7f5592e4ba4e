package harvest

import (
	"bytes"
	"encoding/xml"
	"html"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mender reads a document and repairs what XML 1.0 forbids, so that a bad character in one
// record does not make a whole page unreadable:
//
//   - Characters that XML forbids, bytes that are no UTF-8 and references to such
//     characters (&#11; &#xfffe;) become spaces. Two halves of a character beyond U+FFFF,
//     each written by itself (&#xD835;&#xDC00; or CESU-8), are joined.
//   - HTML's named characters (&eacute; &nbsp;) become the characters.
//   - A & that begins no reference, a < that begins no markup, a < in an attribute's
//     value and a ]]> in a text are escaped; -- in a comment is parted.
//
// CDATA sections, comments and processing instructions hold no references, so their & stays.
// What is well-formed stays byte for byte. Errors of structure, such as ends without
// beginnings, are left for the decoder to find.
type mender struct {
	rest    []byte // not yet looked at
	state   markup
	quote   byte // that ends the attribute's value
	closing int  // ] in a row in a text, up to now
	out     []byte
	given   int // bytes of out that were read
	passed  int64
	places  []place
	tags    int
}

// place counts the repairs between an offset of the output and the next markup. Counting them
// together bounds the number of places.
type place struct {
	offset int64
	tag, n int
}

// markup is what the next byte is part of.
type markup int

const (
	inText markup = iota
	inTag
	inValue
	inComment
	inCData
	inInstruction
	inDirective // a document type: refused, so nothing after it is looked at
)

// Read implements io.Reader.
func (m *mender) Read(p []byte) (int, error) {
	const chunk = 4 << 10
	if m.given == len(m.out) {
		m.passed += int64(m.given)
		m.out, m.given = m.out[:0], 0
		for len(m.rest) > 0 && len(m.out) < chunk {
			m.step()
		}
		if len(m.out) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, m.out[m.given:])
	m.given += n
	return n, nil
}

func (m *mender) step() {
	switch m.state {
	case inText:
		m.text()
	case inTag:
		switch c := m.rest[0]; c {
		case '"', '\'':
			m.state, m.quote = inValue, c
			m.pass(1)
		case '>':
			m.state = inText
			m.pass(1)
		default:
			m.char()
		}
	case inValue:
		switch m.rest[0] {
		case m.quote:
			m.state = inTag
			m.pass(1)
		case '<':
			m.mend(1, "&lt;")
		case '&':
			m.reference()
		default:
			m.char()
		}
	case inComment:
		m.comment()
	case inCData:
		if !m.ends("]]>") {
			m.char()
		}
	case inInstruction:
		if !m.ends("?>") {
			m.pass(1)
		}
	case inDirective:
		m.pass(min(len(m.rest), 4<<10))
	}
}

// pass copies n bytes to the output.
func (m *mender) pass(n int) {
	m.out = append(m.out, m.rest[:n]...)
	m.rest = m.rest[n:]
}

// mend writes a text to the output in place of the next n bytes.
func (m *mender) mend(n int, text string) {
	if last := len(m.places) - 1; last >= 0 && m.places[last].tag == m.tags {
		m.places[last].n++
	} else {
		m.places = append(m.places, place{m.passed + int64(len(m.out)), m.tags, 1})
	}
	m.out = append(m.out, text...)
	m.rest = m.rest[n:]
}

// ends passes the marker by that ends what the state is, if it is next.
func (m *mender) ends(marker string) bool {
	if !bytes.HasPrefix(m.rest, []byte(marker)) {
		return false
	}
	m.state = inText
	m.pass(len(marker))
	return true
}

func (m *mender) text() {
	closing := m.closing
	m.closing = 0
	switch m.rest[0] {
	case '<':
		m.open()
	case '&':
		m.reference()
	case ']':
		m.closing = closing + 1
		m.pass(1)
	case '>':
		if closing >= 2 {
			m.mend(1, "&gt;")
			return
		}
		m.pass(1)
	default:
		m.char()
	}
}

// open looks at a < in a text.
func (m *mender) open() {
	for _, begins := range []struct {
		with  string
		state markup
	}{{"<!--", inComment}, {"<![CDATA[", inCData}, {"<!", inDirective}, {"<?", inInstruction}} {
		if bytes.HasPrefix(m.rest, []byte(begins.with)) {
			m.tags++
			m.state = begins.state
			m.pass(len(begins.with))
			return
		}
	}
	name := bytes.TrimPrefix(m.rest[1:], []byte("/"))
	if len(name) > 0 && !beginsName(name) {
		m.mend(1, "&lt;")
		return
	}
	m.tags++
	m.state = inTag
	m.pass(1)
}

// beginsName reports whether an element's name may begin so. Of characters beyond ASCII the
// decoder knows better.
func beginsName(b []byte) bool {
	r, n := utf8.DecodeRune(b)
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == ':' || n > 1 && isXML(r)
}

func (m *mender) comment() {
	switch {
	case m.ends("-->"):
	case bytes.HasPrefix(m.rest, []byte("--")):
		m.mend(1, " ")
	default:
		m.pass(1)
	}
}

// char gives the next character, or a space.
func (m *mender) char() {
	r, n := utf8.DecodeRune(m.rest)
	if n > 1 || r < utf8.RuneSelf {
		if isXML(r) {
			m.pass(n)
		} else {
			m.mend(n, " ")
		}
		return
	}
	half, n := surrogate(m.rest)
	if n == 0 {
		m.mend(1, " ")
		return
	}
	other, more := surrogate(m.rest[n:])
	m.join(half, other, n, more)
}

// join gives the character whose two halves are next, n and more bytes long, or a space for
// the first.
func (m *mender) join(half, other rune, n, more int) {
	if r := utf16.DecodeRune(half, other); r != utf8.RuneError {
		m.mend(n+more, string(r))
		return
	}
	m.mend(n, " ")
}

// surrogate reads half a character that is written as if it were one; n is 0 where none is.
func surrogate(b []byte) (r rune, n int) {
	if len(b) < 3 || b[0] != 0xED || b[1] < 0xA0 || b[1] > 0xBF || b[2]&0xC0 != 0x80 {
		return 0, 0
	}
	return 0xD000 | rune(b[1]&0x3F)<<6 | rune(b[2]&0x3F), 3
}

// isXML reports whether an XML 1.0 document may hold a character
// (https://www.w3.org/TR/xml/#NT-Char).
func isXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// reference looks at a &.
func (m *mender) reference() {
	if r, n := number(m.rest); n > 0 {
		switch {
		case !isXML(r):
			other, more := number(m.rest[n:])
			m.join(r, other, n, more)
		case m.rest[2] == 'X':
			m.mend(n, escapeXML(string(r)))
		default:
			m.pass(n)
		}
		return
	}
	n := 1
	for n < len(m.rest) && (m.rest[n]|0x20 >= 'a' && m.rest[n]|0x20 <= 'z' || n > 1 && m.rest[n] >= '0' && m.rest[n] <= '9') {
		n++
	}
	if n == 1 || n == len(m.rest) || m.rest[n] != ';' || n > longestName {
		m.mend(1, "&amp;")
		return
	}
	name := string(m.rest[:n+1])
	switch name {
	case "&lt;", "&gt;", "&amp;", "&quot;", "&apos;":
		m.pass(len(name))
		return
	}
	// Of &notit; HTML knows only the beginning, &not: then the rest is kept as text.
	if text := html.UnescapeString(name); text != name && (text == ";" || !strings.HasSuffix(text, ";")) {
		m.mend(len(name), escapeXML(text))
		return
	}
	m.mend(1, "&amp;")
}

// longestName is the length of HTML's longest name and its &.
const longestName = len("&CounterClockwiseContourIntegral")

// number reads a reference by number, n bytes long; n is 0 where none is. What is no
// character at all is -1.
func number(b []byte) (r rune, n int) {
	if !bytes.HasPrefix(b, []byte("&#")) {
		return 0, 0
	}
	base, n := rune(10), 2
	if len(b) > 2 && b[2]|0x20 == 'x' {
		base, n = 16, 3
	}
	for first := n; n < len(b); n++ {
		digit := rune(strings.IndexByte("0123456789abcdef", lower(b[n])))
		if digit < 0 || digit >= base {
			if n == first || b[n] != ';' {
				return 0, 0
			}
			return r, n + 1
		}
		if r = r*base + digit; r < 0 || r > utf8.MaxRune {
			r = utf8.MaxRune + 1 // and stays beyond
		}
	}
	return 0, 0
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}

func escapeXML(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // writing to a builder cannot fail
	return b.String()
}
