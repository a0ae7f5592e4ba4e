package stats

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assay/internal/rng"
)

// A quantity of a resample is that of a list in which each subject stands as often as
// it was drawn, whatever part of the subjects it is of.
func TestQuantitiesOfResamples(t *testing.T) {
	const n, groups = 60, 7
	r := rng.New(1, "quantities")
	at := r.Perm(n)[:40]
	part := Part{At: make([]int32, len(at))}
	a, b := make(Mean, len(at)), make(Mean, len(at))
	dice := NewDice(groups)
	sets := make([][2][]int32, len(at))
	for i, k := range at {
		part.At[i] = int32(k)
		a[i], b[i] = float64(r.IntN(5)), 1+float64(r.IntN(3))
		for g := range int32(groups - 1) { // the last group has no subject
			for s := range sets[i] {
				if r.Float64() < 0.1*float64(g+1) {
					sets[i][s] = append(sets[i][s], g)
				}
			}
		}
		dice.Append(sets[i][0], sets[i][1])
	}
	part.Quantities = []Quantity{a, Ratio{a, b}, dice}
	one := make(Mean, n)
	re, err := ResampleParts(n, []Part{{Quantities: []Quantity{one}}, part}, 50, 3)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 50 {
		times := make([]float64, n)
		draw(times, rng.New(3, "resample", strconv.Itoa(k)))
		var sumA, sumB, total float64
		var both, size [groups]float64
		for i, place := range at {
			w := times[place]
			total += w
			sumA += w * a[i]
			sumB += w * b[i]
			for _, g := range sets[i][0] {
				size[g] += w
				if slices.Contains(sets[i][1], g) {
					both[g] += w
				}
			}
			for _, g := range sets[i][1] {
				size[g] += w
			}
		}
		f1, filled := 0.0, 0.0
		for g := range size {
			if size[g] > 0 {
				f1 += 2 * both[g] / size[g]
				filled++
			}
		}
		want := []float64{sumA / total, sumA / sumB, f1 / filled * (groups - 1) / groups}
		for q, w := range want {
			if got := re.Estimate(q + 1).samples[k]; math.Abs(got-w) > 1e-12 {
				t.Fatalf("resample %d, quantity %d: %v, want %v", k, q, got, w)
			}
		}
	}
	whole, err := Of(dice, len(at))
	if err != nil || whole != re.Estimate(3).Value {
		t.Errorf("as it is: %v, %v and %v", whole, err, re.Estimate(3).Value)
	}
	mean := re.Estimate(1, 2)
	if x, y := re.Estimate(1), re.Estimate(2); mean.Value != (x.Value+y.Value)/2 || mean.samples[9] != (x.samples[9]+y.samples[9])/2 {
		t.Error("the mean of two quantities is another")
	}
}

func TestWhichSubjectsDiffer(t *testing.T) {
	x, y := NewDice(4), NewDice(4)
	x.Append([]int32{0, 2}, []int32{0})
	y.Append([]int32{0, 2}, []int32{0})
	x.Append([]int32{1}, []int32{3})
	y.Append([]int32{3}, []int32{3})
	for _, c := range []struct {
		a, b Quantity
		want [2]bool
	}{
		{x, y, [2]bool{false, true}},
		{Mean{1, 2}, Mean{1, 3}, [2]bool{false, true}},
		{Ratio{Mean{1, 2}, Mean{3, 4}}, Ratio{Mean{1, 2}, Mean{5, 4}}, [2]bool{true, false}},
	} {
		for i, want := range c.want {
			if c.a.Differs(c.b, i) != want {
				t.Errorf("%v and %v, subject %d: differs %v, want %v", c.a, c.b, i, !want, want)
			}
		}
	}
}

func TestBadPartsAreAnError(t *testing.T) {
	dice := NewDice(2)
	dice.Append([]int32{1}, nil)
	for _, c := range []struct {
		n     int
		parts []Part
		want  string
	}{
		{0, []Part{{Quantities: []Quantity{Mean{}}}}, "no subject"},
		{2, []Part{{}}, "nothing to resample"},
		{2, []Part{{At: []int32{2}, Quantities: []Quantity{Mean{1}}}}, "no subject 3 of 2"},
		{2, []Part{{Quantities: []Quantity{dice}}}, "quantity 1: 2 subjects are 1 of 2 groups"},
		{1, []Part{{Quantities: []Quantity{NewDice(0)}}}, "0 of 0 groups"},
		{1, []Part{{Quantities: []Quantity{Ratio{Mean{1}, Mean{math.Inf(1)}}}}}, "value 1 of 1 is +Inf"},
	} {
		if _, err := ResampleParts(c.n, c.parts, 1, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v gave %v, want %q", c.parts, err, c.want)
		}
	}
}

// The spread of replicates widens, with the degrees of freedom that they have.
func TestPairsWithSpread(t *testing.T) {
	r := rng.New(2, "spread")
	a, b := papers(r, 400, 0.5), papers(r, 400, 0.35)
	re, err := Resample([][]float64{a, b}, 2000, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := ComparePairs([]Estimate{re.Estimate(0), re.Estimate(1)}, func(int, int) bool { return false })
	e := p.standardError(0, 1)
	last := 0.0
	for _, c := range []struct {
		spread     float64
		replicates int
	}{{0, 0}, {e / 4, 3}, {e, 5}, {e, 3}, {100 * e, 3}} {
		alone, adjusted := p.P(0, 1, 400, c.spread, c.replicates)
		if alone <= last || math.Abs(alone-adjusted) > 0.02 {
			t.Errorf("spread %v of %d: p %v, adjusted %v, after %v", c.spread, c.replicates, alone, adjusted, last)
		}
		last = alone
	}
	// Where replicates alone make the spread it is their t-test.
	d := re.Estimate(0).Value - re.Estimate(1).Value
	if alone, _ := p.P(0, 1, 400, 1e6, 3); math.Abs(alone-tTails(d/1e6, 2)) > 1e-8 {
		t.Errorf("p = %v, want that of t with two degrees of freedom, %v", alone, tTails(d/1e6, 2))
	}
	same := ComparePairs([]Estimate{re.Estimate(0), re.Estimate(0)}, func(int, int) bool { return false })
	if alone, adjusted := same.P(0, 1, 400, 0, 0); alone != 1 || adjusted != 1 || same.N() != 1 {
		t.Errorf("equal estimates: %v, %v", alone, adjusted)
	}
}
