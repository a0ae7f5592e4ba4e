package plot

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"assay/internal/fault"
)

// someWords are n words of falling weights.
func someWords(n int, seed uint64) []CloudWord {
	source := rand.New(rand.NewPCG(seed, 1))
	var out []CloudWord
	for i := range n {
		letters := make([]byte, 2+source.IntN(12))
		for k := range letters {
			letters[k] = "aeioubdgjlmnpqrstyGANX"[source.IntN(22)]
		}
		out = append(out, CloudWord{Text: fmt.Sprintf("%s%d", letters, i), Weight: 100 / (1 + float64(i))})
	}
	return out
}

func arranged(t *testing.T, c Cloud, opt CloudOptions, size Size) Cloud {
	t.Helper()
	out, err := c.Arrange(opt, size)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func cloudBytes(t *testing.T, c Cloud, format Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := c.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// clouds are clouds that are arranged in one way or another.
func clouds() map[string]struct {
	cloud Cloud
	opt   CloudOptions
	size  Size
} {
	two := Cloud{Title: "Two topics", Notes: []string{"A note."}, Panels: []CloudPanel{
		{Title: "One", Subtitle: "7 papers", Words: someWords(40, 1)}, {Title: strings.Repeat("A long name ", 9), Colour: 1, Words: someWords(60, 2)},
	}}
	type c = struct {
		cloud Cloud
		opt   CloudOptions
		size  Size
	}
	odd := []CloudWord{
		{Text: "naïve", Weight: 9}, {Text: "Erdős", Weight: 8}, {Text: "α-helix", Weight: 7}, {Text: strings.Repeat("long", 15), Weight: 6}, {Text: "i", Weight: 5},
		{Text: "<b>&amp;", Weight: 4}, {Text: "量子", Weight: 3}, {Text: "\xff\x00", Weight: 2}, {Text: "jgpqy", Weight: 1e-9},
	}
	return map[string]c{
		"one":     {Cloud{Panels: []CloudPanel{{Colour: -1, Words: someWords(70, 3)}}}, CloudOptions{Seed: 1, Vertical: 0.2}, Size{}},
		"two":     {two, CloudOptions{Seed: 2, Vertical: 0.3, Captions: true}, Size{}},
		"fixed":   {two, CloudOptions{Seed: 2, Vertical: 1, Captions: true}, Size{Width: 12 * Centimetre, Height: 7 * Centimetre}},
		"level":   {Cloud{Panels: []CloudPanel{{Words: someWords(50, 4)}}}, CloudOptions{Seed: 3}, Size{Width: 9 * Centimetre}},
		"crowded": {Cloud{Panels: []CloudPanel{{Words: someWords(250, 5)}}}, CloudOptions{Seed: 4, Vertical: 0.2, Captions: true}, Size{Width: 5 * Centimetre, Height: 4 * Centimetre}},
		"odd":     {Cloud{letters: lettersOf(noFonts), Panels: []CloudPanel{{Words: odd}}}, CloudOptions{Seed: 5, Vertical: 0.5, Captions: true}, Size{}},
		"single":  {Cloud{Panels: []CloudPanel{{Words: []CloudWord{{Text: "quantum", Weight: 3}}}}}, CloudOptions{Seed: 6}, Size{}},
		"many":    {Cloud{Panels: slices.Repeat(two.Panels, 2)}, CloudOptions{Seed: 7, Vertical: 0.2}, Size{}},
	}
}

// inkOf returns the dots that a word alone is drawn on, in a picture of so many dots
// an inch whose lower left dot is (0, 0).
func inkOf(w CloudWord, dpi int) []image.Point {
	if !w.Placed {
		return nil
	}
	l := newLetters()
	letters := cloudFace(l)
	dot := 72 / float64(dpi)
	long := float64(letters.width(w.Text))/float64(letters.font.Font.Size)*w.Size + 2*w.Size
	left, low := math.Floor((w.X-1.5*w.Size)/dot), math.Floor((w.Y-1.5*w.Size)/dot)
	width, height := long+w.Size, 3*w.Size
	if w.Vertical {
		width, height = height, width
	}
	w.X, w.Y = w.X-left*dot, w.Y-low*dot
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(math.Ceil(width/dot)*dot), vg.Length(math.Ceil(height/dot)*dot)), vgimg.UseDPI(dpi))
	w.draw(draw.New(canvas), l, ink)
	var dots []image.Point
	img := canvas.Image()
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0xffff {
				dots = append(dots, image.Pt(int(left)+x, int(low)+img.Bounds().Dy()-1-y))
			}
		}
	}
	return dots
}

// No word touches another or the edge of its panel, whatever is arranged: each is
// drawn alone, and no dot is drawn on twice.
func TestCloudWordsAreApart(t *testing.T) {
	const dpi = 250
	for name, c := range clouds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := arranged(t, c.cloud, c.opt, c.size)
			owner := map[image.Point]string{}
			p := newCloudPage(cloud, vg.Length(cloud.size.Width))
			w, h := p.room(vg.Length(cloud.size.Height))
			in := func(points vg.Length) float64 { return float64(points) * dpi / 72 }
			for i, panel := range cloud.Panels {
				x, y := p.corner(i, vg.Length(cloud.size.Height))
				room := image.Rect(int(in(x)), int(in(y)), int(math.Ceil(in(x+w))), int(math.Ceil(in(y+h)))).Inset(-1) // a turned word is blurred by a dot
				for _, word := range panel.Words {
					dots := inkOf(word, dpi)
					if word.Placed != (len(dots) > 0) {
						t.Errorf("%q: placed %v, but %d dots are drawn", word.Text, word.Placed, len(dots))
					}
					for _, at := range dots {
						if !at.In(room) {
							t.Fatalf("%q is drawn at %v, outside its panel %v", word.Text, at, room)
						}
						if other, taken := owner[at]; taken {
							t.Fatalf("%q and %q are both drawn at %v", word.Text, other, at)
						}
						owner[at] = word.Text
					}
				}
			}
			checkGaps(t, cloud, owner, dpi)
		})
	}
}

// checkGaps reports words on a line with less than two thirds of a space to the next,
// of a size that is not smaller: they would be read as one.
func checkGaps(t *testing.T, cloud Cloud, owner map[image.Point]string, dpi int) {
	t.Helper()
	const space = 0.28 // of the letters' size, in this font
	for _, panel := range cloud.Panels {
		sizes := map[string]float64{}
		for _, word := range panel.Words {
			sizes[word.Text] = word.Size
		}
		for _, word := range panel.Words {
			if word.Vertical {
				continue
			}
			for _, at := range inkOf(word, dpi) {
				for d := range int(space * 2 / 3 * word.Size * float64(dpi) / 72) {
					other, taken := owner[at.Add(image.Pt(d+1, 0))]
					if taken && other == word.Text {
						break
					}
					if taken && sizes[other] >= word.Size {
						t.Fatalf("%q of %.1f points is %d dots from %q of %.1f", word.Text, word.Size, d+1, other, sizes[other])
					}
				}
			}
		}
	}
}

// The heaviest are placed, the larger the heavier, and what is not is named.
func TestCloudSizes(t *testing.T) {
	for name, c := range clouds() {
		cloud := arranged(t, c.cloud, c.opt, c.size)
		for _, panel := range cloud.Panels {
			last, left := math.Inf(1), 0
			for i, w := range panel.Words {
				if !w.Placed {
					left++
					continue
				}
				if left > 0 && name != "odd" && name != "crowded" {
					t.Errorf("%s: %q is placed, a heavier word is not", name, w.Text)
				}
				if w.Size > last+1e-9 && name != "odd" {
					t.Errorf("%s: word %d, %q, has %v points, a heavier one %v", name, i, w.Text, w.Size, last)
				}
				last = w.Size
				if w.Size < leastLetters-1e-9 {
					t.Errorf("%s: %q has %v points", name, w.Text, w.Size)
				}
				if c.opt.Vertical == 0 && w.Vertical {
					t.Errorf("%s: %q is upright", name, w.Text)
				}
			}
			said := strings.Contains(strings.Join(cloud.Notes, " "), "No room") || strings.Contains(strings.Join(cloud.Notes, " "), "has the letters")
			if left > 0 != said {
				t.Errorf("%s: %d words are not placed, the notes are %q", name, left, cloud.Notes)
			}
		}
	}
	one := clouds()["one"]
	words := arranged(t, one.cloud, one.opt, one.size).Panels[0].Words
	if got, want := words[0].Size/words[3].Size, 2.0; math.Abs(got-want) > 1e-9 {
		t.Errorf("a word of four times the weight is %v times as large, want %v", got, want)
	}
	odd := clouds()["odd"]
	notes := strings.Join(arranged(t, odd.cloud, odd.opt, odd.size).Notes, " ")
	for _, want := range []string{"No font of this machine has the letters of 1 word (量子).", "larger than by weight, to be read: 1 word (jgpqy)"} {
		if !strings.Contains(strings.ToLower(notes), strings.ToLower(want)) {
			t.Errorf("the notes are %q, want %q", notes, want)
		}
	}
}

// The same words and seed give the same bytes, another seed another picture.
func TestCloudIsDeterministic(t *testing.T) {
	c := clouds()["two"]
	first := arranged(t, c.cloud, c.opt, c.size)
	shuffled := c.cloud
	shuffled.Panels = slices.Clone(c.cloud.Panels)
	for i := range shuffled.Panels {
		shuffled.Panels[i].Words = slices.Clone(shuffled.Panels[i].Words)
		slices.Reverse(shuffled.Panels[i].Words)
	}
	other := c.opt
	other.Seed++
	same, another := arranged(t, shuffled, c.opt, c.size), arranged(t, c.cloud, other, c.size)
	for _, format := range []Format{PNG, SVG} {
		want := cloudBytes(t, first, format)
		if !bytes.Equal(cloudBytes(t, same, format), want) {
			t.Errorf("%s: the same words in another order give other bytes", format)
		}
		if bytes.Equal(cloudBytes(t, another, format), want) {
			t.Errorf("%s: another seed gives the same bytes", format)
		}
	}
}

// PNG and SVG have the words at the same places.
func TestCloudFormatsAgree(t *testing.T) {
	c := clouds()["two"]
	cloud := arranged(t, c.cloud, c.opt, c.size)
	svg := cloudBytes(t, cloud, SVG)
	wellFormed(t, svg)
	if !bytes.Contains(svg, []byte("font-weight:bold")) || !bytes.Contains(svg, []byte("'Liberation Sans',Arial")) {
		t.Errorf("the SVG names no bold font that is about: %.600s", svg)
	}
	sizes := regexp.MustCompile(`font-size:([0-9.]+)px[^>]*>([^<]*)<`).FindAllSubmatch(svg, -1)
	written := map[string]float64{}
	for _, m := range sizes {
		v, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		written[string(m[2])] = v
	}
	for _, panel := range cloud.Panels {
		for _, w := range panel.Words {
			if math.Abs(written[w.Text]-w.Size) > 0.01 {
				t.Errorf("the SVG has %q in a size of %v, want %v", w.Text, written[w.Text], w.Size)
			}
		}
	}
	img, err := png.Decode(bytes.NewReader(cloudBytes(t, cloud, PNG)))
	if err != nil {
		t.Fatal(err)
	}
	if _, indexed := img.(*image.Paletted); !indexed {
		t.Errorf("the PNG has no palette: %T", img)
	}
}

func TestCloudErrors(t *testing.T) {
	words := []CloudWord{{Text: "a", Weight: 1}}
	for name, c := range map[string]struct {
		cloud Cloud
		opt   CloudOptions
		size  Size
		want  string
	}{
		"no panel":  {Cloud{}, CloudOptions{}, Size{}, "needs a topic"},
		"no word":   {Cloud{Panels: []CloudPanel{{}}}, CloudOptions{}, Size{}, "want 1 to 2000"},
		"too many":  {Cloud{Panels: []CloudPanel{{Words: slices.Repeat(words, 2001)}}}, CloudOptions{}, Size{}, "2001 words"},
		"weight":    {Cloud{Panels: []CloudPanel{{Words: []CloudWord{{Text: "b", Weight: math.NaN()}}}}}, CloudOptions{}, Size{}, `"b" weighs NaN`},
		"upright":   {Cloud{Panels: []CloudPanel{{Words: words}}}, CloudOptions{Vertical: 1.5}, Size{}, "want 0 to 1"},
		"too small": {Cloud{Panels: slices.Repeat([]CloudPanel{{Words: words}}, 9)}, CloudOptions{}, Size{Width: 4 * Centimetre, Height: 4 * Centimetre}, "make the picture larger"},
	} {
		_, err := c.cloud.Arrange(c.opt, c.size)
		if err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want one of usage with %q", name, err, c.want)
		}
	}
	if _, err := (Cloud{}).Write(io.Discard, PNG); err == nil {
		t.Error("a cloud that is not arranged is drawn")
	}
}

// Masks agree with plain comparison of dots, whatever the shift.
func TestMaskHits(t *testing.T) {
	source := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		ground, o := newMask(130+source.IntN(70), 9), newMask(1+source.IntN(129), 1+source.IntN(9))
		for range 1 + source.IntN(12) {
			ground.set(source.IntN(ground.width), source.IntN(ground.height))
			o.set(source.IntN(o.width), source.IntN(o.height))
		}
		x, y := source.IntN(ground.width-o.width+1), source.IntN(ground.height-o.height+1)
		want := false
		for dy := range o.height {
			for dx := range o.width {
				want = want || o.on(dx, dy) && ground.on(x+dx, y+dy)
			}
		}
		if got := ground.hits(o, x, y); got != want {
			t.Fatalf("hits at %d, %d: %v, want %v", x, y, got, want)
		}
		ground.add(o, x, y)
		for dy := range o.height {
			for dx := range o.width {
				if o.on(dx, dy) && !ground.on(x+dx, y+dy) {
					t.Fatalf("dot %d, %d was not added at %d, %d", dx, dy, x, y)
				}
			}
		}
	}
}
