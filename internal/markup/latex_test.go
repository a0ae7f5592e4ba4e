package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/internal/markup/latextest"
)

func TestLaTeX(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`# $ % & ~ _ ^ \ { } < > |`, `\# \$ \% \& $\sim$ \_ \textasciicircum{} \textbackslash{} \{ \} \textless{} \textgreater{} \textbar{}`},
		{"a -- b --- c", `a -{}- b -{}-{}- c`},
		{"don't 'x' ''y''", `don't 'x' '{}'y'{}'`},
		{"`?` !` ,,", "\\textasciigrave{}?\\textasciigrave{} !\\textasciigrave{} ,{},"},
		{"Naïve é", `Na\"{\i}ve \'{e}`},
		{"e\u0301 ế ç ị", `\'{e} \'{\^{e}} \c{c} \d{i}`},
		{"± 0.5 − 1 Δ α 10²", `$\pm$ 0.5 $-$ 1 $\Delta$ $\alpha$ 10$^2$`},
		{"a\u00a0b\nc\td", "a b c d"},
		{"ą đ", `\assaylatin{0105}{\k}{{a}} \assaylatin{0111}{\dj}{}`},
		{"朴 👍", `\assayletter{6734}{朴} \assayletter{1F44D}{👍}`},
		{"[1] x", "[1] x"},
	} {
		if got := (&LaTeX{}).Text(c.in); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
	for in, want := range map[string]string{"[1] x": "{}[1] x", " * x": "{}* x", "x [1]": "x [1]"} {
		if got := (&LaTeX{}).Start(in); got != want {
			t.Errorf("start %q: got %s, want %s", in, got, want)
		}
	}
	if got := (&LaTeX{}).Plain("朴"); got != `{\footnotesize[U+6734]}` {
		t.Errorf("plain: %s", got)
	}
}

// Every sign and letter compiles, alone and twice, and is on the page.
func TestLaTeXCompiles(t *testing.T) {
	var signs []rune
	for r := rune('!'); r < 0x250; r++ {
		if r < 0x7f || r > 0xa0 && r != 0xad {
			signs = append(signs, r)
		}
	}
	for r := range latexSigns {
		if r >= 0x250 {
			signs = append(signs, r)
		}
	}
	slices.Sort(signs)
	signs = append(signs, []rune("朴あ한👍жשעب")...)
	for name, packages := range map[string]string{"bare": "", "T1": `\usepackage[T1]{fontenc}\usepackage{lmodern}`} {
		var l LaTeX
		var body strings.Builder
		for i, r := range signs {
			fmt.Fprintf(&body, "%d (%s) [%s]\n\n", i, l.Text(string(r)), l.Text("x"+string(r)+string(r)+"x"))
		}
		text := latextest.Pages(t, "pdflatex", `\documentclass{article}`+packages+"\n"+l.Preamble()+`\begin{document}`+body.String()+`\end{document}`)
		for i, r := range signs {
			if strings.Contains(text, fmt.Sprintf("%d () [", i)) || !strings.Contains(text, fmt.Sprintf("%d (", i)) {
				t.Errorf("%s: %c (U+%04X) shows nothing: %s", name, r, r, l.Text(string(r)))
			}
		}
		want := []string{"[U+6734]", "(%)", "(<) [x<<x]", "(-) [x--x]", "(¡)", "(±)"}
		if name == "T1" {
			want = append(want, "(é)", "(ą)", "(đ)", "(ß)", "(ő)", "(†)")
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %s", name, w)
			}
		}
	}
}

// Where a document has a font for letters, they are set.
func TestLaTeXFonts(t *testing.T) {
	var l LaTeX
	name := l.Text("朴素 Ж 👍")
	document := func(packages, before, after string) string {
		return `\documentclass{article}` + packages + "\\begin{document}\n" + before + "\n" + l.Preamble() + name + "\n" + after + `\end{document}`
	}
	t.Run("CJKutf8", func(t *testing.T) {
		latextest.Has(t, "CJKutf8.sty")
		latextest.Has(t, "gbsnu67.tfm")
		text := latextest.Pages(t, "pdflatex", document(`\usepackage{CJKutf8}`, `\begin{CJK*}{UTF8}{gbsn}`, `\end{CJK*}`))
		if want := "朴素 [U+0416] [U+1F44D]"; !strings.Contains(text, want) {
			t.Errorf("got %s, want %s", text, want)
		}
	})
	t.Run("XeLaTeX", func(t *testing.T) {
		text := latextest.Pages(t, "xelatex", document("", "", ""))
		if want := "[U+6734][U+7D20] "; !strings.Contains(text, want) {
			t.Errorf("got %s, want %s", text, want)
		}
	})
}
