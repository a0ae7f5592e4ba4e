package plot

import "gonum.org/v1/plot/vg"

// cloudPage lays a cloud out.
type cloudPage struct {
	*page
	panels []CloudPanel
	titles [][]string // of the panels, as lines
	spare  vg.Length  // below the notes
}

func newCloudPage(c Cloud, width vg.Length) *cloudPage {
	fig := Figure{Title: c.Title}
	if c.captions {
		fig.Notes = c.Notes
	}
	p := &cloudPage{page: newPage(fig, width, c.letters), panels: c.Panels}
	for _, panel := range c.Panels {
		p.titles = append(p.titles, p.fonts.title.wrap(panel.Title, p.panelWidth(), 2))
	}
	p.spare = p.fonts.small.leading() * vg.Length(c.spare)
	if c.spare > 0 && len(p.notes) == 0 {
		p.spare += pageAway
	}
	return p
}

func (p *cloudPage) columns() int {
	if len(p.panels) == 4 {
		return 2
	}
	return min(len(p.panels), 3)
}

func (p *cloudPage) rows() int { return (len(p.panels) + p.columns() - 1) / p.columns() }

// head is the height of the panels' titles.
func (p *cloudPage) head() vg.Length {
	var h vg.Length
	for i, panel := range p.panels {
		lines := p.fonts.title.leading() * vg.Length(len(p.titles[i]))
		if panel.Subtitle != "" {
			lines += p.fonts.small.leading()
		}
		h = max(h, lines)
	}
	if h > 0 {
		h += gap
	}
	return h
}

func (p *cloudPage) panelWidth() vg.Length {
	n := vg.Length(p.columns())
	return (p.width - 2*margin - between*(n-1)) / n
}

// natural is the height of the picture: of single panels wide ones, side by side
// high ones.
func (p *cloudPage) natural() vg.Length {
	w := p.panelWidth()
	h := max(0.62*w, min(1.1*w, vg.Length(8.5*Centimetre)))
	return max(p.above()+p.below()+p.spare+(h+p.head())*vg.Length(p.rows())+between*vg.Length(p.rows()-1), vg.Length(leastSide))
}

// room is the size of each panel in a picture of a height.
func (p *cloudPage) room(height vg.Length) (w, h vg.Length) {
	h = height - p.above() - p.below() - p.spare - between*vg.Length(p.rows()-1)
	return p.panelWidth(), h/vg.Length(p.rows()) - p.head()
}

// corner is the lower left one of a panel.
func (p *cloudPage) corner(panel int, height vg.Length) (x, y vg.Length) {
	w, h := p.room(height)
	row, col := panel/p.columns(), panel%p.columns()
	x = margin + vg.Length(col)*(w+between)
	y = height - p.above() - vg.Length(row+1)*(h+p.head()) - vg.Length(row)*between
	return x, y
}

// above is the room over the panels; where they have no common title, none but the
// margin.
func (p *cloudPage) above() vg.Length {
	if p.fig.Title == "" {
		return margin
	}
	return p.page.above()
}
