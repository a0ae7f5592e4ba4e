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
	parts  int   // that the gates fall into by their masks: 1 or 4
	cuts   []int // the papers of block i are from cuts[i] to cuts[i+1]
	masks  []T   // (B, parts, in+H), of x and h
	inputs []T   // (T, B, ldz): x and the h before, no dropout yet; zeros behind the end of a paper
	z      []T   // (B, parts, ldz): inputs of a time under dropout; then their gradient
	ldz    int
	gates  []T // (T, B, ldg): i, f, g, o, tanh c; Backward turns the first four into their gradients
	ldg    int
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
	seen  []T // (Depth, ldz): inputs under dropout
	z     kernels.Transposed[T]
	gates kernels.Packed[T]
}

// NewLSTM returns a layer from in to hidden features. A frozen input gets no
// gradient; input and recurrent, which may be nil, are the dropout of x and h. It
// is initialised as Keras does: W_i uniform in ±√(6/(in+4·hidden)) (Glorot, Bengio
// 2010), the columns of W_h orthonormal, biases 0 but for the forget gate's 1.
func NewLSTM[T kernels.Float](p *pool.Pool, name string, in, hidden int, frozen bool, input, recurrent *Dropout[T], r *rand.Rand) *LSTM[T] {
	h, width := hidden, in+hidden
	l := &LSTM[T]{
		name: name, first: frozen, in: in, hidden: h, pool: p, input: input, recurrent: recurrent,
		wih: newParam[T](p, name+".weight_ih_l0", 4*h, in), whh: newParam[T](p, name+".weight_hh_l0", 4*h, h),
		bih: newParam[T](p, name+".bias_ih_l0", 4*h), bhh: newParam[T](p, name+".bias_hh_l0", 4*h),
		ldz: apart(width), ldg: apart(5 * h),
	}
	if p == nil {
		return l
	}
	l.weights, l.dw = make([]T, 4*h*width), make([]T, width*4*h)
	l.bias, l.sums, l.zeros = make([]T, 4*h), make([]T, 4*h), make([]T, h)
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
	l.inputs, l.cells = grow(l.inputs, rows*l.ldz), grow(l.cells, rows*l.hidden)
	l.out.Resize(1, b.B, l.hidden)
	l.cut(min(b.B, l.pool.Workers()))
	l.join()
	l.pool.Run(2*l.parts, l.pack)
	l.pool.Run(len(l.cuts)-1, l.forward)
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

// cut cuts the papers into blocks of about the same number of tokens.
func (l *LSTM[T]) cut(blocks int) {
	tokens := 0
	for _, n := range l.batch.Lengths {
		tokens += n
	}
	l.cuts = append(l.cuts[:0], 0)
	seen := 0
	for paper, n := range l.batch.Lengths {
		if len(l.cuts) < blocks && seen+n/2 >= len(l.cuts)*tokens/blocks && paper > 0 {
			l.cuts = append(l.cuts, paper)
		}
		seen += n
	}
	l.cuts = append(l.cuts, l.batch.B)
}

func (l *LSTM[T]) forwardTask(_, block int) {
	from, to := l.cuts[block], l.cuts[block+1]
	h, b, n := l.hidden, l.batch, l.columns()
	for paper := from; paper < to; paper++ {
		l.begin(paper)
	}
	for t := range b.T {
		live := b.live(t, from, to)
		if live == 0 {
			return
		}
		for paper := from; paper < from+live; paper++ {
			if t < b.Lengths[paper] {
				copy(l.inputRow(t, paper), l.x.Row(t, paper))
			}
		}
		gates := l.gates[(t*b.B+from)*l.ldg:]
		for part := range l.parts {
			kernels.Gemm(gates[part*n:], l.ldg, l.seen(t, from, live, part), live, &l.ahead[part], false)
		}
		for j := range live {
			paper := from + j
			if b.Lengths[paper] <= t {
				continue
			}
			state := l.out.Row(0, paper)
			if t+1 < b.Lengths[paper] {
				state = l.inputRow(t+1, paper)[l.in:]
			}
			kernels.LSTMForward(state, l.cell(t, paper), gates[j*l.ldg:j*l.ldg+5*h], l.bias, l.cell(t-1, paper))
		}
	}
}

// begin prepares what does not come from a time before.
func (l *LSTM[T]) begin(paper int) {
	b := l.batch
	l.drawMasks(paper)
	if b.Lengths[paper] == 0 {
		clear(l.out.Row(0, paper))
	}
	clear(l.inputRow(0, paper)[l.in:])
	for t := b.Lengths[paper]; t < b.T; t++ {
		clear(l.inputRow(t, paper))
	}
}

// seen returns what the gates of a part see of some papers at a time.
func (l *LSTM[T]) seen(t, from, papers, part int) kernels.Left[T] {
	if !l.dropped() {
		return kernels.Left[T]{Data: l.inputs[(t*l.batch.B+from)*l.ldz:], Row: l.ldz, Col: 1}
	}
	for paper := from; paper < from+papers; paper++ {
		row := paper*l.parts + part
		kernels.MulTo(l.z[row*l.ldz:], l.inputRow(t, paper), l.mask(row))
	}
	return kernels.Left[T]{Data: l.z[(from*l.parts+part)*l.ldz:], Row: l.parts * l.ldz, Col: 1}
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

// inputRow is a paper's row of inputs at a time.
func (l *LSTM[T]) inputRow(t, paper int) []T {
	at := (t*l.batch.B + paper) * l.ldz
	return l.inputs[at : at+l.in+l.hidden]
}

// cell is a paper's row of cells at a time; zeros before the first.
func (l *LSTM[T]) cell(t, paper int) []T {
	if t < 0 {
		return l.zeros
	}
	at := (t*l.batch.B + paper) * l.hidden
	return l.cells[at : at+l.hidden]
}
