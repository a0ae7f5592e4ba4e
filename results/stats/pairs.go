package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Pairs is several estimates over the same resamples, of which each is compared with
// each.
type Pairs struct {
	of      []Estimate
	skip    func(i, j int) bool
	largest []float64 // by resample, ascending: the largest of all pairs' differences
	n       int       // pairs
}

// ComparePairs prepares comparisons of each estimate with each, but for pairs to
// skip.
func ComparePairs(of []Estimate, skip func(i, j int) bool) *Pairs {
	p := &Pairs{of: of, skip: skip}
	if len(of) == 0 {
		return p
	}
	p.largest = make([]float64, len(of[0].samples))
	for i := range of {
		for j := range i {
			if skip(i, j) {
				continue
			}
			p.n++
			e := p.standardError(i, j)
			if e == 0 {
				continue
			}
			d := of[i].Value - of[j].Value
			for b := range p.largest {
				v := math.Abs(of[i].samples[b]-of[j].samples[b]-d) / e
				p.largest[b] = max(p.largest[b], v)
			}
		}
	}
	slices.Sort(p.largest)
	return p
}

// N is the number of pairs that are compared.
func (p *Pairs) N() int { return p.n }

// standardError is that of a difference; 0 where it is below what rounding
// makes.
func (p *Pairs) standardError(i, j int) float64 {
	x, y := p.of[i], p.of[j]
	var mean, squares float64
	for b := range x.samples {
		mean += x.samples[b] - y.samples[b]
	}
	mean /= float64(len(x.samples))
	for b := range x.samples {
		d := x.samples[b] - y.samples[b] - mean
		squares += float64(d * d)
	}
	e := math.Sqrt(squares / float64(len(x.samples)))
	if e <= negligible*max(math.Abs(x.Value), math.Abs(y.Value)) {
		return 0
	}
	return e
}

// P returns two-sided p-values of the hypothesis that the estimates i and j are equal:
// alone for this pair by itself, adjusted for all pairs. In each resample, every pair's
// difference, less the measured one, is divided by its standard error; adjusted is the
// share of resamples in which the largest of these is at least what was measured for i
// and j (Westfall and Young, Resampling-Based Multiple Testing, 1993, single step). So where all estimates are equal, an adjusted p
// below α occurs for any pair with a probability of at most α, also where the pair was
// chosen by its values, such as each with the best. Holm's correction for the
// comparisons with the best does not keep this bound: among three equal estimates it
// is wrong in 6 of 100 tables, among twelve in 16.
//
// subjects is their number. Where replicates share the subjects, replicates is their
// number and spread the standard error of the difference's mean over them, else 0.
// The variances over subjects and replicates add up, with the degrees of freedom after
// Satterthwaite (Biometrics Bulletin 2, 1946): a test of one source of chance alone
// would take the effect of the other for a difference.
func (p *Pairs) P(i, j, subjects int, spread float64, replicates int) (alone, adjusted float64) {
	d := math.Abs(p.of[i].Value - p.of[j].Value)
	if d == 0 {
		return 1, 1
	}
	e := p.standardError(i, j)
	if total := math.Hypot(e, spread); total > 0 {
		share := spread * spread / (total * total)
		nu := 1 / ((1-share)*(1-share)/float64(max(subjects-1, 1)) + share*share/float64(max(replicates-1, 1)))
		alone = tTails(d/total, nu)
	}
	at, _ := slices.BinarySearch(p.largest, -distuv.UnitNormal.Quantile(alone/2))
	return alone, float64(1+len(p.largest)-at) / float64(1+len(p.largest))
}

// HolmBest adjusts the p-values of the comparisons of the best with each of the others,
// where the best was chosen by the same values. Holm's factors, k−1 and so on, hold for
// one that was chosen beforehand; here they are the number of pairs among those not
// yet rejected: k(k−1)/2 of k, then (k−1)(k−2)/2 (Shaffer, Journal of the American
// Statistical Association 81, 1986). NaN stays NaN and is not counted. See Pairs.P.
func HolmBest(p []float64) []float64 {
	return stepDown(p, func(left int) float64 { return float64(left*(left+1)) / 2 })
}

// Holm adjusts the p-values of several comparisons so that the chance of one or
// more false positives among those below α is at most α (Holm, Scandinavian
// Journal of Statistics 6, 1979), however they depend on each other. The
// adjusted ones stand in the order of p and rise with it. NaN, where there was
// no test, stays NaN and counts for nothing.
func Holm(p []float64) []float64 {
	return stepDown(p, func(left int) float64 { return float64(left) })
}

// stepDown multiplies each p, the least first, by the factor of how many are left.
func stepDown(p []float64, factor func(left int) float64) []float64 {
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
		least = min(1, max(least, factor(len(order)-rank)*p[i]))
		adjusted[i] = least
	}
	return adjusted
}
