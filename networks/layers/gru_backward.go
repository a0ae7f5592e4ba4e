package layers

import "assay/internal/kernels"

// inputBlock is how many tokens a task takes.
const inputBlock = 128

// Backward sets the gradients of the weights; of the first level it returns nil.
func (l *BiGRU[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.pool.Run(2*l.blocks, l.backward)
	l.pool.Run(2*l.slices, l.gradients)
	if l.first {
		return nil
	}
	l.dx.Resize(b.T, b.B, l.in)
	l.pool.Run((b.T*b.B+inputBlock-1)/inputBlock, l.inputs)
	return &l.dx
}

// inputTask takes the gates' gradients of some tokens back to the input.
func (l *BiGRU[T]) inputTask(_, block int) {
	from := block * inputBlock
	rows := min(inputBlock, l.batch.T*l.batch.B-from)
	for i, d := range l.dirs {
		gates := kernels.Left[T]{Data: d.gates[from*d.ld:], Row: d.ld, Col: 1}
		kernels.Gemm(l.dx.Data[from*l.in:], l.in, gates, rows, &d.backInput, i > 0)
	}
}

// backwardTask goes back through time: it turns the gates into their gradients.
func (l *BiGRU[T]) backwardTask(_, i int) {
	d, from, to := l.task(i)
	h, ld, b := l.hidden, ldState(l.hidden), l.batch
	half := l.half(d)
	carry := d.state[from*ld : to*ld]
	clear(carry)
	for step := b.T - 1; step >= 0; step-- {
		t := d.time(step, b.T)
		n := b.live(t, from, to)
		at := (t*b.B + from) * d.ld
		gates := d.gates[at : at+(to-from)*d.ld]
		for j := range to - from {
			g, dh := gates[j*d.ld:j*d.ld+4*h], carry[j*ld:j*ld+h]
			if b.Lengths[from+j] <= t {
				clear(g)
				clear(dh)
				continue
			}
			kernels.Add(dh, l.dy.Row(t, from+j)[half:half+h])
			kernels.GRUBackward(dh, g, dh, l.before(d, step, from+j)[half:half+h])
		}
		if step > 0 {
			kernels.Gemm(carry, ld, kernels.Left[T]{Data: gates, Row: d.ld, Col: 1}, n, &d.backRZ, true)
			kernels.Gemm(carry, ld, kernels.Left[T]{Data: gates[3*h:], Row: d.ld, Col: 1}, n, &d.backN, true)
		}
	}
}

// before returns the output row that came before a step; zeros before the first.
func (l *BiGRU[T]) before(d *direction[T], step, paper int) []T {
	if step == 0 {
		return l.zeros
	}
	return l.out.Row(d.time(step-1, l.batch.T), paper)
}

// gradientScratch is what a worker needs to multiply what the gates met by their
// gradients.
type gradientScratch[T kernels.Float] struct {
	input, hidden kernels.Transposed[T] // x and the hidden state before
	rz, n, g      kernels.Packed[T]     // gradients of the gates
}

// gradientTask sums the gradients of some rows of a direction's weights over all
// times and papers, block by block: transposed first, as the gates are wider than
// what they met.
func (l *BiGRU[T]) gradientTask(worker, i int) {
	d, part := l.dirs[i%2], i/2
	h, rows, s := l.hidden, l.batch.T*l.batch.B, l.scratch[worker]
	columns := func(n int) (from, to int) { return part * n / l.slices, (part + 1) * n / l.slices }
	rz, rzEnd := columns(2 * h)
	n, nEnd := columns(h)
	clear(d.sums[rz:rzEnd])
	clear(d.sums[2*h+n : 2*h+nEnd])
	clear(d.sums[3*h+n : 3*h+nEnd])
	met := false // a hidden state that was not zero from the start
	for k := 0; k < rows; {
		end, prev, ok := l.block(d, k)
		gates := d.gates[k*d.ld:]
		s.rz.PackSum(gates[rz:], end-k, rzEnd-rz, d.ld, d.sums[rz:])
		s.n.PackSum(gates[2*h+n:], end-k, nEnd-n, d.ld, d.sums[2*h+n:])
		s.input.Pack(l.x.Data[k*l.in:], end-k, l.in, l.in)
		s.input.Multiply(d.dInput[rz:], 3*h, &s.rz, k > 0)
		s.input.Multiply(d.dInput[2*h+n:], 3*h, &s.n, k > 0)
		s.g.PackSum(gates[3*h+n:], end-k, nEnd-n, d.ld, d.sums[3*h+n:])
		if ok {
			s.hidden.Pack(l.out.Data[prev*2*h+l.half(d):], end-k, h, 2*h)
			s.hidden.Multiply(d.dHidden[rz:], 3*h, &s.rz, met)
			s.hidden.Multiply(d.dHidden[2*h+n:], 3*h, &s.g, met)
			met = true
		}
		k = end
	}
	for _, c := range [][2]int{{rz, rzEnd}, {2*h + n, 2*h + nEnd}} {
		from, to := c[0], c[1]
		if from == to {
			continue
		}
		kernels.Transpose(d.wih.Grad[from*l.in:], l.in, d.dInput[from:], 3*h, l.in, to-from)
		if met {
			kernels.Transpose(d.whh.Grad[from*h:], h, d.dHidden[from:], 3*h, h, to-from)
		} else {
			clear(d.whh.Grad[from*h : to*h])
		}
		copy(d.bih.Grad[from:to], d.sums[from:to])
	}
	copy(d.bhh.Grad[rz:rzEnd], d.sums[rz:rzEnd])
	copy(d.bhh.Grad[2*h+n:2*h+nEnd], d.sums[3*h+n:3*h+nEnd])
}

// block returns the end of the block of gates that begins at row k, and the row
// of the output that the first of them had as its hidden state; ok is false where
// that was the zero before the first time.
func (l *BiGRU[T]) block(d *direction[T], k int) (end, prev int, ok bool) {
	rows, b := l.batch.T*l.batch.B, l.batch.B
	end = min(k+kernels.Depth, rows)
	if d.reverse {
		if edge := rows - b; k < edge {
			return min(end, edge), k + b, true
		}
		return end, 0, false
	}
	if k < b {
		return min(end, b), 0, false
	}
	return end, k - b, true
}
