package stats

import (
	"fmt"
	"slices"

	"assay/internal/rng"
)

// What assay's reports use, so that a run's own interval and a table's are the
// same.
const (
	Level     = 0.95 // of intervals; tests are at 1−Level
	Resamples = 2000
)

// Seed of the resamples of papers: a name and not a number of the run's, so
// that the same predictions have the same interval.
func Seed() uint64 { return rng.Seed(0, "bootstrap over papers") }

// Interval is a confidence interval, in the unit of what it is of.
type Interval struct {
	Low, High float64
}

// PairedMean compares the means of two quantities of the same subjects.
type PairedMean struct {
	N          int     // subjects
	Differing  int     // of them, those on which the two are not equal
	Difference float64 // of the means
	Interval   Interval
	// P is two-sided and goes with the interval: below 1−level where 0 is
	// outside. It is never below what the resamples can tell, 2/(resamples+1), nor
	// below SmallestP of Differing.
	P float64
}

// PairedBootstrap compares the mean of a with that of b, both known of the same
// subjects, by resampling them; see Estimate.Minus.
func PairedBootstrap(a, b []float64, level float64, resamples int, seed uint64) (PairedMean, error) {
	if err := checkLevel(level); err != nil {
		return PairedMean{}, fmt.Errorf("stats: paired bootstrap: %w", err)
	}
	r, err := Resample([][]float64{a, b}, resamples, seed)
	if err != nil {
		return PairedMean{}, err
	}
	out := PairedMean{N: len(a)}
	for i, v := range a {
		if v != b[i] {
			out.Differing++
			out.Difference += (v - b[i]) / float64(out.N)
		}
	}
	out.Interval, out.P = r.Estimate(0).Minus(r.Estimate(1), level)
	out.P = max(out.P, SmallestP(out.Differing))
	return out, nil
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("level %v is not between 0 and 1", level)
	}
	return nil
}

// percentiles returns the interval that leaves out equal shares of the values at
// both ends. It sorts them.
func percentiles(values []float64, level float64) Interval {
	slices.Sort(values)
	return Interval{Low: quantile(values, (1-level)/2), High: quantile(values, (1+level)/2)}
}

// quantile interpolates between the two nearest of the sorted values, as numpy
// does by default.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}
