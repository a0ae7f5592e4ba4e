package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"assay/internal/fault"
	"assay/internal/format"
)

// Cloud is a picture of words whose sizes say how much they weigh.
type Cloud struct {
	Title  string       `json:"title"`
	Panels []CloudPanel `json:"panels"` // one for each topic
	Notes  []string     `json:"notes,omitempty"`

	size     Size // set by Arrange
	captions bool // notes are drawn
	spare    int  // lines below them that stay empty
	letters  *letters
}

// CloudPanel is the words of one topic.
type CloudPanel struct {
	Title    string      `json:"title,omitempty"`
	Subtitle string      `json:"subtitle,omitempty"`
	Colour   int         `json:"colour"` // place in the palette, or −1 for several of it
	Words    []CloudWord `json:"words"`
}

// CloudWord is a word, and where Arrange has put it.
type CloudWord struct {
	Text   string  `json:"text"`
	Weight float64 `json:"weight"` // above 0

	Placed   bool    `json:"placed"`
	Size     float64 `json:"size,omitempty"` // of its letters, in points of 1/72 inch
	X        float64 `json:"x,omitempty"`    // where its base line begins, in points from the picture's lower left corner
	Y        float64 `json:"y,omitempty"`
	Vertical bool    `json:"vertical,omitempty"` // written upwards
}

// CloudOptions say how words are arranged.
type CloudOptions struct {
	Seed     uint64
	Vertical float64 // share of words that are written upwards, 0 to 1
	Captions bool    // notes stand below the picture
}

// Limits of a cloud.
const (
	mostCloudWords = 2000
	leastLetters   = 4.5 // points: smaller ones cannot be read in print
	mostNamed      = 5   // words that a note names
)

// Arrange places the words of each panel so that none touches another, the heaviest
// first and as large as all of them fit. Words that do not fit even where the
// lightest are as small as can be read, and such that no font has the letters of,
// are counted and named in the notes. The same cloud, options and size give the same
// places. No panel, no word, a weight that is not above 0, or a size that holds
// nothing, is an error of usage.
func (c Cloud) Arrange(opt CloudOptions, size Size) (Cloud, error) {
	if err := c.check(opt); err != nil {
		return Cloud{}, err
	}
	c.captions = opt.Captions
	if c.letters == nil {
		c.letters = newLetters()
	}
	for {
		out, more, err := c.arrange(opt, size)
		if err != nil {
			return Cloud{}, err
		}
		if more <= c.spare {
			out.spare = c.spare - more
			return out, nil
		}
		c.spare = more // what did not fit must be said below
	}
}

// arrange places the words above the notes and c.spare lines, and returns how many
// lines the notes grew by.
func (c Cloud) arrange(opt CloudOptions, size Size) (out Cloud, more int, err error) {
	p := newCloudPage(c, cmpWidth(size))
	if size.Height == 0 {
		size.Height = Length(p.natural())
	}
	if size, err = size.check(Figure{}, c.letters); err != nil {
		return Cloud{}, 0, err
	}
	w, h := p.room(vg.Length(size.Height))
	if w < leastPanel || h < leastPanel {
		return Cloud{}, 0, fault.Usagef("plot: the words do not fit into %.1f by %.1f cm: make the picture larger", size.Width/Centimetre, size.Height/Centimetre)
	}
	out = c
	out.size = size
	out.Panels, out.Notes = slices.Clone(c.Panels), slices.Clone(c.Notes)
	for i := range out.Panels {
		panel := &out.Panels[i]
		panel.Words = sortedWords(panel.Words)
		x, y := p.corner(i, vg.Length(size.Height))
		notes := newPlacer(float64(w), float64(h), opt, i, c.letters).place(panel.Words)
		for k := range panel.Words {
			panel.Words[k].X += float64(x)
			panel.Words[k].Y += float64(y)
		}
		for _, n := range notes {
			if len(out.Panels) > 1 && panel.Title != "" {
				n = panel.Title + ": " + n
			}
			out.Notes = append(out.Notes, capital(n)+".")
		}
	}
	return out, len(newCloudPage(out, p.width).notes) - len(p.notes), nil
}

// sortedWords are words as they can be written, heaviest first.
func sortedWords(words []CloudWord) []CloudWord {
	words = slices.Clone(words)
	for i := range words {
		words[i] = CloudWord{Text: clean(words[i].Text), Weight: words[i].Weight}
	}
	slices.SortStableFunc(words, func(a, b CloudWord) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Text, b.Text))
	})
	return words
}

func cmpWidth(size Size) vg.Length {
	if size.Width == 0 {
		return vg.Length(16 * Centimetre)
	}
	return vg.Length(size.Width)
}

func (c Cloud) check(opt CloudOptions) error {
	if len(c.Panels) == 0 {
		return fault.Usagef("plot: a cloud needs a topic")
	}
	if !(opt.Vertical >= 0 && opt.Vertical <= 1) {
		return fault.Usagef("plot: a share of %v upright words: want 0 to 1", opt.Vertical)
	}
	for _, p := range c.Panels {
		if n := len(p.Words); n == 0 || n > mostCloudWords {
			return fault.Usagef("plot: a cloud of %d words: want 1 to %d", n, mostCloudWords)
		}
		for _, w := range p.Words {
			if !(w.Weight > 0) || math.IsInf(w.Weight, 0) {
				return fault.Usagef("plot: the word %q weighs %v: want a weight above 0", w.Text, w.Weight)
			}
		}
	}
	return nil
}

// named lists words for a note, the first few by name.
func named(words []string) string {
	text := format.Count(len(words), "word")
	var some []string
	for _, w := range words[:min(len(words), mostNamed)] {
		if r := []rune(w); len(r) > 30 {
			w = string(r[:30]) + "…"
		}
		some = append(some, w)
	}
	text += " (" + strings.Join(some, ", ")
	if n := len(words) - len(some); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text + ")"
}
