package plot

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"assay/internal/rng"
)

// Bitmaps that words are placed on.
const (
	dotsPerPoint = 2.5
	mostDots     = 1_500_000
	placeStep    = 3 // dots between two places that are tried
)

// placer puts words on a panel.
type placer struct {
	opt    CloudOptions
	panel  int
	w, h   float64 // of the panel, in points
	dots   float64 // a point
	face   face
	unit   func(string) float64 // width of a word of 1 point
	places []place              // around the middle, nearest first
	ground *mask                // what is written
	full   []image.Point        // sizes, in dots, for which no room was found
}

// place is a distance from where a word wants to be, in steps.
type place struct{ x, y int16 }

func newPlacer(w, h float64, opt CloudOptions, panel int, l *letters) *placer {
	face := cloudFace(l)
	p := &placer{opt: opt, panel: panel, w: w, h: h, face: face}
	p.unit = func(s string) float64 { return float64(face.width(s)) / float64(face.font.Font.Size) }
	p.dots = math.Min(dotsPerPoint, math.Sqrt(mostDots/(w*h)))
	p.places = placesAround(int(w*p.dots)/placeStep, int(h*p.dots)/placeStep)
	return p
}

// placesAround lists all distances within a panel of so many steps, by the norm
// |x/w|³ + |y/h|³: clouds grow in the shape of their panel, with round corners.
func placesAround(w, h int) []place {
	const rings = 4096
	ring := func(x, y int) int {
		u, v := math.Abs(float64(x))/float64(max(w, 1)), math.Abs(float64(y))/float64(max(h, 1))
		return int(math.Cbrt((u*u*u+v*v*v)/2) * (rings - 1))
	}
	counts := make([]int, rings+1)
	for y := -h; y <= h; y++ {
		for x := -w; x <= w; x++ {
			counts[ring(x, y)+1]++
		}
	}
	for i := range rings {
		counts[i+1] += counts[i]
	}
	out := make([]place, counts[rings])
	for y := -h; y <= h; y++ {
		for x := -w; x <= w; x++ {
			r := ring(x, y)
			out[counts[r]] = place{int16(x), int16(y)}
			counts[r]++
		}
	}
	return out
}

// sized is a word with the size that it should have.
type sized struct {
	word     *CloudWord
	relative float64 // of the largest
	unit     float64 // its width at 1 point
}

// unfit are words that could not be drawn as their weight asks.
type unfit struct {
	left    []string // no room
	smaller []string // too long otherwise
	larger  []string // too small to be read otherwise
}

// place sets the words' places, from the panel's lower left corner, and says what
// it could not do.
func (p *placer) place(words []CloudWord) (notes []string) {
	var drawn []sized
	var strange []string
	for i := range words {
		w := &words[i]
		if !p.face.drawable(w.Text) {
			strange = append(strange, w.Text)
			continue
		}
		drawn = append(drawn, sized{word: w, relative: math.Sqrt(w.Weight / words[0].Weight), unit: p.unit(w.Text)})
	}
	u := p.fit(drawn)
	for _, n := range []struct {
		what  string
		words []string
	}{
		{"no room for ", u.left},
		{"smaller than by weight, to fit in: ", u.smaller},
		{"larger than by weight, to be read: ", u.larger},
		{"no font of this machine has the letters of ", strange},
	} {
		if len(n.words) > 0 {
			notes = append(notes, n.what+named(n.words))
		}
	}
	return notes
}

// fit finds the size of the largest word at which all fit: it begins where they
// could fill the panel, and lets it shrink, fast while far too many are left over.
func (p *placer) fit(words []sized) unfit {
	if len(words) == 0 {
		return unfit{}
	}
	const (
		lineHeight    = 0.62 // of the letters' size: mean height of a word's ink
		full          = 0.7  // of the area, more than words ever cover
		slow, fast    = 0.97, 0.88
		near          = 0.85 // of the words have found a place
		chances       = 3    // arrangements that a size gets
		leastSizeEver = 2 * leastLetters
	)
	area, widest := 0.0, 0.0
	for _, s := range words {
		area += s.unit * lineHeight * s.relative * s.relative
		widest = max(widest, s.unit*s.relative)
	}
	size := min(math.Sqrt(full*p.w*p.h/area), 0.8*p.h)
	// A long word among the heaviest limits all; but not to less than a part.
	size = max(min(size, 0.97*p.w/widest), 0.6*size)
	for {
		smaller := fast
		for chance := range chances {
			u, placed := p.try(words, size, chance, false)
			if placed == len(words) {
				return u
			}
			if float64(placed) < near*float64(len(words)) {
				break
			}
			smaller = slow
		}
		if size *= smaller; size < leastSizeEver {
			u, _ := p.try(words, leastSizeEver, 0, true)
			return u
		}
	}
}

// try places words for one size of the largest, and returns how many it placed.
// Unless it shall place all that it can, it gives up at the first that does not fit.
func (p *placer) try(words []sized, largest float64, chance int, all bool) (u unfit, placed int) {
	source := rng.New(p.opt.Seed, "cloud", strconv.Itoa(p.panel), strconv.Itoa(chance))
	p.ground, p.full = newMask(int(p.w*p.dots), int(p.h*p.dots)), p.full[:0]
	for i, s := range words {
		vertical := source.Float64() < p.opt.Vertical && i >= 3 // the heaviest are read first
		x, y := p.wish(source, i)
		*s.word = CloudWord{Text: s.word.Text, Weight: s.word.Weight}
		size := largest * s.relative
		if size < leastLetters {
			size = leastLetters
			u.larger = append(u.larger, s.word.Text)
		}
		if most := 0.97 * p.w / s.unit; size > most {
			size = most
			u.smaller = append(u.smaller, s.word.Text)
		}
		if size < leastLetters || !p.put(s.word, size, vertical, x, y) && !p.put(s.word, size, !vertical, x, y) {
			if !all {
				return u, placed
			}
			u.left = append(u.left, s.word.Text)
			continue
		}
		placed++
	}
	return u, placed
}

// wish is where a word would like its middle to be: the heaviest in the middle,
// others around it.
func (p *placer) wish(source *rand.Rand, rank int) (x, y float64) {
	spread := 0.08 * (1 - math.Exp(-float64(rank)/6))
	u, v := source.NormFloat64(), source.NormFloat64()
	inside := func(v float64) float64 { return min(max(v, 0.05), 0.95) }
	return inside(0.5+spread*u) * p.w, inside(0.5+spread*v) * p.h
}

// apart is the least distance of a word of a size to others, in dots: as wide as a
// space between words, narrow between lines.
func (p *placer) apart(size float64) (aside, along int) {
	dots := func(points float64) int { return max(1, int(math.Round(points*p.dots))) }
	return dots(0.6 + 0.2*size), dots(0.3 + 0.03*size)
}

// put places a word as near as it can to its wish; false where there is no room.
// A direction of writing that was not asked for is taken only if words may stand.
func (p *placer) put(w *CloudWord, size float64, vertical bool, wishX, wishY float64) bool {
	if vertical && p.opt.Vertical == 0 {
		return false
	}
	ink, originX, originY, err := p.face.inked(w.Text, size*p.dots)
	if err != nil {
		return false
	}
	if vertical {
		originX, originY = originY, ink.width-originX
		ink = ink.turned()
	}
	aside, along := p.apart(size)
	if vertical { // beside a line, it must not be read as the line's last letter
		aside, along = (aside+along)/2, aside
	}
	wide := ink.grown(aside, along)
	roomX, roomY := p.ground.width-wide.width, p.ground.height-wide.height
	larger := func(than image.Point) bool { return wide.width >= than.X && wide.height >= than.Y }
	if roomX < 0 || roomY < 0 || slices.ContainsFunc(p.full, larger) {
		return false
	}
	fromX, fromY := int(wishX*p.dots)-wide.width/2, int(wishY*p.dots)-wide.height/2
	for _, at := range p.places {
		x, y := fromX+placeStep*int(at.x), fromY+placeStep*int(at.y)
		if x < 0 || y < 0 || x > roomX || y > roomY || p.ground.hits(wide, x, y) {
			continue
		}
		p.ground.add(ink, x+aside, y+along)
		w.Placed, w.Size, w.Vertical = true, size, vertical
		w.X = float64(x+aside+originX) / p.dots
		w.Y = p.h - float64(y+along+originY)/p.dots
		return true
	}
	p.full = append(p.full, image.Pt(wide.width, wide.height))
	return false
}
