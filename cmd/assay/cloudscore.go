package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/features"
	"assay/internal/fault"
)

// cloudSummary is what clouds are drawn of.
type cloudSummary struct {
	By         string          `json:"by"`
	Against    string          `json:"against,omitempty"`
	Exclusive  bool            `json:"exclusive"`
	Text       string          `json:"text"`
	Papers     int64           `json:"papers"` // counted, of all categories and what they are contrasted with
	Categories []cloudCategory `json:"categories"`
}

// cloudCategory is the words of a category, heaviest first.
type cloudCategory struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Papers int64       `json:"papers"`
	Words  []cloudWord `json:"words"`
}

// cloudWord is a word with its numbers.
type cloudWord struct {
	Word      string   `json:"word"`
	Papers    int64    `json:"papers"`              // of the category, that use it
	Share     float64  `json:"share"`               // of the category's papers
	Elsewhere *int64   `json:"elsewhere,omitempty"` // papers that it is contrasted with
	LogOdds   *float64 `json:"log_odds,omitempty"`  // ratio, natural logarithm
	Z         *float64 `json:"z,omitempty"`         // log odds over its standard error

	weight float64
	id     int32
	key    string
}

// score weighs the words of each category and keeps the heaviest.
func (o *cloudOptions) score(counts *wordCounts) (*cloudSummary, error) {
	s := &cloudSummary{By: o.by, Exclusive: o.exclusive, Text: o.fields, Papers: counts.papers[len(counts.categories)]}
	if o.by == byContrast {
		s.Against = o.against
	}
	for i, c := range counts.categories {
		if o.by == byContrast && counts.papers[i] == s.Papers {
			return nil, fault.Usagef("corpus cloud: every paper that is counted is of %s: there is no other to contrast with", c.ID)
		}
		words := counts.frequencies(i)
		if o.by == byContrast {
			words = counts.contrasts(i)
		}
		if len(words) == 0 {
			return nil, fault.Usagef("corpus cloud: the papers of %s have no word to draw", c.ID)
		}
		words = heaviest(words, o.words)
		counts.spell(i, words)
		s.Categories = append(s.Categories, cloudCategory{c.ID, c.Name, counts.papers[i], words})
	}
	return s, nil
}

// heaviest sorts words by weight and returns the first n.
func heaviest(words []cloudWord, n int) []cloudWord {
	slices.SortFunc(words, func(a, b cloudWord) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.key, b.key))
	})
	return words[:min(n, len(words))]
}

// frequencies weighs words by the share of papers that use them.
func (c *wordCounts) frequencies(category int) []cloudWord {
	var out []cloudWord
	for i, w := range c.words {
		if n := int64(w.papers[category]); n > 0 {
			share := float64(n) / float64(c.papers[category])
			out = append(out, cloudWord{Papers: n, Share: share, weight: share, id: int32(i), key: w.key})
		}
	}
	return out
}

// contrasts keeps the words that speak for a category, against all other papers
// that are counted, weighed by how surely.
func (c *wordCounts) contrasts(category int) []cloudWord {
	var contrast features.Contrast
	all := len(c.categories)
	for _, w := range c.words {
		contrast.Class += float64(w.papers[category])
		contrast.Rest += float64(w.papers[all] - w.papers[category])
	}
	var out []cloudWord
	for i, w := range c.words {
		n, other := int64(w.papers[category]), int64(w.papers[all]-w.papers[category])
		if delta, z := contrast.LogOdds(float64(n), float64(other)); z > 0 && n > 0 {
			out = append(out, cloudWord{
				Papers: n, Share: float64(n) / float64(c.papers[category]), Elsewhere: &other, LogOdds: &delta, Z: &z,
				weight: z, id: int32(i), key: w.key,
			})
		}
	}
	return out
}

func (c cloudCategory) title() string {
	if c.Name == c.ID {
		return c.ID
	}
	return fmt.Sprintf("%s (%s)", c.Name, c.ID)
}

// notes say what is drawn of some of the categories.
func (s *cloudSummary) notes(categories []cloudCategory) []string {
	var largest []string
	for _, c := range categories {
		w := c.Words[0]
		text := fmt.Sprintf("%s: %.0f %% of %s", w.Word, 100*w.Share, c.ID)
		if w.Z != nil {
			text = fmt.Sprintf("%s: %.1f", w.Word, *w.Z)
		}
		largest = append(largest, text)
	}
	notes := []string{fmt.Sprintf("Area of a word: by the share of papers that use it (%s).", strings.Join(largest, ", "))}
	if s.By == byContrast {
		to := "those of the other categories"
		switch {
		case s.Against == againstRest:
			to = "all other papers"
		case len(s.Categories) == 2:
			to = "those of the other category"
		}
		notes[0] = fmt.Sprintf("Area of a word: by how surely these papers use it more than %s do, as log-odds ratio over its standard error (%s).", to, strings.Join(largest, ", "))
	}
	if s.Exclusive {
		notes = append(notes, "Papers of several of the categories are left out.")
	}
	return notes
}
