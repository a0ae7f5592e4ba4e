package layers

import (
	"math"

	"assay/internal/kernels"
)

// Suspect names what is not finite first: parameters and outputs as they are
// computed, from the first layer to the last, then gradients from the last layer to
// the first, then the loss; "" where all are finite. A layer's output goes by the
// layer's name, a parameter or its gradient by the parameter's. outputs are those of
// the layers, nil where a layer has not run.
func Suspect[T kernels.Float](chain []Layer[T], outputs []*Tensor[T], loss string, value float64) string {
	for i, layer := range chain {
		for _, p := range layer.Params() {
			if !finite(p.Value) {
				return p.Name
			}
		}
		if out := outputs[i]; out != nil && !finite(out.Data) {
			return layer.Name()
		}
	}
	for i := len(chain) - 1; i >= 0; i-- {
		for _, p := range chain[i].Params() {
			if !finite(p.Grad) {
				return p.Name
			}
		}
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return loss
	}
	return ""
}

func finite[T kernels.Float](x []T) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}
