package compare

import (
	"slices"

	"assay/results/stats"
)

// pool is all test papers of a comparison. One set of resamples of them serves all
// rows and metrics, so that every difference is paired. A paper that several runs
// tested, under whatever seeds, is drawn or left out for all of them.
type pool struct {
	lists     []*paperList
	place     map[string]int32 // of each paper among all
	rows      []*Row
	resampled *stats.Resampled
}

// paperList is the papers that some runs were tested on.
type paperList struct {
	ids []string
	at  []int32 // the place of each among all
}

// listOf finds or makes the list of these papers.
func (p *pool) listOf(ids []string) *paperList {
	for _, l := range p.lists {
		if len(l.ids) == len(ids) && (&l.ids[0] == &ids[0] || slices.Equal(l.ids, ids)) {
			return l
		}
	}
	if p.place == nil {
		p.place = map[string]int32{}
	}
	l := &paperList{ids: ids, at: make([]int32, len(ids))}
	for i, id := range ids {
		k, ok := p.place[id]
		if !ok {
			k = int32(len(p.place))
			p.place[id] = k
		}
		l.at[i] = k
	}
	p.lists = append(p.lists, l)
	return l
}

// part returns what stats.ResampleParts is told of the list.
func (p *pool) part(l *paperList) stats.Part {
	if len(l.at) == len(p.place) && slices.IsSorted(l.at) {
		return stats.Part{} // all of them, in their order
	}
	return stats.Part{At: l.at}
}

// resample draws the resamples, and notes where each run's quantities stand.
func (p *pool) resample(resamples int) error {
	var parts []stats.Part
	total := 0
	for _, l := range p.lists {
		part := p.part(l)
		known := map[*float64]int{} // the rules of a run share some quantities
		for _, row := range p.rows {
			for i := range row.papers {
				t := &row.papers[i]
				if t.list != l {
					continue
				}
				t.at = make([]int, len(t.quantities))
				for j, q := range t.quantities {
					mean, isMean := q.(stats.Mean)
					if isMean {
						if k, seen := known[&mean[0]]; seen {
							t.at[j] = k
							continue
						}
						known[&mean[0]] = total
					}
					if q != nil {
						t.at[j] = total
						part.Quantities = append(part.Quantities, q)
						total++
					}
				}
			}
		}
		parts = append(parts, part)
	}
	if total == 0 {
		return nil
	}
	var err error
	p.resampled, err = stats.ResampleParts(len(p.place), parts, resamples, stats.Seed())
	return err
}

// estimate is a row's mean over its runs of metric j, which the row has.
func (p *pool) estimate(row *Row, j int) stats.Estimate {
	var at []int
	for _, t := range row.papers {
		at = append(at, t.at[j])
	}
	return p.resampled.Estimate(at...)
}

// comparable reports whether two rows have a seed in common, and the same papers
// under each that they have in common.
func (p *pool) comparable(a, b *Row) bool {
	if a.papers == nil || b.papers == nil {
		return false
	}
	pairs := a.Pairs(b.Replicates)
	return len(pairs) > 0 && !slices.ContainsFunc(pairs, func(pair [2]int) bool {
		return a.papers[pair[0]].list != b.papers[pair[1]].list
	})
}

// count returns how many papers two comparable rows were tested on, and on how many
// of them metric j makes a difference between runs of one seed. Papers that only one
// of the rows was tested on count as differing.
func (p *pool) count(a, b *Row, j int) (tested, differing int) {
	const isTested, differs = 1, 2
	flags := make([]uint8, len(p.place)) // of each paper
	pairs := a.Pairs(b.Replicates)
	for side, row := range []*Row{a, b} {
		for i, t := range row.papers {
			flag := uint8(isTested)
			if !slices.ContainsFunc(pairs, func(pair [2]int) bool { return pair[side] == i }) {
				flag |= differs
			}
			for _, k := range t.list.at {
				flags[k] |= flag
			}
		}
	}
	for _, pair := range pairs {
		x, y := a.papers[pair[0]], b.papers[pair[1]]
		for i, k := range x.list.at {
			if flags[k]&differs == 0 && x.quantities[j].Differs(y.quantities[j], i) {
				flags[k] |= differs
			}
		}
	}
	for _, flag := range flags {
		tested += int(flag & isTested)
		differing += int(flag & differs / differs)
	}
	return tested, differing
}

// discordant counts the papers on which the one row, or the other, is exactly
// right under more seeds. With one seed they are McNemar's discordant pairs; with
// several a paper still counts once, since its seeds' predictions are not
// independent.
func (p *pool) discordant(a, b *Row, j int) (first, second int) {
	ahead := make([]float64, len(p.place))
	for _, pair := range a.Pairs(b.Replicates) {
		x, y := a.papers[pair[0]], b.papers[pair[1]]
		for i, k := range x.list.at {
			ahead[k] += x.exact[j][i] - y.exact[j][i]
		}
	}
	for _, v := range ahead {
		switch {
		case v > 0:
			first++
		case v < 0:
			second++
		}
	}
	return first, second
}
