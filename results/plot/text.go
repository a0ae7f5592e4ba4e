package plot

import (
	"image/color"
	"math"
	"strings"
	"unicode"

	stdfont "golang.org/x/image/font"
	"golang.org/x/text/unicode/norm"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"assay/internal/markup"
)

// face is a font of one size and colour.
type face struct {
	font    font.Face
	colour  color.Color
	letters *letters
}

// fonts of a page. Sizes are those that journals ask of figures.
type fonts struct {
	title, body, tick, small face
}

func newFonts(l *letters) fonts {
	return fonts{
		title: l.face(9, stdfont.WeightBold, ink),
		body:  l.face(8, stdfont.WeightNormal, ink),
		tick:  l.face(7.5, stdfont.WeightNormal, ink),
		small: l.face(7, stdfont.WeightNormal, grey),
	}
}

// sized is the same font in another size.
func (f face) sized(size vg.Length) face {
	f.font.Font = font.From(f.font.Font, size)
	return f
}

func (f face) width(s string) (w vg.Length) {
	for _, r := range f.runs(s) {
		w += r.width
	}
	return w
}

// leading is the distance of two lines.
func (f face) leading() vg.Length { return 1.2 * f.font.Font.Size }

// ascent is the height of capitals above the base line.
func (f face) ascent() vg.Length { return 0.72 * f.font.Font.Size }

// draw writes a line with its base line at y; align 0 begins at x, −0.5 is
// centred, −1 ends there.
func (f face) draw(c draw.Canvas, x, y, align vg.Length, s string) {
	runs := f.runs(s)
	for _, r := range runs {
		x += align * r.width
	}
	c.SetColor(f.colour)
	if _, ok := c.Canvas.(*vgsvg.Canvas); ok { // its viewers find fonts themselves
		c.FillString(f.font, vg.Point{X: x, Y: y}, s)
		return
	}
	for _, r := range runs {
		if r.font == nil {
			f.letters.missing(r.text)
			f.box(c, x, y, r.width)
		} else {
			c.FillString(font.Face{Font: f.font.Font, Face: r.font}, vg.Point{X: x, Y: y}, r.text)
		}
		x += r.width
	}
}

// Boxes that stand for letters without a font, in shares of the letters' size.
const (
	boxMargin = 0.08
	boxLine   = 0.06
)

// boxWidth is as wide as the letter would be, about.
func boxWidth(letter string) vg.Length { return max(0.5, 0.5*vg.Length(markup.Width(letter))) }

// box draws a frame from the base line to the height of capitals.
func (f face) box(c draw.Canvas, x, y, width vg.Length) {
	size := f.font.Font.Size
	c.StrokeLines(draw.LineStyle{Color: f.colour, Width: boxLine * size}, frame(x+boxMargin*size, y, x+width-boxMargin*size, y+f.ascent()))
}

func frame(left, bottom, right, top vg.Length) []vg.Point {
	return []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}, {X: left, Y: bottom}}
}

// turned writes a line turned by an angle around (x, y), on its base line.
func (f face) turned(c draw.Canvas, x, y, align vg.Length, angle float64, s string) {
	c.Push()
	c.Rotate(angle)
	sin, cos := math.Sincos(angle)
	f.draw(c, x*vg.Length(cos)+y*vg.Length(sin), y*vg.Length(cos)-x*vg.Length(sin), align, s)
	c.Pop()
}

// clean takes out what neither a picture nor XML can hold, and joins accents with
// their letters, which fonts have together.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(norm.NFC.String(strings.ToValidUTF8(s, "?")), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF'
	}), " ")
}

// unbroken splits text where lines may break: at spaces, but for that between a
// number and its %.
func unbroken(s string) []string {
	var out []string
	for _, word := range strings.Fields(clean(s)) {
		if n := len(out) - 1; n >= 0 && strings.HasPrefix(word, "%") {
			out[n] += " " + word
			continue
		}
		out = append(out, word)
	}
	return out
}

// wrap breaks text into lines of at most a width. Where there are more than
// most, 0 for any number, the last one ends in an ellipsis.
func (f face) wrap(s string, width vg.Length, most int) []string {
	var lines []string
	for _, word := range unbroken(s) {
		if n := len(lines) - 1; n >= 0 && f.width(lines[n]+" "+word) <= width {
			lines[n] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	if most > 0 && len(lines) > most {
		lines[most-1] = strings.Join(lines[most-1:], " ")
		lines = lines[:most]
	}
	for i, l := range lines {
		lines[i] = f.cut(l, width)
	}
	return lines
}

// cut shortens a line to a width.
func (f face) cut(s string, width vg.Length) string {
	if f.width(s) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 1 && f.width(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return strings.TrimRight(string(r), " ,;(") + "…"
}

// widest is the width of the widest of some lines.
func (f face) widest(lines []string) vg.Length {
	var w vg.Length
	for _, l := range lines {
		w = max(w, f.width(l))
	}
	return w
}
