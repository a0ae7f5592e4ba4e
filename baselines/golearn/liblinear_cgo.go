//go:build cgo

package golearn

/*
#include <stdlib.h>

// liblinear's public structures, field for field as in the linear.h that
// golearn carries; what golearn wraps in its own types is checked at run time.

struct feature_node { int index; double value; };

struct problem {
	int l, n;
	double *y;
	struct feature_node **x;
	double bias;
};

struct parameter {
	int solver_type;
	double eps;
	double C;
	int nr_weight;
	int *weight_label;
	double *weight;
	double p;
};

struct model {
	struct parameter param;
	int nr_class;
	int nr_feature;
	double *w;
	int *label;
	double bias;
};
*/
import "C"

import (
	"context"
	"errors"
	"io"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/linear_models"
)

// HaveLiblinear says that this binary can train with liblinear.
const HaveLiblinear = true

// liblinear holds the papers in the solver's form: for each row, its features
// counted from 1, a column of ones for the intercept (golearn's own bias
// writes out of range), and an end mark. golearn's NewProblem makes that of
// dense rows alone, and hands Go pointers to C that are not pinned. All labels
// share the rows, which the solver only reads.
type liblinear struct {
	width int // features and the column of ones
	nodes []C.struct_feature_node
	rows  []*C.struct_feature_node
	pins  runtime.Pinner
	busy  sync.WaitGroup // with labels being trained
}

// silence stops golearn's logger, through which liblinear reports every
// iteration, and which writes to the standard output. It is done once, since
// the logger is shared by all of golearn.
var silence = sync.OnceFunc(func() { base.SetLoggerOut(io.Discard) })

// layout checks once that golearn's types are what we take them for.
var layout = sync.OnceValue(func() error {
	wraps := func(t reflect.Type, c reflect.Type) bool {
		return t.Kind() == reflect.Struct && t.NumField() == 1 && t.Size() == c.Size() &&
			(t.Field(0).Type.Kind() == reflect.UnsafePointer || sameLayout(t.Field(0).Type, c))
	}
	if !wraps(reflect.TypeFor[linear_models.Problem](), reflect.TypeFor[C.struct_problem]()) ||
		!wraps(reflect.TypeFor[linear_models.Parameter](), reflect.TypeFor[C.struct_parameter]()) ||
		!wraps(reflect.TypeFor[linear_models.Model](), reflect.TypeFor[unsafe.Pointer]()) {
		return errors.New("golearn keeps liblinear's structures in another form than the version that this code was written for")
	}
	return nil
})

// sameLayout reports whether two structures have the same fields, in name,
// place and kind.
func sameLayout(a, b reflect.Type) bool {
	if a.Kind() != reflect.Struct || b.Kind() != reflect.Struct || a.NumField() != b.NumField() || a.Size() != b.Size() {
		return false
	}
	for i := range a.NumField() {
		f, g := a.Field(i), b.Field(i)
		if f.Name != g.Name || f.Offset != g.Offset || f.Type.Kind() != g.Type.Kind() {
			return false
		}
	}
	return true
}

func newLiblinear(t *table) (*liblinear, error) {
	if err := layout(); err != nil {
		return nil, err
	}
	silence()
	s := &liblinear{
		width: t.cols + 1,
		nodes: make([]C.struct_feature_node, 0, t.values()+2*int64(t.rows)),
		rows:  make([]*C.struct_feature_node, t.rows),
	}
	for i := range s.rows {
		if err := t.check(i, maxValue); err != nil {
			return nil, err
		}
		start := len(s.nodes)
		cols, values := t.row(i)
		for k, j := range cols {
			if v := values[k]; v != 0 {
				s.nodes = append(s.nodes, C.struct_feature_node{index: C.int(j + 1), value: C.double(v)})
			}
		}
		s.nodes = append(s.nodes,
			C.struct_feature_node{index: C.int(s.width), value: 1},
			C.struct_feature_node{index: -1})
		s.rows[i] = &s.nodes[start]
	}
	s.pins.Pin(&s.nodes[0])
	s.pins.Pin(&s.rows[0])
	return s, nil
}

// close releases the rows, once no label is being trained any more.
func (s *liblinear) close() {
	go func() {
		s.busy.Wait()
		s.pins.Unpin()
	}()
}

// solution is what comes out of training a label.
type solution struct {
	weights []float64
	err     error
}

// train minimises the loss of the rows with signs y, ±1, each of both kinds
// present, and returns the weights of the features and, last, the intercept.
// When the context is cancelled it returns at once; liblinear, which cannot be
// interrupted, finishes the label, and its result is dropped.
func (s *liblinear) train(ctx context.Context, y []float64, p trainParameters) ([]float64, error) {
	y = slices.Clone(y) // the caller's changes when this returns
	done := make(chan solution, 1)
	s.busy.Add(1)
	go func() {
		var out solution
		defer s.busy.Done()
		defer func() { done <- out }()
		defer recovered(&out.err)
		out.weights, out.err = takeModel(s.solve(y, p), s.width)
	}()
	select {
	case out := <-done:
		return out.weights, out.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// solve trains a model, which stays in C's memory until takeModel.
func (s *liblinear) solve(y []float64, t trainParameters) *linear_models.Model {
	var pins runtime.Pinner
	defer pins.Unpin()

	problem := new(linear_models.Problem)
	p := (*C.struct_problem)(unsafe.Pointer(problem))
	p.l = C.int(len(s.rows))
	p.n = C.int(s.width)
	p.x = &s.rows[0]
	p.y = (*C.double)(unsafe.Pointer(&y[0]))
	p.bias = -1
	pins.Pin(&y[0])

	parameter := linear_models.NewParameter(linear_models.L2R_LR, t.c, t.tolerance)
	labels := []C.int{1, -1}
	weights := []C.double{C.double(t.with), C.double(t.without)}
	q := (*C.struct_parameter)(unsafe.Pointer(parameter))
	q.nr_weight = C.int(len(labels))
	q.weight_label = &labels[0]
	q.weight = &weights[0]
	pins.Pin(&labels[0])
	pins.Pin(&weights[0])

	return linear_models.Train(problem, parameter)
}

// takeModel copies the weights out of a trained model and frees it, which
// golearn never does. Reading them through golearn's Export would lose the
// last bit and change the process's locale.
func takeModel(trained *linear_models.Model, width int) ([]float64, error) {
	m := (*C.struct_model)(*(*unsafe.Pointer)(unsafe.Pointer(trained)))
	if m == nil {
		return nil, errors.New("liblinear returned no model")
	}
	defer func() {
		C.free(unsafe.Pointer(m.w))
		C.free(unsafe.Pointer(m.label))
		C.free(unsafe.Pointer(m))
	}()
	// The weights speak for the label that stands first: of ±1, liblinear puts
	// +1 there; of other labels the one of the first paper.
	if m.nr_class != 2 || int(m.nr_feature) != width || m.bias != -1 || m.w == nil || m.label == nil || *m.label != 1 {
		return nil, errors.New("liblinear returned a model of another shape")
	}
	w := make([]float64, width)
	copy(w, unsafe.Slice((*float64)(unsafe.Pointer(m.w)), width))
	return w, nil
}
