package networks

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"assay/internal/kernels"
	"assay/internal/pool"
	"assay/networks/layers"
	"assay/networks/loss"
)

// fixture is a case that PyTorch has computed; testdata/README.md has the format.
type fixture struct {
	Name   string
	Masked bool
	Sizes  struct{ T, B, Embedding, Vocabulary, Hidden, Categories, Boom, Masters, Layers int }

	Embedding json.RawMessage
	IDs       []int32
	Lengths   []int
	Targets   []float32
	Groups    []int32

	PosWeight       []float64 `json:"pos_weight"`
	MasterPosWeight []float64 `json:"master_pos_weight"`
	Ratio           float64

	Params     []fixtureParam
	Logits     []float64
	Loss       float64
	AdamLosses []float64 `json:"adam_losses"`
}

type fixtureParam struct {
	Name  string
	Shape []int
	Value []float64
	Grad  []float64
	formula
	GradNorm   float64   `json:"grad_norm"`
	GradSum    float64   `json:"grad_sum"`
	GradSample []float64 `json:"grad_sample"`
	GradAt     []int     `json:"grad_at"`
}

// formula makes the tensors that are too large to store.
type formula struct {
	Salt          uint32
	Scale, Offset float64
}

func (f formula) values(n int) []float64 {
	out := make([]float64, n)
	for k := range out {
		z := uint32(k) + f.Salt*0x9E3779B9
		z ^= z >> 16
		z *= 0x85EBCA6B
		z ^= z >> 13
		z *= 0xC2B2AE35
		z ^= z >> 16
		out[k] = float64(float32(f.Offset + f.Scale*(float64(z)/(1<<31)-1)))
	}
	return out
}

func fixtures(t *testing.T) []*fixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json.gz")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d fixtures (%v)", len(paths), err)
	}
	var out []*fixture
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		f := new(fixture)
		if err := json.NewDecoder(text).Decode(f); err != nil {
			t.Fatal(err)
		}
		file.Close()
		out = append(out, f)
	}
	return out
}

func convert[T kernels.Float](x []float64) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}

// build returns the fixture's network, loss and batch.
func build[T kernels.Float](t *testing.T, f *fixture, workers int) ([]layers.Layer[T], layers.Loss[T], *layers.Batch) {
	t.Helper()
	return buildWith[T](t, f, workers, func(*setting) {})
}

// buildWith builds with other options than the defaults.
func buildWith[T kernels.Float](t *testing.T, f *fixture, workers int, change func(*setting)) ([]layers.Layer[T], layers.Loss[T], *layers.Batch) {
	t.Helper()
	var matrix []float64
	if json.Unmarshal(f.Embedding, &matrix) != nil {
		var by formula
		if err := json.Unmarshal(f.Embedding, &by); err != nil {
			t.Fatal(err)
		}
		matrix = by.values(f.Sizes.Vocabulary * f.Sizes.Embedding)
		clear(matrix[:f.Sizes.Embedding])
	}
	p := pool.New(workers)
	t.Cleanup(p.Close)
	opt := sharnnDefaults()
	opt.Layers, opt.Hidden, opt.Boom = max(f.Sizes.Layers, 1), f.Sizes.Hidden, f.Sizes.Boom
	change(&opt)
	net := sharnnLayers(&opt.SHARNN, design[T]{
		pool: p, seed: opt.Seed, draws: true, labels: f.Sizes.Categories,
		words: embedding[T]{rows: f.Sizes.Vocabulary, dim: f.Sizes.Embedding, matrix: convert[T](matrix), frozen: true},
	})
	params := paramsOf(net)
	if len(params) != len(f.Params) {
		t.Fatalf("%d parameters, want %d", len(params), len(f.Params))
	}
	for i, want := range f.Params {
		if params[i].Name != want.Name {
			t.Fatalf("parameter %d is %s, want %s", i, params[i].Name, want.Name)
		}
		values := want.Value
		if values == nil {
			values = want.values(len(params[i].Value))
		}
		if copy(params[i].Value, convert[T](values)) != len(values) {
			t.Fatalf("%s has %d elements, want %d", want.Name, len(params[i].Value), len(values))
		}
	}
	l, err := loss.New[T](loss.Options{
		Groups: f.Groups, Masters: f.Sizes.Masters, Ratio: f.Ratio, PosWeight: f.PosWeight, MasterPosWeight: f.MasterPosWeight,
	})
	if err != nil {
		t.Fatal(err)
	}
	return net, l, &layers.Batch{T: f.Sizes.T, B: f.Sizes.B, IDs: f.IDs, Lengths: f.Lengths, Targets: f.Targets, Train: true}
}

func paramsOf[T kernels.Float](net []layers.Layer[T]) []*layers.Param[T] {
	var out []*layers.Param[T]
	for _, l := range net {
		out = append(out, l.Params()...)
	}
	return out
}

// step runs the layers one after another, without the graph.
func step[T kernels.Float](net []layers.Layer[T], l layers.Loss[T], b *layers.Batch) (float64, *layers.Tensor[T]) {
	var x *layers.Tensor[T]
	for _, layer := range net {
		x = layer.Forward(b, x)
	}
	value := l.Forward(b, x)
	dy := l.Backward(b)
	for i := len(net) - 1; i >= 0; i-- {
		dy = net[i].Backward(b, dy)
	}
	return value, x
}

// TestPyTorch holds logits, loss and every gradient to PyTorch's.
func TestPyTorch(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.Name+"/float64", func(t *testing.T) { againstPyTorch[float64](t, f, 1e-6) })
		t.Run(f.Name+"/float32", func(t *testing.T) { againstPyTorch[float32](t, f, 1e-4) })
	}
}

func againstPyTorch[T kernels.Float](t *testing.T, f *fixture, tolerance float64) {
	net, l, b := build[T](t, f, 2)
	value, logits := step(net, l, b)
	if d := math.Abs(value/f.Loss - 1); !(d <= tolerance) {
		t.Errorf("loss %.9g, want %.9g", value, f.Loss)
	}
	near(t, "logits", logits.Data, f.Logits, tolerance)
	for i, p := range paramsOf(net) {
		want := f.Params[i]
		if want.Grad != nil {
			near(t, p.Name, p.Grad, want.Grad, tolerance)
			continue
		}
		sum, squares := 0.0, 0.0
		for _, g := range p.Grad {
			sum += float64(g)
			squares += float64(g) * float64(g)
		}
		if norm := math.Sqrt(squares); !(math.Abs(norm-want.GradNorm) <= tolerance*want.GradNorm) {
			t.Errorf("%s: norm %.9g, want %.9g", p.Name, norm, want.GradNorm)
		}
		if !(math.Abs(sum-want.GradSum) <= tolerance*want.GradNorm*math.Sqrt(float64(len(p.Grad)))) {
			t.Errorf("%s: sum %.9g, want %.9g", p.Name, sum, want.GradSum)
		}
		var sample []T
		for _, at := range want.GradAt {
			sample = append(sample, p.Grad[at])
		}
		near(t, p.Name, sample, want.GradSample, tolerance)
	}
}

// near compares relative to the largest element.
func near[T kernels.Float](t *testing.T, name string, got []T, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
	}
	largest := 1e-12
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	worst, at := 0.0, 0
	for i, v := range got {
		if d := math.Abs(float64(v)-want[i]) / largest; !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance) {
		t.Errorf("%s: element %d is %.9g, want %.9g (%.2g of the largest, %.3g)", name, at, got[at], want[at], worst, largest)
	}
}

// TestGradientsWithDropout holds the gradients of the whole network, with dropout
// between its layers, to central differences.
func TestGradientsWithDropout(t *testing.T) {
	f := caseNamed(t, "odd_masked")
	net, l, b := buildWith[float64](t, f, 2, func(opt *setting) { opt.Dropout = 0.2 })
	step(net, l, b)
	for _, p := range paramsOf(net) {
		grad := slices.Clone(p.Grad)
		largest := 0.0
		for _, g := range grad {
			largest = max(largest, math.Abs(g))
		}
		for i := 0; i < len(grad); i += 1 + len(grad)/5 {
			const h = 1e-5
			saved := p.Value[i]
			p.Value[i] = saved + h
			above, _ := step(net, l, b)
			p.Value[i] = saved - h
			below, _ := step(net, l, b)
			p.Value[i] = saved
			if want := (above - below) / (2 * h); !(math.Abs(grad[i]-want) <= 1e-4*largest) {
				t.Errorf("%s[%d]: %.9g, by differences %.9g", p.Name, i, grad[i], want)
			}
		}
	}
}
