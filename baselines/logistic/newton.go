package logistic

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	logisticDescent = 0.1 // how far φ's gradient is brought down
	logisticForcing = 0.1 // and the residual of Newton's equations
	logisticNewtons = 10  // steps of Newton at most
	logisticInner   = 250 // steps of conjugate gradients at most
	logisticSmall   = 0.2 // change of a margin that leaves σ' nearly as it was
)

// newton minimises φ, see sample, by Newton's method, its
// equations solved by conjugate gradients with the diagonal as preconditioner
// and the intercept eliminated. It serves rows that are long, or heavy through
// C and class weights, with which dual would be slow.
type newton struct {
	sample sample

	// One number a row drawn, (S).
	m     []float64 // margin at (δ, β)
	p     []float64 // σ(m)
	curve []float64 // c_i p_i (1−p_i)
	zmove []float64 // change of the margin along the move
	trial []float64

	// One number a feature, (d).
	delta, move             []float64
	gradient, residual      []float64 // ∂φ/∂δ with the intercept eliminated
	dir, hdir, scaled, diag []float64

	beta  float64
	gb    float64 // ∂φ/∂β
	total float64 // the sum of curve
}

func newNewton(d int) *newton {
	s := &newton{}
	for _, v := range []*[]float64{&s.delta, &s.move, &s.gradient, &s.residual, &s.dir, &s.hdir, &s.scaled, &s.diag} {
		*v = make([]float64, d)
	}
	return s
}

// solve sets l's step to an approximate minimiser of φ.
func (s *newton) solve(ctx context.Context, l *labelFit) error {
	s.sample.draw(l)
	s.reserve()
	copy(s.m, s.sample.m)
	copy(s.p, s.sample.p)
	clear(s.delta)
	s.beta = 0
	first := s.linearise(true)
	norm := first
	for n := 0; norm > logisticDescent*first && n < logisticNewtons || n == 0; n++ {
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

// reserve gives what is kept a row room for the sample.
func (s *newton) reserve() {
	n := len(s.sample.rows)
	for _, v := range []*[]float64{&s.m, &s.p, &s.curve, &s.zmove, &s.trial} {
		if cap(*v) < n {
			*v = make([]float64, n+n/4)
		}
		*v = (*v)[:n]
	}
}

// linearise readies Newton's equations at (δ, β) and returns the norm of the
// gradient with the intercept eliminated. At the first point, (0, 0), ∂φ/∂β is
// 0 and the gradient that of f.
func (s *newton) linearise(first bool) float64 {
	s.total, s.gb = 0, 0
	for k, p := range s.p {
		s.curve[k] = s.sample.weight[k] * p * (1 - p)
		s.total += s.curve[k]
		s.gb += s.sample.weight[k] * (p - s.sample.p[k])
	}
	copy(s.gradient, s.sample.l.g)
	if !first {
		shift := s.shift()
		for k, p := range s.p {
			s.trial[k] = s.sample.weight[k]*(p-s.sample.p[k]) - shift*s.curve[k]
		}
		floats.Add(s.gradient, s.delta)
		s.sample.l.problem.x.backwardRows(s.sample.rows, s.trial, s.gradient)
	} else {
		for j := range s.diag {
			s.diag[j] = 1
		}
		s.sample.l.problem.x.squaresRows(s.sample.rows, s.curve, s.diag)
	}
	return math.Sqrt(floats.Dot(s.gradient, s.gradient))
}

// shift returns how far the intercept is above its best, to first order.
func (s *newton) shift() float64 {
	if s.sample.l.problem.opts.NoIntercept || s.total == 0 {
		return 0
	}
	return s.gb / s.total
}

// newton sets move to an approximate solution of Newton's equations for δ, and
// zmove to the change of the margins along it, the intercept's included.
func (s *newton) newton(ctx context.Context, norm float64) error {
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
		s.sample.l.problem.x.forwardRows(s.sample.rows, s.dir, s.trial)
		mean := 0.0
		if !s.sample.l.problem.opts.NoIntercept && s.total > 0 {
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
		s.sample.l.problem.x.backwardRows(s.sample.rows, s.trial, s.hdir)
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
func (s *newton) search() float64 {
	mean := 0.0
	if !s.sample.l.problem.opts.NoIntercept && s.total > 0 {
		mean = floats.Dot(s.curve, s.zmove) / s.total
	}
	bmove := 0.0
	if !s.sample.l.problem.opts.NoIntercept {
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
			slope += s.sample.weight[k] * (p - s.p[k]) * d
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
