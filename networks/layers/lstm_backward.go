package layers

import (
	"math"
	"math/rand/v2"

	"assay/internal/kernels"
)

// Backward sets the gradients of the weights; for a frozen input it returns nil.
func (l *LSTM[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dcells = grow(l.dcells, b.B*l.hidden)
	if !l.first {
		l.dx.Resize(b.T, b.B, l.in)
	}
	l.slices = l.pool.Workers()
	l.pool.Run(len(l.cuts)-1, l.backward)
	l.pool.Run(l.slices, l.gradients)
	if l.first {
		return nil
	}
	return &l.dx
}

// backwardTask goes back through time: it turns the gates into their gradients.
func (l *LSTM[T]) backwardTask(_, block int) {
	from, to := l.cuts[block], l.cuts[block+1]
	b, n := l.batch, l.columns()
	for t := b.T - 1; t >= 0; t-- {
		gates := l.gates[(t*b.B+from)*l.ldg:]
		for j := range to - from {
			l.stepBack(t, from+j, gates[j*l.ldg:j*l.ldg+5*l.hidden])
		}
		live := b.live(t, from, to)
		if live == 0 || t == 0 && l.first {
			continue
		}
		for part := range l.parts {
			left := kernels.Left[T]{Data: gates[part*n:], Row: l.ldg, Col: 1}
			kernels.Gemm(l.z[(from*l.parts+part)*l.ldz:], l.parts*l.ldz, left, live, &l.behind[part], false)
		}
		for paper := from; paper < from+live; paper++ {
			l.gather(t, paper)
		}
	}
}

// stepBack takes the gradient of a paper's state behind a time back through it; what
// lies behind the end of the paper gets none.
func (l *LSTM[T]) stepBack(t, paper int, gates []T) {
	h, last := l.hidden, l.batch.Lengths[paper]-1
	dc := l.dcells[paper*h : (paper+1)*h]
	switch {
	case t > last:
		clear(gates)
		if !l.first {
			clear(l.dx.Row(t, paper))
		}
	case t == last:
		clear(dc)
		kernels.LSTMBackward(dc, gates, l.dy.Row(0, paper), l.cell(t-1, paper))
	default:
		dh := l.z[paper*l.parts*l.ldz+l.in-l.skipped():]
		kernels.LSTMBackward(dc, gates, dh[:h], l.cell(t-1, paper))
	}
}

// gather adds up in the first part what the parts of a paper's gates pull on x and
// h, through their masks, and hands on what is x's.
func (l *LSTM[T]) gather(t, paper int) {
	skip := l.skipped()
	width := l.in + l.hidden - skip
	at := paper * l.parts
	sum := l.z[at*l.ldz : at*l.ldz+width]
	if l.dropped() {
		kernels.Mul(sum, l.mask(at)[skip:])
		for part := 1; part < l.parts; part++ {
			kernels.MulAdd(sum, l.z[(at+part)*l.ldz:(at+part)*l.ldz+width], l.mask(at + part)[skip:])
		}
	}
	if !l.first && t < l.batch.Lengths[paper] {
		copy(l.dx.Row(t, paper), sum)
	}
}

// gradientTask sums the gradients of some rows of the weights over all times and
// papers.
func (l *LSTM[T]) gradientTask(worker, slice int) {
	h, n := l.hidden, l.columns()
	from, to := slice*4*h/l.slices, (slice+1)*4*h/l.slices
	if from == to {
		return
	}
	for part := from / n; part*n < to; part++ {
		l.sumGradients(l.scratch[worker], part, max(from, part*n), min(to, (part+1)*n))
	}
	kernels.Transpose(l.wih.Grad[from*l.in:], l.in, l.dw[from:], 4*h, l.in, to-from)
	kernels.Transpose(l.whh.Grad[from*h:], h, l.dw[l.in*4*h+from:], 4*h, h, to-from)
	copy(l.bih.Grad[from:to], l.sums[from:to])
	copy(l.bhh.Grad[from:to], l.sums[from:to])
}

// sumGradients does some rows of a part, block by block of what its gates saw:
// transposed first, as the gates are wider.
func (l *LSTM[T]) sumGradients(s *lstmScratch[T], part, from, to int) {
	b, width := l.batch, l.in+l.hidden
	clear(l.sums[from:to])
	for k := 0; k < b.T*b.B; k += kernels.Depth {
		n := min(kernels.Depth, b.T*b.B-k)
		seen := l.inputs[k*l.ldz:]
		if l.dropped() {
			seen = s.seen
			for i := range n {
				kernels.MulTo(seen[i*l.ldz:], l.inputs[(k+i)*l.ldz:(k+i)*l.ldz+width], l.mask((k+i)%b.B*l.parts+part))
			}
		}
		s.gates.PackSum(l.gates[k*l.ldg+from:], n, to-from, l.ldg, l.sums[from:])
		s.z.Pack(seen, n, width, l.ldz)
		s.z.Multiply(l.dw[from:], 4*l.hidden, &s.gates, k > 0)
	}
}

// orthonormal fills w (rows, cols), rows at least cols, with columns of length 1 at
// right angles to each other, drawn evenly: those of normal numbers, each less its
// part along the ones before it (Gram–Schmidt, the subtraction done twice).
func orthonormal[T kernels.Float](w []T, rows, cols int, r *rand.Rand) {
	columns := make([][]float64, cols)
	for j := range columns {
		c := make([]float64, rows)
		for i := range c {
			c[i] = r.NormFloat64()
		}
		for range 2 {
			for _, other := range columns[:j] {
				kernels.Axpy(c, -kernels.Dot(c, other), other)
			}
		}
		length := math.Sqrt(kernels.Dot(c, c))
		for i := range c {
			c[i] /= length
			w[i*cols+j] = T(c[i])
		}
		columns[j] = c
	}
}
