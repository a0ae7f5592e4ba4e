package loss

import "math"

// mix returns log(e^(x+y) + e^x + e^y): the logit of "at least one" of two
// independent events with logits x and y, that is of 1 − (1−σ(x))(1−σ(y)).
//
// The largest exponent is taken out, so nothing overflows, and what is left
// goes through Log1p. The error is at most 7e-16 of the result and the larger
// input together, also around mix = 0, where two terms of opposite signs meet.
func mix(x, y float64) float64 {
	hi, lo := max(x, y), min(x, y)
	if lo > 0 {
		return hi + lo + math.Log1p(math.Exp(-hi)+math.Exp(-lo))
	}
	return hi + math.Log1p(math.Exp(lo)+math.Exp(lo-hi))
}

// mixSlope returns ∂mix/∂x = σ(x + log(1 + e^−y)), which lies in (0, 1).
func mixSlope(x, y float64) float64 {
	// Where y is far below 0 the logarithm is nearly −y: x − y is taken first,
	// since it is exact where the two are close.
	a := x - min(y, 0) + math.Log1p(math.Exp(-math.Abs(y)))
	e := math.Exp(-math.Abs(a))
	if a < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// bce returns the binary cross entropy of logit x, where positive says that the
// target is 1 and counts weight times, and its derivative.
func bce(x float64, positive bool, weight float64) (value, slope float64) {
	// With the sign turned so that a right answer is negative, both targets are
	// the softplus and its derivative, the sigmoid.
	if positive {
		x = -x
	}
	e := math.Exp(-math.Abs(x))
	value = max(x, 0) + math.Log1p(e)
	slope = 1 / (1 + e)
	if x < 0 {
		slope *= e
	}
	if positive {
		return weight * value, -weight * slope
	}
	return value, slope
}
