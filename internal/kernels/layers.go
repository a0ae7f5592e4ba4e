package kernels

import "math"

// The loops of a network's layers over rows of n elements. In float32 the
// exponential has an error of at most 2 units in the last place, sigmoid of 2e-7
// (it ends at 4e-18), tanh of 2e-7 and at most 4 units in the last place, where the
// reference rounds what float64 gives; AVX2 and AVX-512 agree to the bit.

// GRUForward takes a gated recurrent unit one step on, for one paper of H units:
// gates (4H) are r, z, n of the input part and n of the hidden part, before
// activation and bias, r and z with the hidden part added; bias (4H) likewise.
//
//	r = σ(r+br)  z = σ(z+bz)  g = g+bg  n = tanh(n+bn+r·g)  h = (1−z)·n + z·hprev
//
// gates become [r z n g]. h and hprev (H) may be the same.
func GRUForward[T Float](h, gates, bias, hprev []T) {
	n := len(h)
	gates, bias, hprev = gates[:4*n], bias[:4*n], hprev[:n]
	if a, ok := single(h); ok && active.layers != nil && n > 0 {
		b, _ := single(gates)
		c, _ := single(bias)
		d, _ := single(hprev)
		active.layers.gruForward(&a[0], &b[0], &c[0], &d[0], n)
		return
	}
	gruForwardGo(h, gates, bias, hprev)
}

// GRUBackward takes the gradient dh (H) of a step's output back through it: gates
// (4H), as GRUForward left them, become the gradients of what it was given,
// dhprev (H) is the part of hprev's that does not pass the gates. dhprev may be
// dh.
func GRUBackward[T Float](dhprev, gates, dh, hprev []T) {
	n := len(dh)
	dhprev, gates, hprev = dhprev[:n], gates[:4*n], hprev[:n]
	if a, ok := single(dhprev); ok && active.layers != nil && n > 0 {
		b, _ := single(gates)
		c, _ := single(dh)
		d, _ := single(hprev)
		active.layers.gruBackward(&a[0], &b[0], &c[0], &d[0], n)
		return
	}
	gruBackwardGo(dhprev, gates, dh, hprev)
}

// LSTMForward takes a long short-term memory one step on, for one paper of H
// units: gates (5H) are i, f, g and o before activation and bias, and room for
// tanh c; bias (4H); cprev (H) the cells before.
//
//	i = σ(i+bi)  f = σ(f+bf)  g = tanh(g+bg)  o = σ(o+bo)  c = f·cprev + i·g  h = o·tanh c
//
// gates become [i f g o tanh c]. c and cprev may be the same.
func LSTMForward[T Float](h, c, gates, bias, cprev []T) {
	n := len(h)
	c, gates, bias, cprev = c[:n], gates[:5*n], bias[:4*n], cprev[:n]
	if x, ok := single(h); ok && active.layers != nil && n > 0 {
		y, _ := single(c)
		z, _ := single(gates)
		u, _ := single(bias)
		v, _ := single(cprev)
		active.layers.lstmForward(&x[0], &y[0], &z[0], &u[0], &v[0], n)
		return
	}
	lstmForwardGo(h, c, gates, bias, cprev)
}

// LSTMBackward takes the gradients dh (H) of a step's output and dc (H) of its
// cells, from the step after, back through it: gates (5H), as LSTMForward left
// them, become in their first 4H the gradients of what it was given, dc that of
// cprev (H).
func LSTMBackward[T Float](dc, gates, dh, cprev []T) {
	n := len(dh)
	dc, gates, cprev = dc[:n], gates[:5*n], cprev[:n]
	if x, ok := single(dc); ok && active.layers != nil && n > 0 {
		y, _ := single(gates)
		z, _ := single(dh)
		u, _ := single(cprev)
		active.layers.lstmBackward(&x[0], &y[0], &z[0], &u[0], n)
		return
	}
	lstmBackwardGo(dc, gates, dh, cprev)
}

// LayerNormForward sets y = γ·(x−mean)/√(variance+eps) + β and returns the mean
// and 1/√(variance+eps). All slices have the length of x.
func LayerNormForward[T Float](y, x, gamma, beta []T, eps T) (mean, rstd T) {
	n := len(x)
	y, gamma, beta = y[:n], gamma[:n], beta[:n]
	if a, ok := single(y); ok && active.layers != nil && n > 0 {
		b, _ := single(x)
		c, _ := single(gamma)
		d, _ := single(beta)
		m, r := active.layers.normForward(&a[0], &b[0], &c[0], &d[0], n, float32(eps))
		return T(m), T(r)
	}
	return normForwardGo(y, x, gamma, beta, eps)
}

// LayerNormBackward sets dx, and adds to dgamma and dbeta, the gradients for dy,
// given what LayerNormForward had and returned. dx may be dy.
func LayerNormBackward[T Float](dx, dgamma, dbeta, dy, x, gamma []T, mean, rstd T) {
	n := len(x)
	dx, dgamma, dbeta, dy, gamma = dx[:n], dgamma[:n], dbeta[:n], dy[:n], gamma[:n]
	if a, ok := single(dx); ok && active.layers != nil && n > 0 {
		b, _ := single(dgamma)
		c, _ := single(dbeta)
		d, _ := single(dy)
		e, _ := single(x)
		f, _ := single(gamma)
		active.layers.normBackward(&a[0], &b[0], &c[0], &d[0], &e[0], &f[0], n, float32(mean), float32(rstd))
		return
	}
	normBackwardGo(dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
}

// Softmax sets x to e^(scale·x) over its sum.
func Softmax[T Float](x []T, scale T) {
	if a, ok := single(x); ok && active.layers != nil && len(a) > 0 {
		active.layers.softmax(&a[0], len(a), float32(scale))
		return
	}
	softmaxGo(x, scale)
}

// SoftmaxBackward turns dp, the gradient of p = Softmax(x, scale), into that of x:
// scale·p·(dp − Σ dp·p).
func SoftmaxBackward[T Float](dp, p []T, scale T) {
	p = p[:len(dp)]
	if a, ok := single(dp); ok && active.layers != nil && len(a) > 0 {
		b, _ := single(p)
		active.layers.softmaxBackward(&a[0], &b[0], len(a), float32(scale))
		return
	}
	softmaxBackwardGo(dp, p, scale)
}

// Add adds x to y, over len(x).
func Add[T Float](y, x []T) {
	y = y[:len(x)]
	if a, ok := single(y); ok && active.layers != nil && len(a) > 0 {
		b, _ := single(x)
		active.layers.add(&a[0], &b[0], len(a))
		return
	}
	for i, v := range x {
		y[i] += v
	}
}

// Mul multiplies y by x, over len(x).
func Mul[T Float](y, x []T) {
	y = y[:len(x)]
	if a, ok := single(y); ok && active.layers != nil && len(a) > 0 {
		b, _ := single(x)
		active.layers.mul(&a[0], &b[0], len(a))
		return
	}
	for i, v := range x {
		y[i] *= v
	}
}

// MulTo sets y to a·b by element, over len(a).
func MulTo[T Float](y, a, b []T) {
	y, b = y[:len(a)], b[:len(a)]
	if x, ok := single(y); ok && active.layers != nil && len(x) > 0 {
		p, _ := single(a)
		q, _ := single(b)
		active.layers.mulTo(&x[0], &p[0], &q[0], len(x))
		return
	}
	for i, v := range a {
		y[i] = v * b[i]
	}
}

// MulAdd adds a·b by element to y, over len(a).
func MulAdd[T Float](y, a, b []T) {
	y, b = y[:len(a)], b[:len(a)]
	if x, ok := single(y); ok && active.layers != nil && len(x) > 0 {
		p, _ := single(a)
		q, _ := single(b)
		active.layers.mulAdd(&x[0], &p[0], &q[0], len(x))
		return
	}
	for i, v := range a {
		y[i] += v * b[i]
	}
}

// AdamStep is one step of Adam (Kingma, Ba 2015) as PyTorch computes it, the same
// for all parameters.
type AdamStep struct {
	numbers [7]float64
	single  [7]float32
}

// Set prepares step t, from 1 up, at a learning rate.
func (s *AdamStep) Set(rate, beta1, beta2, eps float64, t int64) {
	c1, c2 := 1-math.Pow(beta1, float64(t)), 1-math.Pow(beta2, float64(t))
	s.numbers = [...]float64{beta1, 1 - beta1, beta2, 1 - beta2, 1 / math.Sqrt(c2), eps, rate / c1}
	for i, x := range s.numbers {
		s.single[i] = float32(x)
	}
}

// Adam updates the moments m and v by the gradient g, and the parameters p by
// them:
//
//	m = β1·m + (1−β1)·g  v = β2·v + (1−β2)·g²
//	p −= rate/(1−β1^t) · m/(√(v/(1−β2^t)) + eps)
func Adam[T Float](p, g, m, v []T, s *AdamStep) {
	n := len(p)
	g, m, v = g[:n], m[:n], v[:n]
	if a, ok := single(p); ok && active.layers != nil && n > 0 {
		b, _ := single(g)
		c, _ := single(m)
		d, _ := single(v)
		active.layers.adam(&a[0], &b[0], &c[0], &d[0], n, &s.single[0])
		return
	}
	adamGo(p, g, m, v, &s.numbers)
}

// layerLoops is one implementation of the loops above.
type layerLoops struct {
	gruForward      func(h, gates, bias, hprev *float32, n int)
	gruBackward     func(dhprev, gates, dh, hprev *float32, n int)
	lstmForward     func(h, c, gates, bias, cprev *float32, n int)
	lstmBackward    func(dc, gates, dh, cprev *float32, n int)
	normForward     func(y, x, gamma, beta *float32, n int, eps float32) (mean, rstd float32)
	normBackward    func(dx, dgamma, dbeta, dy, x, gamma *float32, n int, mean, rstd float32)
	softmax         func(x *float32, n int, scale float32)
	softmaxBackward func(dp, p *float32, n int, scale float32)
	adam            func(p, g, m, v *float32, n int, s *float32)
	add, mul        func(y, x *float32, n int)
	mulTo, mulAdd   func(y, a, b *float32, n int)
}
