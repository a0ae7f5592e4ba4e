package golearn

import (
	"slices"
	"sort"
)

// maxLevels is about how many different values of a feature golearn is shown:
// it counts all papers of a node anew for each threshold between two values,
// which on tfidf or vectors would take time with the square of the papers.
const maxLevels = 32

// levels replaces the values of columns that have more than maxLevels of them
// by the number of the level, a range of values, into which each falls. What
// golearn then finds is a threshold between two levels.
type levels struct {
	edges  [][]float64 // by column: the least value of each level but the first, less half its distance to the one before; nil for values as they are
	sorted []float64
}

// apply replaces values (rows, k) where needed.
func (l *levels) apply(values []float64, k int) {
	l.edges = l.edges[:0]
	for c := range k {
		l.sorted = l.sorted[:0]
		for at := c; at < len(values); at += k {
			l.sorted = append(l.sorted, values[at])
		}
		slices.Sort(l.sorted)
		edges := levelEdges(l.sorted, maxLevels)
		l.edges = append(l.edges, edges)
		if edges == nil {
			continue
		}
		for at := c; at < len(values); at += k {
			values[at] = float64(sort.Search(len(edges), func(i int) bool { return edges[i] > values[at] }))
		}
	}
}

// threshold turns golearn's threshold on column c into one on the values.
func (l *levels) threshold(c int, t float64) float64 {
	if l.edges[c] == nil {
		return t
	}
	return l.edges[c][int(t)]
}

// levelEdges parts sorted values into about n levels and returns the midpoints
// between neighbouring ones, or nil where there are n different values at
// most. A value that takes the room of a level, such as the zero of sparse
// features, is a level of its own; the others share the rest evenly.
func levelEdges(sorted []float64, n int) []float64 {
	var starts []int // of each run of equal values
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			starts = append(starts, i)
		}
	}
	if len(starts) <= n {
		return nil
	}
	starts = append(starts, len(sorted))
	room := (len(sorted) + n - 1) / n
	frequent, rest := 0, len(sorted)
	for i := range starts[1:] {
		if size := starts[i+1] - starts[i]; size > room {
			frequent++
			rest -= size
		}
	}
	share := rest/(n-frequent) + 1
	var edges []float64
	for i, filled := 0, 0; i < len(starts)-1; i++ {
		size := starts[i+1] - starts[i]
		if i > 0 && (filled >= share || size > room) {
			edges = append(edges, (sorted[starts[i]-1]+sorted[starts[i]])/2)
			filled = 0
		}
		filled += size
	}
	return edges
}
