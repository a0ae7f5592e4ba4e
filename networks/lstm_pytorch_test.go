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

// lstmFixture is a case that PyTorch has computed; testdata/README.md has the
// format.
type lstmFixture struct {
	Name, Output      string
	Exclusive, Frozen bool
	Sizes             struct{ T, B, Embedding, Vocabulary, Hidden, Labels int }

	Dropout, Recurrent, Spatial float64
	Seed, Step                  uint64

	Embedding  []float64
	IDs        []int32
	Lengths    []int
	Targets    []float32
	Params     []fixtureParam
	Logits     []float64
	Loss       float64
	AdamLosses []float64 `json:"adam_losses"`
}

func lstmFixtures(t *testing.T) []*lstmFixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/lstm/*.json.gz")
	if err != nil || len(paths) < 18 {
		t.Fatalf("%d fixtures (%v)", len(paths), err)
	}
	var out []*lstmFixture
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		f := new(lstmFixture)
		if err := json.NewDecoder(text).Decode(f); err != nil {
			t.Fatal(err)
		}
		file.Close()
		out = append(out, f)
	}
	return out
}

func lstmCaseNamed(t *testing.T, name string) *lstmFixture {
	t.Helper()
	all := lstmFixtures(t)
	i := slices.IndexFunc(all, func(f *lstmFixture) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no fixture %s", name)
	}
	return all[i]
}

func (f *lstmFixture) options() lstmSetting {
	opt := lstmDefaults()
	opt.Hidden, opt.Output, opt.FreezeEmbedding, opt.Seed = f.Sizes.Hidden, f.Output, f.Frozen, f.Seed
	opt.Dropout, opt.RecurrentDropout, opt.SpatialDropout = f.Dropout, f.Recurrent, f.Spatial
	return opt
}

// buildLSTM returns the fixture's network, loss and batch.
func buildLSTM[T kernels.Float](t *testing.T, f *lstmFixture, workers int) ([]layers.Layer[T], layers.Loss[T], *layers.Batch) {
	t.Helper()
	p := pool.New(workers)
	t.Cleanup(p.Close)
	words := embedding[T]{rows: f.Sizes.Vocabulary, dim: f.Sizes.Embedding, matrix: convert[T](f.Embedding), frozen: f.Frozen}
	opt := f.options()
	net := lstmLayers(&opt.LSTM, design[T]{pool: p, seed: opt.Seed, draws: true, words: words, labels: f.Sizes.Labels, exclusive: f.Exclusive})
	params := paramsOf(net)
	if len(params) != len(f.Params) {
		t.Fatalf("%d parameters, want %d", len(params), len(f.Params))
	}
	for i, want := range f.Params {
		if params[i].Name != want.Name || !slices.Equal(params[i].Shape, want.Shape) {
			t.Fatalf("parameter %d is %s %v, want %s %v", i, params[i].Name, params[i].Shape, want.Name, want.Shape)
		}
		copy(params[i].Value, convert[T](want.Value))
	}
	b := &layers.Batch{T: f.Sizes.T, B: f.Sizes.B, IDs: f.IDs, Lengths: f.Lengths, Targets: f.Targets, Train: true, Step: f.Step}
	if f.Output == "softmax" {
		return net, loss.NewCategorical[T](f.Sizes.Labels), b
	}
	l, err := loss.New[T](loss.Options{Groups: inTurn(f.Sizes.Labels, f.Sizes.Labels), Masters: f.Sizes.Labels})
	if err != nil {
		t.Fatal(err)
	}
	return net, l, b
}

// TestLSTMAgainstPyTorch holds logits, loss, every gradient and ten steps of Adam
// to PyTorch's.
func TestLSTMAgainstPyTorch(t *testing.T) {
	for _, f := range lstmFixtures(t) {
		t.Run(f.Name+"/float64", func(t *testing.T) { lstmAgainstPyTorch[float64](t, f, 1e-6, 1e-5) })
		t.Run(f.Name+"/float32", func(t *testing.T) { lstmAgainstPyTorch[float32](t, f, 1e-4, 1e-3) })
	}
}

func lstmAgainstPyTorch[T kernels.Float](t *testing.T, f *lstmFixture, tolerance, adamTolerance float64) {
	net, l, b := buildLSTM[T](t, f, 2)
	value, logits := step(net, l, b)
	if d := math.Abs(value/f.Loss - 1); !(d <= tolerance) {
		t.Errorf("loss %.9g, want %.9g", value, f.Loss)
	}
	near(t, "logits", logits.Data, f.Logits, tolerance)
	params := paramsOf(net)
	m, v := make([][]T, len(params)), make([][]T, len(params))
	for i, p := range params {
		near(t, p.Name, p.Grad, f.Params[i].Grad, tolerance)
		m[i], v[i] = make([]T, len(p.Value)), make([]T, len(p.Value))
	}
	if len(f.AdamLosses) != 11 {
		t.Fatalf("%d losses", len(f.AdamLosses))
	}
	for i, want := range f.AdamLosses {
		got, _ := step(net, l, b)
		if d := math.Abs(got/want - 1); !(d <= adamTolerance) {
			t.Errorf("loss %.9g after %d steps, want %.9g", got, i, want)
		}
		var s kernels.AdamStep
		s.Set(3e-3, 0.9, 0.999, 1e-8, int64(i+1))
		for j, p := range params {
			kernels.Adam(p.Value, p.Grad, m[j], v[j], &s)
		}
	}
}

// TestLSTMGradientsWithDropout holds the gradients of the whole network, with all
// three kinds of dropout, to central differences.
func TestLSTMGradientsWithDropout(t *testing.T) {
	for _, name := range []string{"odd_dropout", "softmax_dropout", "pair_frozen_dropout", "pair_input_dropout"} {
		f := lstmCaseNamed(t, name)
		net, l, b := buildLSTM[float64](t, f, 2)
		step(net, l, b)
		for _, p := range paramsOf(net) {
			grad := slices.Clone(p.Grad)
			largest := 0.0
			for _, g := range grad {
				largest = max(largest, math.Abs(g))
			}
			for i := 0; i < len(grad); i += 1 + len(grad)/23 {
				if p.Name == "embedding.weight" && i < f.Sizes.Embedding {
					continue // padding, whose row stays zero
				}
				const h = 1e-5
				saved := p.Value[i]
				p.Value[i] = saved + h
				above, _ := step(net, l, b)
				p.Value[i] = saved - h
				below, _ := step(net, l, b)
				p.Value[i] = saved
				if want := (above - below) / (2 * h); !(math.Abs(grad[i]-want) <= 1e-4*largest) {
					t.Errorf("%s: %s[%d]: %.9g, by differences %.9g", name, p.Name, i, grad[i], want)
				}
			}
		}
	}
}

// TestLSTMBits: neither workers nor the company of a paper nor padding change a bit.
func TestLSTMBits(t *testing.T) {
	for _, f := range lstmFixtures(t) {
		var first []float32
		for _, workers := range []int{1, 2, 3, 7} {
			net, l, b := buildLSTM[float32](t, f, workers)
			_, logits := step(net, l, b)
			out := slices.Clone(logits.Data)
			for _, p := range paramsOf(net) {
				out = append(out, p.Grad...)
			}
			if first == nil {
				first = out
			}
			sameBits(t, f.Name, out, first)
		}
	}
	f := lstmCaseNamed(t, "odd")
	net, l, b := buildLSTM[float32](t, f, 2)
	_, logits := step(net, l, b)
	want := slices.Clone(logits.Data)
	for i, length := range f.Lengths {
		one := &layers.Batch{T: length + 2, B: 1, IDs: make([]int32, length+2), Lengths: []int{length}, Targets: f.Targets[i*f.Sizes.Labels : (i+1)*f.Sizes.Labels]}
		for t := range length {
			one.IDs[t] = f.IDs[t*f.Sizes.B+i]
		}
		one.IDs[length] = 3 // behind the end: of no account
		_, alone := step(net, l, one)
		sameBits(t, "a paper alone", alone.Data, want[i*f.Sizes.Labels:(i+1)*f.Sizes.Labels])
	}
}

// TestLSTMLayersAllocateNothing once they have seen the largest batch.
func TestLSTMLayersAllocateNothing(t *testing.T) {
	for _, name := range []string{"odd_many_papers", "softmax_dropout"} {
		net, l, b := buildLSTM[float32](t, lstmCaseNamed(t, name), 2)
		step(net, l, b)
		if n := testing.AllocsPerRun(20, func() { step(net, l, b) }); n > 0 {
			t.Errorf("%s: the layers allocate %g times a step", name, n)
		}
	}
}
