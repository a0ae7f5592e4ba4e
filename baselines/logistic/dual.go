package logistic

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	logisticSettled = 0.1 // share of the largest sweep's movement that ends the sweeps
	logisticSweeps  = 100 // at most
)

// dual minimises φ, see sample, by ascent in the coordinates
// of its dual (Shalev-Shwartz and Zhang, Stochastic Dual Coordinate Ascent,
// JMLR 14, 2013). At the minimum δ = −g − Σ a_i x_i with a_i = c_i (σ(m_i +
// x_i·δ + β) − σ(m_i)); a visit of a row solves for its a_i with the others
// held. The rate depends on c_i‖x_i‖² alone, not on the condition of the
// Hessian: three or so sweeps do for rows of length 1 and a moderate C, where
// conjugate gradients need ten times as many. β is given the penalty ½β²,
// which is nothing beside the curvature of f in b.
type dual struct {
	sample sample
	a      []float64 // (S)
	order  []int32   // (S) of the visits
	delta  []float64 // (d)
	beta   float64
}

func newDual(d int) *dual { return &dual{delta: make([]float64, d)} }

// solve sets l's step to an approximate minimiser of φ.
func (s *dual) solve(ctx context.Context, l *labelFit) error {
	s.sample.draw(l)
	s.a, s.order = s.a[:0], s.order[:0]
	for k := range s.sample.rows {
		s.a = append(s.a, 0)
		s.order = append(s.order, int32(k))
	}
	floats.ScaleTo(s.delta, -1, l.g)
	s.beta = 0
	var largest float64
	for n := range logisticSweeps {
		if err := ctx.Err(); err != nil {
			return err
		}
		moved := s.sweep()
		largest = max(largest, moved)
		if n > 0 && moved <= logisticSettled*largest {
			break
		}
	}
	copy(l.step, s.delta)
	l.bstep = s.beta
	if !(floats.Dot(l.g, l.step) < 0) {
		l.descend()
	}
	return nil
}

// sweep visits each row of the sample once, in random order, and returns the
// sum of ‖change of δ‖² and β² over the visits.
func (s *dual) sweep() (moved float64) {
	l := s.sample.l
	l.random.Shuffle(len(s.order), func(a, b int) { s.order[a], s.order[b] = s.order[b], s.order[a] })
	one := 1.0
	if l.problem.opts.NoIntercept {
		one = 0
	}
	for _, k := range s.order {
		i := int(s.sample.rows[k])
		cols, vals := l.problem.x.row(i)
		squared := l.problem.squared[i] + one
		m := s.sample.m[k] + dotRow(cols, vals, s.delta) + s.beta
		change := dualChange(s.a[k], s.sample.weight[k], s.sample.p[k], m, squared)
		s.a[k] += change
		addRow(-change, cols, vals, s.delta)
		s.beta -= one * change
		moved += change * change * squared
	}
	return moved
}

// dualChange returns the change e of a that solves a + e = c(σ(m − e·squared)
// − p). The left side less the right one grows with e at a rate of 1 or more,
// so that the root lies between 0 and minus its value at 0; Newton's method
// stays inside, and one step of it is enough where the margin hardly moves.
func dualChange(a, c, p, m, squared float64) float64 {
	var e, lo, hi float64
	for n := 0; ; n++ {
		q := 1 / (1 + math.Exp(e*squared-m))
		f := a + e - c*(q-p)
		switch {
		case n == 0:
			lo, hi = min(0, -f), max(0, -f)
		case f > 0:
			hi = e
		default:
			lo = e
		}
		next := e - f/(1+c*squared*q*(1-q))
		if next < lo || next > hi {
			next = (lo + hi) / 2
		}
		move := math.Abs(next-e) * squared
		e = next
		if !(move >= 0.5) || n == 20 {
			return e
		}
	}
}
