package plot

import (
	"image/color"
	"math"
	"strings"
	"unicode"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// face is a font of one size and colour.
type face struct {
	font   font.Face
	colour color.Color
}

// fonts of a page. Sizes are those that journals ask of figures.
type fonts struct {
	title, body, tick, small face
}

func newFonts() fonts {
	cache := font.NewCache(liberation.Collection())
	of := func(size vg.Length, weight stdfont.Weight, colour color.Color) face {
		return face{cache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}, size), colour}
	}
	return fonts{
		title: of(9, stdfont.WeightBold, ink),
		body:  of(8, stdfont.WeightNormal, ink),
		tick:  of(7.5, stdfont.WeightNormal, ink),
		small: of(7, stdfont.WeightNormal, grey),
	}
}

func (f face) width(s string) vg.Length { return f.font.Width(s) }

// leading is the distance of two lines.
func (f face) leading() vg.Length { return 1.2 * f.font.Font.Size }

// ascent is the height of capitals above the base line.
func (f face) ascent() vg.Length { return 0.72 * f.font.Font.Size }

// draw writes a line with its base line at y; align 0 begins at x, −0.5 is
// centred, −1 ends there.
func (f face) draw(c draw.Canvas, x, y, align vg.Length, s string) {
	c.SetColor(f.colour)
	c.FillString(f.font, vg.Point{X: x + align*f.width(s), Y: y}, s)
}

// turned writes a line turned by an angle around (x, y), on its base line.
func (f face) turned(c draw.Canvas, x, y, align vg.Length, angle float64, s string) {
	c.SetColor(f.colour)
	c.Push()
	c.Rotate(angle)
	sin, cos := math.Sincos(angle)
	at := vg.Point{X: x*vg.Length(cos) + y*vg.Length(sin), Y: y*vg.Length(cos) - x*vg.Length(sin)}
	c.FillString(f.font, vg.Point{X: at.X + align*f.width(s), Y: at.Y}, s)
	c.Pop()
}

// clean takes out what neither a picture nor XML can hold.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
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
