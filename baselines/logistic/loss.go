package logistic

import "math"

// lossAll sets p to σ(m) at the margins m = z + t·zstep + b, and returns
// the sums over all rows, none of which carries the label, without weights:
// of log(1+e^m), of p, of p(1−p) and of p·zstep.
func lossAll(z, zstep, p []float64, t, b float64) sums {
	zstep, p = zstep[:len(z)], p[:len(z)]
	var s sums
	for len(z) > 0 {
		// Σ log(1+e) is the log of the product, which a chunk of factors in
		// [1, 2] does not overflow.
		n := min(len(z), 512)
		product := 1.0
		for i, zi := range z[:n] {
			d := zstep[i]
			m := zi + t*d + b
			e := math.Exp(-math.Abs(m))
			product *= 1 + e
			q := 1 / (1 + e)
			if m > 0 {
				s.loss += m
			} else {
				q *= e
			}
			p[i] = q
			s.gb += q
			s.hb += q * (1 - q)
			s.slope += q * d
		}
		s.loss += math.Log(product)
		z, zstep, p = z[n:], zstep[n:], p[n:]
	}
	return s
}
