package plot

import (
	"cmp"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	ink  = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	grey = color.NRGBA{0x66, 0x66, 0x66, 0xff}
	pale = color.NRGBA{0xe2, 0xe2, 0xe2, 0xff}
)

// palette is that of Okabe and Ito (2008), told apart by people who see colours
// differently, without its yellow, which is too light for lines on white.
var palette = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x00, 0x00, 0x00, 0xff},
}

func colourOf(s Series) color.NRGBA {
	if s.Colour < 0 {
		return grey
	}
	return palette[s.Colour%len(palette)]
}

// faded mixes a colour with white, so that pictures need no transparency.
func faded(c color.NRGBA, share float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(math.Round(255 - share*(255-float64(v)))) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 0xff}
}

// symbols are polygons of radius 1; nil is a circle. The second half is hollow.
var symbols = [][]vg.Point{
	nil,
	{{X: -0.85, Y: -0.85}, {X: 0.85, Y: -0.85}, {X: 0.85, Y: 0.85}, {X: -0.85, Y: 0.85}},
	{{X: 0, Y: 1.15}, {X: -1.05, Y: -0.75}, {X: 1.05, Y: -0.75}},
	{{X: 0, Y: 1.25}, {X: 1.25, Y: 0}, {X: 0, Y: -1.25}, {X: -1.25, Y: 0}},
	{{X: 0, Y: -1.15}, {X: -1.05, Y: 0.75}, {X: 1.05, Y: 0.75}},
}

// symbol draws the sign of a place in the palette: colours and signs repeat
// after different numbers, so that no two of the first 35 are alike.
func symbol(c draw.Canvas, place int, colour color.Color, hollow bool, at vg.Point, radius vg.Length) {
	corners := symbols[max(place, 0)%len(symbols)]
	var path vg.Path
	if corners == nil {
		path.Move(vg.Point{X: at.X + radius, Y: at.Y})
		path.Arc(at, radius, 0, 2*math.Pi)
	}
	for i, p := range corners {
		to := at.Add(p.Scale(radius))
		if i == 0 {
			path.Move(to)
		} else {
			path.Line(to)
		}
	}
	path.Close()
	fill := colour
	if hollow {
		fill = color.White
	}
	c.SetColor(fill)
	c.Fill(path)
	if hollow {
		c.SetLineStyle(draw.LineStyle{Color: colour, Width: 1})
		c.Stroke(path)
	}
}

const (
	symbolRadius = 2.4
	dotRadius    = 1.3
)

func lineOf(s Series) draw.LineStyle {
	style := draw.LineStyle{Color: colourOf(s), Width: 1.3}
	switch s.Mark {
	case Dashes:
		style.Width, style.Dashes = 0.9, []vg.Length{3.5, 2.2}
	case Thin:
		style.Color, style.Width = faded(colourOf(s), 0.45), 0.6
	case Rule, Diagonal:
		style.Color, style.Width = grey, 0.8
	}
	return style
}

// drawSeries draws a series between the scales.
func drawSeries(c draw.Canvas, panel Panel, s Series, sx, sy *scale) {
	if s.Mark == Rule {
		c.StrokeLine2(lineOf(s), sx.at(0), sy.from, sx.at(0), sy.to)
		return
	}
	var points []vg.Point
	for _, p := range s.Points {
		points = append(points, vg.Point{X: sx.at(p.X) + vg.Length(s.Shift), Y: sy.at(p.Y)})
	}
	switch s.Mark {
	case Line, Dashes, Thin, Diagonal:
		c.StrokeLines(lineOf(s), points)
	case Columns:
		for _, p := range s.Points {
			column(c, s, p, sx, sy)
		}
	case Bars:
		for i, p := range s.Points {
			half := vg.Length(math.Abs(float64(sy.at(s.Width)-sy.at(0)))) / 2
			y := points[i].Y
			c.FillPolygon(colourOf(s), []vg.Point{
				{X: sx.at(0), Y: y - half*0.94}, {X: sx.at(p.X), Y: y - half*0.94}, {X: sx.at(p.X), Y: y + half*0.94}, {X: sx.at(0), Y: y + half*0.94},
			})
		}
	}
	for i, p := range s.Points {
		if p.Interval != nil {
			whisker(c, panel.Horizontal, s, p, points[i], sx, sy)
		}
	}
	for _, at := range points {
		switch s.Mark {
		case Line, Dots:
			symbol(c, s.Colour, colourOf(s), false, at, symbolRadius)
		case Ring:
			symbol(c, 3, ink, true, at, symbolRadius)
		case Kept:
			circle(c, colourOf(s), at)
		case Ended:
			c.StrokeLine2(draw.LineStyle{Color: colourOf(s), Width: 1.3}, at.X, at.Y-endedHalf, at.X, at.Y+endedHalf)
		case Faint:
			symbol(c, 0, faded(colourOf(s), 0.5), false, at, dotRadius)
		case Dashes, Thin:
			if len(points) == 1 { // no line reaches it
				symbol(c, 0, colourOf(s), true, at, dotRadius)
			}
		}
	}
}

// column draws an upright bar, a hair apart from its neighbours. On a logarithmic
// axis one without a base stands on the axis.
func column(c draw.Canvas, s Series, p Point, sx, sy *scale) {
	width := cmp.Or(p.Width, s.Width)
	left, right := sx.at(p.X-width/2)+0.4, sx.at(p.X+width/2)-0.4
	bottom := sy.from
	if p.Base != 0 || !sy.axis.Log {
		bottom = sy.at(p.Base)
	}
	top := sy.at(p.Y)
	c.FillPolygon(colourOf(s), []vg.Point{{X: left, Y: bottom}, {X: left, Y: top}, {X: right, Y: top}, {X: right, Y: bottom}})
}

const (
	keptRadius = 4.6
	endedHalf  = 4.5
)

// circle goes around a point without hiding it.
func circle(c draw.Canvas, colour color.Color, at vg.Point) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + keptRadius, Y: at.Y})
	path.Arc(at, keptRadius, 0, 2*math.Pi)
	path.Close()
	c.SetLineStyle(draw.LineStyle{Color: colour, Width: 1})
	c.Stroke(path)
}

// whisker draws an interval with its ends. On bars it is dark.
func whisker(c draw.Canvas, horizontal bool, s Series, p Point, at vg.Point, sx, sy *scale) {
	style := draw.LineStyle{Color: colourOf(s), Width: 0.9}
	if s.Mark == Bars {
		style.Color, style.Width = ink, 0.8
	}
	const cap = 2
	if horizontal {
		low, high := sx.at(p.Interval.Low), sx.at(p.Interval.High)
		c.StrokeLine2(style, low, at.Y, high, at.Y)
		c.StrokeLine2(style, low, at.Y-cap, low, at.Y+cap)
		c.StrokeLine2(style, high, at.Y-cap, high, at.Y+cap)
		return
	}
	low, high := sy.at(p.Interval.Low), sy.at(p.Interval.High)
	c.StrokeLine2(style, at.X, low, at.X, high)
	c.StrokeLine2(style, at.X-cap, low, at.X+cap, low)
	c.StrokeLine2(style, at.X-cap, high, at.X+cap, high)
}

// sample draws a series' sign in the legend, centred on y.
func sample(c draw.Canvas, s Series, x, y vg.Length) {
	middle := vg.Point{X: x + thumb/2, Y: y}
	switch s.Mark {
	case Line, Dashes, Diagonal:
		c.StrokeLine2(lineOf(s), x, y, x+thumb, y)
		if s.Mark == Line && s.Colour >= 0 {
			symbol(c, s.Colour, colourOf(s), false, middle, symbolRadius)
		}
	case Kept:
		circle(c, colourOf(s), middle)
	case Ended:
		c.StrokeLine2(draw.LineStyle{Color: colourOf(s), Width: 1.3}, middle.X, y-endedHalf, middle.X, y+endedHalf)
	case Bars, Columns:
		c.FillPolygon(colourOf(s), []vg.Point{{X: x, Y: y - 3}, {X: x + thumb, Y: y - 3}, {X: x + thumb, Y: y + 3}, {X: x, Y: y + 3}})
	case Dots:
		symbol(c, s.Colour, colourOf(s), false, middle, symbolRadius)
	case Ring:
		symbol(c, 3, ink, true, middle, symbolRadius)
	}
}
