package markup

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// LaTeX writes texts for pdfLaTeX, XeLaTeX and LuaLaTeX in ASCII commands, which
// need no input encoding. It remembers what the document must have for them. The
// zero value is ready.
type LaTeX struct {
	t1      []rune // letters that the encoding OT1 lacks
	letters []rune // letters that need a font of their own
}

// Text escapes s for the middle of a line.
func (l *LaTeX) Text(s string) string { return l.write(s, l.letter) }

// Start is Text for what stands behind \\ or a rule, which take [ and * at the
// beginning for their own.
func (l *LaTeX) Start(s string) string {
	text := l.Text(s)
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "*") {
		return "{}" + text
	}
	return text
}

// Plain is Text without the commands of Preamble, for places that LaTeX writes to
// its lists of tables: a code point stands for a letter that needs a font.
func (l *LaTeX) Plain(s string) string { return l.write(s, codePoint) }

// Special reports whether one of the texts had a letter that the commands of
// Preamble set.
func (l *LaTeX) Special() bool { return len(l.t1)+len(l.letters) > 0 }

// Preamble is what must stand before the texts: comments on what the document must
// load for them, and the commands that they use.
func (l *LaTeX) Preamble() string {
	if !l.Special() {
		return ""
	}
	text := ""
	if len(l.t1) > 0 {
		text += fmt.Sprintf("%% %s: set with \\usepackage[T1]{fontenc}, by its code point without\n", string(l.t1))
	}
	if len(l.letters) > 0 {
		text += fmt.Sprintf(`%% %s: set by XeLaTeX and LuaLaTeX where the font, xeCJK or luatexja has them;
%% by pdfLaTeX Chinese, Japanese and Korean inside \begin{CJK*}{UTF8}{gbsn}, say, of \usepackage{CJKutf8}
%% and Cyrillic where \usepackage[T2A]{fontenc} is; elsewhere by code points, such as [U+%04X]
`, string(l.letters), l.letters[0])
	}
	return text + latexCommands
}

// latexCommands are the commands that texts use; a document may define its own.
// A letter is tried in a box, whose width is 0 where nothing sets it.
const latexCommands = `\ifdefined\assayletter\else
\DeclareRobustCommand\assaycode[1]{{\footnotesize[U+#1]}}
% code point, accent or symbol of T1, its letter
\DeclareRobustCommand\assaylatin[3]{\ifcsname\csname f@encoding\endcsname\string#2\endcsname#2#3\else\assaycode{#1}\fi}
% code point, letter
\DeclareRobustCommand\assayletter[2]{\leavevmode\begingroup\setbox0\hbox{%
  \ifdefined\Umathchar
    \iffontchar\font"#1 #2\else\ifnum"#1>"2E7F \ifnum"#1<"10000
      \ifcsname ver@xeCJK.sty\endcsname#2\else\ifcsname ver@luatexja.sty\endcsname#2\fi\fi
    \fi\fi\fi
  \else\ifnum"#1>"2E7F \ifnum"#1<"10000
      \ifcsname CJK@actualBinding\endcsname\expandafter\ifx\csname CJK@actualBinding\endcsname\empty\else#2\fi\fi
    \fi
  \else\ifcsname u8:\detokenize{#2}\endcsname\ifcsname\csname f@encoding\endcsname\string\cyra\endcsname#2\fi\fi
  \fi\fi}\ifdim\wd0=0pt\assaycode{#1}\else\unhbox0\fi\endgroup}
\fi
`

// write escapes s; special writes what no other rule knows.
func (l *LaTeX) write(s string, special func(rune) string) string {
	var b strings.Builder
	letters := []rune(Line(s))
	for i := 0; i < len(letters); {
		n := i + 1
		for n < len(letters) && unicode.Is(unicode.Mn, letters[n]) {
			n++
		}
		if text, ok := accented(letters[i:n]); ok {
			b.WriteString(text)
			i = n
			continue
		}
		r := letters[i]
		next := rune(0)
		if i++; i < len(letters) {
			next = letters[i]
		}
		switch text, known := latexSigns[r]; {
		case known:
			b.WriteString(text)
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r): // shows nothing
		case strings.ContainsRune("-,'", r) && next == r: // would be one sign
			b.WriteString(string(r) + "{}")
		case r < unicode.MaxASCII:
			b.WriteRune(r)
		default:
			b.WriteString(special(r))
		}
	}
	return b.String()
}

// letter writes a letter by the commands of Preamble.
func (l *LaTeX) letter(r rune) string {
	note := func(list *[]rune) {
		if !slices.Contains(*list, r) {
			*list = append(*list, r)
		}
	}
	if symbol, ok := latexT1[r]; ok {
		note(&l.t1)
		return fmt.Sprintf(`\assaylatin{%04X}{%s}{}`, r, symbol)
	}
	if d := []rune(norm.NFD.String(string(r))); len(d) == 2 && d[0] < unicode.MaxASCII && d[1] == ogonek {
		note(&l.t1)
		return fmt.Sprintf(`\assaylatin{%04X}{\k}{{%c}}`, r, d[0])
	}
	note(&l.letters)
	return fmt.Sprintf(`\assayletter{%04X}{%c}`, r, r)
}

func codePoint(r rune) string { return fmt.Sprintf(`{\footnotesize[U+%04X]}`, r) }

// accented writes a letter of ASCII with accents that all of LaTeX's encodings
// have.
func accented(cluster []rune) (string, bool) {
	d := []rune(norm.NFD.String(string(cluster)))
	if len(d) < 2 || d[0] > unicode.MaxASCII || !unicode.IsLetter(d[0]) {
		return "", false
	}
	text := "{" + string(d[0]) + "}"
	for _, mark := range d[1:] {
		accent, ok := latexAccents[mark]
		if !ok {
			return "", false
		}
		if below := strings.Contains("cdb", accent); !below && text == "{i}" || !below && text == "{j}" {
			text = `{\` + text[1:]
		}
		text = "{\\" + accent + text + "}"
	}
	return text[1 : len(text)-1], true
}
