// Package markup writes text of others, such as names of models and titles of
// papers, into formats that give some signs a meaning of their own: what is shown
// is what was written, and no letter is lost without a trace.
//
//	fmt.Fprintf(out, "| %s | %s |\n", markup.Markdown(name), markup.Markdown(title))
package markup

import (
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
)

// Line makes s fit a line of a table: white space of any kind is one space, and
// signs that would move a terminal's cursor or turn the direction of writing are
// shown as a picture of themselves (␛ for ESC) or as U+FFFD.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x20:
			return 0x2400 + r // the block of control pictures
		case r == 0x7f:
			return 0x2421
		case unicode.IsControl(r) || turns(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.Join(strings.Fields(strings.ToValidUTF8(s, string(unicode.ReplacementChar))), " "))
}

// turns reports whether r turns the direction of all that follows it on the line.
func turns(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

var markdown = strings.NewReplacer(
	`\`, `\\`, `|`, `\|`, `*`, `\*`, `_`, `\_`, "`", "\\`", `$`, `\$`, `&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `[`, `\[`, `]`, `\]`, `~`, `\~`, `#`, `\#`,
)

// Markdown escapes s for a cell of a GitHub-flavoured table or for the middle of a
// line.
func Markdown(s string) string { return markdown.Replace(Line(s)) }

// MarkdownLine is Markdown for the beginning of a line or of a list's item, where
// "- ", "+ ", "1. " and "1) " would begin a list and === or --- make a heading.
func MarkdownLine(s string) string {
	s = strings.TrimLeft(s, " ")
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	escaped := Markdown(s)
	switch rest := s[digits:]; {
	case digits > 0 && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, ")")):
		return escaped[:digits] + `\` + escaped[digits:]
	case digits == 0 && s != "" && strings.ContainsRune("-+=", rune(s[0])):
		return `\` + escaped
	}
	return escaped
}

// Width is how many columns of a terminal s takes: two for a Chinese letter or an
// emoji, none for an accent of its own.
func Width(s string) int { return displaywidth.String(s) }

// Cut shortens s to so many columns of a terminal, with … at the end of what it cut.
func Cut(s string, columns int) string { return displaywidth.TruncateString(s, columns, "…") }
