package catalog

import (
	"strings"
	"unicode"
)

// SlugOf returns a topic as one word, as the taxonomy topics:a,b and a paper's
// categories name it: letters in lower case and digits stay, and each run of
// anything else becomes one hyphen, with none at either end. "Deep Learning" is
// deep-learning. It is empty where the topic has neither letter nor digit, and
// the slug of a slug is itself.
func SlugOf(topic string) string {
	var b strings.Builder
	gap := false
	for _, r := range topic {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
