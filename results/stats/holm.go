package stats

import (
	"cmp"
	"math"
	"slices"
)

// Holm adjusts the p-values of several comparisons so that the chance of one or
// more false positives among those below α is at most α (Holm, Scandinavian
// Journal of Statistics 6, 1979), however they depend on each other. The
// adjusted ones stand in the order of p and rise with it. NaN, where there was
// no test, stays NaN and counts for nothing.
func Holm(p []float64) []float64 {
	adjusted := slices.Clone(p)
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	least := 0.0
	for rank, i := range order {
		least = min(1, max(least, float64(len(order)-rank)*p[i]))
		adjusted[i] = least
	}
	return adjusted
}
