package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A step may write its state over the one before: the bits are the same.
func TestGRUForwardInPlace(t *testing.T) {
	withLoops(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 22))
		for _, n := range loopLengths() {
			x, _ := loopInput(r, layerLoop{multiples: []int{1, 4, 4, 1}}, n)
			h, gates, state := make([]float32, n), slices.Clone(x[1]), slices.Clone(x[3])
			GRUForward(h, x[1], x[2], x[3])
			GRUForward(state, gates, x[2], state)
			if err := equal(slices.Concat(state, gates), slices.Concat(h, x[1])); err != nil {
				t.Errorf("%d units: %v", n, err)
			}
		}
	})
}
