package table

import (
	"fmt"
	"testing"

	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
)

// BenchmarkPivot lays out 10,000 runs of a random sweep.
func BenchmarkPivot(b *testing.B) {
	var runs []results.Run
	r := rng.New(1, "settings")
	for i := range 5000 {
		x, y := r.Float64(), r.Float64()
		for seed := uint64(1); seed <= 2; seed++ {
			one := run(b, "M", "native", seed, 0.4, map[string]any{"x": x, "y": y, "z": i % 10, "features": "counts"})
			one.Trial = fmt.Sprint(i, seed)
			runs = append(runs, one)
		}
	}
	for _, v := range []compare.View{{Rows: []string{"z"}}, {Rows: []string{"x"}}, {Rows: []string{"x", "y"}, Cols: []string{"z"}}} {
		b.Run(fmt.Sprint(v.Rows, v.Cols), func(b *testing.B) {
			for b.Loop() {
				if _, err := lay(v, runs, compare.Options{Expected: runs}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(runs)*b.N)/b.Elapsed().Seconds(), "runs/s")
		})
	}
}
