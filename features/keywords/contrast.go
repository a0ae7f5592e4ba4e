package keywords

import "math"

// Contrast measures how much more a word is used in one class than outside it: the
// weighted log-odds ratio with an informative Dirichlet prior of Monroe, Colaresi
// and Quinn, "Fightin' Words", Political Analysis 16 (2008), equations 15 to 23.
//
// Rare words, of which a few uses say little, are drawn towards the usage of both
// sides together, and Z weighs what is left by its standard error: |Z| ≥ 1.96 is a
// difference that chance alone brings about in at most one word of twenty.
//
// What is counted is the caller's choice. Papers that use a word are better than its
// uses, since a paper that repeats a word is no further evidence.
type Contrast struct {
	Class float64 // counts of all words of the class: n⁽ⁱ⁾
	Rest  float64 // the same of what it is contrasted with: n⁽ʲ⁾

	// Prior is how many counts the prior is worth on either side (α₀), spread over
	// the words as both sides together use them. 0: as many as the smaller side has,
	// which keeps a small class from drowning in what surrounds it.
	Prior float64
}

// LogOdds returns the log-odds ratio (natural logarithm; positive: the word speaks
// for the class) of a word that is counted class times in the class and rest times
// outside it, and its z-score. Both are 0 where the counts say nothing: no word on
// one of the sides, or no other word on either.
func (c Contrast) LogOdds(class, rest float64) (delta, z float64) {
	prior := c.Prior
	if prior <= 0 {
		prior = min(c.Class, c.Rest)
	}
	all := c.Class + c.Rest
	if !(c.Class > 0 && c.Rest > 0 && class >= 0 && rest >= 0 && class+rest > 0) || class > c.Class || rest > c.Rest {
		return 0, 0
	}
	alpha := prior * (class + rest) / all // (23)
	here, there := class+alpha, rest+alpha
	otherHere, otherThere := c.Class+prior-here, c.Rest+prior-there
	if !(otherHere > 0 && otherThere > 0) {
		return 0, 0
	}
	delta = math.Log(here/otherHere) - math.Log(there/otherThere) // (16)
	return delta, delta / math.Sqrt(1/here+1/there)               // (20), (22)
}
