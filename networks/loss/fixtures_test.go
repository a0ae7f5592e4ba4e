package loss

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"assay/internal/kernels"
	"assay/networks/layers"
)

// fixture is what the loss needs of a file of ../testdata.
type fixture struct {
	Sizes struct {
		B, Categories, Masters int
	}
	Targets         []float32
	Groups          []int32
	PosWeight       []float64 `json:"pos_weight"`
	MasterPosWeight []float64 `json:"master_pos_weight"`
	Ratio           float64
	Logits          []float64
	DLogits         []float64 `json:"dlogits"`
	Loss            float64
}

func readFixture(t *testing.T, path string) *fixture {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	f := new(fixture)
	if err := json.NewDecoder(text).Decode(f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPyTorch(t *testing.T) {
	paths, err := filepath.Glob("../testdata/*.json.gz")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d fixtures (%v)", len(paths), err)
	}
	for _, path := range paths {
		f := readFixture(t, path)
		t.Run(filepath.Base(path)+"/float64", func(t *testing.T) { againstPyTorch[float64](t, f, 1e-8) })
		t.Run(filepath.Base(path)+"/float32", func(t *testing.T) { againstPyTorch[float32](t, f, 1e-6) })
	}
}

func againstPyTorch[T kernels.Float](t *testing.T, f *fixture, tolerance float64) {
	l := build[T](t, Options{
		Groups: f.Groups, Masters: f.Sizes.Masters, Ratio: f.Ratio,
		PosWeight: f.PosWeight, MasterPosWeight: f.MasterPosWeight,
	})
	b := &layers.Batch{T: 1, B: f.Sizes.B, Targets: f.Targets, Train: true}
	if got := l.Forward(b, tensor[T](f.Sizes.B, f.Logits)); math.Abs(got/f.Loss-1) > tolerance {
		t.Errorf("loss %v, want %v", got, f.Loss)
	}
	largest := 0.0
	for _, d := range f.DLogits {
		largest = max(largest, math.Abs(d))
	}
	for i, d := range l.Backward(b).Data {
		if want := f.DLogits[i]; math.Abs(float64(d)-want) > tolerance*largest {
			t.Errorf("gradient %d is %v, want %v", i, d, want)
		}
	}
}
