//go:build cgo

package golearn_test

import (
	"math"
	"testing"

	"assay/baselines/golearn"
	"assay/features"
)

// unitRows scales papers to unit length, as TF-IDF does.
func unitRows(x *features.CSR) {
	for i := range len(x.Indptr) - 1 {
		_, values := x.Row(i)
		var sum float64
		for _, v := range values {
			sum += float64(v) * float64(v)
		}
		for k := range values {
			values[k] /= float32(math.Sqrt(sum))
		}
	}
}

func BenchmarkLogisticRegressionFit(b *testing.B) {
	data := zipfPapers(20_000, 5_000, 8)
	unitRows(data.X.(*features.CSR))
	benchmarkFit(b, data, golearn.NewLogisticRegression(golearn.LogisticOptions{}))
}
