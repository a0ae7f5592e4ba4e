package plot

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// grid is where the panels of a page lie. All have equal widths.
type grid struct {
	lefts      []vg.Length // of the columns: labels and ticks of the vertical axis
	dataWidth  vg.Length
	top        []vg.Length  // of the rows: the panels' titles
	bottom     []vg.Length  // of the rows: labels and ticks of the horizontal axis
	categories [][][]string // of the rows' vertical axes, as lines; nil for numbers
	turned     []bool       // of the panels: the categories below are turned
}

// grid measures the axes.
func (p *page) grid() *grid {
	g := &grid{
		lefts: make([]vg.Length, p.columns()), top: make([]vg.Length, p.rows()), bottom: make([]vg.Length, p.rows()),
		categories: make([][][]string, p.rows()), turned: make([]bool, len(p.fig.Panels)),
	}
	inner := p.width - 2*margin
	for i, panel := range p.fig.Panels {
		row, col := i/p.columns(), i%p.columns()
		if len(panel.Series) == 0 {
			continue // it only keeps a place free
		}
		left := p.fonts.body.leading() + gap + p.numbersWidth(panel) + tickSize + 2
		if panel.Y.Categories != nil {
			left = tickSize + 2
			if col == 0 {
				lines, width := p.wrapCategories(panel.Y.Categories, 0.36*inner)
				g.categories[row] = lines
				left += width
			}
		}
		g.lefts[col] = max(g.lefts[col], left)
	}
	g.dataWidth = inner - between*vg.Length(p.columns()-1) - 6
	for _, l := range g.lefts {
		g.dataWidth -= l
	}
	g.dataWidth /= vg.Length(p.columns())
	for i, panel := range p.fig.Panels {
		if len(panel.Series) == 0 {
			continue
		}
		row := i / p.columns()
		height := p.fonts.tick.leading()
		if n := len(panel.X.Categories); n > 0 {
			place := g.dataWidth / vg.Length(n)
			height, g.turned[i] = p.categoriesBelow(panel.X.Categories, place)
			if g.turned[i] && i%p.columns() == 0 { // the first words reach out to the left
				out := min(p.fonts.tick.width(clean(panel.X.Categories[0])), longTurned)*vg.Length(math.Cos(turn)) - place/2
				if more := out - g.lefts[0]; more > 0 {
					g.lefts[0] += more
					g.dataWidth -= more / vg.Length(p.columns())
				}
			}
		}
		height += tickSize + 2 + p.fonts.body.leading()
		if panel.X.Bare {
			height = tickSize
		}
		g.bottom[row] = max(g.bottom[row], height)
	}
	for i, panel := range p.fig.Panels {
		row := i / p.columns()
		g.top[row] = max(g.top[row], p.titleHeight(panel, g.dataWidth))
	}
	return g
}

// panelTitle is the lines of a panel's title, which may reach into the space
// between panels.
func (p *page) panelTitle(panel Panel, width vg.Length) []string {
	return p.fonts.body.wrap(panel.Title, width+between/2, 2)
}

// titleHeight is the room that a panel's title takes above the axes.
func (p *page) titleHeight(panel Panel, width vg.Length) vg.Length {
	h := p.fonts.body.leading() * vg.Length(len(p.panelTitle(panel, width)))
	if panel.Subtitle != "" {
		h += p.fonts.small.leading()
	}
	return h
}

// drawTitle writes a panel's title above its axes.
func (p *page) drawTitle(c draw.Canvas, panel Panel, x, top, width vg.Length) {
	y := top + 0.5*p.fonts.body.font.Font.Size
	if panel.Subtitle != "" {
		p.fonts.small.draw(c, x, y, 0, p.fonts.small.cut(clean(panel.Subtitle), width+between/2))
		y += p.fonts.small.leading()
	}
	for _, line := range slices.Backward(p.panelTitle(panel, width)) {
		p.fonts.body.draw(c, x, y, 0, line)
		y += p.fonts.body.leading()
	}
}

// numbersWidth is the room for the numbers of a vertical axis, whatever height
// it will have.
func (p *page) numbersWidth(panel Panel) vg.Length {
	var widest vg.Length
	_, ys := values(panel)
	s := newScale(panel.Y, ys)
	for _, height := range []vg.Length{50, 100, 200, 400} {
		s.stretch(0, height, p.alongVertical)
		for _, t := range s.ticks {
			widest = max(widest, p.fonts.tick.width(t.label))
		}
	}
	return widest
}

// alongVertical is the room that a number takes along a vertical axis.
func (p *page) alongVertical(string) vg.Length { return 1.8 * p.fonts.tick.leading() }

func (p *page) wrapCategories(names []string, most vg.Length) (lines [][]string, width vg.Length) {
	for _, n := range names {
		l := p.fonts.tick.wrap(n, most, 2)
		lines = append(lines, l)
		width = max(width, p.fonts.tick.widest(l))
	}
	return lines, width
}

// Turned categories: their angle and the longest that is written.
const (
	turn       = math.Pi / 5
	longTurned = 90
)

// categoriesBelow is the height of words along the horizontal axis, which are
// turned where a place is too narrow for them.
func (p *page) categoriesBelow(names []string, place vg.Length) (height vg.Length, turned bool) {
	lines := 1
	var widest vg.Length
	for _, n := range names {
		l := p.fonts.tick.wrap(n, place-3, 0)
		lines = max(lines, len(l))
		widest = max(widest, p.fonts.tick.width(clean(n)))
		for _, line := range l {
			turned = turned || line != "" && []rune(line)[len([]rune(line))-1] == '…'
		}
	}
	if !turned && lines <= 3 {
		return p.fonts.tick.leading() * vg.Length(lines), false
	}
	return min(widest, longTurned)*vg.Length(math.Sin(turn)) + p.fonts.tick.leading(), true
}

// left is where the data of a column begin.
func (g *grid) left(col int) vg.Length {
	x := vg.Length(margin)
	for i := range col {
		x += g.lefts[i] + g.dataWidth + between
	}
	return x + g.lefts[col]
}

// panel draws one panel with its data's lower left corner at (x, y).
func (g *grid) panel(c draw.Canvas, p *page, i int, x, y, height vg.Length) {
	panel := p.fig.Panels[i]
	xs, ys := values(panel)
	sx, sy := newScale(panel.X, xs), newScale(panel.Y, ys)
	if panel.Y.Categories != nil {
		sy.min, sy.max = sy.max, sy.min // the first is on top
	}
	sx.stretch(x, x+g.dataWidth, func(s string) vg.Length { return p.fonts.tick.width(s) + 7 })
	sy.stretch(y, y+height, p.alongVertical)

	line := draw.LineStyle{Color: pale, Width: 0.5}
	if !panel.Horizontal {
		for _, t := range sy.ticks {
			c.StrokeLine2(line, x, sy.at(t.value), x+g.dataWidth, sy.at(t.value))
		}
	} else {
		for _, t := range sx.ticks {
			c.StrokeLine2(line, sx.at(t.value), y, sx.at(t.value), y+height)
		}
	}
	for _, s := range panel.Series {
		drawSeries(c, panel, s, &sx, &sy)
	}
	p.drawTitle(c, panel, x, y+height, g.dataWidth)
	g.horizontalAxis(c, p, i, &sx, y)
	g.verticalAxis(c, p, i, &sy, x)
}

// values returns all that a panel's axes must cover.
func values(panel Panel) (xs, ys []float64) {
	for _, s := range panel.Series {
		for _, pt := range s.Points {
			xs, ys = append(xs, pt.X), append(ys, pt.Y)
			if s.Mark == Columns && !panel.Y.Log {
				ys = append(ys, pt.Base)
			}
			if pt.Interval == nil {
				continue
			}
			if panel.Horizontal {
				xs = append(xs, pt.Interval.Low, pt.Interval.High)
			} else {
				ys = append(ys, pt.Interval.Low, pt.Interval.High)
			}
		}
	}
	return xs, ys
}

var axisLine = draw.LineStyle{Color: ink, Width: 0.6}

func (g *grid) horizontalAxis(c draw.Canvas, p *page, i int, s *scale, y vg.Length) {
	if len(s.axis.Apart) == 0 {
		c.StrokeLine2(axisLine, s.from, y, s.to, y)
	} else {
		const half = 3
		c.StrokeLine2(axisLine, s.from, y, s.gap()-half, y)
		c.StrokeLine2(axisLine, s.gap()+half, y, s.to, y)
		for _, x := range []vg.Length{s.gap() - half, s.gap() + half} { // slanted, as a broken axis is drawn
			c.StrokeLine2(axisLine, x-1.5, y-tickSize, x+1.5, y+tickSize)
		}
	}
	base := y - tickSize - 1 - p.fonts.tick.ascent() - 1
	for _, t := range s.ticks {
		c.StrokeLine2(axisLine, s.at(t.value), y, s.at(t.value), y-tickSize)
		if !s.axis.Bare {
			p.fonts.tick.draw(c, s.at(t.value), base, -0.5, t.label)
		}
	}
	if s.axis.Bare {
		return
	}
	place := g.dataWidth / vg.Length(max(1, len(s.axis.Categories)))
	for k, name := range s.axis.Categories {
		at := s.at(float64(k))
		c.StrokeLine2(axisLine, at, y, at, y-tickSize)
		if g.turned[i] {
			p.fonts.tick.turned(c, at+3, base, -1, turn, p.fonts.tick.cut(clean(name), longTurned))
			continue
		}
		for l, line := range p.fonts.tick.wrap(name, place-3, 3) {
			p.fonts.tick.draw(c, at, base-vg.Length(l)*p.fonts.tick.leading(), -0.5, line)
		}
	}
	label := p.fonts.body.wrap(s.axis.Label, g.dataWidth+2*between, 1)
	if len(label) > 0 {
		p.fonts.body.draw(c, (s.from+s.to)/2, y-g.bottom[i/p.columns()]+0.25*p.fonts.body.font.Font.Size, -0.5, label[0])
	}
}

func (g *grid) verticalAxis(c draw.Canvas, p *page, i int, s *scale, x vg.Length) {
	c.StrokeLine2(axisLine, x, s.from, x, s.to)
	right := x - tickSize - 2
	var widest vg.Length
	for _, t := range s.ticks {
		c.StrokeLine2(axisLine, x, s.at(t.value), x-tickSize, s.at(t.value))
		p.fonts.tick.draw(c, right, s.at(t.value)-p.fonts.tick.ascent()/2, -1, t.label)
		widest = max(widest, p.fonts.tick.width(t.label))
	}
	if s.axis.Categories != nil && i%p.columns() == 0 {
		for k, lines := range g.categories[i/p.columns()] {
			if room := (s.to - s.from) / vg.Length(len(s.axis.Categories)); room < vg.Length(len(lines))*p.fonts.tick.leading() && len(lines) > 1 {
				lines = p.fonts.tick.wrap(s.axis.Categories[k], g.lefts[0]-tickSize-2, 1)
			}
			top := s.at(float64(k)) + p.fonts.tick.leading()*vg.Length(len(lines)-1)/2
			for l, line := range lines {
				p.fonts.tick.draw(c, right, top-vg.Length(l)*p.fonts.tick.leading()-p.fonts.tick.ascent()/2, -1, line)
			}
		}
	}
	if s.axis.Label != "" {
		label := p.fonts.body.cut(clean(s.axis.Label), s.to-s.from)
		p.fonts.body.turned(c, right-widest-gap-1, (s.from+s.to)/2, -0.5, math.Pi/2, label)
	}
}
