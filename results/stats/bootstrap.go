package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

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

// Resampled holds the means of several quantities, all known of the same n
// subjects, over the same random resamples of them. A resample draws n subjects
// with replacement (Efron and Tibshirani, An Introduction to the Bootstrap,
// 1993); it takes subjects for independent of each other.
type Resampled struct {
	values [][]float64 // (columns, n)
	means  [][]float64 // (columns, resamples)
}

// Resample draws the resamples. Each column has the n values of one quantity, in
// one order of the subjects. The same columns, number and seed give the same
// means to the bit on any number of cores, and fewer resamples the first of them. No column, no
// subject, columns of different lengths and values that are NaN or infinite are
// errors.
func Resample(columns [][]float64, resamples int, seed uint64) (*Resampled, error) {
	if err := checkColumns(columns); err != nil {
		return nil, fmt.Errorf("stats: resample: %w", err)
	}
	if resamples < 1 {
		return nil, fmt.Errorf("stats: resample: %d resamples: want 1 or more", resamples)
	}
	r := &Resampled{values: columns, means: make([][]float64, len(columns))}
	for i := range r.means {
		r.means[i] = make([]float64, resamples)
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), resamples) {
		wait.Go(func() {
			times := make([]float64, len(columns[0]))
			for b := int(next.Add(1)) - 1; b < resamples; b = int(next.Add(1)) - 1 {
				draw(times, rng.New(seed, "resample", strconv.Itoa(b)))
				for i, column := range columns {
					r.means[i][b] = dot(times, column) / float64(len(column))
				}
			}
		})
	}
	wait.Wait()
	return r, nil
}

// draw draws as many subjects as there are and counts how often each was drawn.
// A draw takes 32 bits: no subject is more likely than another by more than n in
// 2³².
func draw(times []float64, source *rand.Rand) {
	clear(times)
	n := uint64(len(times))
	for i := uint64(0); i < n; i += 2 {
		bits := source.Uint64()
		times[(bits>>32)*n>>32]++
		if i+1 < n {
			times[(bits&math.MaxUint32)*n>>32]++
		}
	}
}

func checkColumns(columns [][]float64) error {
	if len(columns) == 0 {
		return fmt.Errorf("there is nothing to resample")
	}
	for i, column := range columns {
		switch {
		case len(column) == 0:
			return fmt.Errorf("there is no subject")
		case len(column) > math.MaxUint32:
			return fmt.Errorf("%d subjects are too many", len(column))
		case len(column) != len(columns[0]):
			return fmt.Errorf("column %d has %d subjects, column 1 has %d", i+1, len(column), len(columns[0]))
		}
		for j, v := range column {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("value %d of %d is %v", j+1, len(column), v)
			}
		}
	}
	return nil
}

// First returns the first n of the resamples.
func (r *Resampled) First(n int) *Resampled {
	out := &Resampled{values: r.values}
	for _, m := range r.means {
		out.means = append(out.means, m[:min(n, len(m))])
	}
	return out
}

// Interval returns the percentile interval of the mean of column i. BCa would
// correct it by the skew of the mean, which over n subjects is that of one by
// √n: with the hundreds of papers of a test part, less than the resamples' own
// error. With few subjects the interval is too narrow, by about 1/(2n).
func (r *Resampled) Interval(i int, level float64) Interval {
	return percentiles(slices.Clone(r.means[i]), level)
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

// Difference compares column i with column j.
func (r *Resampled) Difference(i, j int, level float64) PairedMean {
	d := make([]float64, len(r.means[i]))
	below, above := 0, 0
	for b := range d {
		d[b] = r.means[i][b] - r.means[j][b]
		if d[b] <= 0 {
			below++
		}
		if d[b] >= 0 {
			above++
		}
	}
	out := PairedMean{N: len(r.values[i])}
	for k, v := range r.values[i] {
		if w := r.values[j][k]; v != w {
			out.Differing++
			out.Difference += (v - w) / float64(out.N)
		}
	}
	p := 2 * float64(1+min(below, above)) / float64(1+len(d))
	out.P = min(1, max(p, SmallestP(out.Differing)))
	out.Interval = percentiles(d, level)
	return out
}

// Bootstrap returns the percentile interval of the mean of values by resampling
// them; see Resample and Resampled.Interval.
func Bootstrap(values []float64, level float64, resamples int, seed uint64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, fmt.Errorf("stats: bootstrap: %w", err)
	}
	r, err := Resample([][]float64{values}, resamples, seed)
	if err != nil {
		return Interval{}, err
	}
	return r.Interval(0, level), nil
}

// PairedBootstrap compares the mean of a with that of b, both known of the same
// subjects, by resampling them; see Resampled.Difference.
func PairedBootstrap(a, b []float64, level float64, resamples int, seed uint64) (PairedMean, error) {
	if err := checkLevel(level); err != nil {
		return PairedMean{}, fmt.Errorf("stats: paired bootstrap: %w", err)
	}
	r, err := Resample([][]float64{a, b}, resamples, seed)
	if err != nil {
		return PairedMean{}, err
	}
	return r.Difference(0, 1, level), nil
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

// dot is the product of two vectors. The products are rounded before they are
// added, so that it is the same to the bit on every processor.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float64(a[i] * b[i])
		s1 += float64(a[i+1] * b[i+1])
		s2 += float64(a[i+2] * b[i+2])
		s3 += float64(a[i+3] * b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float64(a[i] * b[i])
	}
	return s0 + s1 + (s2 + s3)
}
