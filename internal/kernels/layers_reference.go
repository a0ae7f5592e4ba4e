package kernels

import "math"

func sigmoidGo[T Float](x T) T { return T(1 / (1 + math.Exp(-float64(x)))) }

func gruForwardGo[T Float](h, gates, bias, hprev []T) {
	n := len(h)
	for j := range h {
		r := sigmoidGo(gates[j] + bias[j])
		z := sigmoidGo(gates[n+j] + bias[n+j])
		g := gates[3*n+j] + bias[3*n+j]
		fresh := T(math.Tanh(float64(gates[2*n+j] + bias[2*n+j] + r*g)))
		h[j] = fresh + z*(hprev[j]-fresh)
		gates[j], gates[n+j], gates[2*n+j], gates[3*n+j] = r, z, fresh, g
	}
}

func gruBackwardGo[T Float](dhprev, gates, dh, hprev []T) {
	n := len(dh)
	for j, d := range dh {
		r, z, fresh, g := gates[j], gates[n+j], gates[2*n+j], gates[3*n+j]
		dn := d * (1 - z) * (1 - fresh*fresh)
		dg := dn * r
		gates[j] = dg * g * (1 - r)
		gates[n+j] = d * z * (hprev[j] - fresh) * (1 - z)
		gates[2*n+j], gates[3*n+j] = dn, dg
		dhprev[j] = d * z
	}
}

func lstmForwardGo[T Float](h, c, gates, bias, cprev []T) {
	n := len(h)
	for j := range h {
		i := sigmoidGo(gates[j] + bias[j])
		f := sigmoidGo(gates[n+j] + bias[n+j])
		g := T(math.Tanh(float64(gates[2*n+j] + bias[2*n+j])))
		o := sigmoidGo(gates[3*n+j] + bias[3*n+j])
		c[j] = f*cprev[j] + i*g
		t := T(math.Tanh(float64(c[j])))
		h[j] = o * t
		gates[j], gates[n+j], gates[2*n+j], gates[3*n+j], gates[4*n+j] = i, f, g, o, t
	}
}

func lstmBackwardGo[T Float](dc, gates, dh, cprev []T) {
	n := len(dh)
	for j, d := range dh {
		i, f, g, o, t := gates[j], gates[n+j], gates[2*n+j], gates[3*n+j], gates[4*n+j]
		do := d * o
		cell := dc[j] + do*(1-t*t)
		ci := cell * i
		gates[j] = ci * g * (1 - i)
		cf := cell * f
		gates[n+j] = cf * cprev[j] * (1 - f)
		gates[2*n+j] = ci * (1 - g*g)
		gates[3*n+j] = do * t * (1 - o)
		dc[j] = cf
	}
}

func normForwardGo[T Float](y, x, gamma, beta []T, eps T) (mean, rstd T) {
	var sum, squares [lanes]T
	for i, v := range x {
		sum[i%lanes] += v
	}
	n := T(len(x))
	mean = total(&sum) / n
	for i, v := range x {
		squares[i%lanes] += (v - mean) * (v - mean)
	}
	rstd = T(1 / math.Sqrt(float64(total(&squares)/n+eps)))
	for i, v := range x {
		y[i] = (v-mean)*rstd*gamma[i] + beta[i]
	}
	return mean, rstd
}

func normBackwardGo[T Float](dx, dgamma, dbeta, dy, x, gamma []T, mean, rstd T) {
	var direct, along [lanes]T
	for i, d := range dy {
		scaled := (x[i] - mean) * rstd
		dgamma[i] += d * scaled
		dbeta[i] += d
		direct[i%lanes] += d * gamma[i]
		along[i%lanes] += d * gamma[i] * scaled
	}
	a, b := total(&direct)/T(len(x)), total(&along)/T(len(x))
	for i, d := range dy {
		dx[i] = rstd * (d*gamma[i] - a - (x[i]-mean)*rstd*b)
	}
}

func softmaxGo[T Float](x []T, scale T) {
	most := T(math.Inf(-1))
	for _, v := range x {
		most = max(most, scale*v)
	}
	var sum [lanes]T
	for i, v := range x {
		x[i] = T(math.Exp(float64(scale*v - most)))
		sum[i%lanes] += x[i]
	}
	share := 1 / total(&sum)
	for i := range x {
		x[i] *= share
	}
}

func softmaxBackwardGo[T Float](dp, p []T, scale T) {
	sum := dotGo(dp, p)
	for i, v := range p {
		dp[i] = (dp[i] - sum) * (scale * v)
	}
}

func adamGo[T Float](p, g, m, v []T, s *[7]float64) {
	for i, d := range g {
		m[i] = T(s[0])*m[i] + T(s[1])*d
		v[i] = T(s[2])*v[i] + T(s[3])*(d*d)
		p[i] -= T(s[6]) * m[i] / (T(math.Sqrt(float64(v[i])))*T(s[4]) + T(s[5]))
	}
}

// GELU sets y to x·Φ(x), Φ the normal distribution by erf (Hendrycks, Gimpel
// 2016); it is computed in float64.
func GELU[T Float](y, x []T) {
	for i, v := range x {
		y[i] = T(float64(v) * normal(float64(v)))
	}
}

// GELUBackward sets dx to dy·(Φ(x) + x·φ(x)); dx may be dy.
func GELUBackward[T Float](dx, dy, x []T) {
	for i, v := range x {
		v := float64(v)
		dx[i] = T(float64(dy[i]) * (normal(v) + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi)))
	}
}

func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
