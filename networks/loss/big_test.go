package loss

import "math/big"

// The references compute the definitions as they stand, with enough digits
// that cancellation does not matter: as many as their arguments have.
const bits = 320

func number(x float64) *big.Float { return precise(x, bits) }
func precise(x float64, bits uint) *big.Float {
	return new(big.Float).SetPrec(bits).SetFloat64(x)
}
func add(x, y *big.Float) *big.Float { return new(big.Float).Add(x, y) }
func mul(x, y *big.Float) *big.Float { return new(big.Float).Mul(x, y) }
func quo(x, y *big.Float) *big.Float { return new(big.Float).Quo(x, y) }
func neg(x *big.Float) *big.Float    { return new(big.Float).Neg(x) }

// negligible says that a term no longer changes sum.
func negligible(term, sum *big.Float) bool {
	return term.Sign() == 0 || term.MantExp(nil) < sum.MantExp(nil)-int(sum.Prec())
}

// bigExp returns e^x: Taylor's series of x/2^40, squared 40 times.
func bigExp(x *big.Float) *big.Float {
	const halvings = 40
	small := new(big.Float).SetMantExp(x, -halvings)
	sum, term := precise(1, x.Prec()), precise(1, x.Prec())
	for n := 1; ; n++ {
		term = quo(mul(term, small), number(float64(n)))
		if negligible(term, sum) {
			break
		}
		sum = add(sum, term)
	}
	for range halvings {
		sum = mul(sum, sum)
	}
	return sum
}

// bigLog1p returns log(1 + u) for -1/2 <= u <= 1, relatively exact near 0: twice
// the series of atanh(u/(2+u)).
func bigLog1p(u *big.Float) *big.Float {
	z := quo(u, add(number(2), u))
	sum, power, square := number(0), z, mul(z, z)
	for n := 1; ; n += 2 {
		term := quo(power, number(float64(n)))
		if negligible(term, sum) && n > 1 || term.Sign() == 0 {
			return mul(number(2), sum)
		}
		sum = add(sum, term)
		power = mul(power, square)
	}
}

// bigLog returns log x for x > 0.
func bigLog(x *big.Float) *big.Float {
	mantissa := new(big.Float)
	exponent := x.MantExp(mantissa) // mantissa in [1/2, 1)
	return add(mul(number(float64(exponent)), bigLog1p(precise(1, x.Prec()))), bigLog1p(add(mantissa, number(-1))))
}

// bigSoftplus returns log(1 + e^x), also where that is tiny.
func bigSoftplus(x *big.Float) *big.Float {
	if x.Sign() <= 0 {
		return bigLog1p(bigExp(x))
	}
	return add(x, bigLog1p(bigExp(neg(x))))
}

func bigSigmoid(x *big.Float) *big.Float {
	return quo(number(1), add(number(1), bigExp(neg(x))))
}

func bigMix(x, y *big.Float) *big.Float {
	return bigLog(add(bigExp(add(x, y)), add(bigExp(x), bigExp(y))))
}

func bigMixSlope(x, y *big.Float) *big.Float {
	both := bigExp(add(x, y))
	return quo(add(both, bigExp(x)), add(both, add(bigExp(x), bigExp(y))))
}

// bigBCE returns the loss and its derivative.
func bigBCE(x *big.Float, positive bool, weight float64) (value, slope *big.Float) {
	if positive {
		w := number(weight)
		return mul(w, bigSoftplus(neg(x))), neg(mul(w, bigSigmoid(neg(x))))
	}
	return bigSoftplus(x), bigSigmoid(x)
}

// bigNested returns the loss of logits (B, C) and its gradient, by the formula
// of Nested, groups found by looking through all categories.
func bigNested(opt Options, ratio float64, logits []float64, targets []float32, weighted bool) (*big.Float, []*big.Float) {
	classes := len(opt.Groups)
	papers := len(logits) / classes
	weight := func(weights []float64, i int) float64 {
		if weighted && weights != nil {
			return weights[i]
		}
		return 1
	}
	share := quo(add(number(1), number(-ratio)), number(float64(papers*classes)))
	masterShare := quo(number(ratio), number(float64(papers*opt.Masters)))
	total, gradient := number(0), make([]*big.Float, len(logits))
	for i, x := range logits {
		value, slope := bigBCE(number(x), targets[i] == 1, weight(opt.PosWeight, i%classes))
		total = add(total, mul(share, value))
		gradient[i] = mul(share, slope)
	}
	for p := range papers {
		for m := range opt.Masters {
			first, second, hit := -1, -1, false
			for c := range classes {
				if i := p*classes + c; opt.Groups[c] == int32(m) {
					hit = hit || targets[i] == 1
					if first < 0 || logits[i] > logits[first] {
						first, second = i, first
					} else if second < 0 || logits[i] > logits[second] {
						second = i
					}
				}
			}
			x := number(logits[first])
			logit, slopes := x, map[int]*big.Float{first: number(1)}
			if second >= 0 {
				y := number(logits[second])
				logit = bigMix(x, y)
				slopes = map[int]*big.Float{first: bigMixSlope(x, y), second: bigMixSlope(y, x)}
			}
			value, slope := bigBCE(logit, hit, weight(opt.MasterPosWeight, m))
			total = add(total, mul(masterShare, value))
			for i, s := range slopes {
				gradient[i] = add(gradient[i], mul(masterShare, mul(slope, s)))
			}
		}
	}
	return total, gradient
}
