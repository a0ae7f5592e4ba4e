package plot

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Write draws a cloud that Arrange has arranged. PNG and SVG have the same places.
// Boxes are letters that no font of this machine has: words with one were left out,
// and in other text of a PNG a box stands for each.
func (c Cloud) Write(out io.Writer, format Format) (boxes []rune, err error) {
	if c.size.Width == 0 {
		return nil, fmt.Errorf("plot: write cloud: it is not arranged")
	}
	w, h := vg.Length(c.size.Width), vg.Length(c.size.Height)
	if c.size.Height == 0 {
		return nil, fmt.Errorf("plot: write cloud: it has no height")
	}
	switch format {
	case PNG:
		canvas := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(c.size.DPI))
		c.draw(draw.New(canvas))
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		err = encoder.Encode(out, indexed(canvas.Image(), c.colours()))
	case SVG:
		canvas := vgsvg.New(w, h)
		c.draw(draw.New(canvas))
		err = writeSVG(out, canvas)
	default:
		err = fmt.Errorf("plot: write cloud: format %q is unknown", format)
	}
	return c.letters.boxes, err
}

// colours are those that a cloud is drawn in, in the order of their first use.
func (c Cloud) colours() []color.NRGBA {
	out := []color.NRGBA{ink, grey}
	add := func(c color.NRGBA) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, panel := range c.Panels {
		add(titleColour(panel))
		for rank := range panel.Words {
			add(tone(panel.Colour, rank))
		}
	}
	return out
}

// leastLevels is how many steps from white to a colour the edges of letters need.
const leastLevels = 16

// indexed is a picture with a palette, a third as large as a file: letters on white
// have few colours but at their edges. One of too many colours stays as it is.
func indexed(img image.Image, colours []color.NRGBA) image.Image {
	levels := (256 - 1) / len(colours)
	if levels < leastLevels {
		return img
	}
	steps := color.Palette{color.NRGBA{0xff, 0xff, 0xff, 0xff}}
	for _, c := range colours {
		for k := range levels {
			steps = append(steps, faded(c, float64(k+1)/float64(levels)))
		}
	}
	out := image.NewPaletted(img.Bounds(), steps)
	nearest := map[color.Color]uint8{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			c := img.At(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(steps.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

func (c Cloud) draw(canvas draw.Canvas) {
	p := newCloudPage(c, canvas.Max.X)
	p.drawHead(canvas)
	p.drawNotes(canvas)
	for i, panel := range c.Panels {
		p.panelHead(canvas, i, panel)
		for rank, w := range panel.Words {
			w.draw(canvas, c.letters, tone(panel.Colour, rank))
		}
	}
}

func (w CloudWord) draw(canvas draw.Canvas, l *letters, colour color.Color) {
	if !w.Placed {
		return
	}
	f := cloudFace(l).sized(vg.Length(w.Size))
	f.colour = colour
	if w.Vertical {
		f.turned(canvas, vg.Length(w.X), vg.Length(w.Y), 0, math.Pi/2, w.Text)
		return
	}
	f.draw(canvas, vg.Length(w.X), vg.Length(w.Y), 0, w.Text)
}

// panelHead writes the title of a panel, centred above its words.
func (p *cloudPage) panelHead(c draw.Canvas, i int, panel CloudPanel) {
	w, h := p.room(c.Max.Y)
	x, y := p.corner(i, c.Max.Y)
	title, small := p.fonts.title, p.fonts.small
	title.colour = titleColour(panel)
	y += h + 0.7*title.font.Font.Size
	if panel.Subtitle != "" {
		small.draw(c, x+w/2, y, -0.5, small.cut(clean(panel.Subtitle), w))
		y += small.leading()
	}
	for _, line := range slices.Backward(p.titles[i]) {
		title.draw(c, x+w/2, y, -0.5, line)
		y += title.leading()
	}
}

// shades are how bright the tones of a panel's colour are.
var shades = []float64{1, 0.72, 0.5}

// tone is the colour of a word by its rank: words that stand together are told
// apart. Colour −1 takes those of the palette that are dark enough for small
// letters.
func tone(colour, rank int) color.NRGBA {
	if colour < 0 {
		return palette[[]int{0, 1, 2, 6}[rank%4]]
	}
	return shaded(palette[colour%len(palette)], shades[rank%len(shades)])
}

// titleColour is that of a panel's title.
func titleColour(panel CloudPanel) color.NRGBA {
	if panel.Colour < 0 {
		return ink
	}
	return tone(panel.Colour, 1)
}

// shaded is a darker tone of a colour.
func shaded(c color.NRGBA, bright float64) color.NRGBA {
	light := (0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)) / 255
	bright *= min(1, 0.5/max(light, 0.01)) // small letters in a light colour cannot be read
	by := func(v uint8) uint8 { return uint8(math.Round(bright * float64(v))) }
	return color.NRGBA{by(c.R), by(c.G), by(c.B), 0xff}
}
