package plot

import (
	"bytes"
	"image"
	imagedraw "image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-text/typesetting/fontscan"
	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

func noFonts() []fontscan.Footprint { return nil }

// goFonts are fonts of a machine: two of letters that the built-in one lacks, a file
// that is no font, and one that is not there, which claim to have them, too.
func goFonts(t *testing.T) func() []fontscan.Footprint {
	t.Helper()
	var fonts []fontscan.Footprint
	for name, f := range map[string]struct {
		data   []byte
		weight float64
	}{"a broken sans": {[]byte("no font"), 400}, "b lost sans": {nil, 400}, "go sans": {goregular.TTF, 400}, "go bold sans": {gobold.TTF, 700}} {
		path := filepath.Join(t.TempDir(), name)
		if f.data != nil {
			if err := os.WriteFile(path, f.data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		print := fontscan.Footprint{Location: fontscan.Location{File: path}, Family: name}
		print.Aspect.Weight = 400
		if f.weight > 400 {
			print.Aspect.Weight = 700
		}
		for _, r := range "∪⁰朴" { // the last is in none
			print.Runes.Add(r)
		}
		fonts = append(fonts, print)
	}
	return func() []fontscan.Footprint { return fonts }
}

// drawn is what a line looks like, at 72 dots an inch.
func drawn(l *letters, text string, turned bool) *image.RGBA {
	canvas := vgimg.NewWith(vgimg.UseWH(80, 80), vgimg.UseDPI(72))
	f := l.face(20, stdfont.WeightNormal, ink)
	if turned {
		f.turned(draw.New(canvas), 30, 10, 0, 1.5, text)
	} else {
		f.draw(draw.New(canvas), 10, 30, 0, text)
	}
	return canvas.Image().(*image.RGBA)
}

// inkIn counts the dots that are not white between two columns.
func inkIn(img *image.RGBA, from, to int) (n int) {
	for y := range img.Bounds().Dy() {
		for x := from; x < to; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0xf000 {
				n++
			}
		}
	}
	return n
}

// A letter that the built-in font lacks comes from another font; without one a box
// stands for it, and it is named.
func TestLettersAreNeverLost(t *testing.T) {
	for name, c := range map[string]struct {
		fonts func() []fontscan.Footprint
		text  string
		boxes string
	}{
		"built in": {noFonts, "aé±→Δ", ""},
		"none":     {noFonts, "朴", "朴"},
		"twice":    {noFonts, "👍朴👍", "👍朴"},
		"other":    {goFonts(t), "∪⁰", ""},
		"both":     {goFonts(t), "∪朴", "朴"},
		"hidden":   {noFonts, "a\u200d\ufe0f", ""},
	} {
		l := lettersOf(c.fonts)
		f := l.face(20, stdfont.WeightNormal, ink)
		for _, turned := range []bool{false, true} {
			img := drawn(l, c.text, turned)
			if turned {
				if inkIn(img, 0, 80) < 10 {
					t.Errorf("%s: turned, %q leaves no ink", name, c.text)
				}
				continue
			}
			x := vg.Length(10)
			for _, r := range f.runs(c.text) {
				if n := inkIn(img, int(x), int(x+r.width)+1); n < 5 {
					t.Errorf("%s: %q leaves %d dots of ink", name, r.text, n)
				}
				x += r.width
			}
			if w := f.width(c.text); w != x-10 {
				t.Errorf("%s: %q is %v wide, its parts %v", name, c.text, w, x-10)
			}
		}
		if got := string(l.boxes); got != c.boxes {
			t.Errorf("%s: boxes for %q, want %q", name, got, c.boxes)
		}
	}
}

func TestVisualOrder(t *testing.T) {
	for in, want := range map[string]string{"abc é": "abc é", "שלום": "םולש", "a (שלום) b": "a (םולש) b", "model אב, גד 12": "model דג ,בא 12", "שָׁ ב": "ב שָׁ", "e\u0304\u0301x": "e\u0304\u0301x"} {
		if got := visual(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Bold text takes the bold font.
func TestOtherFontsByWeight(t *testing.T) {
	l := lettersOf(goFonts(t))
	regular, bold := l.other('∪', false), l.other('∪', true)
	for font, want := range map[*opentype.Font]string{regular: "Regular", bold: "Bold"} {
		if font == nil {
			t.Fatalf("no %s font", want)
		}
		if name, err := font.Name(nil, 2); err != nil || name != want {
			t.Errorf("the font is %q, %v, want %q", name, err, want)
		}
	}
}

// A picture says of which letters it has boxes; an SVG has the letters.
func TestPicturesKeepLetters(t *testing.T) {
	fig := figures(t)["comparison"]
	fig.Title = "朴素 e\u0301 👍"
	var picture, other bytes.Buffer
	l := lettersOf(noFonts)
	if err := write(&picture, fig, PNG, Size{}, l); err != nil {
		t.Fatal(err)
	}
	if got := string(l.boxes); got != "朴素👍" {
		t.Errorf("boxes for %q", got)
	}
	fig.Title = "é"
	if err := write(&other, fig, PNG, Size{}, lettersOf(noFonts)); err != nil {
		t.Fatal(err)
	}
	if a, b := inkIn(decoded(t, &picture), 0, 200), inkIn(decoded(t, &other), 0, 200); a <= b {
		t.Errorf("%d dots of ink with three letters more, %d without", a, b)
	}
	l = lettersOf(noFonts)
	if err := write(&picture, figures(t)["comparison"], SVG, Size{}, l); err != nil || len(l.boxes) > 0 {
		t.Fatal(err, l.boxes)
	}
	picture.Reset()
	fig.Title = "朴素 e\u0301 👍"
	if err := write(&picture, fig, SVG, Size{}, l); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(picture.String(), ">朴素 é 👍</text>") {
		t.Errorf("the title is not in the SVG:\n%s", picture.String())
	}
}

func decoded(t *testing.T, b *bytes.Buffer) *image.RGBA {
	t.Helper()
	img, err := png.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	imagedraw.Draw(out, out.Bounds(), img, img.Bounds().Min, imagedraw.Src)
	return out
}

// A cloud draws words in other fonts, and names those that no font has.
func TestCloudsKeepLetters(t *testing.T) {
	cloud := Cloud{letters: lettersOf(goFonts(t)), Panels: []CloudPanel{{Words: []CloudWord{{Text: "a∪b", Weight: 3}, {Text: "朴", Weight: 2}, {Text: "plain", Weight: 1}}}}}
	cloud = arranged(t, cloud, CloudOptions{Captions: true}, Size{})
	for _, w := range cloud.Panels[0].Words {
		if w.Placed == (w.Text == "朴") {
			t.Errorf("%q: placed %v", w.Text, w.Placed)
		}
	}
	if notes := strings.Join(cloud.Notes, " "); notes != "No font of this machine has the letters of 1 word (朴)." {
		t.Errorf("notes %q", notes)
	}
	var b bytes.Buffer
	if boxes, err := cloud.Write(&b, PNG); err != nil || string(boxes) != "朴" {
		t.Errorf("boxes %q, %v", string(boxes), err)
	}
}
