package loss

import (
	"fmt"

	"assay/internal/kernels"
	"assay/networks/layers"
)

// Categorical is the cross entropy of a softmax, given the log-odds of its
// probabilities p (layers.LogOdds): the mean over the papers of −Σ ln p of the labels
// that a paper carries, of which there is to be one. It is computed in float64.
type Categorical[T kernels.Float] struct {
	classes  int
	gradient []float64 // (B, C), of the last Forward
	out      layers.Tensor[T]
}

// NewCategorical returns the loss over so many classes.
func NewCategorical[T kernels.Float](classes int) *Categorical[T] {
	return &Categorical[T]{classes: classes}
}

// Name is "loss".
func (l *Categorical[T]) Name() string { return "loss" }

// Forward returns the mean loss of the batch, given log-odds (1, B, C). A NaN among
// them gives NaN.
func (l *Categorical[T]) Forward(b *layers.Batch, logits *layers.Tensor[T]) float64 {
	papers := logits.B
	if logits.D != l.classes || logits.T != 1 || papers != b.B {
		panic(fmt.Sprintf("loss: log-odds of (%d, %d, %d), want (1, %d, %d)", logits.T, logits.B, logits.D, b.B, l.classes))
	}
	if n := papers * l.classes; n <= cap(l.gradient) {
		l.gradient = l.gradient[:n]
	} else {
		l.gradient = make([]float64, n)
	}
	share := 1 / float64(papers)
	var sum float64
	for i, target := range b.Targets[:papers*l.classes] {
		x := float64(logits.Data[i])
		l.gradient[i] = 0
		if target != 0 {
			value, slope := bce(x, true, 1) // −ln p = softplus(−x)
			sum += value
			l.gradient[i] = share * slope
		} else if x != x {
			sum += x
		}
	}
	return share * sum
}

// Backward returns the gradient (1, B, C) of the last Forward's loss with respect to
// its log-odds. The loss owns it, until the next call.
func (l *Categorical[T]) Backward(b *layers.Batch) *layers.Tensor[T] {
	l.out.Resize(1, b.B, l.classes)
	for i, d := range l.gradient {
		l.out.Data[i] = T(d)
	}
	return &l.out
}
