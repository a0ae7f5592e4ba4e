package features

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lower returns the token in lower case as Python's str.lower does, which
// scikit-learn counts by: by the full mapping of the Unicode Standard (section
// 3.13), where strings.ToLower uses the simple one. The two differ in İ, which
// becomes i and a combining dot, and in Σ, which becomes ς at a word's end.
func lower(token string) string {
	ascii, upper := true, false
	for i := range len(token) {
		b := token[i]
		ascii = ascii && b < utf8.RuneSelf
		upper = upper || 'A' <= b && b <= 'Z'
	}
	switch {
	case ascii && !upper:
		return token
	case ascii || !strings.ContainsAny(token, "İΣ"):
		return strings.ToLower(token)
	}
	runes := []rune(token)
	var b strings.Builder
	b.Grow(len(token) + 1)
	for i, r := range runes {
		switch {
		case r == 'İ':
			b.WriteString("i\u0307")
		case r == 'Σ' && finalSigma(runes, i):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// finalSigma is the condition Final_Sigma of the Unicode Standard, table 3-17:
// a cased letter stands before and none after, case-ignorable runes aside.
func finalSigma(runes []rune, i int) bool {
	before := i - 1
	for before >= 0 && caseIgnorable(runes[before]) {
		before--
	}
	after := i + 1
	for after < len(runes) && caseIgnorable(runes[after]) {
		after++
	}
	return before >= 0 && cased(runes[before]) && (after == len(runes) || !cased(runes[after]))
}

func cased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

func caseIgnorable(r rune) bool {
	return strings.ContainsRune("'.:·’‘․‧︓﹒﹕＇．：", r) ||
		unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}
