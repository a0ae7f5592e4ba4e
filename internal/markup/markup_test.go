package markup

import "testing"

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\n b\t\u00a0c ": "a b c",
		"\x1b[31mred\a":   "␛[31mred␇",
		"\u202eabc\u2066": "\ufffdabc\ufffd",
		"\x85 \x9f":       "\ufffd \ufffd",
		"朴素贝叶斯 Naïve 👍 👨‍👩‍👧": "朴素贝叶斯 Naïve 👍 👨‍👩‍👧",
	} {
		if got := Line(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"a|b\nc":               `a\|b c`,
		"[x](http://y) ![z]":   `\[x\](http://y) !\[z\]`,
		"<script> &amp; `x`":   "&lt;script&gt; &amp;amp; \\`x\\`",
		`\| *a* _b_ ~c~ $x$ #`: `\\\| \*a\* \_b\_ \~c\~ \$x\$ \#`,
		"- x":                  "- x",
	} {
		if got := Markdown(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"- x": `\- x`, " + x": `\+ x`, "=== x": `\=== x`, "1. x": `1\. x`, "12) x": `12\) x`,
		"# x": `\# x`, "* x": `\* x`, "> x": `&gt; x`, "1 x": "1 x", "": "", "2.5 x": `2\.5 x`,
	} {
		if got := MarkdownLine(in); got != want {
			t.Errorf("at a line's beginning, %q: got %s, want %s", in, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1":                 "'=1+1",
		"+cmd|' /C calc'!A0":   "'+cmd|' /C calc'!A0",
		"-2+3":                 "'-2+3",
		"@SUM(A1)":             "'@SUM(A1)",
		" =1":                  "' =1",
		"\t=1":                 "\t'=1",
		"\r-x":                 "\r'-x",
		"\"=1":                 "'\"=1",
		"'=1":                  "''=1",
		"＝1":                   "'＝1",
		"\u00a0＠x":             "'\u00a0＠x",
		"x;=1+1":               "x;'=1+1",
		"x\n =1":               "x\n' =1",
		"-":                    "'-",
		"-inf":                 "'-inf",
		"-0.5":                 "-0.5",
		"+3":                   "+3",
		"-1e-3":                "-1e-3",
		"-.5":                  "-.5",
		"−0.5":                 "−0.5",
		"a-b = c@d + e":        "a-b = c@d + e",
		"cs.LG=0.5 math.CO=-1": "cs.LG=0.5 math.CO=-1",
		"'tis":                 "'tis",
		"":                     "",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestWidth(t *testing.T) {
	for in, want := range map[string]int{"abc": 3, "± é–": 4, "朴素": 4, "👍": 2, "e\u0301": 1} {
		if got := Width(in); got != want {
			t.Errorf("%q takes %d columns, want %d", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for s, want := range map[string]string{"": "", "galaxies": "galaxies", "of galaxies": "of gala…", "星系形成论": "星系形…"} {
		if got := Cut(s, 8); got != want || Width(got) > 8 {
			t.Errorf("Cut(%q) = %q, want %q", s, got, want)
		}
	}
}
