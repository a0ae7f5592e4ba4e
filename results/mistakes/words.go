package mistakes

import (
	"cmp"
	"slices"
	"strings"
)

// Speaking is the z-score from which a word speaks for a label: two-sided, one of
// twenty words is as far from 0 by chance.
const Speaking = 1.96

// LabelsOf are the labels whose words are shown for a paper: those that it was given,
// those that it carries, and the others where there are few.
func (r *Report) LabelsOf(p *Paper) []string {
	const few = 4
	out := slices.Clone(p.Predicted)
	more := p.True
	if len(r.labels) <= few {
		more = slices.Concat(p.True, r.labels)
	}
	for _, l := range more {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// Explain tells the paper which of its words speak for a label, the surest first.
func (p *Paper) Explain(label string, words []Word) {
	s := Speaks{Label: label}
	for _, w := range words {
		if w.Z >= Speaking {
			s.Uses += w.Uses
			s.Words = append(s.Words, w)
		}
	}
	slices.SortFunc(s.Words, func(a, b Word) int { return cmp.Or(cmp.Compare(b.Z, a.Z), strings.Compare(a.Word, b.Word)) })
	p.Speaks = append(p.Speaks, s)
}
