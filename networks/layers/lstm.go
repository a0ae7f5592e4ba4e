package layers

import (
	"math"
	"math/rand/v2"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// LSTM is a long short-term memory (Hochreiter, Schmidhuber 1997; Gers et al.
// 2000), as PyTorch's nn.LSTM and Keras' LSTM compute it:
//
//	i = σ(W_ii x + W_hi h + b_i)  f = σ(W_if x + W_hf h + b_f)
//	g = tanh(W_ig x + W_hg h + b_g)  o = σ(W_io x + W_ho h + b_o)
//	c' = f·c + i·g  h' = o·tanh(c')
//
// It returns the state h at each paper's own last token, zero for a paper without
// tokens: what lies behind a paper's end changes nothing. In training the input x
// and the state h that the gates see may be under dropout, as Keras defines it: a
// mask for each paper and feature that stays the same at all times (Gal, Ghahramani
// 2016). Where the state has dropout, each gate has masks of its own, of x too;
// otherwise one mask of x serves all four.
type LSTM[T kernels.Float] struct {
	name               string
	first              bool // the input gets no gradient
	in, hidden         int
	pool               *pool.Pool
	input, recurrent   *Dropout[T]
	wih, whh, bih, bhh *Param[T]

	// Both weights beside each other, (4H, in+H), packed once a step, by part.
	weights       []T
	ahead, behind [gateCount]kernels.Packed[T] // forward: z·Wᵀ; backward: dgates·W
	bias          []T                          // (4H)

	// Of the last batch.
	batch  *Batch
	x, dy  *Tensor[T]
	parts  int // that the gates fall into by their masks: 1 or 4
	blocks int // that the papers are cut into
	masks  []T // (B, parts, in+H), of x and h
	z      []T // (B, parts, ldz): what the gates see of a time, [x h] under dropout; then its gradient
	ldz    int
	gates  []T // (T, B, ldg): i, f, g, o, tanh c; Backward turns the first four into their gradients
	ldg    int
	states []T // (T, B, H)
	cells  []T // (T, B, H)
	dcells []T // (B, H)
	zeros  []T // (H)

	out, dx Tensor[T] // (1, B, H), (T, B, in)

	slices  int // that the weights' gradients are cut into
	sums    []T // (4H): of the gates' gradients
	dw      []T // (in+H, 4H)
	scratch []*lstmScratch[T]

	pack, forward, backward, gradients func(worker, i int)
}

// gateCount is how many gates there are.
const gateCount = 4

// lstmScratch is what a worker needs to multiply what the gates saw by their
// gradients.
type lstmScratch[T kernels.Float] struct {
	seen  []T // (Depth, ldz)
	z     kernels.Transposed[T]
	gates kernels.Packed[T]
}

// NewLSTM returns a layer from in to hidden features. A frozen input gets no
// gradient; input and recurrent, which may be nil, are the dropout of x and h. It
// is initialised as Keras does: W_i uniform in ±√(6/(in+4·hidden)) (Glorot, Bengio
// 2010), the columns of W_h orthonormal, biases 0 but for the forget gate's 1. r may
// be nil: then all is zero.
func NewLSTM[T kernels.Float](p *pool.Pool, name string, in, hidden int, frozen bool, input, recurrent *Dropout[T], r *rand.Rand) *LSTM[T] {
	h, width := hidden, in+hidden
	l := &LSTM[T]{
		name: name, first: frozen, in: in, hidden: h, pool: p, input: input, recurrent: recurrent,
		wih: newParam[T](name+".weight_ih_l0", 4*h, in), whh: newParam[T](name+".weight_hh_l0", 4*h, h),
		bih: newParam[T](name+".bias_ih_l0", 4*h), bhh: newParam[T](name+".bias_hh_l0", 4*h),
		weights: make([]T, 4*h*width), bias: make([]T, 4*h), sums: make([]T, 4*h), dw: make([]T, width*4*h),
		ldz: apart(width), ldg: apart(5 * h), zeros: make([]T, h),
	}
	if r != nil {
		bound := math.Sqrt(6 / float64(in+4*h))
		for i := range l.wih.Value {
			l.wih.Value[i] = T((2*r.Float64() - 1) * bound)
		}
		orthonormal(l.whh.Value, 4*h, h, r)
		for i := h; i < 2*h; i++ {
			l.bih.Value[i] = 1
		}
	}
	for range p.Workers() {
		l.scratch = append(l.scratch, &lstmScratch[T]{seen: make([]T, kernels.Depth*l.ldz)})
	}
	l.pack, l.forward, l.backward, l.gradients = l.packTask, l.forwardTask, l.backwardTask, l.gradientTask
	return l
}

// apart keeps rows of so many elements from meeting in one set of the cache.
func apart(n int) int { return (n+15)/16*16 + 16 }

// Name implements Layer.
func (l *LSTM[T]) Name() string { return l.name }

// Params implements Layer.
func (l *LSTM[T]) Params() []*Param[T] { return []*Param[T]{l.wih, l.whh, l.bih, l.bhh} }

// Forward takes (T, B, in) and returns (1, B, hidden).
func (l *LSTM[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.batch, l.x = b, x
	if l.parts = 1; l.recurrent.active(b) {
		l.parts = gateCount
	}
	rows := b.T * b.B
	l.masks, l.z = grow(l.masks, b.B*l.parts*(l.in+l.hidden)), grow(l.z, b.B*l.parts*l.ldz)
	l.gates = grow(l.gates, rows*l.ldg)
	l.states, l.cells = grow(l.states, rows*l.hidden), grow(l.cells, rows*l.hidden)
	l.out.Resize(1, b.B, l.hidden)
	l.blocks = min(b.B, l.pool.Workers())
	l.join()
	l.pool.Run(2*l.parts, l.pack)
	l.pool.Run(l.blocks, l.forward)
	return &l.out
}

// join lays the weights beside each other and adds up the biases.
func (l *LSTM[T]) join() {
	h, in, width := l.hidden, l.in, l.in+l.hidden
	for j := range 4 * h {
		row := l.weights[j*width : (j+1)*width]
		copy(row, l.wih.Value[j*in:(j+1)*in])
		copy(row[in:], l.whh.Value[j*h:(j+1)*h])
		l.bias[j] = l.bih.Value[j] + l.bhh.Value[j]
	}
}

// columns is how many numbers the gates of a part have.
func (l *LSTM[T]) columns() int { return 4 * l.hidden / l.parts }

// packTask packs the weights of a part for one way.
func (l *LSTM[T]) packTask(_, i int) {
	part, n, width := i/2, l.columns(), l.in+l.hidden
	w := l.weights[part*n*width:]
	switch {
	case i%2 == 0:
		l.ahead[part].PackTransposed(w, width, n, width)
	case l.batch.Train:
		l.behind[part].Pack(w[l.skipped():], n, width-l.skipped(), width)
	}
}

// skipped is how much of [x h] has no gradient.
func (l *LSTM[T]) skipped() int {
	if l.first {
		return l.in
	}
	return 0
}

// papers are those of a task.
func (l *LSTM[T]) papers(block int) (from, to int) {
	return block * l.batch.B / l.blocks, (block + 1) * l.batch.B / l.blocks
}

func (l *LSTM[T]) forwardTask(_, block int) {
	from, to := l.papers(block)
	h, b, n := l.hidden, l.batch, l.columns()
	for paper := from; paper < to; paper++ {
		l.drawMasks(paper)
		if b.Lengths[paper] == 0 {
			clear(l.out.Row(0, paper))
		}
	}
	for t := range b.T {
		live := b.live(t, from, to)
		if live == 0 {
			return
		}
		gates := l.gates[(t*b.B+from)*l.ldg:]
		for part := range l.parts {
			at := (from*l.parts + part) * l.ldz
			for j := range live {
				l.see(l.z[at+j*l.parts*l.ldz:], t, from+j, part)
			}
			z := kernels.Left[T]{Data: l.z[at:], Row: l.parts * l.ldz, Col: 1}
			kernels.Gemm(gates[part*n:], l.ldg, z, live, &l.ahead[part], false)
		}
		for j := range live {
			paper := from + j
			if b.Lengths[paper] <= t {
				continue
			}
			state := l.at(l.states, t, paper)
			kernels.LSTMForward(state, l.at(l.cells, t, paper), gates[j*l.ldg:j*l.ldg+5*h], l.bias, l.before(l.cells, t, paper))
			if b.Lengths[paper] == t+1 {
				copy(l.out.Row(0, paper), state)
			}
		}
	}
}

// dropped reports whether the gates see anything under dropout.
func (l *LSTM[T]) dropped() bool { return l.input.active(l.batch) || l.recurrent.active(l.batch) }

// drawMasks draws those of a paper.
func (l *LSTM[T]) drawMasks(paper int) {
	if !l.dropped() {
		return
	}
	for row := paper * l.parts; row < (paper+1)*l.parts; row++ {
		mask := l.mask(row)
		for i := range mask {
			mask[i] = 1
		}
		l.input.row(l.batch, row, mask[:l.in])
		l.recurrent.row(l.batch, row, mask[l.in:])
	}
}

// mask is that of a row paper·parts+part.
func (l *LSTM[T]) mask(row int) []T {
	width := l.in + l.hidden
	return l.masks[row*width : (row+1)*width]
}

// see sets z to what the gates of a part see of a paper at a time.
func (l *LSTM[T]) see(z []T, t, paper, part int) {
	z = z[:l.in+l.hidden]
	copy(z, l.x.Row(t, paper))
	copy(z[l.in:], l.before(l.states, t, paper))
	if l.dropped() {
		kernels.Mul(z, l.mask(paper*l.parts+part))
	}
}

// at is a paper's row of states or cells at a time.
func (l *LSTM[T]) at(rows []T, t, paper int) []T {
	at := (t*l.batch.B + paper) * l.hidden
	return rows[at : at+l.hidden]
}

// before returns the row that came before a time; zeros before the first.
func (l *LSTM[T]) before(rows []T, t, paper int) []T {
	if t == 0 {
		return l.zeros
	}
	return l.at(rows, t-1, paper)
}
