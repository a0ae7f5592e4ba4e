package plot

import (
	"bufio"
	"bytes"
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"assay/internal/fault"
)

// Format is a form of picture.
type Format string

// The formats.
const (
	PNG Format = "png"
	SVG Format = "svg"
)

// FormatOf tells the format by a file's extension; its error is one of usage.
func FormatOf(name string) (Format, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".png", ".svg":
		return Format(ext[1:]), nil
	case "":
		return "", fault.Usagef("plot: %s: the name has no extension: want .png or .svg", name)
	default:
		return "", fault.Usagef("plot: %s: pictures of format %s are not made: want .png or .svg", name, ext)
	}
}

// Length is a length on paper, in points of 1/72 inch.
type Length float64

// Units of length.
const (
	Inch       Length = 72
	Centimetre        = Inch / 2.54
)

// ParseLength reads a number with a unit: 16cm, 160mm, 6.3in, 450pt.
func ParseLength(s string) (Length, error) {
	text := strings.TrimSpace(s)
	for suffix, unit := range map[string]Length{"cm": Centimetre, "mm": Centimetre / 10, "in": Inch, "pt": 1} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err == nil && v > 0 && v < 1e6 {
				return Length(v) * unit, nil
			}
		}
	}
	return 0, fault.Usagef("plot: length %q: want a number above 0 with a unit cm, mm, in or pt, such as 16cm", s)
}

// Size is how large a picture is. The zero value is as wide as a page's text
// and as high as its content wants.
type Size struct {
	Width, Height Length // 0: 16 cm, and what fits
	DPI           int    // of PNG, dots per inch; 0: 200
}

// Limits of a picture: below, no text fits; above, memory does not.
const (
	leastSide  = 3 * Centimetre
	mostSide   = 200 * Centimetre
	mostPixels = 1 << 27
)

func (s Size) check(fig Figure, l *letters) (Size, error) {
	if s.Width == 0 {
		s.Width = 16 * Centimetre
	}
	if s.DPI == 0 {
		s.DPI = 200
	}
	if s.Width < leastSide || s.Width > mostSide {
		return s, fault.Usagef("plot: a width of %.1f cm: want %.0f to %.0f cm", s.Width/Centimetre, leastSide/Centimetre, mostSide/Centimetre)
	}
	if s.DPI < 30 || s.DPI > 2400 {
		return s, fault.Usagef("plot: %d dots per inch: want 30 to 2400", s.DPI)
	}
	if s.Height == 0 {
		s.Height = Length(newPage(fig, vg.Length(s.Width), l).natural())
	}
	if s.Height < leastSide || s.Height > mostSide {
		return s, fault.Usagef("plot: a height of %.1f cm: want %.0f to %.0f cm", s.Height/Centimetre, leastSide/Centimetre, mostSide/Centimetre)
	}
	if px := float64(s.Width/Inch) * float64(s.Height/Inch) * float64(s.DPI) * float64(s.DPI); px > mostPixels {
		return s, fault.Usagef("plot: the picture would have %.0f million dots: make it smaller or lower its dots per inch", px/1e6)
	}
	return s, nil
}

// Write draws the figure. A size in which it does not fit is an error of usage.
// Boxes are letters that neither the built-in font nor one of this machine has: a
// box stands for each in a PNG. An SVG has all letters, and its viewer the fonts.
func Write(out io.Writer, fig Figure, format Format, size Size) (boxes []rune, err error) {
	l := newLetters()
	err = write(out, fig, format, size, l)
	return l.boxes, err
}

func write(out io.Writer, fig Figure, format Format, size Size, l *letters) (err error) {
	if len(fig.Panels) == 0 {
		return fmt.Errorf("plot: write: the figure has no panel")
	}
	if size, err = size.check(fig, l); err != nil {
		return err
	}
	w, h := vg.Length(size.Width), vg.Length(size.Height)
	page := newPage(fig, w, l)
	switch format {
	case PNG:
		canvas := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(size.DPI))
		if err := page.draw(draw.New(canvas)); err != nil {
			return err
		}
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		return encoder.Encode(out, canvas.Image())
	case SVG:
		canvas := vgsvg.New(w, h)
		if err := page.draw(draw.New(canvas)); err != nil {
			return err
		}
		return writeSVG(out, canvas)
	}
	return fmt.Errorf("plot: write: format %q is unknown", format)
}

// writeSVG writes the document without its fonts, which would be a megabyte: it
// names, behind the one that the text was measured in, two of the same widths.
func writeSVG(out io.Writer, canvas *vgsvg.Canvas) error {
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return fmt.Errorf("plot: write SVG: %w", err)
	}
	text := strings.ReplaceAll(b.String(), "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")
	w := bufio.NewWriter(out)
	if _, err := w.WriteString(text); err != nil {
		return err
	}
	return w.Flush()
}
