package networks

import (
	"math"
	"testing"

	"assay/internal/kernels"
)

// TestAdamAgainstPyTorch holds the losses of ten steps to PyTorch's.
func TestAdamAgainstPyTorch(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.Name+"/float64", func(t *testing.T) { adamAgainstPyTorch[float64](t, f, 1e-5) })
		t.Run(f.Name+"/float32", func(t *testing.T) { adamAgainstPyTorch[float32](t, f, 1e-3) })
	}
}

func adamAgainstPyTorch[T kernels.Float](t *testing.T, f *fixture, tolerance float64) {
	if len(f.AdamLosses) != 11 {
		t.Fatalf("%d losses", len(f.AdamLosses))
	}
	net, l, b := build[T](t, f, 2)
	params := paramsOf(net)
	m, v := make([][]T, len(params)), make([][]T, len(params))
	for i, p := range params {
		m[i], v[i] = make([]T, len(p.Value)), make([]T, len(p.Value))
	}
	worst := 0.0
	for i, want := range f.AdamLosses {
		got, _ := step(net, l, b)
		d := math.Abs(got/want - 1)
		if !(d <= tolerance) {
			t.Errorf("loss %.9g after %d steps, want %.9g", got, i, want)
		}
		worst = max(worst, d)
		var s kernels.AdamStep
		s.Set(3e-3, 0.9, 0.999, 1e-8, int64(i+1))
		for j, p := range params {
			kernels.Adam(p.Value, p.Grad, m[j], v[j], &s)
		}
	}
	t.Logf("at most %.2g off", worst)
}
