// Package stats says how sure the mean of a few replicates is, and whether two
// sets of replicates differ. It knows nothing of metrics or layout.
//
//	s, err := stats.Summarize([]float64{0.401, 0.405, 0.398}, 0.95)
//	fmt.Println(s.Mean, s.HalfWidth, s.N)
package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Summary describes n replicates of one quantity, in its unit.
type Summary struct {
	N    int
	Mean float64
	// StdDev is the sample standard deviation, over n−1. NaN where n is 1.
	StdDev float64
	// HalfWidth is half the width of the confidence interval of the mean,
	// Mean ± HalfWidth, by Student's t with n−1 degrees of freedom; it takes
	// the replicates for independent and normally distributed. NaN where n is
	// 1: one replicate says nothing about spread.
	HalfWidth float64
}

// HasInterval reports whether there are enough replicates for an interval.
func (s Summary) HasInterval() bool { return s.N >= 2 }

// Summarize describes replicates with a confidence interval of the given
// level, such as 0.95. No replicate, one that is NaN or infinite, and a level
// outside (0, 1) are errors.
func Summarize(replicates []float64, level float64) (Summary, error) {
	if len(replicates) == 0 {
		return Summary{}, fmt.Errorf("stats: summarize: there is no replicate")
	}
	if !(level > 0 && level < 1) {
		return Summary{}, fmt.Errorf("stats: summarize: level %v is not between 0 and 1", level)
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
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(0.5 + level/2)
	return Summary{N: n, Mean: mean, StdDev: sd, HalfWidth: t * stat.StdErr(sd, float64(n))}, nil
}

// Paired compares two quantities measured on the same n subjects, such as two
// models under the same seeds: the summary of a[i]−b[i], and the two-sided p
// of the paired t-test that its mean is 0. With one pair there is no test and
// p is NaN. Where all differences are equal p is 1 if they are 0, and 0 if not.
func Paired(a, b []float64, level float64) (difference Summary, p float64, err error) {
	if len(a) != len(b) {
		return Summary{}, math.NaN(), fmt.Errorf("stats: paired test: %d values against %d", len(a), len(b))
	}
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	difference, err = Summarize(d, level)
	switch {
	case err != nil || !difference.HasInterval():
		return difference, math.NaN(), err
	case difference.StdDev == 0 && difference.Mean == 0:
		return difference, 1, nil
	case difference.StdDev == 0:
		return difference, 0, nil
	}
	n := float64(len(d))
	t := difference.Mean / stat.StdErr(difference.StdDev, n)
	return difference, 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Survival(math.Abs(t)), nil
}

func allEqual(x []float64) bool {
	for _, v := range x[1:] {
		if v != x[0] {
			return false
		}
	}
	return true
}
