package markup

import "strings"

const ogonek = 0x328

// latexAccents are the commands of combining marks.
var latexAccents = map[rune]string{
	0x300: "`", 0x301: "'", 0x302: "^", 0x303: "~", 0x304: "=", 0x306: "u", 0x307: ".", 0x308: `"`,
	0x30a: "r", 0x30b: "H", 0x30c: "v", 0x323: "d", 0x327: "c", 0x331: "b",
}

// latexT1 are the symbols that the encoding T1 has and OT1 lacks.
var latexT1 = map[rune]string{
	'đ': `\dj`, 'Đ': `\DJ`, 'ð': `\dh`, 'Ð': `\DH`, 'þ': `\th`, 'Þ': `\TH`, 'ŋ': `\ng`, 'Ŋ': `\NG`,
	'«': `\guillemotleft`, '»': `\guillemotright`, '‹': `\guilsinglleft`, '›': `\guilsinglright`,
	'„': `\quotedblbase`, '‚': `\quotesinglbase`,
}

// latexSigns are the signs that LaTeX gives a meaning, or that are written by a
// command of every encoding, of LaTeX 2020 or later.
var latexSigns = func() map[rune]string {
	m := map[rune]string{
		'\\': `\textbackslash{}`, '{': `\{`, '}': `\}`, '$': `\$`, '&': `\&`, '#': `\#`, '%': `\%`, '_': `\_`,
		'^': `\textasciicircum{}`, '~': `$\sim$`, '<': `\textless{}`, '>': `\textgreater{}`,
		'"': `''`, '|': `\textbar{}`, '`': `\textasciigrave{}`,
		'–': "--", '—': "---", '‐': "-", '‑': "-", '‘': "`{}", '’': "'{}", '“': "``", '”': "''", '…': `\dots{}`,
		'ı': `\i{}`, 'ȷ': `\j{}`, 'ß': `\ss{}`, 'ẞ': `SS`, 'æ': `\ae{}`, 'Æ': `\AE{}`, 'œ': `\oe{}`, 'Œ': `\OE{}`, 'ø': `\o{}`, 'Ø': `\O{}`, 'ł': `\l{}`, 'Ł': `\L{}`,
		'¡': `\textexclamdown{}`, '¿': `\textquestiondown{}`, '§': `\S{}`, '¶': `\P{}`, '©': `\copyright{}`, '®': `\textregistered{}`, '™': `\texttrademark{}`,
		'°': `\textdegree{}`, '·': `\textperiodcentered{}`, '•': `\textbullet{}`, '†': `\dag{}`, '‡': `\ddag{}`, '€': `\texteuro{}`, '£': `\pounds{}`, '¥': `\textyen{}`, '¢': `\textcent{}`,
		'ª': `\textordfeminine{}`, 'º': `\textordmasculine{}`, '¬': `$\neg$`, '¦': `\textbrokenbar{}`,
		'¼': `\textonequarter{}`, '½': `\textonehalf{}`, '¾': `\textthreequarters{}`, '�': `{\footnotesize[U+FFFD]}`,
	}
	for sign, command := range map[rune]string{
		'±': `\pm`, '−': `-`, '×': `\times`, '÷': `\div`, '≤': `\leq`, '≥': `\geq`, '≠': `\neq`, '≈': `\approx`, '∼': `\sim`, '≡': `\equiv`, '≪': `\ll`, '≫': `\gg`,
		'→': `\rightarrow`, '←': `\leftarrow`, '↔': `\leftrightarrow`, '↑': `\uparrow`, '↓': `\downarrow`, '⇒': `\Rightarrow`, '⇐': `\Leftarrow`, '⇔': `\Leftrightarrow`,
		'∞': `\infty`, '∈': `\in`, '∑': `\sum`, '∏': `\prod`, '√': `\surd`, '∂': `\partial`, '∇': `\nabla`, '∫': `\int`, '∀': `\forall`, '∃': `\exists`, '∅': `\emptyset`,
		'∪': `\cup`, '∩': `\cap`, '⊂': `\subset`, '⊃': `\supset`, '⊆': `\subseteq`, '⊕': `\oplus`, '⊗': `\otimes`, '⋅': `\cdot`, '∘': `\circ`, '∗': `\ast`, '★': `\star`, 'ℓ': `\ell`,
		'µ': `\mu`, '∆': `\Delta`,
	} {
		m[sign] = "$" + command + "$"
	}
	for i, r := range []rune("⁰¹²³⁴⁵⁶⁷⁸⁹") {
		m[r] = "$^" + string(rune('0'+i)) + "$"
		m[0x2080+rune(i)] = "$_" + string(rune('0'+i)) + "$"
	}
	names := "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi o pi rho varsigma sigma tau upsilon varphi chi psi omega"
	for i, name := range strings.Fields(names) {
		if name != "o" {
			name = `\` + name
		}
		m['α'+rune(i)] = "$" + name + "$"
	}
	for i, name := range strings.Fields(`A B \Gamma \Delta E Z H \Theta I K \Lambda M N \Xi O \Pi P - \Sigma T \Upsilon \Phi X \Psi \Omega`) {
		if name != "-" && name[0] != '\\' {
			name = `\mathrm{` + name + `}`
		}
		if name != "-" {
			m['Α'+rune(i)] = "$" + name + "$"
		}
	}
	m['ϕ'], m['ϵ'], m['ϑ'] = `$\phi$`, `$\epsilon$`, `$\vartheta$`
	return m
}()
