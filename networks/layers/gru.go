package layers

import (
	"fmt"
	"math"
	"math/rand/v2"

	"assay/internal/hugepage"
	"assay/internal/kernels"
	"assay/internal/pool"
)

// BiGRU is a gated recurrent unit in each direction of time, as PyTorch's
// nn.GRU(bidirectional=True) computes it:
//
//	r = σ(W_ir x + b_ir + W_hr h + b_hr)
//	z = σ(W_iz x + b_iz + W_hz h + b_hz)
//	n = tanh(W_in x + b_in + r·(W_hn h + b_hn))
//	h' = (1−z)·n + z·h
//
// A paper's reverse direction begins at its last token; after its end the
// output is zero. The input of the first of several GRUs is data, so no gradient of it
// is computed.
type BiGRU[T kernels.Float] struct {
	name       string
	first      bool
	in, hidden int
	pool       *pool.Pool
	dirs       [2]*direction[T]

	// Of the last batch.
	batch  *Batch
	x, dy  *Tensor[T]
	out    Tensor[T] // (T, B, 2·hidden): forward, reverse
	blocks int       // that the papers are cut into
	slices int       // that the weights' gradients are cut into

	zeros   []T                   // a row
	scratch []*gradientScratch[T] // by worker

	dx Tensor[T] // (T, B, in), unless it is the first

	forward, backward, gradients, pack, inputs func(worker, i int)
}

// direction is what one direction of time has of its own.
type direction[T kernels.Float] struct {
	reverse            bool
	wih, whh, bih, bhh *Param[T]

	// The weights as right operands, packed once a step. The gates r and z take
	// the sum of both parts, n keeps them apart.
	input, hiddenRZ, hiddenN kernels.Packed[T] // forward: x·Wᵀ, h·Wᵀ
	backRZ, backN, backInput kernels.Packed[T] // backward: dgates·W
	bias                     []T               // (4H): r, z, n of the input part, n of the hidden part

	// gates (T, B, ld) are [r z n g], g the hidden part of n; Backward turns them
	// into their gradients, before activation.
	gates []T
	ld    int
	state []T // (B, ldState): h, then dL/dh

	sums            []T // (4H): of the gates' gradients
	dInput, dHidden []T // (in, 3H), (H, 3H): gradients of the weights, transposed
}

// ldState keeps the rows of states from meeting in one set of the cache.
func ldState(hidden int) int { return hidden + 16 }

// NewBiGRU returns the given level, from 0 up, of several on top of each other,
// from in to 2·hidden features, initialised as PyTorch does: uniform in ±1/√hidden.
func NewBiGRU[T kernels.Float](p *pool.Pool, name string, level, in, hidden int, r *rand.Rand) *BiGRU[T] {
	l := &BiGRU[T]{name: name, first: level == 0, in: in, hidden: hidden, pool: p}
	if level > 0 {
		l.name = fmt.Sprintf("%s_l%d", name, level)
	}
	bound := 1 / math.Sqrt(float64(hidden))
	for i, suffix := range []string{"", "_reverse"} {
		param := func(what string, shape ...int) *Param[T] {
			return uniform[T](p, r, bound, fmt.Sprintf("%s.%s_l%d%s", name, what, level, suffix), shape...)
		}
		l.dirs[i] = &direction[T]{
			reverse: i == 1,
			wih:     param("weight_ih", 3*hidden, in), whh: param("weight_hh", 3*hidden, hidden),
			bih: param("bias_ih", 3*hidden), bhh: param("bias_hh", 3*hidden), ld: 4*hidden + 16,
		}
	}
	if p == nil {
		return l
	}
	l.zeros = make([]T, 2*hidden)
	for _, d := range l.dirs {
		d.bias, d.sums = make([]T, 4*hidden), make([]T, 4*hidden)
		d.dInput, d.dHidden = make([]T, in*3*hidden), make([]T, hidden*3*hidden)
	}
	for range p.Workers() {
		l.scratch = append(l.scratch, &gradientScratch[T]{})
	}
	l.forward, l.backward, l.gradients, l.pack, l.inputs = l.forwardTask, l.backwardTask, l.gradientTask, l.packTask, l.inputTask
	return l
}

// Name implements Layer.
func (l *BiGRU[T]) Name() string { return l.name }

// Params implements Layer.
func (l *BiGRU[T]) Params() []*Param[T] {
	var out []*Param[T]
	for _, d := range l.dirs {
		out = append(out, d.wih, d.whh, d.bih, d.bhh)
	}
	return out
}

// Forward takes (T, B, in) and returns (T, B, 2·hidden).
func (l *BiGRU[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.batch, l.x = b, x
	l.out.Resize(b.T, b.B, 2*l.hidden)
	for _, d := range l.dirs {
		d.gates = grow(d.gates, b.T*b.B*d.ld)
		d.state = grow(d.state, b.B*ldState(l.hidden))
	}
	// A direction and a block of papers need nothing of each other.
	l.blocks = min(b.B, (l.pool.Workers()+1)/2)
	l.slices = (l.pool.Workers() + 1) / 2
	l.pool.Run(4, l.pack)
	l.pool.Run(2*l.blocks, l.forward)
	return &l.out
}

// packTask packs half of a direction's weights.
func (l *BiGRU[T]) packTask(_, i int) {
	d, h := l.dirs[i%2], l.hidden
	if i < 2 {
		d.input.PackTransposed(d.wih.Value, l.in, 3*h, l.in)
		d.hiddenRZ.PackTransposed(d.whh.Value, h, 2*h, h)
		return
	}
	d.hiddenN.PackTransposed(d.whh.Value[2*h*h:], h, h, h)
	if l.batch.Train {
		d.backRZ.Pack(d.whh.Value, 2*h, h, h)
		d.backN.Pack(d.whh.Value[2*h*h:], h, h, h)
		if !l.first {
			d.backInput.Pack(d.wih.Value, 3*h, l.in, l.in)
		}
	}
	for j := range 2 * h {
		d.bias[j] = d.bih.Value[j] + d.bhh.Value[j]
	}
	copy(d.bias[2*h:], d.bih.Value[2*h:])
	copy(d.bias[3*h:], d.bhh.Value[2*h:])
}

// task parts the number of a task into its direction and its papers.
func (l *BiGRU[T]) task(i int) (d *direction[T], from, to int) {
	block := i / 2
	return l.dirs[i%2], block * l.batch.B / l.blocks, (block + 1) * l.batch.B / l.blocks
}

// time returns the i-th time in the direction's order.
func (d *direction[T]) time(i, length int) int {
	if d.reverse {
		return length - 1 - i
	}
	return i
}

// live returns how many of the papers from to to must be computed at time t:
// those before the last that has not ended.
func (b *Batch) live(t, from, to int) int {
	for to > from && b.Lengths[to-1] <= t {
		to--
	}
	return to - from
}

func (l *BiGRU[T]) forwardTask(_, i int) {
	d, from, to := l.task(i)
	h, ld, b := l.hidden, ldState(l.hidden), l.batch
	half := l.half(d)
	state := d.state[from*ld : to*ld]
	clear(state)
	for step := range b.T {
		t := d.time(step, b.T)
		n := b.live(t, from, to)
		at := (t*b.B + from) * d.ld
		gates := d.gates[at : at+(to-from)*d.ld]
		left := kernels.Left[T]{Data: state, Row: ld, Col: 1}
		kernels.Gemm(gates, d.ld, kernels.Left[T]{Data: l.x.Data[(t*b.B+from)*l.in:], Row: l.in, Col: 1}, n, &d.input, false)
		kernels.Gemm(gates, d.ld, left, n, &d.hiddenRZ, true)
		kernels.Gemm(gates[3*h:], d.ld, left, n, &d.hiddenN, false)
		for j := range to - from {
			out, hidden := l.out.Row(t, from+j)[half:half+h], state[j*ld:j*ld+h]
			if b.Lengths[from+j] <= t {
				clear(out)
				clear(hidden)
				continue
			}
			kernels.GRUForward(out, gates[j*d.ld:j*d.ld+4*h], d.bias, hidden)
			copy(hidden, out)
		}
	}
}

// half is where the direction's half of the output begins.
func (l *BiGRU[T]) half(d *direction[T]) int {
	if d.reverse {
		return l.hidden
	}
	return 0
}

func grow[T kernels.Float](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return hugepage.Make[T](n)
}
