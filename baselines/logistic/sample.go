package logistic

const (
	logisticDensity  = 4       // first value of labelFit.density
	logisticMinRows  = 1 << 12 // a sample may always have so many rows,
	logisticMaxShare = 8       // and a larger one at first 1/8 of all rows
	logisticGentle   = 6       // C·‖x‖² up to which the dual method is the faster one
)

// sample holds a few rows that stand for all of them in a model of f
// around (w, b), where ∂f/∂b is 0. In the step (δ, β) the model keeps the
// exact gradient g and takes from the sample S how the gradient changes:
//
//	φ(δ, β) = g·δ + ½‖δ‖² + Σ_{i∈S} c_i B(m_i + x_i·δ + β, m_i)
//
// where m_i is a row's margin at (w, b), B(m, m₀) is log(1+e^m) less its
// tangent at m₀, and c_i makes up for the rows left out. A step to the minimum
// of φ brings ∇f down about tenfold, whatever the condition of the problem:
// rows are drawn in proportion to an upper bound of their leverage in the
// Hessian, so that a few per cent of them give all of it to within a small
// factor. This joins Newton's method subsampled by leverage (Xu et al.,
// Sub-sampled Newton Methods with Non-uniform Sampling, 2016) with the
// surrogate of DANE (Shamir, Srebro and Zhang, 2014), which spares the damped
// phase of Newton's method its passes over all rows.
type sample struct {
	l      *labelFit
	rows   []int32   // (S)
	weight []float64 // (S) c_i
	m      []float64 // (S) margins at (w, b)
	p      []float64 // (S) σ(m)
}

// draw fills the sample for l: row i enters with probability q_i = min(1,
// density · ‖x_i‖² ∂²f/∂z_i²), by one systematic draw over the rows, with its
// weight in f divided by q_i.
func (s *sample) draw(l *labelFit) {
	s.l = l
	density := l.density
	var expected float64
	for i, p := range l.p {
		expected += min(1, density*l.cneg*p*(1-p)*l.problem.squared[i])
	}
	if expected > l.limit {
		density *= l.limit / expected
	}
	s.rows, s.weight, s.m, s.p = s.rows[:0], s.weight[:0], s.m[:0], s.p[:0]
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
		s.p = append(s.p, p)
	}
}
