package graph

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var _ gorgonia.SDOp = (*op)(nil)

// op is a gorgonia op made of functions. The value it returns is always the same
// one, its own.
type op struct {
	what string // unique in its graph: gorgonia merges ops that it cannot tell apart
	in   []hm.Type
	out  hm.Type
	run  func(in []gorgonia.Value) (gorgonia.Value, error)

	wrt  []bool // which inputs the op can be differentiated by
	diff func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error)
}

// apply adds the op to the graph of its inputs.
func (o *op) apply(in ...*gorgonia.Node) (*gorgonia.Node, error) {
	for _, n := range in {
		o.in = append(o.in, n.Type())
	}
	if o.wrt == nil {
		o.wrt = make([]bool, len(in))
	}
	n, err := gorgonia.ApplyOpWithName(o, o.what, in...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.what, err)
	}
	return n, nil
}

// opError is what an op has returned or panicked with.
type opError struct {
	what  string
	cause error
}

func (e *opError) Error() string { return e.what + ": " + e.cause.Error() }
func (e *opError) Unwrap() error { return e.cause }

// Do implements gorgonia.Op. It runs on a goroutine of gorgonia's, where a panic
// would end the process.
func (o *op) Do(in ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			wrapped, ok := cause.(error)
			if !ok {
				wrapped = fmt.Errorf("%v", cause)
			}
			v, err = nil, &opError{o.what, fmt.Errorf("panic: %w", wrapped)}
		}
	}()
	v, err = o.run(in)
	if err != nil {
		return nil, &opError{o.what, err}
	}
	return v, nil
}

// Type implements gorgonia.Op. A new one each time: gorgonia takes it apart.
func (o *op) Type() hm.Type {
	return hm.NewFnType(append(append([]hm.Type(nil), o.in...), o.out)...)
}

// InferShape implements gorgonia.Op; all shapes are nominal.
func (o *op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	t, ok := o.out.(gorgonia.TensorType)
	if !ok {
		return tensor.ScalarShape(), nil
	}
	shape := make(tensor.Shape, t.Dims)
	for i := range shape {
		shape[i] = 1
	}
	return shape, nil
}

// DiffWRT implements gorgonia.SDOp.
func (o *op) DiffWRT(int) []bool { return o.wrt }

// SymDiff implements gorgonia.SDOp.
func (o *op) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if o.diff == nil {
		return nil, fmt.Errorf("%s has no derivative", o.what)
	}
	return o.diff(in, out, grad)
}

// The rest of gorgonia.Op: the op keeps its result in memory of its own.
func (o *op) Arity() int            { return len(o.in) }
func (o *op) ReturnsPtr() bool      { return true }
func (o *op) CallsExtern() bool     { return false }
func (o *op) OverwritesInput() int  { return -1 }
func (o *op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "assay %q", o.what) }
func (o *op) String() string        { return o.what }

// Hashcode implements gorgonia.Op.
func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}
