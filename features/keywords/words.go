package keywords

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/corpus/text"
)

// proseWords are those of every abstract, whatever it is about. A cloud leaves
// them out unless asked, since they would be its largest.
const proseWords = `
abstract paper papers article articles work works study studies studied author authors result results
propose proposed proposes proposing proposal present presented presents presenting presentation introduce introduced introduces introducing
show shows showed shown showing demonstrate demonstrates demonstrated demonstrating find finds found finding findings
use uses used using useful based provide provides provided providing consider considered considering considers
investigate investigated investigates discuss discussed describe described describes obtain obtained obtains
develop developed develops give gives given giving allow allows allowing achieve achieves achieved achieving
improve improves improved improving perform performs performed approach approaches
new novel existing recent recently previous previously various different several important significant significantly
better best good high higher low lower well known general particular particularly specifically specific
number case cases order way ways need needs many via due able term terms often including include includes included
called take takes taken see address addressed compared compare comparison available current respectively finally
furthermore moreover additionally however extensive extensively experiment experiments experimental experimentally
state-of-the-art state art effectively effective efficiently efficient code outperform outperforms outperformed
evaluate evaluated evaluates evaluating enable enables enabled enabling require requires required requiring
apply applied applies applying aim aims lead leads leading help helps technique techniques improvement improvements
challenge challenges challenging addition additional real large small single multiple simple standard possible full
multi non pre semi sub co re self
`

// readable is the rule of clouds: words as people know them, singular and plural
// counted as one; with the words of all abstracts only where prose is set.
func readable(prose bool) Rule {
	left := map[string]bool{}
	if !prose {
		for _, w := range strings.Fields(proseWords) {
			left[w] = true
		}
	}
	return func(token string) []string {
		word := strings.TrimRight(token, ".") // which the tokenizer leaves at what could be an abbreviation
		if text.StopWord(token) || text.StopWord(word) || !isWord(word) || left[strings.ToLower(word)] {
			return nil
		}
		return []string{countedAs(word)}
	}
}

// isWord reports whether a token is a word: two letters or more, among letters,
// digits, hyphens and apostrophes, or such as 3D. Numbers, equations, markers and
// TeX are none.
func isWord(token string) bool {
	letters, upper := 0, 0
	first, _ := utf8.DecodeRuneInString(token)
	last, _ := utf8.DecodeLastRuneInString(token)
	for _, r := range token {
		switch {
		case unicode.IsLetter(r):
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		case unicode.IsDigit(r), unicode.IsMark(r), r == '-', r == '\'', r == '’':
		default:
			return false
		}
	}
	inside := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
	switch {
	case !inside(first) || !inside(last) || len(token) > 60:
		return false
	case unicode.IsDigit(first):
		return upper > 0 && len(token) <= 4 // 3D, but no 10th
	}
	return letters > 1
}

// countedAs is what forms of a word have in common: case is folded, and a plural is
// counted with its singular, where English forms it by an s.
func countedAs(token string) string {
	word := strings.ToLower(token)
	stem, plural := strings.CutSuffix(word, "s")
	if !plural || len(stem) < 3 || invariant(word) {
		return word
	}
	if base, ok := strings.CutSuffix(stem, "ie"); ok && len(base) > 2 {
		return base + "y"
	}
	for _, sound := range []string{"sse", "xe", "che", "she"} {
		if strings.HasSuffix(stem, sound) && stem != "cache" && stem != "axe" {
			return stem[:len(stem)-1]
		}
	}
	return stem
}

// invariant reports whether a word that ends in s is no plural.
func invariant(word string) bool {
	for _, end := range []string{"ss", "us", "is", "ics"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return slices.Contains([]string{"news", "lens", "means", "series", "species", "bias", "atlas", "canvas", "alias", "pancreas"}, word)
}
