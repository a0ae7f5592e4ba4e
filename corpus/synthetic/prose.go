package synthetic

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences are templates: O is replaced by an object, M by a method, G by a
// general phrase, E by an equation. Slots stand alone between spaces or before
// punctuation.
var (
	titleTemplates = []string{
		"On O and O", "M for O", "O via M", "Towards G for O", "A note on O",
		"M meets M : G", "O , O and M", "Understanding O through M", "How O shape O",
		"G for O in G", "Revisiting M", "From O to O", "Bounds on O by M", "Learning about O from O",
	}
	sentenceTemplates = []string{
		"We study O in G.", "In this paper we present G based on M.", "It is well known that O depend on O.",
		"Our results show that M improves on G by E.", "We prove that E holds for O under G.",
		"The method combines M with G.", "This extends G to O.", "As an application, we discuss O.",
		"We find that O are controlled by E, which agrees with G.", "Using M, we obtain G for O.",
		"However, G remains poorly understood for O.", "We compare M with M on O.",
		"The proof uses G and M.", "Here O play the role of O.", "Surprisingly, G does not require M.",
		"A key step is \"M\", which leads to G.", "We don't assume that O are known in advance (see G).",
		"In contrast to G, we treat O directly.", "For E we recover G.", "We also report G.",
		"Numerical results confirm G.", "The relation E is tested against G, e.g. for O.",
		"We conclude that O can't be explained by M alone.", "Code and data are available at https://example.org/synthetic.",
	}
	equations = []string{
		`$O(n \log n)$`, `$k \geq 3$`, `$\alpha = 0.05$`, `$E = mc^2$`, `$x \in \mathbb{R}^d$`, `$p < 1/2$`,
		`$$\int_0^1 f(t)\,dt = 1$$`, `\(\epsilon \to 0\)`, `\[ a_{n+1} = a_n + a_{n-1} \]`, `$N=4$`,
		`$\Lambda$`, `$10^{-3}$`, `$SU(2)$`, `$\mathcal{O}(1/T)$`, `$z \approx 2$`, `$\sigma_8$`,
	}
	givenNames  = []string{"Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Lucia", "Mateo", "Nadia", "Omar", "Petra", "Qi", "Rosa", "Sven", "Tala"}
	familyNames = []string{"Abara", "Bergström", "Castellan", "Dufort", "Eriksen", "Fontaine", "Grünwald", "Hashimoto", "Ivanova", "Jansen", "Kowal", "Lindqvist", "Moreau", "Nakagawa", "Okafor", "Pereira", "Quint", "Rinaldi", "Sato", "Tanaka"}
)

// writer writes the text of one paper.
type writer struct {
	g      *generator
	r      *rand.Rand
	topics []int // categories the text shows, the primary first
}

func (w *writer) title() string {
	t := w.fill(pick(w.r, titleTemplates))
	return strings.NewReplacer(" ,", ",", " :", ":").Replace(capital(t))
}

func (w *writer) abstract() string {
	n := 4 + w.r.IntN(6)
	sentences := make([]string, n)
	for i := range sentences {
		sentences[i] = capital(w.fill(pick(w.r, sentenceTemplates)))
	}
	text := strings.Join(sentences, " ")
	if w.r.IntN(4) == 0 { // some sources break their lines
		text = "  " + strings.Replace(text, ". ", ".\n", 2)
	}
	return text
}

// fill replaces the slots of a template.
func (w *writer) fill(template string) string {
	words := strings.Split(template, " ")
	for i, word := range words {
		slot := strings.TrimLeft(word, `("`)
		if slot == "" || (len(slot) > 1 && isLetter(slot[1])) {
			continue
		}
		var phrase string
		switch slot[0] {
		case 'O':
			phrase = w.phrase(func(c *category) []string { return c.Objects })
		case 'M':
			phrase = w.phrase(func(c *category) []string { return c.Methods })
		case 'G':
			phrase = pick(w.r, w.g.General)
		case 'E':
			phrase = pick(w.r, equations)
		default:
			continue
		}
		words[i] = word[:len(word)-len(slot)] + phrase + slot[1:]
	}
	return strings.Join(words, " ")
}

func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

// phrase draws from the paper's own categories, from a sibling of its first,
// from any category or from the general phrases.
func (w *writer) phrase(list func(*category) []string) string {
	x := w.r.Float64()
	own := pick(w.r, w.topics)
	switch {
	case x < ownShare:
		return pick(w.r, list(&w.g.Category[own]))
	case x < ownShare+siblingShare && len(w.g.siblings[own]) > 0:
		return pick(w.r, list(&w.g.Category[pick(w.r, w.g.siblings[own])]))
	case x < ownShare+siblingShare+strangeShare:
		return pick(w.r, list(&w.g.Category[w.r.IntN(len(w.g.Category))]))
	}
	return pick(w.r, w.g.General)
}

func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}
