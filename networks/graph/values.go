package graph

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"assay/networks/layers"
)

// The types of what runs through the graph; T, B and D stand for themselves only
// while it runs.
var (
	tensorType = gorgonia.TensorType{Dims: 3, Of: tensor.Float32} // (T, B, D)
	batchType  = gorgonia.TensorType{Dims: 2, Of: tensor.Int32}   // (T, B)
	lossType   = tensor.Float64
)

var (
	_ gorgonia.Value = (*tensorValue)(nil)
	_ gorgonia.Value = (*batchValue)(nil)
)

// tensorValue is a layer's tensor as a gorgonia value. It is no tensor.Tensor:
// those have one shape and are copied about.
type tensorValue struct {
	foreign
	tensor *layers.Tensor[float32] // nil before its op has run
}

func (v *tensorValue) Shape() tensor.Shape {
	if v.tensor == nil {
		return tensor.Shape{1, 1, 1}
	}
	return tensor.Shape{v.tensor.T, v.tensor.B, v.tensor.D}
}
func (v *tensorValue) Size() int                  { return v.Shape().TotalSize() }
func (v *tensorValue) Data() any                  { return v.tensor }
func (v *tensorValue) Dtype() tensor.Dtype        { return tensor.Float32 }
func (v *tensorValue) Type() hm.Type              { return tensorType }
func (v *tensorValue) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "tensor %v", v.Shape()) }

// batchValue is a batch as a gorgonia value.
type batchValue struct {
	foreign
	batch layers.Batch
}

func (v *batchValue) Shape() tensor.Shape { return tensor.Shape{1, 1} } // as its node, whatever the batch
func (v *batchValue) Size() int           { return 1 }
func (v *batchValue) Data() any           { return &v.batch }
func (v *batchValue) Dtype() tensor.Dtype { return tensor.Int32 }
func (v *batchValue) Type() hm.Type       { return batchType }
func (v *batchValue) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "batch of %d, %d", v.batch.T, v.batch.B)
}

// foreign is memory that gorgonia shall neither look into nor copy.
type foreign struct{}

func (foreign) Uintptr() uintptr { return 0 }
func (foreign) MemSize() uintptr { return 0 }
