package layers

import (
	"assay/internal/kernels"
	"assay/internal/pool"
)

// SpatialDropout drops whole channels of a paper, Keras' SpatialDropout1D (Tompson
// et al. 2015): a mask for each paper, the same at all times. It works in place.
type SpatialDropout[T kernels.Float] struct {
	dropout *Dropout[T]
	pool    *pool.Pool

	batch *Batch
	x     *Tensor[T]
	masks []T // (B, D)
	draw  func(worker, paper int)
	apply func(worker, t int)
}

// NewSpatialDropout returns a layer; probability lies in [0, 1).
func NewSpatialDropout[T kernels.Float](p *pool.Pool, name string, probability float64, seed uint64) *SpatialDropout[T] {
	l := &SpatialDropout[T]{dropout: NewDropout[T](p, name, probability, seed), pool: p}
	l.draw, l.apply = l.drawMask, l.applyMasks
	return l
}

// Name implements Layer.
func (l *SpatialDropout[T]) Name() string { return l.dropout.name }

// Params implements Layer.
func (l *SpatialDropout[T]) Params() []*Param[T] { return nil }

// Forward takes and returns (T, B, D).
func (l *SpatialDropout[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] {
	if l.batch = b; l.dropout.active(b) {
		l.masks = grow(l.masks, x.B*x.D)
		l.x = x
		l.pool.Run(x.B, l.draw)
		l.pool.Run(x.T, l.apply)
	}
	return x
}

// Backward implements Layer.
func (l *SpatialDropout[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] {
	if l.x = dy; dy != nil && l.dropout.active(b) {
		l.pool.Run(dy.T, l.apply)
	}
	return dy
}

func (l *SpatialDropout[T]) drawMask(_, paper int) {
	mask := l.masks[paper*l.x.D : (paper+1)*l.x.D]
	for i := range mask {
		mask[i] = 1
	}
	l.dropout.row(l.batch, paper, mask)
}

func (l *SpatialDropout[T]) applyMasks(_, t int) {
	n := l.x.B * l.x.D // the rows of a time lie one behind the other
	kernels.Mul(l.x.Data[t*n:(t+1)*n], l.masks)
}
