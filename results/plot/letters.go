package plot

import (
	"cmp"
	"image/color"
	"io"
	"log"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/fontscan"
	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// letters finds a font for each letter of a picture: the built-in one or, where it
// has none, a font of this machine. It is for one goroutine.
type letters struct {
	cache  *font.Cache
	system func() []fontscan.Footprint // the machine's fonts
	fonts  []fontscan.Footprint        // once they are asked for
	asked  bool
	found  map[letter]*opentype.Font // nil where no font has it
	files  map[fontscan.Location]*opentype.Font
	boxes  []rune // letters that no font has
	buffer sfnt.Buffer
}

type letter struct {
	r    rune
	bold bool
}

func newLetters() *letters { return lettersOf(systemFonts) }

func lettersOf(system func() []fontscan.Footprint) *letters {
	return &letters{
		cache: font.NewCache(liberation.Collection()), system: system,
		found: map[letter]*opentype.Font{}, files: map[fontscan.Location]*opentype.Font{},
	}
}

// systemFonts lists the machine's fonts; none where they cannot be read.
func systemFonts() []fontscan.Footprint {
	dir, err := os.MkdirTemp("", "assay-fonts-") // for an index, which is not worth keeping
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	fonts, err := fontscan.SystemFonts(log.New(io.Discard, "", 0), dir)
	if err != nil {
		return nil
	}
	return fonts
}

// face is the built-in font in a size and colour.
func (l *letters) face(size vg.Length, weight stdfont.Weight, colour color.Color) face {
	return face{l.cache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}, size), colour, l}
}

// has reports whether a font has r.
func (l *letters) has(f *opentype.Font, r rune) bool {
	i, err := f.GlyphIndex(&l.buffer, r)
	return err == nil && i != 0
}

// other is the font of this machine that draws r, nil where there is none.
func (l *letters) other(r rune, bold bool) *opentype.Font {
	key := letter{r, bold}
	if f, known := l.found[key]; known {
		return f
	}
	if !l.asked {
		l.asked, l.fonts = true, l.system()
	}
	var able []fontscan.Footprint
	for _, f := range l.fonts {
		if f.Runes.Contains(r) {
			able = append(able, f)
		}
	}
	slices.SortStableFunc(able, func(a, b fontscan.Footprint) int { return byLook(a, b, bold) })
	l.found[key] = nil
	for _, candidate := range able {
		if f := l.open(candidate.Location); f != nil && l.draws(f, r) {
			l.found[key] = f
			break
		}
	}
	return l.found[key]
}

// byLook orders fonts by how well they stand beside the built-in one.
func byLook(a, b fontscan.Footprint, bold bool) int {
	is := func(v bool) int {
		if v {
			return 0
		}
		return 1
	}
	want := 400.0
	if bold {
		want = 700
	}
	look := func(f fontscan.Footprint) [4]int {
		return [4]int{
			is(f.Aspect.Style <= 1), // upright
			is(strings.Contains(f.Family, "sans") && !strings.Contains(f.Family, "mono")),
			int(math.Abs(float64(f.Aspect.Weight) - want)),
			is(strings.HasSuffix(f.Family, "sc")), // of fonts in all forms of Chinese, the one that most use
		}
	}
	x, y := look(a), look(b)
	return cmp.Or(slices.Compare(x[:], y[:]), strings.Compare(a.Family, b.Family), strings.Compare(a.Location.File, b.Location.File), cmp.Compare(a.Location.Index, b.Location.Index))
}

// open reads a font; nil if it cannot be read.
func (l *letters) open(at fontscan.Location) *opentype.Font {
	if f, known := l.files[at]; known {
		return f
	}
	l.files[at] = nil
	file, err := os.Open(at.File) // stays open: glyphs are read when they are drawn
	if err != nil {
		return nil
	}
	fonts, err := opentype.ParseCollectionReaderAt(file)
	if err == nil && int(at.Index) < fonts.NumFonts() {
		l.files[at], _ = fonts.Font(int(at.Index))
	}
	if l.files[at] == nil {
		file.Close()
	}
	return l.files[at]
}

// draws reports whether f has an outline of r, which pictures in colours are not.
func (l *letters) draws(f *opentype.Font, r rune) bool {
	b := &l.buffer
	i, err := f.GlyphIndex(b, r)
	if err != nil || i == 0 {
		return false
	}
	em := fixed.I(64)
	if _, err := f.GlyphAdvance(b, i, em, stdfont.HintingNone); err != nil {
		return false
	}
	outline, err := f.LoadGlyph(b, i, em, nil)
	return err == nil && len(outline) > 0
}

// run is a part of a line in one font. Of another font than the built-in one it is
// one letter; without a font it is one for which a box stands.
type run struct {
	font  *opentype.Font
	text  string
	width vg.Length
}

// runs splits a line by fonts. Signs that show nothing are left out.
func (f face) runs(s string) (runs []run) {
	bold := f.font.Font.Weight >= stdfont.WeightBold
	for _, r := range visual(s) {
		switch {
		case f.letters.has(f.font.Face, r):
			if n := len(runs) - 1; n >= 0 && runs[n].font == f.font.Face {
				runs[n].text += string(r)
			} else {
				runs = append(runs, run{font: f.font.Face, text: string(r)})
			}
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector):
		default:
			runs = append(runs, run{font: f.letters.other(r, bold), text: string(r)})
		}
	}
	for i := range runs {
		runs[i].width = f.runWidth(runs[i])
	}
	return runs
}

const rtl = `[\p{Hebrew}\p{Arabic}\p{Syriac}\p{Thaana}\p{Nko}\p{Mn}]`

// rightToLeft finds words that are written so, with what is between them.
var rightToLeft = regexp.MustCompile(rtl + `+(?:[\p{P}\s]+` + rtl + `+)*`)

// visual is a line in the order in which its letters stand from left to right, but
// for numbers between words that are written from right to left.
func visual(s string) string {
	return rightToLeft.ReplaceAllStringFunc(s, func(words string) string {
		var letters []string // with their marks
		for _, r := range words {
			if n := len(letters) - 1; n >= 0 && unicode.Is(unicode.Mn, r) {
				letters[n] += string(r)
				continue
			}
			letters = append(letters, string(r))
		}
		if len(letters) > 1 {
			slices.Reverse(letters)
		}
		return strings.Join(letters, "")
	})
}

func (f face) runWidth(r run) vg.Length {
	size := f.font.Font.Size
	switch r.font {
	case f.font.Face:
		return f.font.Width(r.text)
	case nil:
		return boxWidth(r.text) * size
	}
	const em = 1024
	b := &f.letters.buffer
	i, err := r.font.GlyphIndex(b, []rune(r.text)[0])
	if err != nil {
		return 0
	}
	advance, err := r.font.GlyphAdvance(b, i, fixed.I(em), stdfont.HintingNone)
	if err != nil {
		return 0
	}
	return size * vg.Length(advance) / vg.Length(fixed.I(em))
}

// missing remembers a letter that no font has.
func (l *letters) missing(text string) {
	for _, r := range text {
		if !slices.Contains(l.boxes, r) {
			l.boxes = append(l.boxes, r)
		}
	}
}
