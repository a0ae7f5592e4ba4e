package loss

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// apart returns |got − want|, and want.
func apart(got float64, want *big.Float) (difference, reference float64) {
	reference, _ = want.Float64()
	if math.IsNaN(got) || math.IsInf(got, 0) {
		return math.Inf(1), reference
	}
	difference, _ = new(big.Float).Abs(add(number(got), neg(want))).Float64()
	return difference, reference
}

// logitPairs are those around which the formulas change, and random ones of
// every size up to 1e4.
func logitPairs() [][2]float64 {
	edges := []float64{0, 1e-300, 1e-12, 0.5, 1, 36, 37, 38, 700, 709, 710, 745, 746, 1e3, 9999.5, 1e4}
	var values []float64
	for _, x := range edges {
		values = append(values, x, -x)
	}
	var pairs [][2]float64
	for _, x := range values {
		for _, y := range values {
			pairs = append(pairs, [2]float64{x, y})
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	size := func() float64 {
		return math.Copysign(math.Pow(10, 8*random.Float64()-4), random.Float64()-0.5)
	}
	for range 300 {
		x := size()
		pairs = append(pairs, [2]float64{x, size()}, [2]float64{x, x + 0.01*size()})
	}
	// mix = 0 where (1+e^x)(1+e^y) = 2; and its neighbours.
	for _, x := range []float64{-1e-9, -1e-3, -0.1, -0.5, math.Log(math.Sqrt2 - 1), -1, -3, -20, -300} {
		y := math.Log(-math.Expm1(x) / (1 + math.Exp(x)))
		pairs = append(pairs, [2]float64{x, y}, [2]float64{x, math.Nextafter(y, 0)}, [2]float64{x, y * (1 + 1e-9)}, [2]float64{x, y - 1e-5})
	}
	return pairs
}

func TestMix(t *testing.T) {
	for _, pair := range logitPairs() {
		x, y := pair[0], pair[1]
		got := mix(x, y)
		if swapped := mix(y, x); swapped != got {
			t.Errorf("mix(%v, %v) = %v, swapped %v", x, y, got, swapped)
		}
		difference, want := apart(got, bigMix(number(x), number(y)))
		if math.Abs(want) < 1e-60 {
			difference, want = apart(got, bigMix(precise(x, 2400), precise(y, 2400)))
		}
		// Moving the larger input in its last places moves mix by nearly as much.
		if limit := 5e-324 + 7e-16*(math.Abs(want)+math.Abs(max(x, y))); difference > limit {
			t.Errorf("mix(%v, %v) = %v, want %v: off by %g, more than %g", x, y, got, want, difference, limit)
		}
	}
}

func TestMixSlope(t *testing.T) {
	for _, pair := range logitPairs() {
		x, y := pair[0], pair[1]
		difference, want := apart(mixSlope(x, y), bigMixSlope(number(x), number(y)))
		// Relatively: e^-a carries the rounding of a, at most 745 where it is not 0.
		if limit := 2e-13*want + 5e-324; difference > limit || difference > 4e-16 {
			t.Errorf("∂mix/∂x(%v, %v) = %v, want %v: off by %g", x, y, mixSlope(x, y), want, difference)
		}
	}
}

func TestMixIsTheLogitOfAtLeastOne(t *testing.T) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for _, pair := range [][2]float64{{0, 0}, {1, -2}, {-3, -0.5}, {2, 2.5}} {
		want := 1 - (1-sigmoid(pair[0]))*(1-sigmoid(pair[1]))
		if got := sigmoid(mix(pair[0], pair[1])); math.Abs(got-want) > 1e-15 {
			t.Errorf("σ(mix%v) = %v, want %v", pair, got, want)
		}
	}
}

func TestBCE(t *testing.T) {
	for _, pair := range logitPairs() {
		x, weight := pair[0], 1+math.Abs(pair[1])
		for _, positive := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/%v", x, positive), func(t *testing.T) {
				value, slope := bce(x, positive, weight)
				wantValue, wantSlope := bigBCE(number(x), positive, weight)
				if difference, want := apart(value, wantValue); difference > 4e-16*want+weight*5e-324 {
					t.Errorf("value %v, want %v", value, want)
				}
				if difference, want := apart(slope, wantSlope); difference > 6e-16*math.Abs(want)+weight*5e-324 {
					t.Errorf("slope %v, want %v", slope, want)
				}
			})
		}
	}
}

// The references themselves, against values known to many digits.
func TestReferences(t *testing.T) {
	for _, c := range []struct {
		name string
		got  *big.Float
		want string
	}{
		{"e", bigExp(number(1)), "2.71828182845904523536028747135266249775724709369995957496696763"},
		{"1/e", bigExp(number(-1)), "0.367879441171442321595523770161460867445811131031767834507836802"},
		{"log 2", bigLog(number(2)), "0.693147180559945309417232121458176568075500134360255254120680009"},
		{"log 10", bigLog(number(10)), "2.30258509299404568401799145468436420760110148862877297603332790"},
		{"log e^-1e4", bigLog(bigExp(number(-1e4))), "-10000"},
		{"mix(0, 0) = log 3", bigMix(number(0), number(0)), "1.09861228866810969139524523692252570464749055782274945173469433"},
	} {
		want, _, err := big.ParseFloat(c.want, 10, bits, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		if difference := add(c.got, neg(want)); difference.Sign() != 0 && difference.MantExp(nil)-want.MantExp(nil) > -200 {
			t.Errorf("%s: %.65g, want %.65g", c.name, c.got, want)
		}
	}
}
