package catalog

import (
	"strings"
	"unicode"

	"assay/internal/fault"
)

// term is a word or phrase that a user looks for.
type term struct {
	words  []string
	prefix bool // the last word is the beginning of a word
}

// fts is the term in FTS5's language: a string, whose text has no meaning there.
func (t term) fts() string {
	s := `"` + strings.Join(t.words, " ") + `"`
	if t.prefix {
		s += "*"
	}
	return s
}

// parseQuery turns a user's query into one of FTS5
// (https://www.sqlite.org/fts5.html#full_text_query_syntax): words must all be
// there; OR between two makes them alternatives; "…" is a phrase; * ends the
// beginning of a word; - before a word or phrase leaves out what has it. Every
// other sign only separates words, so that no query is an error of syntax: only
// one that looks for nothing is refused.
func parseQuery(text string) (string, error) {
	var all []string // alternatives, to be joined by AND
	var not []string
	or := false // the word before was OR
	for _, tok := range lex(text) {
		switch {
		case tok.or && len(all) > 0:
			or = true
			continue
		case len(tok.words) == 0:
			continue
		case tok.not:
			not = append(not, tok.fts())
		case or:
			all[len(all)-1] += " OR " + tok.fts()
		default:
			all = append(all, tok.fts())
		}
		or = false
	}
	if len(all) == 0 {
		if len(not) > 0 {
			return "", fault.Usagef("catalog: search %q says only what to leave out; add a word to look for", text)
		}
		return "", fault.Usagef("catalog: search %q has no word to look for", text)
	}
	query := "(" + strings.Join(all, ") AND (") + ")"
	if len(not) > 0 {
		query = "(" + query + ") NOT (" + strings.Join(not, " OR ") + ")"
	}
	return query, nil
}

type token struct {
	term
	not bool
	or  bool
}

// lex cuts a query into words, phrases and ORs.
func lex(text string) (tokens []token) {
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			return tokens
		}
		var tok token
		if rest, ok := strings.CutPrefix(text, "-"); ok {
			tok.not, text = true, rest
		}
		var body string
		if rest, ok := strings.CutPrefix(text, `"`); ok {
			body, text, _ = strings.Cut(rest, `"`) // a phrase without its end goes to the end
			if rest, ok := strings.CutPrefix(text, "*"); ok {
				tok.prefix, text = true, rest
			}
		} else {
			end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
			if end < 0 {
				end = len(text)
			}
			body, text = text[:end], text[end:]
			tok.or = body == "OR" && !tok.not
			tok.prefix = strings.HasSuffix(body, "*")
		}
		// What the index calls a word: the rest is between words there, too.
		tok.words = strings.FieldsFunc(body, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && !unicode.Is(unicode.Co, r) || r == unicode.ReplacementChar
		})
		if len(tok.words) == 0 {
			tok.prefix = false
		}
		tokens = append(tokens, tok)
	}
}
