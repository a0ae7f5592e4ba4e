package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactBelow is the number of discordant pairs below which McNemar's test is
// exact.
const exactBelow = 25

// McNemar returns the two-sided p that two classifiers are right equally often
// (McNemar, Psychometrika 12, 1947), from the number of subjects on which the
// first alone and the second alone is right; those on which both or neither are
// say nothing. Below 25 such subjects it is the exact binomial test, from there
// on χ² with continuity correction. It takes subjects for independent.
func McNemar(firstAlone, secondAlone int) (p float64, exact bool) {
	n := firstAlone + secondAlone
	if n < exactBelow {
		if n == 0 {
			return 1, true
		}
		tail := distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(firstAlone, secondAlone)))
		return min(1, 2*tail), true
	}
	d := max(0, math.Abs(float64(firstAlone-secondAlone))-1)
	return distuv.ChiSquared{K: 1}.Survival(d * d / float64(n)), false
}

// SmallestP is the least two-sided p that n pairs that differ can show where
// nothing is assumed but that each difference could as well have had the other
// sign: that all have the same one.
func SmallestP(n int) float64 {
	if n < 1 {
		return 1
	}
	return math.Ldexp(1, 1-n)
}

// FewestPairs is the smallest number of pairs that differ, such as McNemar's
// discordant ones, that can show a p below alpha: 6 at 0.05. It is 0 where alpha
// is not in (0, 1).
func FewestPairs(alpha float64) int {
	if !(alpha > 0 && alpha < 1) {
		return 0
	}
	n := 1
	for SmallestP(n) >= alpha {
		n++
	}
	return n
}
