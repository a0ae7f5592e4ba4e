package stats

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"assay/internal/parallel"
	"assay/internal/rng"
)

// Part is some of the subjects and what is known of them.
type Part struct {
	At         []int32 // the place of each among all subjects; nil: all, in order
	Quantities []Quantity
}

// Resampled holds several quantities, as they are and over the same random
// resamples of the subjects. A resample draws as many subjects as there are, with
// replacement (Efron and Tibshirani, An Introduction to the Bootstrap, 1993); it
// takes subjects for independent of each other. A subject of several parts is drawn
// or left out for all of them.
type Resampled struct {
	whole   []float64
	samples [][]float64 // (quantities, resamples)
}

// Resample draws resamples of subjects whose means are asked for: each column has
// the values of one quantity, in one order of the subjects.
func Resample(columns [][]float64, resamples int, seed uint64) (*Resampled, error) {
	if len(columns) == 0 {
		return nil, fmt.Errorf("stats: resample: there is nothing to resample")
	}
	quantities := make([]Quantity, len(columns))
	for i, c := range columns {
		quantities[i] = Mean(c)
	}
	return ResampleParts(len(columns[0]), []Part{{Quantities: quantities}}, resamples, seed)
}

// ResampleParts draws resamples of n subjects. Estimate counts the quantities of all
// parts in their order. The same parts, number and seed give the same values to the
// bit on any number of cores, and fewer resamples the first of them. No quantity, no
// subject, quantities of another number of subjects and values that are NaN or
// infinite are errors.
func ResampleParts(n int, parts []Part, resamples int, seed uint64) (*Resampled, error) {
	total, err := checkParts(n, parts)
	if err != nil {
		return nil, fmt.Errorf("stats: resample: %w", err)
	}
	if resamples < 1 {
		return nil, fmt.Errorf("stats: resample: %d resamples: want 1 or more", resamples)
	}
	r := &Resampled{whole: make([]float64, total), samples: make([][]float64, total)}
	for i := range r.samples {
		r.samples[i] = make([]float64, resamples)
	}
	once := &drawn{times: make([]float64, n)}
	for i := range once.times {
		once.times[i] = 1
	}
	each(parts, []*drawn{once}, func(i, _ int, v float64) { r.whole[i] = v })
	err = parallel.Blocks(context.Background(), 0, resamples, blockSize, func() func(from, to int) error {
		block := make([]*drawn, blockSize)
		for k := range block {
			block[k] = &drawn{times: make([]float64, n)}
		}
		return func(from, to int) error {
			now := block[:to-from]
			for k, d := range now {
				draw(d.times, rng.New(seed, "resample", strconv.Itoa(from+k)))
			}
			each(parts, now, func(i, k int, v float64) { r.samples[i][from+k] = v })
			return nil
		}
	})
	return r, err
}

// blockSize is how many resamples a worker draws before it looks at the
// quantities: so often a quantity is used while it is in the cache.
const blockSize = 8

// drawn is a resample: how often each subject was drawn, those of a part, and their
// number.
type drawn struct {
	times, part []float64
	total       float64 // of part

	room []float64 // to work in
}

// each computes all quantities of some resamples.
func each(parts []Part, of []*drawn, set func(quantity, resample int, v float64)) {
	i := 0
	for _, p := range parts {
		for _, d := range of {
			d.choose(p.At)
		}
		for _, q := range p.Quantities {
			for k, d := range of {
				set(i, k, q.value(d))
			}
			i++
		}
	}
}

// choose makes part what was drawn of the subjects at these places.
func (d *drawn) choose(at []int32) {
	if d.part = d.times; at != nil {
		d.room = slices.Grow(d.room[:0], len(at))[:len(at)]
		for i, k := range at {
			d.room[i] = d.times[k]
		}
		d.part = d.room
	}
	d.total = 0
	for _, v := range d.part {
		d.total += v
	}
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

func checkParts(n int, parts []Part) (total int, err error) {
	switch {
	case n == 0:
		return 0, fmt.Errorf("there is no subject")
	case uint64(n) > math.MaxUint32:
		return 0, fmt.Errorf("%d subjects are too many", n)
	}
	for _, p := range parts {
		size := n
		if p.At != nil {
			size = len(p.At)
		}
		for _, k := range p.At {
			if k < 0 || int(k) >= n {
				return 0, fmt.Errorf("there is no subject %d of %d", k+1, n)
			}
		}
		for _, q := range p.Quantities {
			total++
			if err := q.check(size); err != nil {
				return 0, fmt.Errorf("quantity %d: %w", total, err)
			}
		}
	}
	if total == 0 {
		return 0, fmt.Errorf("there is nothing to resample")
	}
	return total, nil
}

// Estimate is a quantity as it is, and its resamples.
type Estimate struct {
	Value   float64
	samples []float64
}

// Estimate returns the mean of the quantities, such as of one of several replicates:
// one or more.
func (r *Resampled) Estimate(quantities ...int) Estimate {
	if len(quantities) == 1 {
		i := quantities[0]
		return Estimate{r.whole[i], r.samples[i]}
	}
	e := Estimate{samples: make([]float64, len(r.samples[0]))}
	for _, i := range quantities {
		e.Value += r.whole[i]
		for b, v := range r.samples[i] {
			e.samples[b] += v
		}
	}
	n := float64(len(quantities))
	e.Value /= n
	for b := range e.samples {
		e.samples[b] /= n
	}
	return e
}

// Interval returns the percentile interval. BCa would correct it by the skew of the
// mean, which over n subjects is that of one by √n: with the hundreds of papers of a
// test part, less than the resamples' own error. With few subjects the interval is
// too narrow, by about 1/(2n).
func (e Estimate) Interval(level float64) Interval {
	return percentiles(slices.Clone(e.samples), level)
}

// Minus compares two quantities of the same resamples: the interval of their
// difference, and the two-sided p that goes with it, below 1−level where 0 is
// outside. p is never below what the resamples can tell, 2/(resamples+1).
func (e Estimate) Minus(o Estimate, level float64) (Interval, float64) {
	d := make([]float64, len(e.samples))
	below, above := 0, 0
	for b := range d {
		d[b] = e.samples[b] - o.samples[b]
		if d[b] <= 0 {
			below++
		}
		if d[b] >= 0 {
			above++
		}
	}
	p := min(1, 2*float64(1+min(below, above))/float64(1+len(d)))
	return percentiles(d, level), p
}
