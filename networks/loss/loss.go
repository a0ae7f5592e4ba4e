// Package loss holds what networks minimise: the nested binary cross entropy, over
// the categories and, with a share r, over the master categories, whose logits are
// mixed from the best two of each group; and the categorical cross entropy of labels
// that exclude each other.
//
//	l, err := loss.New[float32](loss.Options{Groups: []int32{0, 0, 1}, Masters: 2, Ratio: 0.1})
//	mean := l.Forward(batch, logits)
//	dlogits := l.Backward(batch)
package loss

import (
	"fmt"
	"math"

	"assay/internal/kernels"
	"assay/networks/layers"
)

// Options describe the two levels and how they are weighed.
type Options struct {
	Groups  []int32 // (C), the master of each category, in [0, Masters)
	Masters int     // M; each has at least one category

	// The share of the masters is r = Ratio·exp(−Decay·step) in training, Ratio
	// elsewhere, so that the losses of validation compare; step being the
	// batch's.
	Ratio float64 // [0, 1]
	Decay float64 // at least 0; 0 keeps r constant

	// How often a positive example counts where Batch.Train is set, (C) and (M);
	// nil is once.
	PosWeight, MasterPosWeight []float64
}

// ClassWeights returns max(counts)/(count+1) for each class, the article's
// weights of positive examples, given how many of them training has.
func ClassWeights(counts []int) []float64 {
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	weights := make([]float64, len(counts))
	for i, n := range counts {
		weights[i] = float64(most) / float64(n+1)
	}
	return weights
}

// Nested is the loss
//
//	(1−r)·mean over (B, C) of BCE(category) + r·mean over (B, M) of BCE(master).
//
// A master's target is 1 where a category of its group has 1; its logit is
// mix(x, y) of the group's two highest logits, in a group of one that one
// itself. Of equal logits the one with the lower index comes first. All is
// computed in float64, paper after paper. It is not safe for concurrent use.
type Nested[T kernels.Float] struct {
	opt   Options
	first []int32 // (M), the category of the best logit so far
	then  []int32 // (M), of the second best; -1 is none
	hit   []bool  // (M), the master's target

	gradient []float64 // (B, C), of the last Forward
	out      layers.Tensor[T]
}

// New returns the loss, or what is wrong with the options.
func New[T kernels.Float](opt Options) (*Nested[T], error) {
	if err := opt.check(); err != nil {
		return nil, fmt.Errorf("loss: %w", err)
	}
	return &Nested[T]{
		opt:   opt,
		first: make([]int32, opt.Masters),
		then:  make([]int32, opt.Masters),
		hit:   make([]bool, opt.Masters),
	}, nil
}

func (opt *Options) check() error {
	if len(opt.Groups) == 0 || opt.Masters < 1 {
		return fmt.Errorf("%d categories in %d masters, want at least one of each", len(opt.Groups), opt.Masters)
	}
	if !(opt.Ratio >= 0 && opt.Ratio <= 1) {
		return fmt.Errorf("ratio of the masters %v, want 0 to 1", opt.Ratio)
	}
	if !(opt.Decay >= 0) || math.IsInf(opt.Decay, 1) {
		return fmt.Errorf("decay of the ratio %v, want 0 or more", opt.Decay)
	}
	sizes := make([]int, opt.Masters)
	for c, m := range opt.Groups {
		if m < 0 || int(m) >= opt.Masters {
			return fmt.Errorf("category %d belongs to master %d of %d", c, m, opt.Masters)
		}
		sizes[m]++
	}
	for m, n := range sizes {
		if n == 0 {
			return fmt.Errorf("master %d has no category", m)
		}
	}
	if err := checkWeights("categories", opt.PosWeight, len(opt.Groups)); err != nil {
		return err
	}
	return checkWeights("masters", opt.MasterPosWeight, opt.Masters)
}

func checkWeights(what string, weights []float64, n int) error {
	if weights != nil && len(weights) != n {
		return fmt.Errorf("%d weights for %d %s", len(weights), n, what)
	}
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return fmt.Errorf("weight %v at %d of the %s, want a finite number of 0 or more", w, i, what)
		}
	}
	return nil
}

// Name is "loss".
func (l *Nested[T]) Name() string { return "loss" }

// Forward returns the mean loss of the batch, given logits (1, B, C). A NaN
// among the logits gives NaN.
func (l *Nested[T]) Forward(b *layers.Batch, logits *layers.Tensor[T]) float64 {
	papers, classes := logits.B, len(l.opt.Groups)
	if logits.D != classes || logits.T != 1 || papers != b.B {
		panic(fmt.Sprintf("loss: logits of (%d, %d, %d), want (1, %d, %d)", logits.T, logits.B, logits.D, b.B, classes))
	}
	if n := papers * classes; n <= cap(l.gradient) {
		l.gradient = l.gradient[:n]
	} else {
		l.gradient = make([]float64, n)
	}
	var weights, masterWeights []float64
	if b.Train {
		weights, masterWeights = l.opt.PosWeight, l.opt.MasterPosWeight
	}
	ratio := l.opt.Ratio
	if b.Train {
		ratio *= math.Exp(-l.opt.Decay * float64(b.Step))
	}
	share := (1 - ratio) / float64(papers*classes)
	masterShare := ratio / float64(papers*l.opt.Masters)
	var sum, masterSum float64
	for p := range papers {
		x := logits.Row(0, p)
		d := l.gradient[p*classes : (p+1)*classes]
		sum += l.categories(x, b.Targets[p*classes:(p+1)*classes], d, weights, share)
		masterSum += l.masters(x, d, masterWeights, masterShare)
	}
	return share*sum + masterShare*masterSum
}

// categories returns the summed loss of a paper's logits x (C) with targets t
// (C), sets d (C) to its gradient times share, and notes for each master the
// best two categories and the target.
func (l *Nested[T]) categories(x []T, t []float32, d, weights []float64, share float64) float64 {
	for m := range l.first {
		l.first[m], l.then[m], l.hit[m] = -1, -1, false
	}
	var sum float64
	for c, m := range l.opt.Groups {
		weight := 1.0
		if weights != nil {
			weight = weights[c]
		}
		value, slope := bce(float64(x[c]), t[c] != 0, weight)
		sum += value
		d[c] = share * slope
		if t[c] != 0 {
			l.hit[m] = true
		}
		switch first, then := l.first[m], l.then[m]; {
		case first < 0 || x[c] > x[first]:
			l.first[m], l.then[m] = int32(c), first
		case then < 0 || x[c] > x[then]:
			l.then[m] = int32(c)
		}
	}
	return sum
}

// masters returns the summed loss of the masters' logits of the paper that
// categories saw last, and adds its gradient times share to d (C).
func (l *Nested[T]) masters(x []T, d, weights []float64, share float64) float64 {
	var sum float64
	for m, first := range l.first {
		weight := 1.0
		if weights != nil {
			weight = weights[m]
		}
		then := l.then[m]
		if then < 0 {
			value, slope := bce(float64(x[first]), l.hit[m], weight)
			sum += value
			d[first] += share * slope
			continue
		}
		hi, lo := float64(x[first]), float64(x[then])
		value, slope := bce(mix(hi, lo), l.hit[m], weight)
		sum += value
		d[first] += share * slope * mixSlope(hi, lo)
		d[then] += share * slope * mixSlope(lo, hi)
	}
	return sum
}

// Backward returns the gradient (1, B, C) of the last Forward's loss with
// respect to its logits. The loss owns it, until the next call.
func (l *Nested[T]) Backward(b *layers.Batch) *layers.Tensor[T] {
	l.out.Resize(1, b.B, len(l.opt.Groups))
	for i, d := range l.gradient {
		l.out.Data[i] = T(d)
	}
	return &l.out
}
