// Package stats says how sure the mean of a few replicates or of many subjects
// is, and whether two of them differ. It knows nothing of metrics or layout.
//
//	s, err := stats.Summarize([]float64{0.401, 0.405, 0.398}, 0.95)
//	fmt.Println(s.Mean, s.HalfWidth, s.N)
//	d, err := stats.PairedBootstrap(ours, theirs, stats.Level, stats.Resamples, stats.Seed())
//	fmt.Println(d.Difference, d.Interval, d.P)
package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// FewestReplicates is the smallest number of replicates with which Summarize has
// an interval and Paired a p. Both take replicates for normally distributed; the
// exact test that does not, by exchanging signs, would need FewestPairs(0.05), 6.
const FewestReplicates = 2

// Summary describes n replicates of one quantity, in its unit.
type Summary struct {
	N    int
	Mean float64
	// StdDev is the sample standard deviation, over n−1. NaN where n is 1.
	StdDev float64
	// HalfWidth is half the width of the confidence interval of the mean,
	// Mean ± HalfWidth, by Student's t with n−1 degrees of freedom; it takes
	// the replicates for independent and normally distributed. NaN where n is
	// 1, which says nothing about spread, and 0 where all are equal; see HasInterval.
	HalfWidth float64
}

// HasInterval reports whether the replicates tell of their spread: two or more
// that are not all equal. Student's t has nothing to measure equal ones by, which R's
// t.test refuses as "essentially constant", too: ± 0 would claim to be sure of what
// was not seen to vary.
func (s Summary) HasInterval() bool { return s.N >= FewestReplicates && s.StdDev > 0 }

// negligible is the spread, as a share of the values, that rounding makes.
const negligible = 10 * 0x1p-52

// Summarize describes replicates with a confidence interval of the given
// level, such as 0.95. No replicate, one that is NaN or infinite, and a level
// outside (0, 1) are errors.
func Summarize(replicates []float64, level float64) (Summary, error) {
	if len(replicates) == 0 {
		return Summary{}, fmt.Errorf("stats: summarize: there is no replicate")
	}
	if err := checkLevel(level); err != nil {
		return Summary{}, fmt.Errorf("stats: summarize: %w", err)
	}
	for i, x := range replicates {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return Summary{}, fmt.Errorf("stats: summarize: replicate %d of %d is %v", i+1, len(replicates), x)
		}
	}
	n := len(replicates)
	if n == 1 {
		return Summary{N: 1, Mean: replicates[0], StdDev: math.NaN(), HalfWidth: math.NaN()}, nil
	}
	// Equal replicates have no spread; the mean's rounding must not invent one.
	if allEqual(replicates) {
		return Summary{N: n, Mean: replicates[0]}, nil
	}
	mean, sd := stat.MeanStdDev(replicates, nil)
	return Summary{N: n, Mean: mean, StdDev: sd, HalfWidth: tQuantile(level, n-1) * stat.StdErr(sd, float64(n))}, nil
}

// Paired compares two quantities measured on the same n subjects, such as two
// models under the same seeds: the summary of a[i]−b[i], and the two-sided p
// of the paired t-test that its mean is 0. With one pair there is no test and
// p is NaN. Where all differences are equal, up to rounding, there is none either, and
// difference has no interval: p is then 1 if they are 0 and 0 if not, which says
// whether they are equal and nothing of significance.
func Paired(a, b []float64, level float64) (difference Summary, p float64, err error) {
	if len(a) != len(b) {
		return Summary{}, math.NaN(), fmt.Errorf("stats: paired test: %d values against %d", len(a), len(b))
	}
	d := make([]float64, len(a))
	largest := 0.0
	for i := range a {
		d[i] = a[i] - b[i]
		largest = max(largest, math.Abs(a[i]), math.Abs(b[i]))
	}
	difference, err = Summarize(d, level)
	if err == nil && difference.StdDev <= negligible*largest {
		difference.StdDev, difference.HalfWidth = 0, 0
	}
	switch {
	case err != nil || len(d) < FewestReplicates:
		return difference, math.NaN(), err
	case difference.StdDev == 0 && difference.Mean == 0:
		return difference, 1, nil
	case difference.StdDev == 0:
		return difference, 0, nil
	}
	t := difference.Mean / stat.StdErr(difference.StdDev, float64(len(d)))
	return difference, tTails(math.Abs(t), float64(len(d)-1)), nil
}

// tQuantile is the t that holds the share level of Student's distribution between
// −t and t. One and two degrees of freedom, those of two and three seeds, have a
// closed form: a large table asks tens of thousands of times.
func tQuantile(level float64, nu int) float64 {
	switch nu {
	case 1:
		return math.Tan(math.Pi / 2 * level)
	case 2:
		return level * math.Sqrt(2/((1-level)*(1+level)))
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(nu)}.Quantile(0.5 + level/2)
}

// tTails is the share of Student's distribution outside of −t and t, for t > 0.
func tTails(t, nu float64) float64 {
	switch nu {
	case 1:
		return 2 / math.Pi * math.Atan(1/t)
	case 2:
		s := 2 + t*t
		return 2 / (s * (1 + t/math.Sqrt(s)))
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}.Survival(t)
}

func allEqual(x []float64) bool {
	for _, v := range x[1:] {
		if v != x[0] {
			return false
		}
	}
	return true
}

// Version counts the changes of the intervals that a run records: part of a trial's
// identity.
const Version = 1
