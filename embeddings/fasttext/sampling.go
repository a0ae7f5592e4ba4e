package fasttext

import (
	"math"
	"math/rand/v2"
	"strconv"

	"assay/internal/rng"
)

// keepTable gives for each word the chance that a token of it is kept, of 2^32:
// sqrt(t/f) + t/f for a word of relative frequency f.
func keepTable(counts []int64, tokens int64, t float64) []uint64 {
	keep := make([]uint64, len(counts))
	for i, n := range counts {
		f := float64(n) / float64(tokens)
		p := math.Sqrt(t/f) + t/f
		keep[i] = uint64(math.Min(p, 1) * (1 << 32))
	}
	return keep
}

// aliasTable draws numbers by given weights in constant time (Vose, "A linear
// algorithm for generating random numbers with a given distribution", IEEE TSE
// 17, 1991). It is small enough for the cache, unlike a table of repeats.
type aliasTable struct {
	threshold []uint32 // below it the number itself, else its alias
	alias     []int32
}

// newAliasTable takes weights above 0.
func newAliasTable(weights []float64) aliasTable {
	n := len(weights)
	t := aliasTable{threshold: make([]uint32, n), alias: make([]int32, n)}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	scaled := make([]float64, n)
	var small, large []int32
	for i, w := range weights {
		scaled[i] = w / sum * float64(n)
		if scaled[i] < 1 {
			small = append(small, int32(i))
		} else {
			large = append(large, int32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		t.threshold[s], t.alias[s] = uint32(math.Min(scaled[s]*(1<<32), math.MaxUint32)), l
		scaled[l] -= 1 - scaled[s]
		if scaled[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, rest := range [][]int32{small, large} { // 1 but for rounding
		for _, i := range rest {
			t.threshold[i], t.alias[i] = math.MaxUint32, i
		}
	}
	return t
}

// draw returns a number by 64 random bits.
func (t *aliasTable) draw(bits uint64) int32 {
	i := int32((bits >> 32) * uint64(len(t.alias)) >> 32)
	if uint32(bits) < t.threshold[i] {
		return i
	}
	return t.alias[i]
}

// negativeWeights are the square roots of the counts.
func negativeWeights(counts []int64) []float64 {
	w := make([]float64, len(counts))
	for i, n := range counts {
		w[i] = math.Sqrt(float64(n))
	}
	return w
}

// chunkRand is the generator for one chunk of one epoch: what is drawn does not
// depend on which worker trains it.
func chunkRand(seed uint64, epoch, chunk int) *rand.PCG {
	return rand.NewPCG(rng.Seed(seed, "fasttext", "chunk", strconv.Itoa(epoch), strconv.Itoa(chunk)), uint64(chunk))
}

// below returns a number in [0, n) from the generator.
func below(r *rand.PCG, n int) int { return int((r.Uint64() >> 32) * uint64(n) >> 32) }

// The logistic function and its logarithm in steps between -8 and 8, where
// fastText has 512.
const (
	tableSize  = 4096
	tableLimit = 8
)

type logisticTable struct {
	sigmoid  [tableSize + 1]float32 // 1/(1+exp(-x))
	softplus [tableSize + 1]float32 // log(1+exp(-x)), the loss where the label is 1
}

func newLogisticTable() *logisticTable {
	t := &logisticTable{}
	for i := range t.sigmoid {
		x := float64(2*tableLimit*i)/tableSize - tableLimit
		t.sigmoid[i] = float32(1 / (1 + math.Exp(-x)))
		t.softplus[i] = float32(math.Log1p(math.Exp(-x)))
	}
	return t
}

// at returns the logistic function of x, 0 and 1 beyond the limits, and the loss
// -log of it. A NaN comes back as both.
func (t *logisticTable) at(x float32) (sigmoid, loss float32) {
	switch {
	case x >= tableLimit:
		return 1, 0
	case x <= -tableLimit:
		return 0, -x
	case x != x:
		return x, x
	}
	i := int((x + tableLimit) * (tableSize / (2 * tableLimit)))
	return t.sigmoid[i], t.softplus[i]
}
