package layers

import (
	"math"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// Attention is scaled dot-product self-attention over time without parameters,
// softmax(x·xᵀ/√D)·x for each paper (Vaswani et al. 2017), between two layer
// norms, and the sum over time of what comes out: (T, B, D) to (1, B, D). Padding
// after the end of a paper is masked: it is neither query nor key, and adds nothing.
//
// The parts are one layer since a paper fits the second-level cache and a batch does
// not: between the parts only what Backward needs is written to memory.
type Attention[T kernels.Float] struct {
	dim           int
	scale         T
	pool          *pool.Pool
	before, after *norm[T]
	dropout       *Dropout[T] // between attention and the second norm

	batch   *Batch
	x, dy   *Tensor[T]
	y       Tensor[T] // (T, B, D), what the second norm takes
	out, dx Tensor[T]
	weights [][]T // by paper: (length, ldWeights), the softmax
	sums    [][]T // by paper: the gradients of both norms' γ and β

	workers   []*attentionScratch[T]
	fwd, back func(worker, paper int)
}

// norm is a layer norm over tokens.
type norm[T kernels.Float] struct {
	gamma, beta *Param[T]
	mean, rstd  []T // (T·B)
}

func newNorm[T kernels.Float](p *pool.Pool, name string, dim int) *norm[T] {
	return &norm[T]{gamma: constant[T](p, 1, name+".weight", dim), beta: newParam[T](p, name+".bias", dim)}
}

func (n *norm[T]) forward(y, x []T, row int) {
	n.mean[row], n.rstd[row] = kernels.LayerNormForward(y, x, n.gamma.Value, n.beta.Value, normEps)
}

// backward adds to sums, the gradients of γ and β.
func (n *norm[T]) backward(dx, sums, dy, x []T, row int) {
	d := len(x)
	kernels.LayerNormBackward(dx, sums[:d], sums[d:2*d], dy, x, n.gamma.Value, n.mean[row], n.rstd[row])
}

// attentionScratch is what a worker needs for one paper.
type attentionScratch[T kernels.Float] struct {
	x, y, dw       []T // (length, ldRows), (length, ldRows), (length, ldWeights)
	byColumn, rows kernels.Packed[T]
}

// NewAttention returns a layer over rows of dim. The norms have the given names,
// γ = 1 and β = 0; dropout may be nil.
func NewAttention[T kernels.Float](p *pool.Pool, before, after string, dim int, dropout *Dropout[T]) *Attention[T] {
	l := &Attention[T]{
		dim: dim, scale: T(1 / math.Sqrt(float64(dim))), pool: p, dropout: dropout,
		before: newNorm[T](p, before, dim), after: newNorm[T](p, after, dim),
	}
	for range p.Workers() {
		l.workers = append(l.workers, &attentionScratch[T]{})
	}
	l.fwd, l.back = l.forwardPaper, l.backwardPaper
	return l
}

// Name implements Layer.
func (l *Attention[T]) Name() string { return "attention" }

// Params implements Layer.
func (l *Attention[T]) Params() []*Param[T] {
	return []*Param[T]{l.before.gamma, l.before.beta, l.after.gamma, l.after.beta}
}

// Rows are kept apart so that those of a tile do not meet in one set of the cache.
func (l *Attention[T]) ldRows() int { return l.dim + 16 }

func ldWeights(length int) int { return (length+15)/16*16 + 16 }

// Forward takes (T, B, D) and returns (1, B, D).
func (l *Attention[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.batch, l.x = b, x
	l.y.Resize(x.T, x.B, l.dim)
	l.out.Resize(1, x.B, l.dim)
	for _, n := range []*norm[T]{l.before, l.after} {
		n.mean, n.rstd = grow(n.mean, x.T*x.B), grow(n.rstd, x.T*x.B)
	}
	for len(l.weights) < b.B {
		l.weights = append(l.weights, nil)
		l.sums = append(l.sums, make([]T, 4*l.dim))
	}
	l.pool.Run(b.B, l.fwd)
	return &l.out
}

func (l *Attention[T]) forwardPaper(worker, paper int) {
	s, n := l.workers[worker], l.batch.Lengths[paper]
	sum := l.out.Row(0, paper)
	clear(sum)
	if n == 0 {
		return
	}
	ld, lw := l.ldRows(), ldWeights(n)
	s.x, s.y = grow(s.x, n*ld), grow(s.y, n*ld)
	for t := range n {
		l.before.forward(s.x[t*ld:t*ld+l.dim], l.x.Row(t, paper), t*l.x.B+paper)
	}
	l.weights[paper] = grow(l.weights[paper], n*lw)
	w := l.weights[paper]
	s.byColumn.PackTransposed(s.x, l.dim, n, ld)
	kernels.Gemm(w, lw, kernels.Left[T]{Data: s.x, Row: ld, Col: 1}, n, &s.byColumn, false)
	for t := range n {
		kernels.Softmax(w[t*lw:t*lw+n], l.scale)
	}
	s.rows.Pack(s.x, n, l.dim, ld)
	kernels.Gemm(s.y, ld, kernels.Left[T]{Data: w, Row: lw, Col: 1}, n, &s.rows, false)
	normed := s.x[:l.dim]
	for t := range n {
		row, y := t*l.x.B+paper, s.y[t*ld:t*ld+l.dim]
		l.dropout.row(l.batch, row, y)
		copy(l.y.Row(t, paper), y)
		l.after.forward(normed, y, row)
		kernels.Add(sum, normed)
	}
}

// Backward implements Layer.
func (l *Attention[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dx.Resize(l.x.T, l.x.B, l.dim)
	l.pool.Run(b.B, l.back)
	d := l.dim
	for i, p := range l.Params() {
		clear(p.Grad)
		for _, s := range l.sums[:b.B] {
			kernels.Add(p.Grad, s[i*d:(i+1)*d])
		}
	}
	return &l.dx
}

// backwardPaper: with S = scale·x·xᵀ, W = softmax(S), y = W·x and G the gradient
// with respect to S times scale, dx = Wᵀ·dy + (G + Gᵀ)·x.
func (l *Attention[T]) backwardPaper(worker, paper int) {
	s, n := l.workers[worker], l.batch.Lengths[paper]
	clear(l.sums[paper])
	for t := n; t < l.x.T; t++ {
		clear(l.dx.Row(t, paper))
	}
	if n == 0 {
		return
	}
	ld, lw, w := l.ldRows(), ldWeights(n), l.weights[paper]
	s.x, s.y, s.dw = grow(s.x, n*ld), grow(s.y, n*ld), grow(s.dw, n*lw)
	before, after := l.sums[paper][:2*l.dim], l.sums[paper][2*l.dim:]
	for t := range n {
		row, dy := t*l.x.B+paper, s.y[t*ld:t*ld+l.dim]
		l.after.backward(dy, after, l.dy.Row(0, paper), l.y.Row(t, paper), row)
		l.dropout.row(l.batch, row, dy)
		l.before.forward(s.x[t*ld:t*ld+l.dim], l.x.Row(t, paper), row)
	}
	s.byColumn.PackTransposed(s.x, l.dim, n, ld)
	kernels.Gemm(s.dw, lw, kernels.Left[T]{Data: s.y, Row: ld, Col: 1}, n, &s.byColumn, false)
	for t := range n {
		kernels.SoftmaxBackward(s.dw[t*lw:t*lw+n], w[t*lw:t*lw+n], l.scale)
	}
	addTransposed(s.dw, n, lw)
	s.rows.Pack(s.y, n, l.dim, ld)
	kernels.Gemm(s.y, ld, kernels.Left[T]{Data: w, Row: 1, Col: lw}, n, &s.rows, false)
	s.rows.Pack(s.x, n, l.dim, ld)
	kernels.Gemm(s.y, ld, kernels.Left[T]{Data: s.dw, Row: lw, Col: 1}, n, &s.rows, true)
	for t := range n {
		l.before.backward(l.dx.Row(t, paper), before, s.y[t*ld:t*ld+l.dim], l.x.Row(t, paper), t*l.x.B+paper)
	}
}

// addTransposed sets a (n, n) to a + aᵀ, in squares that fit the cache.
func addTransposed[T kernels.Float](a []T, n, ld int) {
	const side = 16
	for i0 := 0; i0 < n; i0 += side {
		for j0 := i0; j0 < n; j0 += side {
			for i := i0; i < min(i0+side, n); i++ {
				for j := max(j0, i); j < min(j0+side, n); j++ {
					sum := a[i*ld+j] + a[j*ld+i]
					a[i*ld+j], a[j*ld+i] = sum, sum
				}
			}
		}
	}
}
