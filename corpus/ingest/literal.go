package ingest

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// listInText returns the list that a text holds, as JSON: text that is JSON
// itself, or what Python's repr makes of nested lists, tuples, dictionaries,
// texts, numbers, None, True and False. It reports whether there is one.
func listInText(text string) (jsontext.Value, bool) {
	text = strings.TrimSpace(text)
	if text == "" || text[0] != '[' && text[0] != '(' {
		return nil, false
	}
	value := jsontext.Value(text)
	if !value.IsValid() {
		value = fromPython(text)
	}
	return value, value.IsValid()
}

// fromPython rewrites a Python literal as JSON. What it makes of other text is
// no JSON.
func fromPython(text string) jsontext.Value {
	var out []byte
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '\'', '"':
			s, n := pythonText(text[i:])
			if n == 0 {
				return nil
			}
			quoted, err := jsontext.AppendQuote(out, s)
			if err != nil {
				return nil
			}
			out, i = quoted, i+n
			continue
		case '(':
			out = append(out, '[')
		case ')', ']':
			// A tuple of one has a comma behind it.
			out = append(trimComma(out), ']')
		default:
			word, json, ok := pythonWord(text[i:])
			if ok {
				out = append(out, json...)
				i += len(word)
				continue
			}
			out = append(out, c)
		}
		i++
	}
	return out
}

func trimComma(b []byte) []byte {
	trimmed := strings.TrimRight(string(b), " \n")
	if strings.HasSuffix(trimmed, ",") {
		return b[:len(trimmed)-1]
	}
	return b
}

func pythonWord(text string) (word, json string, ok bool) {
	for _, w := range [][2]string{{"None", "null"}, {"True", "true"}, {"False", "false"}} {
		if strings.HasPrefix(text, w[0]) {
			return w[0], w[1], true
		}
	}
	return "", "", false
}

// pythonText returns the text that a quoted literal stands for, and the
// literal's length in bytes, 0 if it does not end or an escape is wrong.
func pythonText(literal string) (string, int) {
	end := literal[0]
	var out []byte
	for i := 1; i < len(literal); i++ {
		switch c := literal[i]; {
		case c == end:
			return string(out), i + 1
		case c != '\\':
			out = append(out, c)
		case i+1 == len(literal):
			return "", 0
		default:
			i++
			r, n := pythonEscape(literal[i:])
			if n == 0 {
				return "", 0
			}
			out = utf8.AppendRune(out, r)
			i += n - 1
		}
	}
	return "", 0
}

// pythonEscape returns the rune of an escape without its backslash, and the
// escape's length; unknown escapes have the length 0.
func pythonEscape(text string) (rune, int) {
	digits := 0
	switch text[0] {
	case '\\', '\'', '"':
		return rune(text[0]), 1
	case 'n':
		return '\n', 1
	case 't':
		return '\t', 1
	case 'r':
		return '\r', 1
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if digits == 0 || len(text) <= digits {
		return 0, 0
	}
	var r rune
	for _, c := range []byte(text[1 : 1+digits]) {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || r > utf8.MaxRune {
			return 0, 0
		}
		r = r<<4 | rune(d)
	}
	return r, 1 + digits
}
