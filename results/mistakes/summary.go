package mistakes

import (
	"cmp"
	"slices"
)

// Summary counts over all test papers, or those that Label concerns.
type Summary struct {
	Papers     int `json:"papers"`
	Wrong      int `json:"wrong"`
	MissedOnly int `json:"missed_only"` // wrong papers that miss labels and have no extra ones
	ExtraOnly  int `json:"extra_only"`
	Both       int `json:"missed_and_extra"`

	Right  Tally `json:"right"` // labels that are carried and predicted
	Extra  Tally `json:"extra"`
	Missed Tally `json:"missed"`
	Bins   []Bin `json:"by_probability"`

	Matrix     [][]int      `json:"matrix,omitempty"` // (true, predicted), of few exclusive labels
	Labels     []string     `json:"labels,omitempty"` // of the matrix
	Confusions []Confusion  `json:"confusions,omitempty"`
	ByLabel    []LabelTally `json:"by_label,omitempty"` // of several labels: those with the most errors
}

// Tally counts labels of papers.
type Tally struct {
	Labels int      `json:"labels"`
	Mean   *float64 `json:"mean_probability,omitempty"` // nil of none
}

// Bin counts labels of papers by their probability, in (Low, High]; the first holds
// its Low too.
type Bin struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Right  int     `json:"right"`
	Extra  int     `json:"extra"`
	Missed int     `json:"missed"`
}

// Confusion is a label that papers carry and miss while another is extra.
type Confusion struct {
	True      string `json:"true"`
	Predicted string `json:"predicted"`
	Papers    int    `json:"papers"`
}

// LabelTally is how a label fared.
type LabelTally struct {
	Label   string `json:"label"`
	Carried int    `json:"carried"` // by papers
	Missed  int    `json:"missed"`
	Extra   int    `json:"extra"`
}

const (
	mostMatrix     = 8  // labels that a matrix shows
	mostConfusions = 10 // pairs, and labels, that a summary lists
)

// binEdges are finer at the ends, where confidence that is misplaced stands.
var binEdges = []float64{0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1}

// probabilities are those of labels, by how they fared.
type probabilities struct{ right, extra, missed []float64 }

func (f *finder) summary() Summary {
	var s Summary
	if f.single && len(f.p.Labels) <= mostMatrix && f.label < 0 {
		s.Labels = f.p.Labels
		for range f.p.Labels {
			s.Matrix = append(s.Matrix, make([]int, len(f.p.Labels)))
		}
	}
	var all probabilities
	pairs := map[[2]int32]int{}
	tallies := make([]LabelTally, len(f.p.Labels))
	for i := range f.p.IDs {
		if !f.concerns(i) {
			continue
		}
		f.tally(i, &s, &all, tallies)
		f.pair(pairs, i)
		if s.Matrix != nil {
			s.Matrix[f.p.Truth.Row(i)[0]][f.predicted.Row(i)[0]]++
		}
	}
	s.Right, s.Extra, s.Missed = tally(all.right), tally(all.extra), tally(all.missed)
	for k := range len(binEdges) - 1 {
		s.Bins = append(s.Bins, Bin{Low: binEdges[k], High: binEdges[k+1]})
	}
	s.bin(all.right, func(b *Bin) { b.Right++ })
	s.bin(all.extra, func(b *Bin) { b.Extra++ })
	s.bin(all.missed, func(b *Bin) { b.Missed++ })
	s.Confusions = f.confusions(pairs)
	if !f.single && f.label < 0 {
		s.ByLabel = f.byLabel(tallies)
	}
	return s
}

// tally counts the labels of paper i.
func (f *finder) tally(i int, s *Summary, all *probabilities, tallies []LabelTally) {
	scores := f.p.Scores.Row(i)
	missed, extra := f.without(f.p.Truth, f.predicted, i), f.without(f.predicted, f.p.Truth, i)
	s.count(f.wrong(i), len(missed), len(extra))
	for _, c := range f.p.Truth.Row(i) {
		tallies[c].Carried++
		if has(f.predicted.Row(i), c) && (f.label < 0 || f.label == c) {
			all.right = append(all.right, scores[c])
		}
	}
	for _, c := range extra {
		tallies[c].Extra++
		all.extra = append(all.extra, scores[c])
	}
	for _, c := range missed {
		tallies[c].Missed++
		all.missed = append(all.missed, scores[c])
	}
}

func (s *Summary) count(wrong bool, missed, extra int) {
	s.Papers++
	if !wrong {
		return
	}
	s.Wrong++
	switch {
	case missed > 0 && extra > 0:
		s.Both++
	case missed > 0:
		s.MissedOnly++
	default:
		s.ExtraOnly++
	}
}

// pair counts each missed label with each extra one of a paper.
func (f *finder) pair(pairs map[[2]int32]int, i int) {
	truth, predicted := f.p.Truth.Row(i), f.predicted.Row(i)
	for _, t := range truth {
		if has(predicted, t) {
			continue
		}
		for _, p := range predicted {
			if !has(truth, p) && (f.label < 0 || f.label == t || f.label == p) {
				pairs[[2]int32{t, p}]++
			}
		}
	}
}

func tally(p []float64) Tally {
	if len(p) == 0 {
		return Tally{}
	}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	mean := sum / float64(len(p))
	return Tally{len(p), &mean}
}

func (s *Summary) bin(p []float64, add func(*Bin)) {
	inner := binEdges[1 : len(binEdges)-1]
	for _, v := range p {
		k, _ := slices.BinarySearch(inner, v)
		add(&s.Bins[k])
	}
}

// confusions are the most frequent pairs, of equal ones in the order of the labels.
func (f *finder) confusions(pairs map[[2]int32]int) []Confusion {
	keys := make([][2]int32, 0, len(pairs))
	for k := range pairs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]int32) int {
		return cmp.Or(cmp.Compare(pairs[b], pairs[a]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	var out []Confusion
	for _, k := range keys[:min(mostConfusions, len(keys))] {
		out = append(out, Confusion{f.p.Labels[k[0]], f.p.Labels[k[1]], pairs[k]})
	}
	return out
}

// byLabel are the labels that were most often missed or extra.
func (f *finder) byLabel(tallies []LabelTally) []LabelTally {
	for c := range tallies {
		tallies[c].Label = f.p.Labels[c]
	}
	slices.SortStableFunc(tallies, func(a, b LabelTally) int { return cmp.Compare(b.Missed+b.Extra, a.Missed+a.Extra) })
	at := slices.IndexFunc(tallies, func(t LabelTally) bool { return t.Missed+t.Extra == 0 })
	if at < 0 {
		at = len(tallies)
	}
	return tallies[:min(at, mostConfusions)]
}
