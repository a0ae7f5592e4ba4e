package layers

import (
	"math"

	"assay/internal/kernels"
	"assay/internal/pool"
)

// Attention is scaled dot-product self-attention over time without parameters:
// softmax(x·xᵀ/√D)·x for each paper (Vaswani et al. 2017). What lies behind the
// end of a paper is neither asked nor answered.
type Attention[T kernels.Float] struct {
	dim     int
	scale   T
	pool    *pool.Pool
	workers []*attentionScratch[T]

	batch     *Batch
	x, dy     *Tensor[T]
	out, dx   Tensor[T]
	weights   [][]T // by paper: (length, ldWeights), the softmax
	fwd, back func(worker, paper int)
}

// attentionScratch is what a worker needs for one paper.
type attentionScratch[T kernels.Float] struct {
	x, dy, dw          []T // (length, ldRows), (length, ldRows), (length, ldWeights)
	byColumn, byRow, g kernels.Packed[T]
}

// NewAttention returns a layer over rows of dim.
func NewAttention[T kernels.Float](p *pool.Pool, dim int) *Attention[T] {
	l := &Attention[T]{dim: dim, scale: T(1 / math.Sqrt(float64(dim))), pool: p}
	for range p.Workers() {
		l.workers = append(l.workers, &attentionScratch[T]{})
	}
	l.fwd, l.back = l.forwardPaper, l.backwardPaper
	return l
}

// Name implements Layer.
func (l *Attention[T]) Name() string { return "attention" }

// Params implements Layer.
func (l *Attention[T]) Params() []*Param[T] { return nil }

// Rows are kept apart so that those of a tile do not meet in one set of the cache.
func (l *Attention[T]) ldRows() int { return l.dim + 16 }

func ldWeights(length int) int { return (length+15)/16*16 + 16 }

// Forward takes and returns (T, B, D).
func (l *Attention[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	l.batch, l.x = b, x
	l.out.Resize(x.T, x.B, l.dim)
	for len(l.weights) < b.B {
		l.weights = append(l.weights, nil)
	}
	l.pool.Run(b.B, l.fwd)
	return &l.out
}

func (l *Attention[T]) forwardPaper(worker, paper int) {
	s, n := l.workers[worker], l.batch.Lengths[paper]
	l.clearEnd(&l.out, paper)
	if n == 0 {
		return
	}
	ld, lw := l.ldRows(), ldWeights(n)
	s.x = l.gather(s.x, l.x, paper)
	l.weights[paper] = grow(l.weights[paper], n*lw)
	w := l.weights[paper]
	rows := kernels.Left[T]{Data: s.x, Row: ld, Col: 1}
	s.byColumn.PackTransposed(s.x, l.dim, n, ld)
	kernels.Gemm(w, lw, rows, n, &s.byColumn, false)
	for t := range n {
		kernels.Softmax(w[t*lw:t*lw+n], l.scale)
	}
	s.byRow.Pack(s.x, n, l.dim, ld)
	kernels.Gemm(l.out.Data[paper*l.dim:], l.x.B*l.dim, kernels.Left[T]{Data: w, Row: lw, Col: 1}, n, &s.byRow, false)
}

// gather copies the rows of a paper behind one another.
func (l *Attention[T]) gather(dst []T, x *Tensor[T], paper int) []T {
	n, ld := l.batch.Lengths[paper], l.ldRows()
	dst = grow(dst, n*ld)
	for t := range n {
		copy(dst[t*ld:], x.Row(t, paper))
	}
	return dst
}

// clearEnd zeroes what lies behind the end of a paper.
func (l *Attention[T]) clearEnd(x *Tensor[T], paper int) {
	for t := l.batch.Lengths[paper]; t < x.T; t++ {
		clear(x.Row(t, paper))
	}
}

// Backward implements Layer.
func (l *Attention[T]) Backward(_ *Batch, dy *Tensor[T]) *Tensor[T] {
	l.dy = dy
	l.dx.Resize(l.x.T, l.x.B, l.dim)
	l.pool.Run(l.batch.B, l.back)
	return &l.dx
}

// backwardPaper: with S = scale·x·xᵀ, W = softmax(S), y = W·x and G the gradient
// with respect to S times scale, dx = Wᵀ·dy + (G + Gᵀ)·x.
func (l *Attention[T]) backwardPaper(worker, paper int) {
	s, n := l.workers[worker], l.batch.Lengths[paper]
	l.clearEnd(&l.dx, paper)
	if n == 0 {
		return
	}
	ld, lw, w := l.ldRows(), ldWeights(n), l.weights[paper]
	s.dy = l.gather(s.dy, l.dy, paper)
	s.dw = grow(s.dw, n*lw)
	x, ldx := l.x.Data[paper*l.dim:], l.x.B*l.dim
	s.byColumn.PackTransposed(x, l.dim, n, ldx)
	kernels.Gemm(s.dw, lw, kernels.Left[T]{Data: s.dy, Row: ld, Col: 1}, n, &s.byColumn, false)
	for t := range n {
		kernels.SoftmaxBackward(s.dw[t*lw:t*lw+n], w[t*lw:t*lw+n], l.scale)
	}
	addTransposed(s.dw, n, lw)
	dx := l.dx.Data[paper*l.dim:]
	s.g.Pack(s.dy, n, l.dim, ld)
	kernels.Gemm(dx, ldx, kernels.Left[T]{Data: w, Row: 1, Col: lw}, n, &s.g, false)
	s.byRow.Pack(x, n, l.dim, ldx)
	kernels.Gemm(dx, ldx, kernels.Left[T]{Data: s.dw, Row: lw, Col: 1}, n, &s.byRow, true)
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
