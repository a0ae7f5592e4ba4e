package logistic

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// problem is what all labels share.
type problem struct {
	x       *rowMatrix
	opts    Options
	squared []float64 // (n) squared norms of the rows
	largest float64   // norm of the largest row
	sum     []float64 // (d) of the rows
}

// labelFit is one label on its way to convergence: the point (w, b) that
// it has reached, what is known of f there, and the step that it tries next.
type labelFit struct {
	problem   *problem
	label     int
	positives []int32
	cpos      float64 // C times the class weight of the papers that carry the label
	cneg      float64 // and of the others
	random    *rand.Rand

	w    []float64 // (d)
	b    float64
	z    []float64 // (n) X·w
	p    []float64 // (n) σ(z + b)
	loss float64   // the sum in f, with C and the class weights
	gb   float64   // ∂f/∂b
	hb   float64   // ∂²f/∂b²
	g    []float64 // (d) ∂f/∂w

	step  []float64 // (d)
	bstep float64
	zstep []float64 // (n) X·step
	// unscaled says that the step is a direction of no particular length.
	unscaled bool

	gentle     bool    // steps are found by dual, not by newton
	density    float64 // of the rows drawn for a step, see sample.draw
	limit      float64 // of their expected number
	bound      float64 // of ‖∇F‖ at (w, b)
	iterations int
	stuck      bool // no step improves f: rounding has the last word
}

// start readies l, whose slices have their lengths, to fit a label at w = 0
// and the best intercept, where the gradient costs no pass over the rows.
func (l *labelFit) start() {
	x := l.problem.x
	npos := float64(len(l.positives))
	weighted := l.cpos * npos
	share := weighted / (weighted + l.cneg*(float64(x.rows)-npos))
	l.b = math.Log(share / (1 - share))
	if l.problem.opts.NoIntercept {
		l.b, share = 0, 0.5
	}
	clear(l.w)
	clear(l.z)
	clear(l.zstep)
	l.bstep, l.iterations, l.stuck = 0, 0, false
	l.density, l.limit = logisticDensity, max(logisticMinRows, float64(x.rows)/logisticMaxShare)
	l.gentle = max(l.cpos, l.cneg)*l.problem.largest*l.problem.largest <= logisticGentle
	l.take(l.evaluate(0, l.b))

	clear(l.g)
	pull := l.cpos*(share-1) - l.cneg*share
	for _, i := range l.positives {
		cols, vals := x.row(int(i))
		for k, j := range cols {
			l.g[j] += pull * float64(vals[k])
		}
	}
	floats.AddScaled(l.g, l.cneg*share, l.problem.sum)
	l.bound = l.gradientBound()
	l.descend()
}

// descend makes the next step go down the gradient.
func (l *labelFit) descend() {
	floats.ScaleTo(l.step, -1, l.g)
	l.bstep, l.unscaled = 0, true
}

// sums are sums over all rows at one point of a line, with C and the
// class weights.
type sums struct {
	loss  float64
	gb    float64 // derivative by the intercept
	hb    float64 // its derivative
	slope float64 // derivative along zstep
}

func (l *labelFit) take(s sums) { l.loss, l.gb, l.hb = s.loss, s.gb, s.hb }

// evaluate sets p to σ(z + t·zstep + b) and returns the sums there.
func (l *labelFit) evaluate(t, b float64) sums {
	s := lossAll(l.z, l.zstep, l.p, t, b)
	s.loss *= l.cneg
	s.gb *= l.cneg
	s.hb *= l.cneg
	s.slope *= l.cneg
	// The rows that carry the label have so far been counted as if they did
	// not: log(1+e^m) becomes log(1+e^−m), which is m less.
	extra := l.cpos - l.cneg
	for _, i := range l.positives {
		m, p := l.z[i]+t*l.zstep[i]+b, l.p[i]
		s.loss += extra*(max(m, 0)+math.Log1p(math.Exp(-math.Abs(m)))) - l.cpos*m
		r := extra*p - l.cpos
		s.gb += r
		s.hb += extra * p * (1 - p)
		s.slope += r * l.zstep[i]
	}
	return s
}

// search moves to a point on the line along the step, whose zstep is known,
// that lowers f enough, then to the best intercept for it.
func (l *labelFit) search() {
	l.iterations++
	gs := floats.Dot(l.g, l.step)
	ws, ss := floats.Dot(l.w, l.step), floats.Dot(l.step, l.step)
	slope0 := gs + l.gb*l.bstep
	t := 1.0
	if l.unscaled {
		l.unscaled = false
		t = -gs / (ss + l.curvature())
	}
	for range 60 {
		s := l.evaluate(t, l.b+t*l.bstep)
		slope := ws + t*ss + s.slope + l.bstep*s.gb
		change := t*(ws+t*ss/2) + (s.loss - l.loss)
		// Near the minimum rounding hides the change of f but not of its slope
		// (Hager and Zhang, SIAM J. Optim. 16, 2005, section 2).
		noise := 1e-13 * (math.Abs(l.loss) + 1)
		if change <= 1e-4*t*slope0 || (change <= noise && math.Abs(slope) <= 0.5*math.Abs(slope0)) {
			floats.AddScaled(l.w, t, l.step)
			floats.AddScaled(l.z, t, l.zstep)
			l.b += t * l.bstep
			l.take(s)
			l.centre()
			return
		}
		// The minimum of the parabola through f, its slope at 0 and f at t.
		t = min(max(-slope0*t*t/(2*(change-slope0*t)), 0.1*t), 0.5*t)
	}
	l.stuck = true
	l.take(l.evaluate(0, l.b))
}

// curvature returns the second derivative of the loss along zstep, with the
// intercept following.
func (l *labelFit) curvature() float64 {
	var s, sz, szz float64
	add := func(i int, c float64) {
		d := c * l.p[i] * (1 - l.p[i])
		z := l.zstep[i]
		s += d
		sz += d * z
		szz += d * z * z
	}
	for i := range l.p {
		add(i, l.cneg)
	}
	for _, i := range l.positives {
		add(int(i), l.cpos-l.cneg)
	}
	if l.problem.opts.NoIntercept {
		return szz
	}
	return max(szz-sz*sz/s, 0)
}

// centre moves the intercept to its best value for w, by Newton steps held to
// 1, at which f must fall: its third derivative by b is at most its second.
func (l *labelFit) centre() {
	if l.problem.opts.NoIntercept {
		return
	}
	enough := 0.02 * l.problem.opts.Tolerance * math.Sqrt(floats.Dot(l.w, l.w))
	for range 50 {
		if l.problem.largest*math.Abs(l.gb) <= enough || l.hb == 0 {
			return
		}
		next := l.b - max(-1, min(1, l.gb/l.hb))
		if next == l.b {
			return
		}
		l.b = next
		l.take(l.evaluate(0, l.b))
	}
}

// residual returns ∂f/∂z of each row in the given lane of out (n).
func (l *labelFit) residual(out []laneValues, lane int) {
	for i, p := range l.p {
		out[i][lane] = l.cneg * p
	}
	for _, i := range l.positives {
		out[i][lane] = l.cpos * (l.p[i] - 1)
	}
}

// gradientBound returns a bound of ‖∇F‖, see Regression.
func (l *labelFit) gradientBound() float64 {
	bound := math.Sqrt(floats.Dot(l.g, l.g))
	if !l.problem.opts.NoIntercept {
		bound += l.problem.largest * math.Abs(l.gb)
	}
	return bound
}

// regard takes note of a new gradient. Where the last step did less than halve
// it, the dual method makes way for Newton's, or the next sample is four times
// as large.
func (l *labelFit) regard() {
	before := l.bound
	l.bound = l.gradientBound()
	switch {
	case l.iterations == 1 || l.bound <= before/2:
	case l.gentle:
		l.gentle = false
	default:
		l.density *= 4
		l.limit *= 4
	}
}

// converged reports how the label stands.
func (l *labelFit) converged() Convergence {
	norm := math.Sqrt(floats.Dot(l.w, l.w))
	rounding := 0x1p-48 * l.problem.largest * l.cpos * float64(len(l.positives))
	c := Convergence{
		Iterations: l.iterations,
		Converged:  l.bound <= l.problem.opts.Tolerance*norm || l.bound <= rounding,
	}
	if l.bound > 0 {
		c.Distance = l.bound / norm
	}
	return c
}
