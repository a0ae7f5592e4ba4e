package forest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

// naiveSplit tries every threshold of one feature with dense sums in float64.
// Splits whose gains differ by rounding count as equal: the lowest wins.
func naiveSplit(values []float32, weights []int32, y *multilabel.Matrix, minLeaf int) (threshold float32, gain float64, ok bool) {
	distinct := slices.Compact(slices.Sorted(slices.Values(values)))
	for k := range len(distinct) - 1 {
		t := midpoint(distinct[k], distinct[k+1])
		var n, w [2]int
		sums := [2][]float64{make([]float64, y.Cols), make([]float64, y.Cols)}
		for i, v := range values {
			side := 0
			if v > t {
				side = 1
			}
			n[side]++
			w[side] += int(weights[i])
			for _, c := range y.Row(i) {
				sums[side][c] += float64(weights[i])
			}
		}
		if min(n[0], n[1]) < minLeaf {
			continue
		}
		g := 0.0
		for side := range sums {
			for _, s := range sums[side] {
				g += s * s / float64(w[side])
			}
		}
		if !ok || g > gain+1e-9 {
			threshold, gain, ok = t, g, true
		}
	}
	return threshold, gain, ok
}

func TestBestThresholdEqualsNaiveSearch(t *testing.T) {
	r := rng.New(3, "naive split")
	for round := range 3000 {
		n, labels, minLeaf := 2+r.IntN(12), 1+r.IntN(4), 1+r.IntN(3)
		if round%50 == 0 {
			n = 100 // beyond insertion sort
		}
		values, weights, y := make([]float32, n), make([]int32, n), multilabel.New(labels)
		for i := range n {
			values[i] = float32(r.IntN(7)-r.IntN(4)*(round%2)) / 2
			weights[i] = 1 + int32(r.IntN(3))
			var carried []int32
			for c := range labels {
				if r.IntN(3) == 0 {
					carried = append(carried, int32(c))
				}
			}
			y.Append(carried)
		}
		set, err := newTrainSet(classifier.Dataset{X: &features.Dense{Rows: n, Cols: 1, Data: values}, Y: y})
		if err != nil {
			t.Fatal(err)
		}
		g := newGrower(set, Options{MinLeaf: minLeaf, NoBootstrap: true}, 1)
		g.begin(r)
		copy(g.weights, weights)
		g.node.reset()
		for i := range n {
			g.node.add(y.Row(i), int64(weights[i]))
		}
		got, ok := g.bestSplit(&g.regions[0], 0, int32(n))
		gotGain := float64(got.gain.over) / float64(got.gain.under)
		threshold, gain, wantOK := naiveSplit(values, weights, y, minLeaf)
		if ok != wantOK || ok && (got.threshold != threshold || math.Abs(gotGain-gain) > 1e-9) {
			t.Fatalf("round %d: values %v, weights %v, labels %v, min leaf %d: got %v %v %v, want %v %v %v",
				round, values, weights, y, minLeaf, got.threshold, gotGain, ok, threshold, gain, wantOK)
		}
		if slices.ContainsFunc(g.split.side, func(n int64) bool { return n != 0 }) {
			t.Fatalf("round %d left sums behind: %v", round, g.split.side)
		}
	}
}

// The region is only a short cut: drawing from it must find the features that
// a permutation of all of them finds, as often.
func TestRegionDrawsAsAPermutationOfAllFeatures(t *testing.T) {
	const rounds = 40000
	for _, c := range []struct{ d, region, m int }{
		{40, 5, 6}, {40, 30, 6}, {40, 40, 6}, {40, 3, 40}, {40, 8, 1}, {1000, 2, 3},
	} {
		// Of the region's features, the even ones vary in the node.
		r := rng.New(5, "permutation", fmt.Sprint(c))
		looked := func(order func(i int) int, limit, total int) int {
			varied := 0
			for i := 0; i < total && (i < limit || varied == 0); i++ {
				if f := order(i); f < c.region && f%2 == 0 {
					varied++
				}
			}
			return varied
		}
		reg := &region{columns: make([]column, c.region)}
		reg.tabulate(c.d, c.m)
		var want, got [64]float64
		for range rounds {
			all, some := r.Perm(c.d), r.Perm(c.region)
			want[looked(func(i int) int { return all[i] }, c.m, c.d)]++
			got[looked(func(i int) int { return some[i] }, reg.draw(r), c.region)]++
		}
		chi2, cells := 0.0, 0
		for k := range want {
			if n := want[k] + got[k]; n > 0 {
				chi2 += (want[k] - got[k]) * (want[k] - got[k]) / n
				cells++
			}
		}
		if limit := float64(cells) + 4*math.Sqrt(2*float64(cells)); chi2 > limit {
			t.Errorf("%+v: chi² %.1f over %d cells, want at most %.1f\nall    %v\nregion %v", c, chi2, cells, limit, want, got)
		}
	}
}

func TestHypergeometric(t *testing.T) {
	choose := func(n, k int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	for _, c := range []struct{ total, marked, drawn int }{
		{10, 4, 3}, {10, 4, 8}, {10, 10, 3}, {10, 3, 10}, {1, 1, 1}, {7, 1, 1},
		{38306, 150, 195}, {38306, 38000, 195}, {120201, 60000, 60000}, {2000000, 1000000, 1414},
	} {
		low, cumulative := hypergeometric(nil, c.total, c.marked, c.drawn)
		if len(cumulative) == 0 || cumulative[len(cumulative)-1] != 1 {
			t.Fatalf("%+v: table %v", c, cumulative)
		}
		last := 0.0
		for i, p := range cumulative {
			k := low + i
			want := math.Exp(choose(c.marked, k) + choose(c.total-c.marked, c.drawn-k) - choose(c.total, c.drawn))
			if got := p - last; math.Abs(got-want) > 1e-7*want+1e-15 {
				t.Errorf("%+v: probability of %d is %v, want %v", c, k, got, want)
			}
			last = p
		}
	}
}

func TestMidpointSendsEveryFloatTheRightWay(t *testing.T) {
	r := rng.New(2, "midpoint")
	check := func(lo, hi float32) {
		got, middle := midpoint(lo, hi), float64(lo)/2+float64(hi)/2
		above := math.Nextafter32(got, float32(math.Inf(1)))
		if float64(got) > middle || float64(above) <= middle || !(lo <= got && got < hi) {
			t.Fatalf("midpoint of %v and %v: %v", lo, hi, got)
		}
	}
	check(0, 1)
	check(-math.MaxFloat32, math.MaxFloat32)
	check(math.MaxFloat32/2, math.MaxFloat32)
	for range 10000 {
		lo := float32(r.NormFloat64())
		check(lo, math.Nextafter32(lo, 9))
		check(lo, lo+r.Float32()+1e-6)
	}
}

func TestSortEntries(t *testing.T) {
	r := rng.New(4, "sort")
	var scratch []entry
	for _, n := range []int{0, 1, 2, 31, 32, 33, 64, 1000, 5000} {
		for _, draw := range []func() float32{
			func() float32 { return float32(1 + r.IntN(4)) },
			func() float32 { return float32(r.NormFloat64()) },
			func() float32 { return 1 },
			func() float32 { return math.Float32frombits(r.Uint32()&^0x7f800000 | uint32(r.IntN(255))<<23) },
		} {
			got := make([]entry, n)
			for i := range got {
				got[i] = entry{int32(i), draw()}
			}
			want := slices.Clone(got)
			slices.SortStableFunc(want, func(a, b entry) int {
				if a.value < b.value {
					return -1
				} else if a.value > b.value {
					return 1
				}
				return 0
			})
			if scratch = sortEntries(got, scratch); !reflect.DeepEqual(got, want) {
				t.Fatalf("%d entries are not sorted, or not stably", n)
			}
		}
	}
}

// Whatever a damaged file holds, decoding ends in an error or in a tree that
// can be walked.
func TestDecodeTreeSurvivesDamage(t *testing.T) {
	f := New(Options{Trees: 1, MaxDepth: 4})
	train := parityData("counts", 1, 60, 30)
	if err := f.Fit(t.Context(), train, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	whole := f.model.trees[0].encode(nil)
	if got, err := decodeTree(whole, 30, parityLabels); err != nil || !reflect.DeepEqual(got, f.model.trees[0]) {
		t.Fatalf("decoded %+v (%v)\nwant %+v", got, err, f.model.trees[0])
	}
	for n := range whole {
		if _, err := decodeTree(whole[:n], 30, parityLabels); err == nil {
			t.Errorf("%d of %d bytes decode", n, len(whole))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 20000 {
		bad := slices.Clone(whole)
		for range 1 + r.IntN(3) {
			bad[r.IntN(len(bad))] = byte(r.Uint32())
		}
		t0, err := decodeTree(bad, 30, parityLabels)
		if err != nil {
			refused++
			continue
		}
		m := model{features: 30, labels: parityLabels, trees: []tree{t0}}
		if _, err := m.scores(t.Context(), train.X, 1); err != nil {
			t.Fatal(err)
		}
	}
	if refused < 2000 {
		t.Errorf("only %d of 20000 damaged trees were refused", refused)
	}
}
