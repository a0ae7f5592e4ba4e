package layers

import "assay/internal/kernels"

// Param is a trainable tensor and its gradient.
type Param[T kernels.Float] struct {
	Name  string // as PyTorch names it: "gru.weight_ih_l0_reverse"
	Shape []int
	Value []T // row-major
	Grad  []T // as long as Value; Backward overwrites it
	// Rows are those of a matrix whose gradient Backward has set, each once; that of
	// the others is zero. Nil: all.
	Rows []int32
}

// Size is how many elements the shape has.
func (p *Param[T]) Size() int64 {
	n := int64(1)
	for _, d := range p.Shape {
		n *= int64(d)
	}
	return n
}

// Tensor is what passes between two layers: (T, B, D) by row, with T = 1 behind
// the sum over time. Its layer owns it, until the layer's next call.
type Tensor[T kernels.Float] struct {
	T, B, D int
	Data    []T // len T*B*D
}

// Row returns the D values of time t and paper b; they alias the tensor.
func (x *Tensor[T]) Row(t, b int) []T {
	at := (t*x.B + b) * x.D
	return x.Data[at : at+x.D : at+x.D]
}

// Resize gives the tensor a shape, with contents unspecified; it allocates
// where it has never been that large.
func (x *Tensor[T]) Resize(t, b, d int) {
	x.T, x.B, x.D = t, b, d
	x.Data = grow(x.Data, t*b*d)
}

// Batch is the papers of one step.
type Batch struct {
	T, B int
	// IDs (T, B) are rows of the embedding matrix, 0 (padding) behind the end
	// of a paper.
	IDs []int32
	// Lengths (B) say where each paper ends, in [0, T]; what lies behind has no
	// influence. Where padding is not masked all are T.
	Lengths []int
	// Targets (B, C) are 1 where a paper carries a label, else 0.
	Targets []float32
	// Train asks for dropout and for the weights of the loss.
	Train bool
	// Step is the number of the training step: with the network's seed it
	// decides the dropout masks and a decaying ratio.
	Step uint64
}

// Layer is one step of a network from one tensor to another.
type Layer[T kernels.Float] interface {
	// Name is the prefix of the layer's parameters, such as "gru".
	Name() string
	// Params lists the trainable tensors, always the same ones.
	Params() []*Param[T]
	// Forward returns the output for x, and remembers what Backward needs. The
	// first layer of a network takes nil.
	Forward(b *Batch, x *Tensor[T]) *Tensor[T]
	// Backward takes the gradient of the loss with respect to the last output,
	// sets the parameters' Grad, and returns the gradient with respect to the
	// input, nil from the first layer. It may overwrite dy.
	Backward(b *Batch, dy *Tensor[T]) *Tensor[T]
}

// Loss is the end of a network.
type Loss[T kernels.Float] interface {
	Name() string
	// Forward returns the mean loss of the batch, given logits (1, B, C).
	Forward(b *Batch, logits *Tensor[T]) float64
	// Backward returns the gradient of the last loss with respect to its logits.
	Backward(b *Batch) *Tensor[T]
}
