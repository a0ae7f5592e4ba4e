package text

import (
	"strings"
	"sync"
	"unicode"
)

// functionWords are the words of English that hold a sentence together and say
// nothing of its matter: articles, pronouns, prepositions, conjunctions, auxiliary
// and modal verbs, and adverbs of degree, order and place.
const functionWords = `
a an the this that these those such same other others another each every either neither both all any some none no
i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
it its itself they them their theirs themselves one ones oneself who whom whose which what whatever whichever whoever
something anything nothing everything someone anyone everyone nobody somebody
of in on at by to for from with without within into onto upon over under above below between among amongst across along
through throughout during before after since until till against about around towards toward behind beyond beside besides
near off out up down per via despite except regarding concerning like unlike than as versus whereby wherein whereas
and or but nor so yet if else unless because though although while whilst whether once when whenever where wherever why how
be am is are was were been being have has had having do does did doing done
can could may might must shall should will would ought cannot
not only also too very much many more most less least few fewer several enough quite rather almost nearly just even still
already always never ever often sometimes usually here there now then thus hence therefore thereby therein however moreover
furthermore nevertheless nonetheless otherwise instead again further together apart away well own
first second third two three last next
let get gets got make makes made making
`

// frenchWords are the same of French, in which some abstracts of mathematics are,
// but those that are an English word or, in capitals, a term: plus, AU, DES, IL, SANS.
const frenchWords = `
une aux où dans sur pour avec entre chez cet cette celui celle qui que dont elle elles nous notre nos leur leurs
sont était être avons ainsi aussi donc mais comme lorsque toute tous toutes
`

// debris is what is left of other things once a text has been cut into tokens and
// words: the ends of contractions, the abbreviations of scholarly prose, commands of
// LaTeX and the ends of web addresses.
const debris = `
n't 't 's 'm 're 've 'll 'd nt re ve ll ca wo ai don didn doesn isn aren wasn weren hasn haven hadn couldn wouldn shouldn
ain won
et al eg ie e.g. i.e. etc cf vs viz resp e.g i.e
mathbb mathcal mathrm mathbf mathsf mathfrak mathit mathscr boldsymbol operatorname textit textbf textrm textsc texttt
textsf emph rm bf sf tt em frac tfrac dfrac sqrt left right langle rangle lvert rvert overline underline widetilde widehat
cite citep citet ref eqref label footnote begin end par noindent newline textquoteright textquoteleft ldots cdots cdot
quad qquad
http https www url href ftp html
`

// markers are the words that the marks of a document leave: [Equation] and the
// names of its fields.
const markers = `eqn title_start title_end abstract_start abstract_end`

var stopWords = sync.OnceValue(func() map[string]struct{} {
	set := map[string]struct{}{}
	for _, list := range []string{functionWords, frenchWords, debris, markers} {
		for _, word := range strings.Fields(list) {
			set[word] = struct{}{}
		}
	}
	return set
})

// StopWord reports whether a word says nothing of what a paper is about, in
// whatever case: a function word of English (of, we, however) or French (nous, dans),
// what cutting an abstract into tokens leaves (n't, et, al, mathbb, https), a
// document's marker, or anything without a letter, such as a number. Words of science
// stay, however common they are in abstracts: show, method, paper. It takes tokens as
// well as the words inside them.
func StopWord(word string) bool {
	if !strings.ContainsFunc(word, unicode.IsLetter) {
		return true
	}
	word = strings.ToLower(word)
	if _, ok := stopWords()[word]; ok {
		return true
	}
	_, ok := stopWords()[strings.Trim(word, "-")] // a marker as a whole token
	return ok && strings.HasPrefix(word, "-") && strings.HasSuffix(word, "-")
}
