package layers

import "assay/internal/kernels"

// Backward sets the gradients of the weights; it returns nil.
func (l *BiGRU[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	for _, d := range l.dirs {
		d.rows = growRows(d.rows, b.T*b.B)
	}
	l.pool.Run(2*l.blocks, l.backward)
	l.pool.Run(2*l.slices, l.gradients)
	return nil
}

// growRows returns the numbers 0 to n-1.
func growRows(rows []int32, n int) []int32 {
	for i := len(rows); i < n; i++ {
		rows = append(rows, int32(i))
	}
	return rows
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

// gradientScratch is what a worker needs to multiply gates by what they met.
type gradientScratch[T kernels.Float] struct {
	gates         kernels.Transposed[T]
	input, hidden kernels.Packed[T]
}

// gradientTask sums the gradients of some rows of a direction's weights over all
// times and papers, block by block.
func (l *BiGRU[T]) gradientTask(worker, i int) {
	d, part := l.dirs[i%2], i/2
	h, rows, s := l.hidden, l.batch.T*l.batch.B, l.scratch[worker]
	columns := func(n int) (from, to int) { return part * n / l.slices, (part + 1) * n / l.slices }
	rz, rzEnd := columns(2 * h)
	n, nEnd := columns(h)
	wih, whh := d.wih.Grad, d.whh.Grad
	met := false // a hidden state that was not zero from the start
	for k := 0; k < rows; {
		end, prev, ok := l.block(d, k)
		s.input.Pack(l.x.Data[k*l.in:], end-k, l.in, l.in)
		s.gates.Pack(d.gates[k*d.ld+rz:], end-k, rzEnd-rz, d.ld)
		s.gates.Multiply(wih[rz*l.in:], l.in, &s.input, k > 0)
		if ok {
			s.hidden.Pack(l.out.Data[prev*2*h+l.half(d):], end-k, h, 2*h)
			s.gates.Multiply(whh[rz*h:], h, &s.hidden, met)
			s.gates.Pack(d.gates[k*d.ld+3*h+n:], end-k, nEnd-n, d.ld)
			s.gates.Multiply(whh[(2*h+n)*h:], h, &s.hidden, met)
			met = true
		}
		s.gates.Pack(d.gates[k*d.ld+2*h+n:], end-k, nEnd-n, d.ld)
		s.gates.Multiply(wih[(2*h+n)*l.in:], l.in, &s.input, k > 0)
		k = end
	}
	if !met {
		clear(whh[rz*h : rzEnd*h])
		clear(whh[(2*h+n)*h : (2*h+nEnd)*h])
	}
	from, to := columns(4 * h)
	l.biasGradients(d, from, to)
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

// biasGradients sums some columns of the gates.
func (l *BiGRU[T]) biasGradients(d *direction[T], from, to int) {
	if from == to {
		return
	}
	h := l.hidden
	kernels.SumRows(d.sums[from:to], d.gates[from:], d.ld, d.rows[:l.batch.T*l.batch.B])
	for j := from; j < to; j++ {
		if j < 3*h {
			d.bih.Grad[j] = d.sums[j]
		}
		if j < 2*h {
			d.bhh.Grad[j] = d.sums[j]
		} else if j >= 3*h {
			d.bhh.Grad[j-h] = d.sums[j]
		}
	}
}
