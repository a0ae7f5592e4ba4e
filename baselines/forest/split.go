package forest

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// split is a way to split a node.
type split struct {
	column    column
	threshold float32
	gain      splitGain
}

// splitGain is Σ_c l_c²/w_l + Σ_c r_c²/w_r as an exact fraction, so that equal
// splits are equal and the same everywhere. newTrainSet sees to it that the
// numerator fits.
type splitGain struct{ over, under uint64 }

// compare is negative where g is less than h, 0 where they are equal.
func (g splitGain) compare(h splitGain) int {
	gHigh, gLow := bits.Mul64(g.over, h.under)
	hHigh, hLow := bits.Mul64(h.over, g.under)
	if c := cmp.Compare(gHigh, hHigh); c != 0 {
		return c
	}
	return cmp.Compare(gLow, hLow)
}

// splitSearch is the scratch of the search for a split.
type splitSearch struct {
	found  []entry // non-zeros of the feature in the node
	sorted []entry // scratch of sortEntries
	side   []int64 // n_c of the rows on one side; zeros between searches
}

func newSplitSearch(labels int) splitSearch {
	return splitSearch{side: make([]int64, labels)}
}

// bestSplit looks at features of the region in random order, as region
// explains, and returns the best split of order[start:end], or false if every
// feature is constant or no split leaves MinLeaf rows on both sides.
func (g *grower) bestSplit(region *region, start, end int32) (best split, ok bool) {
	columns := region.columns
	wanted := region.draw(g.rand)
	varies := false
	for seen := 0; seen < len(columns) && (seen < wanted || !varies); seen++ {
		pick := seen + int(g.rand.Uint32N(uint32(len(columns)-seen)))
		columns[seen], columns[pick] = columns[pick], columns[seen]
		found := g.collect(region.column(columns[seen]), start, end)
		if len(found) == 0 || constantColumn(found, int(end-start)) {
			continue
		}
		varies = true
		split, valid := g.bestThreshold(found, end-start)
		if valid && (!ok || split.gain.compare(best.gain) > 0) {
			split.column = columns[seen]
			best, ok = split, true
		}
	}
	return best, ok
}

// collect returns the entries of the column whose rows lie in
// order[start:end].
func (g *grower) collect(column []entry, start, end int32) []entry {
	found := g.split.found[:0]
	size := uint32(end - start)
	for _, e := range column {
		// Rows without weight, at place -1, fail the test as well.
		if uint32(g.place[e.row]-start) < size {
			found = append(found, e)
		}
	}
	g.split.found = found
	return found
}

// bestThreshold returns the best split of a node of the given number of rows
// by a feature that is not constant in it and whose non-zeros there are found.
// Negative values are walked upwards and positive ones downwards; the zeros,
// which are most rows, are never touched.
func (g *grower) bestThreshold(found []entry, rows int32) (best split, ok bool) {
	g.split.sorted = sortEntries(found, g.split.sorted)
	negative := 0
	for negative < len(found) && found[negative].value < 0 {
		negative++
	}
	zeros := rows > int32(len(found))
	low := g.newSide(rows)
	for i := range negative {
		low.add(found[i])
		next := float32(0)
		if i+1 < negative || !zeros {
			if i+1 == len(found) {
				break
			}
			next = found[i+1].value
		}
		if gain, valid := low.gain(found[i].value, next); valid && (!ok || gain.compare(best.gain) > 0) {
			best, ok = split{threshold: midpoint(found[i].value, next), gain: gain}, true
		}
	}
	low.clear(found[:negative])
	high := g.newSide(rows)
	var upper split
	anyUpper := false
	for i := len(found) - 1; i >= negative; i-- {
		high.add(found[i])
		next := float32(0)
		if i > negative || !zeros {
			if i == 0 || i == negative {
				break // all rows are on this side, or the negative walk ended here
			}
			next = found[i-1].value
		}
		if gain, valid := high.gain(next, found[i].value); valid && (!anyUpper || gain.compare(upper.gain) >= 0) {
			upper, anyUpper = split{threshold: midpoint(next, found[i].value), gain: gain}, true
		}
	}
	high.clear(found[negative:])
	if anyUpper && (!ok || upper.gain.compare(best.gain) > 0) {
		best, ok = upper, true
	}
	return best, ok
}

// splitSide sums the rows on one side of a threshold that moves.
type splitSide struct {
	g      *grower
	rows   int32 // distinct rows in the node
	n      int32 // on this side
	weight int64
	square int64 // Σ_c a_c², a_c being the weight of label c on this side
	cross  int64 // Σ_c a_c n_c, n_c being its weight in the node
}

func (g *grower) newSide(rows int32) splitSide { return splitSide{g: g, rows: rows} }

// add moves a row to this side.
func (s *splitSide) add(e entry) {
	w := int64(s.g.weights[e.row])
	s.n++
	s.weight += w
	for _, c := range s.g.set.rowLabels(e.row) {
		a := s.g.split.side[c]
		s.square += w * (2*a + w)
		s.cross += w * s.g.node.labels[c]
		s.g.split.side[c] = a + w
	}
}

// clear empties the scratch after a walk over the entries.
func (s *splitSide) clear(entries []entry) {
	for _, e := range entries {
		for _, c := range s.g.set.rowLabels(e.row) {
			s.g.split.side[c] = 0
		}
	}
}

// gain returns Σ_c a_c²/w_a + Σ_c b_c²/w_b for the rows of this side and the
// others, b_c = n_c − a_c, or false if no split is allowed between the
// neighbouring values lo and hi.
func (s *splitSide) gain(lo, hi float32) (splitGain, bool) {
	if hi <= lo+equalWithin || int(s.n) < s.g.opts.MinLeaf || int(s.rows-s.n) < s.g.opts.MinLeaf {
		return splitGain{}, false
	}
	rest := s.g.node.squares - 2*s.cross + s.square
	others := s.g.node.weight - s.weight
	return splitGain{
		over:  uint64(s.square)*uint64(others) + uint64(rest)*uint64(s.weight),
		under: uint64(s.weight) * uint64(others),
	}, true
}

// midpoint returns the largest float32 that is not above the middle of lo and
// hi.
func midpoint(lo, hi float32) float32 {
	middle := float64(lo)/2 + float64(hi)/2
	t := float32(middle)
	if float64(t) > middle {
		t = math.Nextafter32(t, float32(math.Inf(-1)))
	}
	return t
}

// sortEntries sorts the entries by value, stably, and returns the scratch for
// the next call.
func sortEntries(entries, scratch []entry) []entry {
	if len(entries) <= 32 {
		for i := 1; i < len(entries); i++ {
			e := entries[i]
			j := i
			for ; j > 0 && entries[j-1].value > e.value; j-- {
				entries[j] = entries[j-1]
			}
			entries[j] = e
		}
		return scratch
	}
	return radixSort(entries, scratch)
}

// radixSort sorts by the bytes of the values, the lowest first, leaving out
// bytes that all values share, as counts share most.
func radixSort(entries, scratch []entry) []entry {
	var counts [4][256]uint32
	for _, e := range entries {
		k := sortKey(e.value)
		counts[0][k&255]++
		counts[1][k>>8&255]++
		counts[2][k>>16&255]++
		counts[3][k>>24]++
	}
	scratch = slices.Grow(scratch[:0], len(entries))
	from, to := entries, scratch[:len(entries)]
	for digit := range 4 {
		shift := 8 * digit
		next := &counts[digit]
		if int(next[sortKey(from[0].value)>>shift&255]) == len(from) {
			continue
		}
		sum := uint32(0)
		for i, n := range next {
			next[i] = sum
			sum += n
		}
		for _, e := range from {
			d := sortKey(e.value) >> shift & 255
			to[next[d]] = e
			next[d]++
		}
		from, to = to, from
	}
	copy(entries, from)
	return scratch
}

// sortKey maps a value to an integer of the same order.
func sortKey(v float32) uint32 {
	b := math.Float32bits(v)
	if b>>31 == 1 {
		return ^b
	}
	return b | 1<<31
}
