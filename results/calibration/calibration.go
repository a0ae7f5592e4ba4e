// Package calibration says whether predicted probabilities mean what they say: of
// a hundred predictions made with 80 % each, eighty should be right.
//
//	bins, err := calibration.Bins(p, right, 15, calibration.EqualWidth)
//	fmt.Println(calibration.Error(bins), calibration.Brier(p, right))
package calibration

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// Division says how [0, 1] is divided into bins.
type Division string

// The divisions. Bins are open below and closed above; the first holds 0 too.
const (
	EqualWidth Division = "width" // into intervals of equal width
	EqualMass  Division = "mass"  // at the quantiles of the probabilities
)

// Bin is what was predicted with probabilities of one interval.
type Bin struct {
	Low, High float64 // (Low, High]
	Count     int     // predictions
	Right     int     // of these, that came true
	Mean      float64 // of their probabilities; NaN where there are none
}

// Share is the share that came true; NaN of an empty bin.
func (b Bin) Share() float64 { return float64(b.Right) / float64(b.Count) }

// Bins sorts predictions of probabilities p, each of which came true or not, into
// m bins. By mass there are fewer than m where many probabilities are equal: a bin
// boundary never parts them. Lengths that differ, no prediction, fewer than one
// bin and a value that is no probability are errors.
func Bins(p []float64, right []bool, m int, by Division) ([]Bin, error) {
	if len(p) == 0 || len(p) != len(right) || m < 1 {
		return nil, fmt.Errorf("calibration: bins: %d probabilities of %d outcomes in %d bins: want as many, and a bin or more", len(p), len(right), m)
	}
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("calibration: bins: value %d of %d is %v, no probability", i+1, len(p), v)
		}
	}
	var edges []float64
	switch by {
	case EqualWidth:
		for i := range m + 1 {
			edges = append(edges, float64(i)/float64(m))
		}
	case EqualMass:
		edges = quantiles(p, m)
	default:
		return nil, fmt.Errorf("calibration: bins: division %q is unknown: want %q or %q", by, EqualWidth, EqualMass)
	}
	bins := make([]Bin, len(edges)-1)
	sums := make([]float64, len(bins))
	for i, v := range p {
		k := sort.SearchFloat64s(edges[1:len(edges)-1], v)
		bins[k].Count++
		sums[k] += v
		if right[i] {
			bins[k].Right++
		}
	}
	for k := range bins {
		bins[k].Low, bins[k].High = edges[k], edges[k+1]
		bins[k].Mean = sums[k] / float64(bins[k].Count)
	}
	return bins, nil
}

// quantiles returns the m+1 edges of bins of equal mass, equal ones once, by linear
// interpolation between the sorted values.
func quantiles(p []float64, m int) []float64 {
	sorted := slices.Sorted(slices.Values(p))
	edges := []float64{0}
	for i := 1; i < m; i++ {
		at := float64(i*(len(sorted)-1)) / float64(m)
		low := int(at)
		e := sorted[low]
		if low+1 < len(sorted) {
			e += (at - float64(low)) * (sorted[low+1] - sorted[low])
		}
		if e > edges[len(edges)-1] && e < 1 {
			edges = append(edges, e)
		}
	}
	return append(edges, 1)
}

// Error is the expected calibration error: the mean over all predictions of the
// distance, in their bin, between what came true and what was predicted.
//
// Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, 2017,
// equation 3; they take the predicted class's probability and 15 bins of equal
// width.
func Error(bins []Bin) float64 {
	sum, n := 0.0, 0
	for _, b := range bins {
		if b.Count > 0 {
			sum += float64(b.Count) * math.Abs(b.Share()-b.Mean)
			n += b.Count
		}
	}
	return sum / float64(n)
}

// Brier is the mean squared distance of probabilities and outcomes, 1 and 0. NaN
// where there are none.
//
// Brier: Verification of Forecasts Expressed in Terms of Probability, 1950, of one
// event.
func Brier(p []float64, right []bool) float64 {
	sum := 0.0
	for i, v := range p {
		if right[i] {
			v = 1 - v
		}
		sum += v * v
	}
	return sum / float64(len(p))
}

// Wilson is the 95 % interval of a share of which right of n trials were seen; n
// and right need not be whole. Of no trial it is [0, 1].
//
// Wilson: Probable Inference, the Law of Succession, and Statistical Inference,
// 1927.
func Wilson(right, n float64) (low, high float64) {
	const z = 1.959963984540054 // of the normal distribution, 2.5 % lie above
	if n <= 0 {
		return 0, 1
	}
	share := right / n
	centre := share + z*z/(2*n)
	half := z * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return math.Max((centre-half)/(1+z*z/n), 0), math.Min((centre+half)/(1+z*z/n), 1)
}
