package text

import (
	"strings"
	"unicode"
)

// matchesURL reports whether the whole of s is a URL by spaCy's url_match
// (spacy/lang/tokenizer_exceptions.py). s has no white space.
//
// The expression is an optional scheme, an optional user before an @, a host
// (a public IPv4 address or a domain name), an optional port, an optional
// path. Where its first two parts end is a matter of choice; every choice is
// tried. A host holds no @, so no character is scanned twice.
func matchesURL(s string) bool {
	if strings.IndexByte(s, '.') < 0 {
		return false
	}
	if hostAndPath(s) {
		return true
	}
	if n := schemeLen(s); n > 0 && hostAndPath(s[n:]) {
		return true
	}
	for i := 1; ; {
		at := strings.IndexByte(s[i:], '@')
		if at < 0 {
			return false
		}
		i += at + 1
		if hostAndPath(s[i:]) {
			return true
		}
	}
}

// schemeLen returns the length of [\w+\-.]{2,}:// at the beginning of s, or 0.
// \w is read by Go's Unicode tables where spaCy reads it by Python's.
func schemeLen(s string) int {
	chars := 0
	for i, r := range s {
		switch {
		case r == '_' || r == '+' || r == '-' || r == '.' || unicode.IsLetter(r) || unicode.IsNumber(r):
			chars++
		case chars >= 2 && strings.HasPrefix(s[i:], "://"):
			return i + len("://")
		default:
			return 0
		}
	}
	return 0
}

func hostAndPath(s string) bool {
	if n := addressLen(s); n > 0 && portAndPath(s[n:]) {
		return true
	}
	n := domainLen(s)
	return n > 0 && portAndPath(s[n:])
}

// portAndPath reports whether s is (?::\d{2,5})?(?:[/?#]\S*)?
func portAndPath(s string) bool {
	if strings.HasPrefix(s, ":") {
		n, digits := digitRun(s[1:])
		if digits < 2 || digits > 5 {
			return false
		}
		s = s[1+n:]
	}
	return s == "" || s[0] == '/' || s[0] == '?' || s[0] == '#'
}

// digitRun returns the length of the decimal digits that s begins with, in
// bytes and in characters. Digits of every script count, as in Python's \d.
func digitRun(s string) (n, digits int) {
	for i, r := range s {
		if !unicode.IsDigit(r) {
			return i, digits
		}
		digits++
	}
	return len(s), digits
}

// domainLen returns the length of the domain name that s begins with, or 0:
// labels of 1 to 64 characters, each with a dot after it, then a top-level
// domain of 2 to 63 lower-case letters that no further dot follows. The
// letters of the top level can start nothing that may come after it, so it is
// as long as it can be.
func domainLen(s string) int {
	pos, labels := 0, 0
	for {
		if labels > 0 {
			if n := topLevelLen(s[pos:]); n > 0 && (pos+n == len(s) || strings.IndexByte(":/?#", s[pos+n]) >= 0) {
				return pos + n
			}
		}
		n := labelLen(s[pos:])
		if n == 0 {
			return 0
		}
		pos += n
		labels++
	}
}

// labelLen returns the length of a label and its dot at the beginning of s, or
// 0. The first and the last character of a label are no hyphen or underscore.
func labelLen(s string) int {
	chars := 0
	inner := false // the last character may only stand inside
	for i, r := range s {
		switch {
		case r == '.':
			if chars == 0 || chars > 64 || inner {
				return 0
			}
			return i + 1
		case r == '-' || r == '_':
			if chars == 0 {
				return 0
			}
			inner = true
		case !hostChar(r):
			return 0
		default:
			inner = false
		}
		chars++
	}
	return 0
}

func hostChar(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || 0xa1 <= r && r <= 0xffff
}

// topLevelLen returns the length of the 2 to 63 lower-case letters that s
// begins with, or 0.
func topLevelLen(s string) int {
	pos, chars := 0, 0
	for {
		c, n := firstClass(s[pos:])
		if !c.is(classLower) {
			break
		}
		pos += n
		chars++
	}
	if chars < 2 || chars > 63 {
		return 0
	}
	return pos
}

// addressLen returns the length of the public IPv4 address that s begins
// with, or 0.
func addressLen(s string) int {
	var octets [4]string
	pos := 0
	for i := range octets {
		n, digits := digitRun(s[pos:])
		if digits == 0 || digits > 3 {
			return 0
		}
		octets[i] = s[pos : pos+n]
		pos += n
		if i < 3 {
			if pos == len(s) || s[pos] != '.' {
				return 0
			}
			pos++
		}
	}
	if !octetIn(octets[0], 1, 223) || !octetIn(octets[3], 1, 254) ||
		!innerOctet(octets[1]) || !innerOctet(octets[2]) || private(octets[0], octets[1]) {
		return 0
	}
	return pos
}

// octetIn reports whether the octet, without leading zeros, is between lo and
// hi.
func octetIn(octet string, lo, hi int) bool {
	v, ok := decimal(octet)
	return ok && octet[0] != '0' && lo <= v && v <= hi
}

// innerOctet reports whether the octet is 1?\d{1,2}, 2[0-4]\d or 25[0-5].
func innerOctet(octet string) bool {
	v, ok := decimal(octet)
	return ok && v <= 255 && (len(octet) < 3 || octet[0] != '0')
}

// decimal returns the value of an octet in ASCII digits. It refuses those of
// other scripts, of which the expression allows some in an octet's last place.
func decimal(octet string) (v int, ok bool) {
	for i := range len(octet) {
		if !asciiDigit(octet[i]) {
			return 0, false
		}
		v = v*10 + int(octet[i]-'0')
	}
	return v, true
}

// private reports whether an address that begins with these octets is of a
// loopback, link-local or private network.
func private(first, second string) bool {
	switch first {
	case "10", "127":
		return true
	case "169":
		return second == "254"
	case "192":
		return second == "168"
	case "172":
		v, _ := decimal(second)
		return 16 <= v && v <= 31
	}
	return false
}
