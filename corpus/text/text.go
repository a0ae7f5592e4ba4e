// Package text turns a paper's title and abstract into tokens: the cleaning
// of equations and white space, the document with its field markers, and a
// tokenizer that splits as spaCy's English one does.
//
//	rules := text.NewTokenizer()
//	w := rules.Worker()
//	tokens = w.AppendPaper(tokens[:0], paper.Title, paper.Abstract)
//
// An equation becomes a marker that stands apart from its neighbours: $p$-adic becomes
// "-EQN- -adic". Were it glued to them, spaCy's rules would break the marker.
package text

// Markers that stand in a document for what is not prose. The tokenizer keeps
// each of them whole.
const (
	Equation      = "-EQN-"
	TitleStart    = "-TITLE_START-"
	TitleEnd      = "-TITLE_END-"
	AbstractStart = "-ABSTRACT_START-"
	AbstractEnd   = "-ABSTRACT_END-"
)

// Document returns the text of a paper that is tokenised and counted: both
// fields cleaned as by [Clean], between their markers, single-spaced.
//
//	-TITLE_START- title -TITLE_END- -ABSTRACT_START- abstract -ABSTRACT_END-
//
// The markers of an empty field stand side by side.
func Document(title, abstract string) string {
	return string(AppendDocument(make([]byte, 0, len(title)+len(abstract)+80), title, abstract))
}

// AppendDocument appends [Document](title, abstract) to dst. It allocates
// only where dst is too short.
func AppendDocument(dst []byte, title, abstract string) []byte {
	dst = append(dst, TitleStart+" "...)
	dst = appendField(dst, title)
	dst = append(dst, TitleEnd+" "+AbstractStart+" "...)
	dst = appendField(dst, abstract)
	return append(dst, AbstractEnd...)
}

// appendField appends the cleaned field and, unless it is empty, a space.
func appendField(dst []byte, field string) []byte {
	n := len(dst)
	dst = appendClean(dst, field)
	if len(dst) > n {
		dst = append(dst, ' ')
	}
	return dst
}

// Version counts the changes of what tokens a text has: part of a trial's identity.
const Version = 1
