package baselines

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	logisticDensity  = 4       // first value of logisticLabel.density
	logisticMinRows  = 1 << 12 // a sample may always have so many rows,
	logisticMaxShare = 8       // and a larger one at first 1/8 of all rows
	logisticDescent  = 0.1     // how far φ's gradient is brought down
	logisticForcing  = 0.1     // and the residual of Newton's equations
	logisticNewton   = 10      // steps of Newton at most
	logisticInner    = 250     // steps of conjugate gradients at most
	logisticSmall    = 0.2     // change of a margin that leaves σ' nearly as it was
)

// logisticSurrogate finds the next step of a label from a few of the rows. Its
// model of f around (w, b), where ∂f/∂b is 0, in the step (δ, β), keeps the
// exact gradient g and takes from a sample S how the gradient changes:
//
//	φ(δ, β) = g·δ + ½‖δ‖² + Σ_{i∈S} c_i D(z_i + b + x_i·δ + β, z_i + b)
//
// where D(m, m₀) is log(1+e^m) less its tangent at m₀ and c_i makes up for the
// rows left out. Rows are drawn in proportion to an upper bound of their
// leverage in the Hessian, so that a few per cent of them stand for all to
// within a small factor, and each step brings ∇f down about tenfold whatever
// the condition of the problem. This joins Newton's method subsampled by
// leverage (Xu et al., Sub-sampled Newton Methods with Non-uniform Sampling,
// 2016) with the surrogate of DANE (Shamir, Srebro and Zhang, 2014), which
// spares the damped phase of Newton's method its passes over all rows. φ is
// minimised by Newton's method, its equations solved by conjugate gradients
// with the diagonal as preconditioner, the intercept eliminated.
type logisticSurrogate struct {
	l    *logisticLabel
	rows []int32 // (S) drawn

	// One number a row drawn, (S).
	weight []float64 // c_i
	m      []float64 // margin at (δ, β)
	p0, p  []float64 // σ of the margin, at (0, 0) and at (δ, β)
	curve  []float64 // c_i p_i (1−p_i)
	zmove  []float64 // change of the margin along the move
	trial  []float64

	// One number a feature, (d).
	delta, move             []float64
	gradient, residual      []float64 // ∂φ/∂δ with the intercept eliminated
	dir, hdir, scaled, diag []float64

	beta  float64
	gb    float64 // ∂φ/∂β
	total float64 // the sum of curve
}

func newLogisticSurrogate(d int) *logisticSurrogate {
	s := &logisticSurrogate{}
	for _, v := range []*[]float64{&s.delta, &s.move, &s.gradient, &s.residual, &s.dir, &s.hdir, &s.scaled, &s.diag} {
		*v = make([]float64, d)
	}
	return s
}

// solve sets l's step to an approximate minimiser of φ.
func (s *logisticSurrogate) solve(ctx context.Context, l *logisticLabel) error {
	s.l = l
	s.draw()
	clear(s.delta)
	s.beta = 0
	first := s.linearise(true)
	norm := first
	for n := 0; norm > logisticDescent*first && n < logisticNewton || n == 0; n++ {
		if err := s.newton(ctx, norm); err != nil {
			return err
		}
		if largest := s.search(); largest < logisticSmall {
			break
		}
		norm = s.linearise(false)
	}
	copy(l.step, s.delta)
	l.bstep = s.beta
	return nil
}

// draw fills the sample: row i enters with probability q_i = min(1, density ·
// ‖x_i‖² ∂²f/∂z_i²), by one systematic draw over the rows, with a weight
// divided by q_i.
func (s *logisticSurrogate) draw() {
	l := s.l
	density := l.density
	var expected float64
	for i, p := range l.p {
		expected += min(1, density*l.cneg*p*(1-p)*l.problem.squared[i])
	}
	if expected > l.limit {
		density *= l.limit / expected
	}
	s.rows, s.weight, s.m, s.p0 = s.rows[:0], s.weight[:0], s.m[:0], s.p0[:0]
	at, next := l.random.Float64(), 0
	for i, p := range l.p {
		c := l.cneg
		if next < len(l.positives) && l.positives[next] == int32(i) {
			c = l.cpos
			next++
		}
		q := min(1, density*c*p*(1-p)*l.problem.squared[i])
		at += q
		if at < 1 {
			continue
		}
		at--
		s.rows = append(s.rows, int32(i))
		s.weight = append(s.weight, c/q)
		s.m = append(s.m, l.z[i]+l.b)
		s.p0 = append(s.p0, p)
	}
	n := len(s.rows)
	for _, v := range []*[]float64{&s.p, &s.curve, &s.zmove, &s.trial} {
		if cap(*v) < n {
			*v = make([]float64, n+n/4)
		}
		*v = (*v)[:n]
	}
	copy(s.p, s.p0)
}

// linearise readies Newton's equations at (δ, β) and returns the norm of the
// gradient with the intercept eliminated. At the first point, (0, 0), ∂φ/∂β is
// 0 and the gradient that of f.
func (s *logisticSurrogate) linearise(first bool) float64 {
	s.total, s.gb = 0, 0
	for k, p := range s.p {
		s.curve[k] = s.weight[k] * p * (1 - p)
		s.total += s.curve[k]
		s.gb += s.weight[k] * (p - s.p0[k])
	}
	copy(s.gradient, s.l.g)
	if !first {
		shift := s.shift()
		for k, p := range s.p {
			s.trial[k] = s.weight[k]*(p-s.p0[k]) - shift*s.curve[k]
		}
		floats.Add(s.gradient, s.delta)
		s.l.problem.x.backwardRows(s.rows, s.trial, s.gradient)
	} else {
		for j := range s.diag {
			s.diag[j] = 1
		}
		s.l.problem.x.squaresRows(s.rows, s.curve, s.diag)
	}
	return math.Sqrt(floats.Dot(s.gradient, s.gradient))
}

// shift returns how far the intercept is above its best, to first order.
func (s *logisticSurrogate) shift() float64 {
	if s.l.problem.opts.NoIntercept || s.total == 0 {
		return 0
	}
	return s.gb / s.total
}

// newton sets move to an approximate solution of Newton's equations for δ, and
// zmove to the change of the margins along it, the intercept's included.
func (s *logisticSurrogate) newton(ctx context.Context, norm float64) error {
	clear(s.move)
	clear(s.zmove)
	floats.ScaleTo(s.residual, -1, s.gradient)
	floats.DivTo(s.scaled, s.residual, s.diag)
	copy(s.dir, s.scaled)
	rho := floats.Dot(s.residual, s.scaled)
	for range logisticInner {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.l.problem.x.forwardRows(s.rows, s.dir, s.trial)
		mean := 0.0
		if !s.l.problem.opts.NoIntercept && s.total > 0 {
			mean = floats.Dot(s.curve, s.trial) / s.total
		}
		bend := floats.Dot(s.dir, s.dir)
		for k, z := range s.trial {
			bend += s.curve[k] * (z - mean) * (z - mean)
		}
		alpha := rho / bend
		floats.AddScaled(s.move, alpha, s.dir)
		floats.AddScaled(s.zmove, alpha, s.trial)

		for k, z := range s.trial {
			s.trial[k] = s.curve[k] * (z - mean)
		}
		copy(s.hdir, s.dir)
		s.l.problem.x.backwardRows(s.rows, s.trial, s.hdir)
		floats.AddScaled(s.residual, -alpha, s.hdir)
		if !(floats.Dot(s.residual, s.residual) > logisticForcing*logisticForcing*norm*norm) {
			break
		}
		floats.DivTo(s.scaled, s.residual, s.diag)
		next := floats.Dot(s.residual, s.scaled)
		floats.AddScaledTo(s.dir, s.scaled, next/rho, s.dir)
		rho = next
	}
	return nil
}

// search goes along the move until φ's slope has lost half its size or the
// whole move is made, and returns the largest change of a margin, or infinity
// where the move was cut.
func (s *logisticSurrogate) search() float64 {
	mean := 0.0
	if !s.l.problem.opts.NoIntercept && s.total > 0 {
		mean = floats.Dot(s.curve, s.zmove) / s.total
	}
	bmove := 0.0
	if !s.l.problem.opts.NoIntercept {
		bmove = -s.shift() - mean
	}
	slope0 := floats.Dot(s.gradient, s.move) + s.shift()*mean*s.total + s.gb*bmove
	mm := floats.Dot(s.move, s.move)
	floats.AddConst(bmove, s.zmove)
	t := 1.0
	for range 40 {
		slope := slope0 + t*mm
		for k, d := range s.zmove {
			p := 1 / (1 + math.Exp(-(s.m[k] + t*d)))
			s.trial[k] = p
			slope += s.weight[k] * (p - s.p[k]) * d
		}
		if slope <= 0.5*math.Abs(slope0) {
			break
		}
		t *= min(max(slope0/(slope0-slope), 0.1), 0.7)
	}
	s.p, s.trial = s.trial, s.p
	floats.AddScaled(s.m, t, s.zmove)
	floats.AddScaled(s.delta, t, s.move)
	s.beta += t * bmove
	if t < 1 {
		return math.Inf(1)
	}
	return floats.Norm(s.zmove, math.Inf(1))
}
