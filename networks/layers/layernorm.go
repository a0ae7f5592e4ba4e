package layers

import (
	"assay/internal/kernels"
	"assay/internal/pool"
)

// LayerNorm shifts and scales each row to mean 0 and variance 1, then by learnt
// weights: y = γ·(x−mean)/√(variance+1e-5) + β (Ba, Kiros, Hinton 2016).
type LayerNorm[T kernels.Float] struct {
	name        string
	dim         int
	over        extent
	pool        *pool.Pool
	gamma, beta *Param[T]

	batch     *Batch
	x, dy     *Tensor[T]
	out, dx   Tensor[T]
	mean, rs  []T   // of each row
	sums      [][]T // of the gradients of γ and β, by block
	scratch   [][]T // a row, by worker
	groups    int   // of papers that are added up
	fwd, back func(worker, i int)
}

// extent is which rows a LayerNorm has.
type extent int

// The rows of papers (1, B, D), of tokens (T, B, D), and of tokens that are
// then added up: (T, B, D) to (1, B, D).
const (
	Papers extent = iota
	Tokens
	TokensSummed
)

const (
	normEps   = 1e-5
	normBlock = 128 // rows whose gradients are summed together
)

// NewLayerNorm returns a layer over rows of dim, γ = 1 and β = 0.
func NewLayerNorm[T kernels.Float](p *pool.Pool, name string, dim int, over extent) *LayerNorm[T] {
	l := &LayerNorm[T]{
		name: name, dim: dim, over: over, pool: p,
		gamma: constant[T](1, name+".weight", dim), beta: newParam[T](name+".bias", dim),
	}
	for range p.Workers() {
		l.scratch = append(l.scratch, make([]T, dim))
	}
	l.fwd, l.back = l.forwardRows, l.backwardRows
	if over == TokensSummed {
		l.fwd = l.forwardSum
	}
	return l
}

// Name implements Layer.
func (l *LayerNorm[T]) Name() string { return l.name }

// Params implements Layer.
func (l *LayerNorm[T]) Params() []*Param[T] { return []*Param[T]{l.gamma, l.beta} }

// Forward normalises each row; behind the end of a paper it gives zeros, and
// adds nothing to a sum.
func (l *LayerNorm[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.batch, l.x = b, x
	rows := x.T * x.B
	l.mean, l.rs = grow(l.mean, rows), grow(l.rs, rows)
	if l.over == TokensSummed {
		l.out.Resize(1, x.B, l.dim)
		l.groups = min(x.B, l.pool.Workers())
		l.pool.Run(l.groups, l.fwd)
	} else {
		l.out.Resize(x.T, x.B, l.dim)
		l.pool.Run(blocksOf(rows), l.fwd)
	}
	return &l.out
}

func blocksOf(rows int) int { return (rows + normBlock - 1) / normBlock }

// ended reports whether the row lies behind the end of its paper.
func (l *LayerNorm[T]) ended(row int) bool {
	return l.over != Papers && l.batch.Lengths[row%l.x.B] <= row/l.x.B
}

func (l *LayerNorm[T]) row(x *Tensor[T], row int) []T { return x.Data[row*l.dim : (row+1)*l.dim] }

func (l *LayerNorm[T]) forwardRows(_, block int) {
	for row := block * normBlock; row < min((block+1)*normBlock, l.x.T*l.x.B); row++ {
		if l.ended(row) {
			clear(l.row(&l.out, row))
			continue
		}
		l.mean[row], l.rs[row] = kernels.LayerNormForward(l.row(&l.out, row), l.row(l.x, row), l.gamma.Value, l.beta.Value, normEps)
	}
}

// forwardSum does a group of papers, one time after the other as they lie in
// memory.
func (l *LayerNorm[T]) forwardSum(worker, group int) {
	from, to := group*l.x.B/l.groups, (group+1)*l.x.B/l.groups
	y := l.scratch[worker]
	for paper := from; paper < to; paper++ {
		clear(l.out.Row(0, paper))
	}
	for t := range l.x.T {
		for paper := from; paper < to; paper++ {
			if row := t*l.x.B + paper; !l.ended(row) {
				l.mean[row], l.rs[row] = kernels.LayerNormForward(y, l.row(l.x, row), l.gamma.Value, l.beta.Value, normEps)
				kernels.Add(l.out.Row(0, paper), y)
			}
		}
	}
}

// Backward implements Layer.
func (l *LayerNorm[T]) Backward(_ *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dx.Resize(l.x.T, l.x.B, l.dim)
	blocks := blocksOf(l.x.T * l.x.B)
	for len(l.sums) < blocks {
		l.sums = append(l.sums, make([]T, 2*l.dim))
	}
	l.pool.Run(blocks, l.back)
	clear(l.gamma.Grad)
	clear(l.beta.Grad)
	for _, s := range l.sums[:blocks] {
		kernels.Add(l.gamma.Grad, s[:l.dim])
		kernels.Add(l.beta.Grad, s[l.dim:])
	}
	return &l.dx
}

func (l *LayerNorm[T]) backwardRows(_, block int) {
	sums := l.sums[block]
	clear(sums)
	for row := block * normBlock; row < min((block+1)*normBlock, l.x.T*l.x.B); row++ {
		dx := l.row(&l.dx, row)
		if l.ended(row) {
			clear(dx)
			continue
		}
		from := row
		if l.over == TokensSummed {
			from = row % l.x.B
		}
		kernels.LayerNormBackward(dx, sums[:l.dim], sums[l.dim:], l.row(l.dy, from), l.row(l.x, row), l.gamma.Value, l.mean[row], l.rs[row])
	}
}
