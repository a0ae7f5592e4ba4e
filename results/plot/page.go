package plot

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"assay/internal/fault"
)

// Distances on a page.
const (
	margin   = 5  // around everything
	gap      = 4  // between text and what it belongs to
	between  = 14 // between panels
	thumb    = 20 // width of a legend's sample
	tickSize = 2.5
	pageAway = 6 // between blocks
)

// page lays a figure out: title, subtitle and legend above the panels, notes
// below.
type page struct {
	fig      Figure
	fonts    fonts
	width    vg.Length
	subtitle []string // lines
	notes    []string
	legend   [][]entry // rows
}

// entry is a line of the legend.
type entry struct {
	series Series
	name   string
	width  vg.Length
}

func newPage(fig Figure, width vg.Length, l *letters) *page {
	p := &page{fig: fig, fonts: newFonts(l), width: width}
	inner := width - 2*margin
	for _, s := range fig.Subtitle {
		p.subtitle = append(p.subtitle, p.fonts.small.wrap(s, inner, 0)...)
	}
	all := ""
	for _, n := range fig.Notes {
		all += n + " "
	}
	p.notes = p.fonts.small.wrap(all, inner, 0)
	p.legend = p.legendRows(inner)
	return p
}

// legendRows breaks the legend into rows.
func (p *page) legendRows(inner vg.Length) [][]entry {
	var rows [][]entry
	var names []string
	var used vg.Length
	for _, panel := range p.fig.Panels {
		for _, s := range panel.Series {
			if s.Name == "" || slices.Contains(names, s.Name) {
				continue
			}
			names = append(names, s.Name)
			e := entry{series: s, name: p.fonts.body.cut(clean(s.Name), inner-thumb-gap)}
			e.width = thumb + gap + p.fonts.body.width(e.name) + 3*gap
			if used == 0 || used+e.width > inner+3*gap {
				rows = append(rows, nil)
				used = 0
			}
			used += e.width
			rows[len(rows)-1] = append(rows[len(rows)-1], e)
		}
	}
	return rows
}

// above and below are the heights of what is around the panels.
func (p *page) above() vg.Length {
	h := vg.Length(margin)
	if p.fig.Title != "" {
		h += p.fonts.title.leading() * vg.Length(len(p.titleLines()))
	}
	h += p.fonts.small.leading() * vg.Length(len(p.subtitle))
	if len(p.legend) > 0 {
		h += gap + p.legendLeading()*vg.Length(len(p.legend))
	}
	return h + pageAway
}

func (p *page) below() vg.Length {
	if len(p.notes) == 0 {
		return margin
	}
	return margin + pageAway + p.fonts.small.leading()*vg.Length(len(p.notes))
}

func (p *page) titleLines() []string {
	return p.fonts.title.wrap(p.fig.Title, p.width-2*margin, 2)
}

func (p *page) legendLeading() vg.Length { return 1.4 * p.fonts.body.font.Font.Size }

// columns is how many panels stand side by side.
func (p *page) columns() int {
	n := len(p.fig.Panels)
	switch {
	case p.fig.Columns > 0:
		return min(n, p.fig.Columns)
	case n == 4:
		return 2
	}
	return min(n, 3)
}

func (p *page) rows() int { return (len(p.fig.Panels) + p.columns() - 1) / p.columns() }

// natural is the height that the content wants.
func (p *page) natural() vg.Length {
	g := p.grid()
	h := p.above() + p.below()
	for r := range p.rows() {
		panel := p.fig.Panels[r*p.columns()]
		data := min(max(0.62*g.dataWidth, 100), 190) * vg.Length(weight(panel))
		if panel.Horizontal {
			data = 0
			for _, lines := range g.categories[r] {
				data += max(p.bars(panel)*8+5, 14, vg.Length(len(lines))*p.fonts.tick.leading()+4)
			}
			data = max(data, leastPanel+4)
		}
		h += data + g.bottom[r] + g.top[r]
		if r > 0 {
			h += p.between(r)
		}
	}
	return max(h, vg.Length(leastSide))
}

// weight is the height of a panel's row against that of others.
func weight(panel Panel) float64 {
	if panel.Height > 0 {
		return panel.Height
	}
	return 1
}

// between is the distance of a row to the one above: rows that share the numbers
// of their horizontal axis stand close.
func (p *page) between(row int) vg.Length {
	if p.fig.Panels[(row-1)*p.columns()].X.Bare {
		return gap
	}
	return between
}

// leastPanel is the side below which a panel shows nothing.
const leastPanel = 30

// least is the height that the data of all rows need.
func (p *page) least() vg.Length {
	var h vg.Length
	for r := range p.rows() {
		panel := p.fig.Panels[r*p.columns()]
		h += max(leastPanel*vg.Length(weight(panel)), p.fonts.tick.leading()*vg.Length(len(panel.Y.Categories)))
	}
	return h
}

// bars is how many bars or symbols share a row.
func (p *page) bars(panel Panel) vg.Length {
	n := 0
	for _, s := range panel.Series {
		if s.Mark == Bars || s.Mark == Dots {
			n++
		}
	}
	return vg.Length(max(n, 1))
}

// draw draws the page.
func (p *page) draw(c draw.Canvas) error {
	g := p.grid()
	room := c.Max.Y - p.above() - p.below()
	weights := 0.0
	for r := range p.rows() {
		room -= g.bottom[r] + g.top[r]
		if r > 0 {
			room -= p.between(r)
		}
		weights += weight(p.fig.Panels[r*p.columns()])
	}
	if g.dataWidth < leastPanel || room < p.least() {
		return fault.Usagef("plot: the picture does not fit into %.1f by %.1f cm: make it larger, or draw less",
			float64(c.Max.X)/float64(Centimetre), float64(c.Max.Y)/float64(Centimetre))
	}
	y := p.drawHead(c)
	for r := range p.rows() {
		height := room * vg.Length(weight(p.fig.Panels[r*p.columns()])/weights)
		if r > 0 {
			y -= p.between(r)
		}
		y -= g.top[r]
		for col := range p.columns() {
			if i := r*p.columns() + col; i < len(p.fig.Panels) && len(p.fig.Panels[i].Series) > 0 {
				g.panel(c, p, i, g.left(col), y-height, height)
			}
		}
		y -= height + g.bottom[r]
	}
	p.drawNotes(c)
	return nil
}

// drawHead draws what is above the panels and returns where they begin.
func (p *page) drawHead(c draw.Canvas) vg.Length {
	y := c.Max.Y - margin
	for _, line := range p.titleLines() {
		p.fonts.title.draw(c, margin, y-p.fonts.title.ascent(), 0, line)
		y -= p.fonts.title.leading()
	}
	for _, line := range p.subtitle {
		p.fonts.small.draw(c, margin, y-p.fonts.small.ascent(), 0, line)
		y -= p.fonts.small.leading()
	}
	if len(p.legend) > 0 {
		y -= gap
	}
	for _, row := range p.legend {
		p.drawLegend(c, y, row)
		y -= p.legendLeading()
	}
	return y - pageAway
}

func (p *page) drawNotes(c draw.Canvas) {
	y := margin + p.fonts.small.leading()*vg.Length(len(p.notes))
	for _, line := range p.notes {
		p.fonts.small.draw(c, margin, y-p.fonts.small.ascent(), 0, line)
		y -= p.fonts.small.leading()
	}
}

func (p *page) drawLegend(c draw.Canvas, top vg.Length, row []entry) {
	x := vg.Length(margin)
	for _, e := range row {
		y := top - p.legendLeading()/2
		sample(c, e.series, x, y)
		p.fonts.body.draw(c, x+thumb+gap, y-p.fonts.body.ascent()/2, 0, e.name)
		x += e.width
	}
}
