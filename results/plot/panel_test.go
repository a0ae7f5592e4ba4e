package plot

import (
	"slices"
	"strings"
	"testing"
)

// A number and its % stay on a line.
func TestWrapKeepsPercent(t *testing.T) {
	f := newFonts(newLetters()).small
	text := strings.Repeat("82 % of 1,234 or 7 %, ", 20)
	for width := f.width("1,234 %,"); width < 200; width += 7 {
		lines := f.wrap(text, width, 0)
		if slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "%") }) || strings.Join(lines, " ") != strings.TrimSpace(text) {
			t.Fatalf("at a width of %v: %q", width, lines)
		}
	}
}

// A panel that only keeps a place free takes no room for axes, and a title that
// needs two lines gets them.
func TestGridRoom(t *testing.T) {
	bare := Panel{X: Axis{Bare: true}, Series: []Series{{Mark: Line, Points: []Point{{X: 1, Y: 1}}}}}
	long := bare
	long.Title, long.Subtitle = "A model whose name is far too long for its panel", "7 % right"
	fig := Figure{Columns: 3, Panels: []Panel{bare, bare, long, bare, bare, {}}}
	p := newPage(fig, 300, newLetters())
	g := p.grid()
	if g.bottom[0] != g.bottom[1] {
		t.Errorf("below a row with an empty panel are %v points, below one without %v", g.bottom[1], g.bottom[0])
	}
	if want := 2*p.fonts.body.leading() + p.fonts.small.leading(); g.top[0] != want || g.top[1] != 0 {
		t.Errorf("titles have %v and %v points, want %v and none", g.top[0], g.top[1], want)
	}
}
