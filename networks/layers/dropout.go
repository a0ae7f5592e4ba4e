package layers

import (
	"assay/internal/kernels"
	"assay/internal/pool"
	"assay/internal/rng"
)

// Dropout zeroes each element with the given probability while training, and
// scales the others by 1/(1−p). Which ones depends on seed, step and place alone.
// It works in place: the layer before it may not need its own output.
type Dropout[T kernels.Float] struct {
	name  string
	seed  uint64
	limit uint32 // an element whose 32 random bits are below is dropped
	scale T
	pool  *pool.Pool

	batch *Batch
	x     *Tensor[T]
	task  func(worker, row int)
}

// NewDropout returns a layer; probability lies in [0, 1).
func NewDropout[T kernels.Float](p *pool.Pool, name string, probability float64, seed uint64) *Dropout[T] {
	l := &Dropout[T]{
		name: name, seed: rng.Seed(seed, "layers", name), pool: p,
		limit: uint32(probability * (1 << 32)), scale: T(1 / (1 - probability)),
	}
	l.task = l.mask
	return l
}

// Name implements Layer.
func (l *Dropout[T]) Name() string { return l.name }

// Params implements Layer.
func (l *Dropout[T]) Params() []*Param[T] { return nil }

// Forward implements Layer.
func (l *Dropout[T]) Forward(b *Batch, x *Tensor[T]) *Tensor[T] { return l.run(b, x) }

// Backward implements Layer.
func (l *Dropout[T]) Backward(b *Batch, dy *Tensor[T]) *Tensor[T] { return l.run(b, dy) }

func (l *Dropout[T]) run(b *Batch, x *Tensor[T]) *Tensor[T] {
	if l.batch, l.x = b, x; b.Train && l.limit > 0 {
		l.pool.Run(x.T*x.B, l.task)
	}
	return x
}

func (l *Dropout[T]) mask(_, row int) {
	l.row(l.batch, row, l.x.Data[row*l.x.D:(row+1)*l.x.D])
}

// row does one row, in place; its random bits come from a hash of its place. A nil
// layer drops nothing.
func (l *Dropout[T]) row(b *Batch, row int, x []T) {
	if !l.active(b) {
		return
	}
	state := mix(l.seed ^ mix(b.Step<<24^uint64(row)))
	for i := 0; i < len(x); i += 2 {
		bits := mix(state + uint64(i))
		x[i] = l.keep(x[i], uint32(bits))
		if i+1 < len(x) {
			x[i+1] = l.keep(x[i+1], uint32(bits>>32))
		}
	}
}

// active reports whether anything is dropped.
func (l *Dropout[T]) active(b *Batch) bool { return l != nil && b.Train && l.limit > 0 }

func (l *Dropout[T]) keep(v T, bits uint32) T {
	if bits < l.limit {
		return 0
	}
	return v * l.scale
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
