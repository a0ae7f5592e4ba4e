package text

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "A title", "A title"},
		{"white space", "  two\nlines \t of\r\n\r\ntext\u00a0here\u3000now\x1c ", "two lines of text here now"},
		{"only white space", " \n\t ", ""},
		{"controls are not white space", "a\x00b\x7fc", "a\x00b\x7fc"},
		{"quotes", `the "so called" b"c "" d`, "the so called bc d"},
		{"other quotes stay", "``a'' “b” 'c'", "``a'' “b” 'c'"},
		{"inline", "let $x$ be", "let -EQN- be"},
		{"display", "so $$x = y$$ holds", "so -EQN- holds"},
		{"brackets", `so \[x = y\] holds`, "so -EQN- holds"},
		{"parentheses", `so \(x = y\) holds`, "so -EQN- holds"},
		{"set apart", `$p$-adic ($n$), f$x$g`, "-EQN- -adic ( -EQN- ), f -EQN- g"},
		{"neighbours", `$a$$b$\(c\)$$d$$`, "-EQN- -EQN- -EQN- -EQN-"},
		{"over lines", "let $x\n= y$ be", "let -EQN- be"},
		{"at the ends", "$a$ b $c$", "-EQN- b -EQN-"},
		{"empty ones", `\(\) \[\] $$$$`, "-EQN- -EQN- -EQN-"},
		{"blank one", "$ $", "-EQN-"},
		{"quote inside", `$x"$ y`, "-EQN- y"},
		{"dollar inside display", `$$a $ b$$ c`, "-EQN- c"},
		{"escaped dollar", `costs \$5 and \$6`, `costs \$5 and \$6`},
		{"escaped dollar inside", `$5\$ < x$ y`, "-EQN- y"},
		{"escaped backslash", `a\\[2pt] b\\(c\\) \\$x$`, `a\\[2pt] b\\(c\\) \\ -EQN-`},
		{"backslash before the end", `\(a\\) b\)`, "-EQN-"},
		{"commands", `\alpha \"o \{x\} \`, `\alpha \o \{x\} \`},
		{"nested", `$\mbox{if $x$}$`, "-EQN- x -EQN-"},
		{"other kind inside", `$a \(b$ c\)`, `-EQN- c\)`},
		{"unclosed inline", "costs $5 only", "costs $5 only"},
		{"unclosed at the end", "$a$ $", "-EQN- $"},
		{"unclosed display", "$$x$ and y", "$ -EQN- and y"},
		{"two dollars", "a $$ b", "a $$ b"},
		{"unclosed bracket", `\[x $y$`, `\[x -EQN-`},
		{"unopened", `x\] y\)`, `x\] y\)`},
		{"three dollars", "$$$x$$$", "-EQN- $"},
		{"not UTF-8", "a\xffb\xe2\x28", "a\uFFFDb\uFFFD("},
		{"letters", "Schrödinger’s «Ψ»", "Schrödinger’s «Ψ»"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
			if got := reference(tt.in); got != tt.want {
				t.Errorf("the reference gives %q", got)
			}
		})
	}
}

var (
	pieces = regexp.MustCompile(`(?s)\$\$(?:\\.|[^\\])*?\$\$` + `|\$(?:\\.|[^\\$])+\$` +
		`|\\\[(?:\\.|[^\\])*?\\\]` + `|\\\((?:\\.|[^\\])*?\\\)` + `|\\[\\$]|.`)
	spaces = regexp.MustCompile(`[\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+`)
)

// reference is Clean by regular expressions.
func reference(s string) string {
	s = strings.Map(func(r rune) rune { return r }, s)
	s = pieces.ReplaceAllStringFunc(s, func(piece string) string {
		switch {
		case piece == `"`:
			return ""
		case len(piece) > 2 && (piece[0] == '$' || piece[0] == '\\'):
			return " -EQN- "
		}
		return piece
	})
	return strings.Trim(spaces.ReplaceAllString(s, " "), " ")
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", `$a$ $$b$$ \[c\] \(d\)`, `\\$ \$ "x" $$y$`, "a  b\n\u2009c   \x85 \xff", "12345678 12345 7890  abc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := Clean(s), reference(s); got != want {
			t.Errorf("Clean(%q)\n got %q\nwant %q", s, got, want)
		}
	})
}

func TestDocument(t *testing.T) {
	for _, tt := range []struct{ title, abstract, want string }{
		{"On  $x$", "We\nstudy $x$.", "-TITLE_START- On -EQN- -TITLE_END- -ABSTRACT_START- We study -EQN- . -ABSTRACT_END-"},
		{"", " ", "-TITLE_START- -TITLE_END- -ABSTRACT_START- -ABSTRACT_END-"},
	} {
		if got := Document(tt.title, tt.abstract); got != tt.want {
			t.Errorf("got %q\nwant %q", got, tt.want)
		}
		// A space at the end of what dst holds is no white space of the field.
		if got := string(AppendDocument([]byte("x "), tt.title, tt.abstract)); got != "x "+tt.want {
			t.Errorf("appended: got %q", got)
		}
	}
}

// TestLinearTime reads 128 KiB, or more, of each pattern that might make a scan
// start over and over.
func TestLinearTime(t *testing.T) {
	patterns := []string{
		"$", "$$", "$x", "\\(", "\\[", "\\", "\\$", "$$x$ ", "\"", " ", "\n", "\u00a0", "a", "é",
		".", "a.", "(", ")", "(.", ").", "…", "'", "''", "-", "--", "a-", "a--", "+", "1+", "5%", "5km", "km", "US$",
		"@", "a@", "a.b@", "@a.bc", "://", "ab://", "1.", "1.1.1.1:", "a.bc/", "a.bc:", "_", "_.",
		":)", "):", ": ", ": ) ", ") : ", "(: ( ", ":(:", "o. o ", "-EQN-", "-EQN- ", "can't", "can't.", "😀", "中。", "\xff",
	}
	start := time.Now()
	w := NewTokenizer().Worker()
	for _, p := range patterns {
		s := strings.Repeat(p, 1<<17/len(p))
		w.AppendTokens(nil, []byte(s))
		w.AppendTokens(nil, []byte("("+s+"x)"))
		Clean(strings.Repeat(s, 8))
	}
	if took := time.Since(start); took >= 30*time.Second {
		t.Errorf("took %v", took)
	}
}
