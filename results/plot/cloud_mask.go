package plot

import (
	"image"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg"
)

// mask is a bitmap, rows of 64 bits a word from the top; a row has a word more
// than its width needs, so that a shifted mask stays inside.
type mask struct {
	width, height int
	stride        int
	bits          []uint64
}

func newMask(width, height int) *mask {
	stride := (width+63)/64 + 1
	return &mask{width: width, height: height, stride: stride, bits: make([]uint64, stride*height)}
}

func (m *mask) set(x, y int)     { m.bits[y*m.stride+x>>6] |= 1 << (x & 63) }
func (m *mask) on(x, y int) bool { return m.bits[y*m.stride+x>>6]>>(x&63)&1 == 1 }

// hits reports whether o, its corner at (x, y) and wholly inside, meets a bit of m.
// It begins in the middle of o, where letters are densest.
func (m *mask) hits(o *mask, x, y int) bool {
	middle := o.height / 2
	for i := range o.height {
		r := middle + (i+1)/2
		if i%2 == 1 {
			r = middle - (i+1)/2
		}
		if r < 0 || r >= o.height {
			continue
		}
		if m.hitsRow(o.bits[r*o.stride:(r+1)*o.stride-1], x, y+r) {
			return true
		}
	}
	return false
}

func (m *mask) hitsRow(row []uint64, x, y int) bool {
	at, shift := y*m.stride+x>>6, x&63
	for k, w := range row {
		if w == 0 {
			continue
		}
		if m.bits[at+k]&(w<<shift) != 0 || shift > 0 && m.bits[at+k+1]&(w>>(64-shift)) != 0 {
			return true
		}
	}
	return false
}

// add sets the bits of o, its corner at (x, y).
func (m *mask) add(o *mask, x, y int) {
	for r := range o.height {
		at, shift := (y+r)*m.stride+x>>6, x&63
		for k, w := range o.bits[r*o.stride : (r+1)*o.stride-1] {
			if w != 0 {
				m.bits[at+k] |= w << shift
				if shift > 0 {
					m.bits[at+k+1] |= w >> (64 - shift)
				}
			}
		}
	}
}

// grown is the mask with each bit spread by so many to both sides, and up and down.
func (m *mask) grown(aside, along int) *mask {
	out := newMask(m.width+2*aside, m.height+2*along)
	for y := range m.height {
		for x := range m.width {
			if m.on(x, y) {
				for d := range 2*aside + 1 {
					out.set(x+d, y+along)
				}
			}
		}
	}
	tall := newMask(out.width, out.height)
	for y := along; y < out.height-along; y++ {
		for d := -along; d <= along; d++ {
			for k := range out.stride {
				tall.bits[(y+d)*out.stride+k] |= out.bits[y*out.stride+k]
			}
		}
	}
	return tall
}

// turned is the mask turned so that what was on the right is on top.
func (m *mask) turned() *mask {
	out := newMask(m.height, m.width)
	for y := range m.height {
		for x := range m.width {
			if m.on(x, y) {
				out.set(y, m.width-1-x)
			}
		}
	}
	return out
}

// cloudFace is the font of clouds: bold, since most of its words are small.
func cloudFace(l *letters) face { return l.face(10, stdfont.WeightBold, ink) }

// drawable reports whether there is a font for each letter.
func (f face) drawable(text string) bool {
	able := text != ""
	for _, r := range f.runs(text) {
		if r.font == nil {
			f.letters.missing(r.text)
			able = false
		}
	}
	return able
}

// inked is the bitmap of a line of text of a size in dots, cut to its ink, and where
// the base line begins in it. Dots that are touched at all are set.
func (f face) inked(text string, size float64) (m *mask, originX, originY int, err error) {
	runs := f.sized(vg.Length(size)).runs(text)
	faces := make([]stdfont.Face, len(runs))
	var bounds fixed.Rectangle26_6
	at := 0.0 // where a run begins, in dots
	for i, r := range runs {
		faces[i], err = opentype.NewFace(r.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: stdfont.HintingNone})
		if err != nil {
			return nil, 0, 0, err
		}
		defer faces[i].Close()
		b, _ := stdfont.BoundString(faces[i], r.text)
		bounds = bounds.Union(b.Add(fixed.Point26_6{X: fixed.Int26_6(64 * at)}))
		at += float64(r.width)
	}
	left, top := bounds.Min.X.Floor()-1, bounds.Min.Y.Floor()-1
	width, height := bounds.Max.X.Ceil()+1-left, bounds.Max.Y.Ceil()+1-top
	img := image.NewAlpha(image.Rect(0, 0, width, height))
	at = 0
	for i, r := range runs {
		d := stdfont.Drawer{Dst: img, Src: image.Opaque, Face: faces[i], Dot: fixed.P(-left, -top).Add(fixed.Point26_6{X: fixed.Int26_6(64 * at)})}
		d.DrawString(r.text)
		at += float64(r.width)
	}
	m = newMask(width, height)
	for y := range height {
		for x, a := range img.Pix[y*img.Stride : y*img.Stride+width] {
			if a > 0 {
				m.set(x, y)
			}
		}
	}
	return m, -left, -top, nil
}
