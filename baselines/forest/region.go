package forest

import (
	"math/rand/v2"
	"slices"

	"assay/features"
)

// region holds the features that are not zero throughout a set of rows,
// for the nodes whose rows lie in that set.
//
// A node must look at features in the order of a random permutation of all d,
// at the first m, and further until one is not constant. Which constant
// features it meets has no effect, and outside the region all are constant in
// the node. Those of the permutation that lie in the region are again in
// random order, and the number of them among the first m has the
// hypergeometric distribution. So it is enough to draw that number k, to draw
// features of the region without replacement, to look at k of them, and
// further until one is not constant in the node: the same distribution of
// splits, whatever region around the node is used.
//
// Regions are what makes growing cheap: a column of the whole set costs its
// length however few of its rows are left in the node, so that a node with few
// rows gathers its own region, which then serves its descendants.
type region struct {
	rows    int
	columns []column
	entries []entry

	drawnLow int       // fewest features of the region among the m of d
	drawn    []float64 // cumulative probabilities of drawnLow, drawnLow+1, …
}

// regionShrink is how many times fewer rows than its region a node has when it
// gathers its own: gathering costs every non-zero of the rows, looking into a
// column only the non-zeros of the features drawn, so that waiting pays.
const regionShrink = 16

// gather makes the region of the given rows. counts has one zero a feature and
// is left so.
func (g *region) gather(x *features.CSR, rows []int32, counts []int32) {
	g.rows = len(rows)
	g.columns = g.columns[:0]
	total := 0
	for _, row := range rows {
		cols, vals := x.Row(int(row))
		for i, c := range cols {
			if vals[i] == 0 {
				continue
			}
			if counts[c] == 0 {
				g.columns = append(g.columns, column{feature: c})
			}
			counts[c]++
			total++
		}
	}
	g.entries = slices.Grow(g.entries[:0], total)[:total]
	start := int32(0)
	for i := range g.columns {
		col := &g.columns[i]
		col.start, col.n = start, counts[col.feature]
		counts[col.feature] = start
		start += col.n
	}
	for _, row := range rows {
		cols, vals := x.Row(int(row))
		for i, c := range cols {
			if vals[i] != 0 {
				g.entries[counts[c]] = entry{row, vals[i]}
				counts[c]++
			}
		}
	}
	for _, col := range g.columns {
		counts[col.feature] = 0
	}
}

func (g *region) column(c column) []entry {
	return g.entries[c.start : c.start+c.n]
}

// tabulate prepares draw for nodes that look at m of d features.
func (g *region) tabulate(d, m int) {
	g.drawnLow, g.drawn = hypergeometric(g.drawn[:0], d, len(g.columns), m)
}

// draw returns how many features of the region are among m of all d.
func (g *region) draw(r *rand.Rand) int {
	if len(g.drawn) == 1 {
		return g.drawnLow
	}
	u := r.Float64()
	i, _ := slices.BinarySearchFunc(g.drawn, u, func(p, u float64) int {
		if p <= u {
			return -1
		}
		return 1
	})
	return g.drawnLow + min(i, len(g.drawn)-1)
}

// hypergeometric returns the cumulative distribution of the number of marked
// items among those drawn without replacement out of total: element i is the
// probability of at most low+i. Numbers less likely than the likeliest by a
// factor of 1e18 or more at either end are left out. The table is appended
// to dst.
func hypergeometric(dst []float64, total, marked, drawn int) (low int, cumulative []float64) {
	first := max(0, drawn-(total-marked))
	last := min(drawn, marked)
	const negligible = 1e-18
	// ratio is P(k+1)/P(k).
	ratio := func(k int) float64 {
		return float64(marked-k) * float64(drawn-k) / (float64(k+1) * float64(total-marked-drawn+k+1))
	}
	mode := int((float64(drawn) + 1) * (float64(marked) + 1) / (float64(total) + 2))
	mode = min(max(mode, first), last)
	weight := 1.0
	for k := mode; weight > negligible; k-- {
		dst = append(dst, weight)
		if k == first {
			break
		}
		weight /= ratio(k - 1)
	}
	low = mode - len(dst) + 1
	slices.Reverse(dst)
	weight = 1
	for k := mode; k < last; k++ {
		if weight *= ratio(k); weight <= negligible {
			break
		}
		dst = append(dst, weight)
	}
	sum := 0.0
	for i, w := range dst {
		sum += w
		dst[i] = sum
	}
	for i := range dst {
		dst[i] /= sum
	}
	return low, dst
}
